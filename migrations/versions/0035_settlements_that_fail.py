"""A settlement may fail after it was told as sent: when the money went back to the gateway."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.add_column("settlement", sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_settlement_line_about", "settlement_line", ["gateway", "about"])


def downgrade_() -> None:
    op.drop_index("ix_settlement_line_about", "settlement_line")
    op.drop_column("settlement", "failed_at")


def upgrade_identity() -> None:
    """Nothing changes in the vault."""


def downgrade_identity() -> None:
    """Nothing changed in the vault."""
