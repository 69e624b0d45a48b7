"""Settlements line by line, the queue of differences, and of a gateway's message: whose, signed with what, due when."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

KINDS = (
    "'payment-unknown', 'payment-missing', 'payment-amount', 'refund-unknown', 'refund-missing', 'refund-amount', "
    "'refund-fate', 'line-unknown', 'line-amount', 'settlement-sum'"
)


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    _reviews()
    _settlements()
    op.add_column("gateway_event", sa.Column("about", sa.String(length=80), nullable=True))
    op.add_column("gateway_event", sa.Column("secret", sa.Integer(), server_default="1", nullable=False))
    op.add_column("gateway_event", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_gateway_event_about"), "gateway_event", ["about"])


def _reviews() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "payment_review",
        sa.Column("id", number, nullable=False),
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("about", sa.String(length=80), nullable=True),
        sa.Column("theirs_minor", sa.BigInteger(), nullable=False),
        sa.Column("ours_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_payment_review_kind_known")),
        sa.CheckConstraint(
            "status IN ('open', 'taken', 'accepted', 'gone')", name=op.f("ck_payment_review_status_known")
        ),
        sa.CheckConstraint("status <> 'taken' OR owner IS NOT NULL", name=op.f("ck_payment_review_taken_by_someone")),
        sa.CheckConstraint(
            "status <> 'accepted' OR note IS NOT NULL", name=op.f("ck_payment_review_accepted_with_a_note")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_review")),
        sa.UniqueConstraint("gateway", "kind", "ref", name=op.f("uq_payment_review_gateway_kind_ref")),
    )
    op.create_index(op.f("ix_payment_review_about"), "payment_review", ["about"])
    op.create_index(op.f("ix_payment_review_status_id"), "payment_review", ["status", "id"])
    op.create_table(
        "payment_review_event",
        sa.Column("id", number, nullable=False),
        sa.Column("review_id", number, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["review_id"], ["payment_review.id"], name=op.f("fk_payment_review_event_review_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_review_event")),
    )
    op.create_index(op.f("ix_payment_review_event_review_id"), "payment_review_event", ["review_id"])


def _settlements() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "settlement",
        sa.Column("id", number, nullable=False),
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("bank_ref", sa.String(length=80), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement")),
        sa.UniqueConstraint("gateway", "ref", name=op.f("uq_settlement_gateway_ref")),
    )
    op.create_index(op.f("ix_settlement_sent_at"), "settlement", ["sent_at"])
    op.create_table(
        "settlement_line",
        sa.Column("id", number, nullable=False),
        sa.Column("settlement_id", number, nullable=False),
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("about", sa.String(length=80), nullable=True),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capture_id", number, nullable=True),
        sa.Column("refund_id", number, nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('payment', 'refund', 'fee', 'other')", name=op.f("ck_settlement_line_kind_known")),
        sa.CheckConstraint("capture_id IS NULL OR refund_id IS NULL", name=op.f("ck_settlement_line_settles_one")),
        sa.ForeignKeyConstraint(["capture_id"], ["capture.id"], name=op.f("fk_settlement_line_capture_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_settlement_line_refund_id")),
        sa.ForeignKeyConstraint(["settlement_id"], ["settlement.id"], name=op.f("fk_settlement_line_settlement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_line")),
        sa.UniqueConstraint("gateway", "ref", name=op.f("uq_settlement_line_gateway_ref")),
    )
    op.create_index(op.f("ix_settlement_line_settlement_id"), "settlement_line", ["settlement_id"])
    op.create_index(op.f("ix_settlement_line_capture_id"), "settlement_line", ["capture_id"])
    op.create_index(op.f("ix_settlement_line_refund_id"), "settlement_line", ["refund_id"])
    op.create_index("ix_settlement_line_waiting", "settlement_line", ["gateway", "posted_at"])


def downgrade_() -> None:
    op.drop_index(op.f("ix_gateway_event_about"), "gateway_event")
    for column in ("due_at", "secret", "about"):
        op.drop_column("gateway_event", column)
    for table in ("settlement_line", "settlement", "payment_review_event", "payment_review"):
        op.drop_table(table)


def upgrade_identity() -> None:
    """Nothing changes in the vault."""


def downgrade_identity() -> None:
    """Nothing changed in the vault."""
