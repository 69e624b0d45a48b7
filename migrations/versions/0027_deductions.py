"""Deductions: notices of what shall be taken of wages, answers to them, and what was taken."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TAKEN = "status IN ('taken', 'reversed')"


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.create_table(
        "deduction",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("artisan_id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("respond_by", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("proposed_by", sa.String(length=40), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(length=40), nullable=True),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decision", sa.String(length=200), nullable=True),
        sa.Column("payout_id", NUMBER, nullable=True),
        sa.Column("wages_minor", sa.BigInteger(), nullable=True),
        sa.Column("wages_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("together_minor", sa.BigInteger(), nullable=True),
        sa.Column("entry_id", NUMBER, nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reversal_id", NUMBER, nullable=True),
        sa.CheckConstraint(
            "(status = 'reversed') = (reversal_id IS NOT NULL)", name=op.f("ck_deduction_reversed_whole")
        ),
        sa.CheckConstraint(
            f"({TAKEN}) = (entry_id IS NOT NULL) AND ({TAKEN}) = (payout_id IS NOT NULL)"
            f" AND ({TAKEN}) = (taken_at IS NOT NULL) AND ({TAKEN}) = (wages_minor IS NOT NULL)"
            f" AND ({TAKEN}) = (wages_from IS NOT NULL) AND ({TAKEN}) = (together_minor IS NOT NULL)",
            name=op.f("ck_deduction_taken_whole"),
        ),
        sa.CheckConstraint(
            "NOT (status IN ('taken', 'reversed')) OR agreed_at IS NOT NULL OR decided_by IS NOT NULL",
            name=op.f("ck_deduction_never_past_her"),
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR (decided_by <> proposed_by AND decided_by <> approved_by AND coalesce(decision, '') <> '')",
            name=op.f("ck_deduction_decided_by_a_third"),
        ),
        sa.CheckConstraint(
            "kind <> 'fine' OR wages_minor IS NULL OR amount_minor * 100 <= wages_minor * 3",
            name=op.f("ck_deduction_fine"),
        ),
        sa.CheckConstraint(
            "kind IN ('fine', 'damage', 'housing', 'service', 'overpaid')", name=op.f("ck_deduction_kind_known")
        ),
        sa.CheckConstraint(
            "reason IN ('rule-broken', 'tool-lost', 'material-lost', 'room', 'asked-for', 'paid-too-much')",
            name=op.f("ck_deduction_reason_known"),
        ),
        sa.CheckConstraint("status <> 'agreed' OR agreed_at IS NOT NULL", name=op.f("ck_deduction_agreed_by_her")),
        sa.CheckConstraint("status <> 'upheld' OR decided_by IS NOT NULL", name=op.f("ck_deduction_upheld_by_someone")),
        sa.CheckConstraint(
            "status IN ('proposed', 'noticed', 'agreed', 'objected', 'questioned', 'upheld', 'taken', 'reversed', 'withdrawn')",
            name=op.f("ck_deduction_status_known"),
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'withdrawn') OR (approved_by IS NOT NULL AND noticed_at IS NOT NULL)",
            name=op.f("ck_deduction_noticed_by_two"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_deduction_amount_above_zero")),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name=op.f("ck_deduction_two_people")),
        sa.CheckConstraint(
            "wages_minor IS NULL OR (together_minor >= amount_minor AND together_minor * 2 <= wages_minor)",
            name=op.f("ck_deduction_half_of_wages"),
        ),
        sa.ForeignKeyConstraint(["artisan_id"], ["artisan.id"], name=op.f("fk_deduction_artisan_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_deduction_entry_id")),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("fk_deduction_payout_id")),
        sa.ForeignKeyConstraint(["reversal_id"], ["ledger_entry.id"], name=op.f("fk_deduction_reversal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deduction")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_deduction_entry_id")),
        sa.UniqueConstraint("reversal_id", name=op.f("uq_deduction_reversal_id")),
    )
    op.create_index(op.f("ix_deduction_artisan_id_id"), "deduction", ["artisan_id", "id"])
    op.create_index(op.f("ix_deduction_payout_id"), "deduction", ["payout_id"])

    op.create_table(
        "deduction_event",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("deduction_id", NUMBER, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["deduction_id"], ["deduction.id"], name=op.f("fk_deduction_event_deduction_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deduction_event")),
    )
    op.create_index(op.f("ix_deduction_event_deduction_id"), "deduction_event", ["deduction_id"])


def downgrade_() -> None:
    op.drop_table("deduction_event")
    op.drop_table("deduction")


def upgrade_identity() -> None:
    """Nothing changes in the vault."""


def downgrade_identity() -> None:
    """Nothing changed in the vault."""
