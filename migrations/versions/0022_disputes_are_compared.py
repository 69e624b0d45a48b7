"""Disputes are compared, and a payout that was asked for by hand is one sum: the queue and the lines know these kinds."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

LINES = ("payment", "refund", "fee", "other")
SUM = ("sum",)
REVIEWS = (
    "payment-unknown", "payment-missing", "payment-amount", "refund-unknown", "refund-missing", "refund-amount",
    "refund-fate", "line-unknown", "line-amount", "settlement-sum",
)  # fmt: skip
DISPUTES = ("dispute-unknown", "dispute-missing", "dispute-fate", "settlement-by-hand")


def upgrade(engine_name: str) -> None:
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    globals()[f"downgrade_{engine_name}"]()


def upgrade_() -> None:
    _kinds("payment_review", REVIEWS + DISPUTES)
    _kinds("settlement_line", LINES + SUM)


def downgrade_() -> None:
    """A sum by hand is told as something else again, as it stands in the books; a difference is found anew."""
    sums = sa.table("settlement_line", sa.column("kind", sa.String))
    op.execute(sums.update().where(sums.c.kind.in_(SUM)).values(kind="other"))
    events, reviews = (
        sa.table("payment_review_event", sa.column("review_id")),
        sa.table("payment_review", sa.column("id"), sa.column("kind", sa.String)),
    )
    unknown = sa.select(reviews.c.id).where(reviews.c.kind.in_(DISPUTES))
    op.execute(events.delete().where(events.c.review_id.in_(unknown)))
    op.execute(reviews.delete().where(reviews.c.kind.in_(DISPUTES)))
    _kinds("settlement_line", LINES)
    _kinds("payment_review", REVIEWS)


def _kinds(table: str, known: tuple[str, ...]) -> None:
    rule = f"kind IN ({', '.join(repr(kind) for kind in known)})"
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(op.f(f"ck_{table}_kind_known"), type_="check")
        batch_op.create_check_constraint(op.f(f"ck_{table}_kind_known"), rule)


def upgrade_identity() -> None:
    """Nothing changes in the vault."""


def downgrade_identity() -> None:
    """Nothing changed in the vault."""
