"""Products have options, tags, texts in three languages and what a file of products carries."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

EMPTY_MAP, EMPTY_LIST = "{}", "[]"
PRODUCT = (
    ("descriptions", sa.JSON(), EMPTY_MAP),
    ("materials_translated", sa.JSON(), EMPTY_MAP),
    ("care_translated", sa.JSON(), EMPTY_MAP),
    ("vendor", sa.String(length=120), ""),
    ("category", sa.String(length=255), ""),
    ("product_type", sa.String(length=80), ""),
    ("tags", sa.JSON(), EMPTY_LIST),
    ("seo_title", sa.String(length=120), ""),
    ("seo_description", sa.String(length=400), ""),
    ("option_names", sa.JSON(), EMPTY_LIST),
    ("carried", sa.JSON(), EMPTY_MAP),
    ("note", sa.String(length=300), ""),
)
VARIANT = (("options", sa.JSON(), EMPTY_LIST), ("barcode", sa.String(length=40), ""))


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for name, kind, default in PRODUCT:
        op.add_column("product", sa.Column(name, kind, nullable=False, server_default=default))
    op.add_column("product", sa.Column("to_publish", sa.Boolean(), nullable=False, server_default=sa.false()))
    for name, kind, default in VARIANT:
        op.add_column("variant", sa.Column(name, kind, nullable=False, server_default=default))
    op.add_column("picture", sa.Column("source", sa.String(length=200), nullable=False, server_default=""))
    op.create_table(
        "catalogue_file",
        sa.Column("user_id", number, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("centre_id", number, nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_catalogue_file_user_id")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_catalogue_file_centre_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_catalogue_file")),
    )


def downgrade_() -> None:
    op.drop_table("catalogue_file")
    op.drop_column("picture", "source")
    for name, _, _ in reversed(VARIANT):
        op.drop_column("variant", name)
    op.drop_column("product", "to_publish")
    for name, _, _ in reversed(PRODUCT):
        op.drop_column("product", name)


def upgrade_identity() -> None:
    """The vault does not change."""


def downgrade_identity() -> None:
    """The vault does not change."""
