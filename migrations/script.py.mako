"""${message}"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    ${context.get("_upgrades", "pass")}


def downgrade_() -> None:
    ${context.get("_downgrades", "pass")}


def upgrade_identity() -> None:
    ${context.get("identity_upgrades", "pass")}


def downgrade_identity() -> None:
    ${context.get("identity_downgrades", "pass")}
