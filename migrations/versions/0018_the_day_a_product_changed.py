"""Since when a product has said what it says, for search engines."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.create_table(
        "product_change",
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_product_change_product_id_product")),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_product_change")),
    )


def downgrade_() -> None:
    op.drop_table("product_change")


def upgrade_identity() -> None:
    """Nothing changes in the vault."""


def downgrade_identity() -> None:
    """Nothing changed in the vault."""
