"""Up to when a gateway was compared is kept, and a dispute says whether the bank only asks so far."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.create_table(
        "payment_comparison",
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "what IN ('payments', 'disputes', 'settlements')", name=op.f("ck_payment_comparison_what_known")
        ),
        sa.PrimaryKeyConstraint("gateway", "what", name=op.f("pk_payment_comparison")),
    )
    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_inquiry", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade_() -> None:
    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.drop_column("is_inquiry")
    op.drop_table("payment_comparison")


def upgrade_identity() -> None:
    """Nothing changes in the vault."""


def downgrade_identity() -> None:
    """Nothing changed in the vault."""
