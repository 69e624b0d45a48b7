"""Two people: a making is a proposal until someone else approves it, and an earning is corrected by two."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
STATUSES = "('proposed', 'approved', 'declined', 'withdrawn')"


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    _makings()
    _events("making")
    op.add_column("earning", sa.Column("reversed_at", MOMENT, nullable=True))
    _corrections()
    _events("correction")


def _makings() -> None:
    """Versions of before were in force at once: they stay so, and nobody is named as their second person."""
    for column in (
        sa.Column("status", sa.String(length=32), nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("approved_by", sa.String(length=40), nullable=True),
    ):
        op.add_column("making", column)
    op.execute("UPDATE making SET status = 'approved', approved_at = made_at, approved_by = 'system'")
    with op.batch_alter_table("making", schema=None) as batch_op:
        batch_op.alter_column("status", existing_type=sa.String(length=32), nullable=False)
        batch_op.create_check_constraint(batch_op.f("ck_making_status_known"), f"status IN {STATUSES}")
        batch_op.create_check_constraint(
            batch_op.f("ck_making_two_people"), "approved_by IS NULL OR approved_by <> made_by"
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_making_approved_by_someone"),
            "(status = 'approved') = (approved_by IS NOT NULL) AND (approved_by IS NULL) = (approved_at IS NULL)",
        )
    where = sa.text("status = 'proposed'")
    op.create_index(
        "uq_making_one_open", "making", ["product_id"], unique=True, sqlite_where=where, postgresql_where=where
    )


def _corrections() -> None:
    op.create_table(
        "correction",
        sa.Column("id", ID, nullable=False),
        sa.Column("earning_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("proposed_by", sa.String(length=40), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("approved_by", sa.String(length=40), nullable=True),
        sa.Column("reversal_id", ID, nullable=True),
        sa.CheckConstraint(f"status IN {STATUSES}", name=op.f("ck_correction_status_known")),
        sa.CheckConstraint(
            "reason IN ('wrong-person', 'counted-twice', 'wrong-count', 'wrong-rate', 'not-done')",
            name=op.f("ck_correction_reason_known"),
        ),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name=op.f("ck_correction_two_people")),
        sa.CheckConstraint(
            "(status = 'approved') = (approved_by IS NOT NULL) AND (approved_by IS NULL) = (reversal_id IS NULL)",
            name=op.f("ck_correction_approved_reverses"),
        ),
        sa.ForeignKeyConstraint(["earning_id"], ["earning.id"], name=op.f("fk_correction_earning_id")),
        sa.ForeignKeyConstraint(["reversal_id"], ["ledger_entry.id"], name=op.f("fk_correction_reversal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.UniqueConstraint("reversal_id", name=op.f("uq_correction_reversal_id")),
    )
    where = sa.text("status IN ('proposed', 'approved')")
    op.create_index(
        "uq_correction_one_standing",
        "correction",
        ["earning_id"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def _events(of: str) -> None:
    op.create_table(
        f"{of}_event",
        sa.Column("id", ID, nullable=False),
        sa.Column(f"{of}_id", ID, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint([f"{of}_id"], [f"{of}.id"], name=op.f(f"fk_{of}_event_{of}_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{of}_event")),
    )
    op.create_index(op.f(f"ix_{of}_event_{of}_id"), f"{of}_event", [f"{of}_id"], unique=False)


def downgrade_() -> None:
    for table in ("correction_event", "making_event", "correction"):
        op.drop_table(table)
    op.drop_column("earning", "reversed_at")
    op.execute(  # the older shop takes every version for one in force: what nobody approved and nothing uses goes
        "DELETE FROM making_step WHERE making_id IN (SELECT id FROM making WHERE status <> 'approved')"
    )
    op.execute("DELETE FROM making WHERE status <> 'approved'")
    op.drop_index("uq_making_one_open", table_name="making")
    with op.batch_alter_table("making", schema=None) as batch_op:
        for name in ("status_known", "two_people", "approved_by_someone"):
            batch_op.drop_constraint(batch_op.f(f"ck_making_{name}"), type_="check")
        for column in ("approved_by", "approved_at", "status"):
            batch_op.drop_column(column)


def upgrade_identity() -> None:
    pass


def downgrade_identity() -> None:
    pass
