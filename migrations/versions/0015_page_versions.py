"""Numbers that move when a public page would, kept by triggers on every table that such a page reads."""

import sqlalchemy as sa
from alembic import op

from shop import page_versions

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.create_table(
        "page_version",
        sa.Column("scope", sa.String(length=100), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_page_version")),
    )
    op.drop_table("publication_version")
    page_versions.create(op.get_bind().dialect.name, op.execute)


def downgrade_() -> None:
    page_versions.drop(op.get_bind().dialect.name, op.execute)
    op.create_table(
        "publication_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication_version")),
    )
    op.drop_table("page_version")


def upgrade_identity() -> None:
    """Nothing changes in the vault."""


def downgrade_identity() -> None:
    """Nothing changed in the vault."""
