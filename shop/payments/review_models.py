"""The review queue: every difference between a gateway's account and ours, with who looks into it.

One row for each difference, for ever: found again it is the same row, so that nothing stands twice and what a
person once found out about it stays with it.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column


class DifferenceKind(StrEnum):
    """What the two sides tell differently."""

    PAYMENT_UNKNOWN = "payment-unknown"  # theirs, and none of ours
    PAYMENT_MISSING = "payment-missing"  # ours, and none of theirs
    PAYMENT_AMOUNT = "payment-amount"
    REFUND_UNKNOWN = "refund-unknown"
    REFUND_MISSING = "refund-missing"
    REFUND_AMOUNT = "refund-amount"
    REFUND_FATE = "refund-fate"  # one side says that it went back, the other that it did not
    DISPUTE_UNKNOWN = "dispute-unknown"
    DISPUTE_MISSING = "dispute-missing"
    DISPUTE_FATE = "dispute-fate"  # one side says that it is over, or where its money is, the other says otherwise
    LINE_UNKNOWN = "line-unknown"  # a settlement holds something that we know nothing of
    LINE_AMOUNT = "line-amount"
    SETTLEMENT_SUM = "settlement-sum"  # its lines do not add up to what the bank was sent
    SETTLEMENT_LACKS_PAYMENT = "settlement-lacks-payment"  # later money came to the bank without what was captured
    SETTLEMENT_LACKS_REFUND = "settlement-lacks-refund"
    SETTLEMENT_BY_HAND = "settlement-by-hand"  # a sum that a person asked for: no gateway tells what is in it


class ReviewStatus(StrEnum):
    """Where a difference stands. It is `gone` when it was no longer found, `accepted` when a person explained it."""

    OPEN = "open"
    TAKEN = "taken"
    ACCEPTED = "accepted"
    GONE = "gone"


WAITING = (ReviewStatus.OPEN, ReviewStatus.TAKEN)
_TAKE, _ACCEPT, _GO, _OPEN = ReviewStatus.TAKEN, ReviewStatus.ACCEPTED, ReviewStatus.GONE, ReviewStatus.OPEN
REVIEW_MOVES: dict[ReviewStatus, frozenset[ReviewStatus]] = {
    ReviewStatus.OPEN: frozenset({_TAKE, _ACCEPT, _GO}),
    ReviewStatus.TAKEN: frozenset({_TAKE, _ACCEPT, _GO}),
    ReviewStatus.ACCEPTED: frozenset({_OPEN}),  # only if it is another amount by now
    ReviewStatus.GONE: frozenset({_OPEN}),
}


class Compared(StrEnum):
    """What of a gateway's account is compared with ours in one go."""

    PAYMENTS = "payments"
    DISPUTES = "disputes"
    SETTLEMENTS = "settlements"


class Comparison(Model):
    """Up to which moment something of a gateway's account was compared with ours, whole, the last time."""

    __tablename__ = "payment_comparison"
    __table_args__ = (one_of("what", Compared),)

    gateway: Mapped[str] = mapped_column(String(16), primary_key=True)
    what: Mapped[Compared] = mapped_column(status_column(Compared), primary_key=True)
    until: Mapped[datetime] = mapped_column(UTCDateTime)


class Review(Model):
    """One difference and who looks into it. `about` is our attempt's key or the payment's number at the gateway."""

    __tablename__ = "payment_review"
    __table_args__ = (
        UniqueConstraint("gateway", "kind", "ref"),
        one_of("kind", DifferenceKind),
        one_of("status", ReviewStatus),
        CheckConstraint("status <> 'taken' OR owner IS NOT NULL", name="taken_by_someone"),
        CheckConstraint("status <> 'accepted' OR note IS NOT NULL", name="accepted_with_a_note"),
        Index(None, "status", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    gateway: Mapped[str] = mapped_column(String(16))
    kind: Mapped[DifferenceKind] = mapped_column(status_column(DifferenceKind))
    ref: Mapped[str] = mapped_column(String(80))
    about: Mapped[str | None] = mapped_column(String(80), index=True)
    theirs_minor: Mapped[int] = mapped_column(Minor)
    ours_minor: Mapped[int] = mapped_column(Minor)
    currency: Mapped[str] = mapped_column(String(3))
    why: Mapped[str | None] = mapped_column(String(200))
    status: Mapped[ReviewStatus] = mapped_column(status_column(ReviewStatus))
    owner: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(200))
    happened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ReviewEvent(Model):
    """When a difference came to which status, through whom, and what they found."""

    __tablename__ = "payment_review_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("payment_review.id"), index=True)
    status: Mapped[ReviewStatus] = mapped_column(status_column(ReviewStatus))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(200))
