"""Disputes, the question that late money asks, which refund stands for one that failed, and what keeps shares waiting."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = ("refund_again", "dispute_event", "dispute", "release_hold", "late_question")


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    _late_question()
    _release_hold()
    _dispute()
    op.create_table(
        "dispute_event",
        sa.Column("id", BIG, nullable=False),
        sa.Column("dispute_id", BIG, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_event_dispute_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_event")),
    )
    op.create_index(op.f("ix_dispute_event_dispute_id"), "dispute_event", ["dispute_id"])
    op.create_table(
        "refund_again",
        sa.Column("refund_id", BIG, autoincrement=False, nullable=False),
        sa.Column("again_of_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["again_of_id"], ["refund.id"], name=op.f("fk_refund_again_again_of_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_refund_again_refund_id")),
        sa.PrimaryKeyConstraint("refund_id", name=op.f("pk_refund_again")),
        sa.UniqueConstraint("again_of_id", name=op.f("uq_refund_again_again_of_id")),
    )


def _late_question() -> None:
    op.create_table(
        "late_question",
        sa.Column("id", BIG, nullable=False),
        sa.Column("order_id", BIG, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("ready_on", sa.Date(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'open') = (answered_at IS NULL)", name=op.f("ck_late_question_answered_with_a_date")
        ),
        sa.CheckConstraint(
            "status IN ('open', 'make', 'give-back', 'lapsed')", name=op.f("ck_late_question_status_known")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_late_question_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_question")),
        sa.UniqueConstraint("order_id", name=op.f("uq_late_question_order_id")),
    )
    op.create_index(op.f("ix_late_question_status_answer_by"), "late_question", ["status", "answer_by"])


def _release_hold() -> None:
    op.create_table(
        "release_hold",
        sa.Column("id", BIG, nullable=False),
        sa.Column("order_id", BIG, nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_release_hold_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_hold")),
        sa.UniqueConstraint("reference", name=op.f("uq_release_hold_reference")),
    )
    op.create_index(op.f("ix_release_hold_order_id"), "release_hold", ["order_id"])


def _dispute() -> None:
    op.create_table(
        "dispute",
        sa.Column("id", BIG, nullable=False),
        sa.Column("capture_id", BIG, nullable=False),
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("dispute_ref", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reserved_minor", sa.BigInteger(), nullable=False),
        sa.Column("advance_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_currency", sa.String(length=3), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_dispute_amount_above_zero")),
        sa.CheckConstraint(
            "0 <= reserved_minor AND reserved_minor <= amount_minor", name=op.f("ck_dispute_reserve_within")
        ),
        sa.CheckConstraint(
            "0 <= advance_minor AND advance_minor <= amount_minor", name=op.f("ck_dispute_advance_within")
        ),
        sa.CheckConstraint("fee_minor >= 0", name=op.f("ck_dispute_fee_not_negative")),
        sa.CheckConstraint(
            "status IN ('opened', 'answered', 'won', 'lost', 'closed')", name=op.f("ck_dispute_status_known")
        ),
        sa.ForeignKeyConstraint(["capture_id"], ["capture.id"], name=op.f("fk_dispute_capture_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        sa.UniqueConstraint("gateway", "dispute_ref", name=op.f("uq_dispute_gateway_dispute_ref")),
    )
    op.create_index(op.f("ix_dispute_capture_id"), "dispute", ["capture_id"])
    op.create_index(op.f("ix_dispute_status_due_at"), "dispute", ["status", "due_at"])


def downgrade_() -> None:
    for table in TABLES:
        op.drop_table(table)


def upgrade_identity() -> None:
    """Nothing changes in the vault."""


def downgrade_identity() -> None:
    """Nothing changed in the vault."""
