"""Lists and search: narrow rows beside each product, its materials, the words it is found by, and collections."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = (
    "listing_price",
    "listing",
    "search_posting",
    "search_slip",
    "search_word",
    "product_material",
    "collection_pick",
    "collection",
)
MATERIALS = {
    "cotton": "cotton(?!-rag)|kantha thread|canvas",
    "jute": "jute",
    "leather": "leather(?! label)",
    "tyre": "tyres?|inner tubes?|recycled rubber",
    "paper": "papers?",
    "wood": "wood|wooden",
    "brass": "brass",
    "steel": "steel",
    "spice": "turmeric|chilli|coriander|cumin|spices?",
}
# What is on sale now, so that no list is empty in between; the worker writes the rest: colours, materials, words.
SOLD = "FROM variant v JOIN price r ON r.variant_id = v.id WHERE v.product_id = p.id AND v.on_sale"
FREE = (
    "(SELECT count(*) FROM variant v JOIN stock s ON s.variant_id = v.id "
    "WHERE v.product_id = p.id AND v.on_sale AND s.on_hand > s.reserved)"
)
MADE = (
    "coalesce((SELECT min(2 + coalesce(a.ready_in_days, p.finish_days)) FROM variant v "
    "LEFT JOIN availability a ON a.variant_id = v.id "
    "WHERE v.product_id = p.id AND v.on_sale AND v.made_to_order), 9999)"
)
LISTING = f"""
INSERT INTO listing (product_id, is_listed, trade, colours, materials, position, listed_at, shelved, made_days, days, stamp)
SELECT p.id, p.status = 'published' AND EXISTS (SELECT 1 {SOLD}), p.trade, '', '', p.position, p.created_at,
       {FREE}, {MADE}, CASE WHEN {FREE} > 0 THEN 2 ELSE {MADE} END, 0
FROM product p WHERE p.status <> 'draft'
"""
PRICES = """
INSERT INTO listing_price (product_id, currency, amount_minor)
SELECT v.product_id, r.currency, min(r.amount_minor) FROM variant v JOIN price r ON r.variant_id = v.id
JOIN listing l ON l.product_id = v.product_id WHERE v.on_sale GROUP BY v.product_id, r.currency
"""


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.create_table(
        "collection",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("titles", sa.JSON(), nullable=False),
        sa.Column("lead", sa.Text(), nullable=False),
        sa.Column("leads", sa.JSON(), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.CheckConstraint("kind IN ('picked', 'ruled')", name=op.f("ck_collection_kind_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection")),
        sa.UniqueConstraint("slug", name=op.f("uq_collection_slug")),
    )
    with op.batch_alter_table("collection", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_collection_position_id"), ["position", "id"], unique=False)

    op.create_table(
        "search_word",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("word", sa.String(length=40), nullable=False),
        sa.Column("products", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_word")),
        sa.UniqueConstraint("word", name=op.f("uq_search_word_word")),
    )
    op.create_table(
        "search_slip",
        sa.Column("slip", sa.String(length=40), nullable=False),
        sa.Column("word_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["word_id"], ["search_word.id"], name=op.f("fk_search_slip_word_id")),
        sa.PrimaryKeyConstraint("slip", "word_id", name=op.f("pk_search_slip")),
    )
    op.create_table(
        "collection_pick",
        sa.Column("collection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=op.f("fk_collection_pick_collection_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_collection_pick_product_id")),
        sa.PrimaryKeyConstraint("collection_id", "product_id", name=op.f("pk_collection_pick")),
    )
    op.create_table(
        "listing",
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("trade", sa.String(length=32), nullable=False),
        sa.Column("colours", sa.String(length=300), nullable=False),
        sa.Column("materials", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shelved", sa.Integer(), nullable=False),
        sa.Column("made_days", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_listing_product_id")),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_listing")),
    )
    with op.batch_alter_table("listing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_listing_days_product_id"), ["days", "product_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_listing_listed_at_product_id"), ["listed_at", "product_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_listing_position_product_id"), ["position", "product_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_listing_stamp"), ["stamp"], unique=False)

    op.create_table(
        "product_material",
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("material", sa.String(length=32), nullable=False),
        sa.CheckConstraint(
            "material IN ('cotton', 'jute', 'leather', 'tyre', 'paper', 'wood', 'brass', 'steel', 'spice')",
            name=op.f("ck_product_material_material_known"),
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_product_material_product_id")),
        sa.PrimaryKeyConstraint("product_id", "material", name=op.f("pk_product_material")),
    )
    op.create_table(
        "search_posting",
        sa.Column("word_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_search_posting_product_id")),
        sa.ForeignKeyConstraint(["word_id"], ["search_word.id"], name=op.f("fk_search_posting_word_id")),
        sa.PrimaryKeyConstraint("word_id", "place", "product_id", name=op.f("pk_search_posting")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("search_posting", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_search_posting_product_id_word_id_place"), ["product_id", "word_id", "place"], unique=False
        )

    op.create_table(
        "listing_price",
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["listing.product_id"], name=op.f("fk_listing_price_product_id")),
        sa.PrimaryKeyConstraint("product_id", "currency", name=op.f("pk_listing_price")),
    )
    with op.batch_alter_table("listing_price", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_listing_price_currency_amount_minor_product_id"),
            ["currency", "amount_minor", "product_id"],
            unique=False,
        )

    op.drop_column("product", "search_text")
    _note_materials()
    op.execute(LISTING)
    op.execute(PRICES)


def _note_materials() -> None:
    """Note the materials that a product's own list of them names plainly."""
    connection = op.get_bind()
    for product_id, said in connection.execute(sa.text("SELECT id, materials FROM product")).all():
        for material, words in MATERIALS.items():
            if re.search(rf"\b(?:{words})\b", said.casefold()):
                connection.execute(
                    sa.text("INSERT INTO product_material (product_id, material) VALUES (:product_id, :material)"),
                    {"product_id": product_id, "material": material},
                )


def downgrade_() -> None:
    """Go back. The older shop finds a product by its words once it is written anew."""
    op.add_column("product", sa.Column("search_text", sa.Text(), server_default="", nullable=False))
    for table in TABLES:
        op.drop_table(table)


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
