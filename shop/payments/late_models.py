"""The question that late money asks: the piece was sold meanwhile; shall it be made, or the money go back?"""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.db import BigId, Model, UTCDateTime, one_of, status_column
from shop.orders.models import Order


class LateAnswer(StrEnum):
    """What became of the question. `lapsed`: she did not answer in time, so the money went back."""

    OPEN = "open"
    MAKE = "make"
    GIVE_BACK = "give-back"
    LAPSED = "lapsed"


ANSWERS: dict[LateAnswer, frozenset[LateAnswer]] = {
    LateAnswer.OPEN: frozenset({LateAnswer.MAKE, LateAnswer.GIVE_BACK, LateAnswer.LAPSED}),
    LateAnswer.MAKE: frozenset(),
    LateAnswer.GIVE_BACK: frozenset(),
    LateAnswer.LAPSED: frozenset(),
}


class LateQuestion(Model):
    """One question an order: asked when its money came after its pieces had gone and they can be made.

    `ready_on` is the day that was offered, and becomes the order's promise if she agrees; `answer_by` is when silence
    counts as no.
    """

    __tablename__ = "late_question"
    __table_args__ = (
        one_of("status", LateAnswer),
        CheckConstraint("(status = 'open') = (answered_at IS NULL)", name="answered_with_a_date"),
        Index(None, "status", "answer_by"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), unique=True)
    status: Mapped[LateAnswer] = mapped_column(status_column(LateAnswer))
    ready_on: Mapped[date]
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answer_by: Mapped[datetime] = mapped_column(UTCDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    order: Mapped[Order] = relationship(lazy="joined", innerjoin=True)
