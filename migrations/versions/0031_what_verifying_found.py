"""What verifying the books found, run by run."""

import sqlalchemy as sa
from alembic import op

from shop import append_only

revision = "0031"
down_revision = "0029"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.create_table(
        "verification_run",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=40), nullable=True),
        sa.Column("lists", sa.Integer(), nullable=False),
        sa.Column("transfers", sa.BigInteger(), nullable=False),
        sa.Column("broken", sa.Integer(), nullable=False),
        sa.Column("unclaimed_pieces", sa.Integer(), nullable=False),
        sa.Column("unclaimed_minor", sa.BigInteger(), nullable=False),
        sa.Column("seal_seq", NUMBER, nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "broken >= 0 AND lists > 0 AND transfers >= 0", name=op.f("ck_verification_run_counts_something")
        ),
        sa.CheckConstraint("ended_at >= began_at", name=op.f("ck_verification_run_ends_after_it_begins")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification_run")),
    )
    op.create_table(
        "verification_break",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("floor", sa.String(length=40), nullable=False),
        sa.Column("row", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["verification_run.id"], name=op.f("fk_verification_break_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification_break")),
    )
    op.create_index(op.f("ix_verification_break_run_id"), "verification_break", ["run_id"])
    append_only.create(op.get_bind().dialect.name, op.execute, {"verification_run": "id", "verification_break": "id"})


def downgrade_() -> None:
    op.drop_table("verification_break")
    op.drop_table("verification_run")


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
