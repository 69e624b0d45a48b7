"""A correction may say what should have been credited instead, and names the earning that says so now."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.add_column(sa.Column("right_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("put_id", NUMBER, nullable=True))
        batch_op.create_foreign_key(op.f("fk_correction_put_id"), "earning", ["put_id"], ["id"])
        batch_op.create_unique_constraint(op.f("uq_correction_put_id"), ["put_id"])
        batch_op.create_check_constraint(op.f("ck_correction_right_above_zero"), "right_minor > 0")
        batch_op.create_check_constraint(
            op.f("ck_correction_approved_puts_right"),
            "(put_id IS NOT NULL) = (status = 'approved' AND right_minor IS NOT NULL)",
        )


def downgrade_() -> None:
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_correction_approved_puts_right"), type_="check")
        batch_op.drop_constraint(op.f("ck_correction_right_above_zero"), type_="check")
        batch_op.drop_constraint(op.f("uq_correction_put_id"), type_="unique")
        batch_op.drop_constraint(op.f("fk_correction_put_id"), type_="foreignkey")
        batch_op.drop_column("put_id")
        batch_op.drop_column("right_minor")


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
