"""A picture's dominant colour; whether every width of a story's picture is drawn (those there are, are); a patch's dye."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.add_column("picture", sa.Column("ground", sa.String(length=7), server_default="", nullable=False))
    op.add_column("story_picture", sa.Column("ground", sa.String(length=7), server_default="", nullable=False))
    op.add_column("story_picture", sa.Column("whole", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(sa.update(sa.table("story_picture", sa.column("whole", sa.Boolean()))).values(whole=True))
    op.add_column("persona", sa.Column("dye", sa.String(length=8), server_default="cotton", nullable=False))


def downgrade_() -> None:
    op.drop_column("persona", "dye")
    op.drop_column("story_picture", "whole")
    op.drop_column("story_picture", "ground")
    op.drop_column("picture", "ground")


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
