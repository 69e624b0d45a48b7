"""Sending by zone and weight: the tariff's versions, and what of it each order keeps. Papers: invoices, their numbers and files."""

import sqlalchemy as sa
from alembic import op

from shop import append_only

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEPT = (
    ("zone", sa.String(length=12)),
    ("grams", sa.Integer()),
    ("tariff_version", sa.Integer()),
    ("arrives_from", sa.Date()),
    ("arrives_by", sa.Date()),
    ("note", sa.String(length=300)),
)
GROWS = {"shipping_tariff": "id", "invoice": "id", "invoice_file": "invoice_id"}
KINDS = "'tax-invoice', 'bill-of-supply', 'credit-note'"


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    for name, kind in KEPT:
        op.add_column("orders", sa.Column(name, kind, nullable=True))
    op.create_table(
        "shipping_tariff",
        sa.Column("id", BIG, nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("what", sa.String(length=60), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_tariff")),
        sa.UniqueConstraint("mark", name=op.f("uq_shipping_tariff_mark")),
    )
    _papers()
    append_only.create(op.get_bind().dialect.name, op.execute, GROWS)


def _papers() -> None:
    op.create_table(
        "invoice_series",
        sa.Column("seller", sa.String(length=15), nullable=False),
        sa.Column("series", sa.String(length=3), nullable=False),
        sa.Column("year", sa.String(length=5), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.CheckConstraint("last >= 0", name=op.f("ck_invoice_series_not_negative")),
        sa.PrimaryKeyConstraint("seller", "series", "year", name=op.f("pk_invoice_series")),
    )
    op.create_table(
        "invoice",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("seller", sa.String(length=15), nullable=False),
        sa.Column("series", sa.String(length=3), nullable=False),
        sa.Column("year", sa.String(length=5), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("order_id", BIG, nullable=False),
        sa.Column("credits_id", BIG, nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "seq > 0 AND total_minor > 0 AND tax_minor >= 0 AND tax_minor < total_minor", name=op.f("ck_invoice_sums")
        ),
        sa.CheckConstraint(
            "(kind = 'credit-note') = (credits_id IS NOT NULL)", name=op.f("ck_invoice_credits_something")
        ),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_invoice_kind_known")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_invoice_order_id")),
        sa.ForeignKeyConstraint(["credits_id"], ["invoice.id"], name=op.f("fk_invoice_credits_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("reference", name=op.f("uq_invoice_reference")),
        sa.UniqueConstraint("seller", "number", name=op.f("uq_invoice_seller_number")),
        sa.UniqueConstraint("seller", "series", "year", "seq", name=op.f("uq_invoice_seller_series_year_seq")),
    )
    op.create_index(op.f("ix_invoice_order_id"), "invoice", ["order_id"])
    op.create_index(op.f("ix_invoice_credits_id"), "invoice", ["credits_id"])
    op.create_table(
        "invoice_file",
        sa.Column("invoice_id", BIG, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_file_invoice_id")),
        sa.PrimaryKeyConstraint("invoice_id", name=op.f("pk_invoice_file")),
    )


def downgrade_() -> None:
    for table in ("invoice_file", "invoice", "invoice_series"):
        op.drop_table(table)
    op.drop_table("shipping_tariff")
    for name, _ in reversed(KEPT):
        op.drop_column("orders", name)


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
