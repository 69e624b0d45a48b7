"""Papers of money given back: what of an order a refund gives back, refund vouchers, and the registration of an order.

An order that was placed before keeps no registration: the settings decide for it, as they did.
"""

import sqlalchemy as sa
from alembic import op

from shop import append_only

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BEFORE = "kind IN ('tax-invoice', 'bill-of-supply', 'credit-note')"
AFTER = "kind IN ('tax-invoice', 'bill-of-supply', 'credit-note', 'refund-voucher')"


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.add_column("orders", sa.Column("seller_gstin", sa.String(length=15), nullable=True))
    op.create_table(
        "refund_part",
        sa.Column("refund_id", BIG, autoincrement=False, nullable=False),
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("minor > 0 AND quantity >= 0", name=op.f("ck_refund_part_gives_some")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_refund_part_refund_id")),
        sa.PrimaryKeyConstraint("refund_id", "sku", name=op.f("pk_refund_part")),
    )
    _kinds(AFTER)


def downgrade_() -> None:
    _kinds(BEFORE)
    op.drop_table("refund_part")
    op.drop_column("orders", "seller_gstin")


def _kinds(rule: str) -> None:
    """Say which kinds of paper there are; SQLite copies the table for it, which drops its triggers."""
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_invoice_kind_known"), type_="check")
        batch_op.create_check_constraint(op.f("ck_invoice_kind_known"), rule)
    if op.get_bind().dialect.name == "sqlite":
        append_only.create("sqlite", op.execute, {"invoice": "id"})


def upgrade_identity() -> None:
    """Nothing changes in the vault."""


def downgrade_identity() -> None:
    """Nothing changed in the vault."""
