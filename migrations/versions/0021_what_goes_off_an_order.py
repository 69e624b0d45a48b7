"""What goes off an order before its parcel leaves: the rows, the pieces nobody makes any more, a dispute's fee put back."""

import sqlalchemy as sa
from alembic import op

from shop import append_only

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.create_table(
        "order_reduction",
        sa.Column("id", BIG, nullable=False),
        sa.Column("order_id", BIG, nullable=False),
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("quantity_left", sa.Integer(), nullable=False),
        sa.Column("minor_left", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.CheckConstraint("number > 0 AND quantity >= 0 AND minor > 0", name=op.f("ck_order_reduction_takes_some")),
        sa.CheckConstraint(
            "quantity_left >= 0 AND minor_left >= 0", name=op.f("ck_order_reduction_leaves_no_less_than_nothing")
        ),
        sa.CheckConstraint(
            "sku = '' OR (quantity_left = 0) = (minor_left = 0)", name=op.f("ck_order_reduction_pieces_keep_a_price")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_reduction_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_reduction")),
        sa.UniqueConstraint("order_id", "sku", "number", name=op.f("uq_order_reduction_order_id_sku_number")),
    )
    append_only.create(op.get_bind().dialect.name, op.execute, {"order_reduction": "id"})
    op.add_column("refund", sa.Column("reduces", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("piece", sa.Column("called_off_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("dispute", sa.Column("fee_back_minor", sa.BigInteger(), server_default="0", nullable=False))


def downgrade_() -> None:
    op.drop_column("dispute", "fee_back_minor")
    op.drop_column("piece", "called_off_at")
    op.drop_column("refund", "reduces")
    op.drop_table("order_reduction")


def upgrade_identity() -> None:
    """Nothing changes in the vault."""


def downgrade_identity() -> None:
    """Nothing changed in the vault."""
