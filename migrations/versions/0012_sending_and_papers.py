"""Sending by zone and weight: the tariff's versions, and what of it each order keeps."""

import sqlalchemy as sa
from alembic import op

from shop import append_only

revision = "0012"
down_revision = "0008"
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
GROWS = {"shipping_tariff": "id"}


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
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("what", sa.String(length=60), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_tariff")),
    )
    append_only.create(op.get_bind().dialect.name, op.execute, GROWS)


def downgrade_() -> None:
    op.drop_table("shipping_tariff")
    for name, _ in reversed(KEPT):
        op.drop_column("orders", name)


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
