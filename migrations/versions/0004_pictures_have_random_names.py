"""A picture's files carry a random name; names given before, from a hash, stay what they are."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.execute("ALTER TABLE picture RENAME COLUMN content_hash TO name")  # both databases spell it alike


def downgrade_() -> None:
    op.execute("ALTER TABLE picture RENAME COLUMN name TO content_hash")


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
