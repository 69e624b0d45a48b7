"""A settlement may fail after it was told as sent, or leave out what it should hold: the queue knows the second."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

KNOWN = (
    "payment-unknown", "payment-missing", "payment-amount", "refund-unknown", "refund-missing", "refund-amount",
    "refund-fate", "dispute-unknown", "dispute-missing", "dispute-fate", "line-unknown", "line-amount",
    "settlement-sum", "settlement-by-hand",
)  # fmt: skip
LACKING = ("settlement-lacks-payment", "settlement-lacks-refund")


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    op.add_column("settlement", sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_settlement_line_about", "settlement_line", ["gateway", "about"])
    _kinds(KNOWN + LACKING)


def downgrade_() -> None:
    """What is lacking is found anew; that a settlement failed stays in the books as the entry of its own."""
    events, reviews = (
        sa.table("payment_review_event", sa.column("review_id")),
        sa.table("payment_review", sa.column("id"), sa.column("kind", sa.String)),
    )
    lacking = sa.select(reviews.c.id).where(reviews.c.kind.in_(LACKING))
    op.execute(events.delete().where(events.c.review_id.in_(lacking)))
    op.execute(reviews.delete().where(reviews.c.kind.in_(LACKING)))
    _kinds(KNOWN)
    op.drop_index("ix_settlement_line_about", "settlement_line")
    op.drop_column("settlement", "failed_at")


def _kinds(known: tuple[str, ...]) -> None:
    rule = f"kind IN ({', '.join(repr(kind) for kind in known)})"
    with op.batch_alter_table("payment_review", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_payment_review_kind_known"), type_="check")
        batch_op.create_check_constraint(op.f("ck_payment_review_kind_known"), rule)


def upgrade_identity() -> None:
    """Nothing changes in the vault."""


def downgrade_identity() -> None:
    """Nothing changed in the vault."""
