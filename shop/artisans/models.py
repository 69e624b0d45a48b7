"""An artisan, her earnings and her payouts. Nothing here says who she is outside the workshop."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column
from shop.users.models import Centre, User


def payable_of(artisan_id: int) -> str:
    """Return the code of the account that holds what a woman can take now."""
    return f"artisan:{artisan_id}:payable"


class Artisan(Model):
    """A maker under her work name. No row exists before someone confirmed that she is an adult.

    `takes_thanks` is her own to set and shown to nobody else: a thank-you of a customer is routed to her or not.
    """

    __tablename__ = "artisan"
    __table_args__ = (Index("uq_artisan_adult", "id", "adult_confirmed_on", unique=True),)  # what publications tie to

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), unique=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"), index=True)
    work_name: Mapped[str] = mapped_column(String(40))
    emblem: Mapped[str] = mapped_column(String(24))
    adult_confirmed_on: Mapped[date]
    joined_at: Mapped[datetime] = mapped_column(UTCDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    takes_thanks: Mapped[bool] = mapped_column(default=True, server_default=true())

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)
    centre: Mapped[Centre] = relationship(lazy="joined", innerjoin=True)

    @property
    def payable(self) -> str:
        """Return the code of the account that holds what she can take now."""
        return payable_of(self.id)

    @property
    def in_transit(self) -> str:
        """Return the code of the account that holds what is on its way to her."""
        return f"artisan:{self.id}:in-transit"


class EarningKind(StrEnum):
    """What an earning is for."""

    PIECE = "piece"
    STORY = "story"
    DESIGN = "design"
    REWORK = "rework"


WAGES = (EarningKind.PIECE, EarningKind.REWORK)  # what is paid for work, by which takings are capped


class Earning(Model):
    """What one accepted piece, one paid mending, one story, or one month of a design earned; the entry holds the money.

    `reversed_at`: two people have taken it back (corrections.py); it no longer counts as earned.
    """

    __tablename__ = "earning"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_above_zero"),
        one_of("kind", EarningKind),
        Index(None, "artisan_id", "earned_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    artisan_id: Mapped[int] = mapped_column(ForeignKey("artisan.id"))
    kind: Mapped[EarningKind] = mapped_column(status_column(EarningKind))
    reference: Mapped[str] = mapped_column(String(120), unique=True)
    source: Mapped[str] = mapped_column(String(60), index=True)
    amount_minor: Mapped[int] = mapped_column(Minor)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    earned_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reversed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    artisan: Mapped[Artisan] = relationship()


class PayoutStatus(StrEnum):
    """Where a payout stands. `questioned` is her answer "less" or "no"; money stays in transit.

    `came-back`: the bank sent it back after her "yes" (came_back.py).
    """

    PROPOSED = "proposed"
    APPROVED = "approved"
    SENT = "sent"
    QUESTIONED = "questioned"
    SETTLED = "settled"
    FAILED = "failed"
    CAME_BACK = "came-back"
    WITHDRAWN = "withdrawn"


PAYOUT_MOVES: dict[PayoutStatus, frozenset[PayoutStatus]] = {
    PayoutStatus.PROPOSED: frozenset({PayoutStatus.APPROVED, PayoutStatus.WITHDRAWN}),
    PayoutStatus.APPROVED: frozenset({PayoutStatus.SENT, PayoutStatus.WITHDRAWN}),
    PayoutStatus.SENT: frozenset({PayoutStatus.SETTLED, PayoutStatus.QUESTIONED, PayoutStatus.FAILED}),
    PayoutStatus.QUESTIONED: frozenset({PayoutStatus.SETTLED, PayoutStatus.FAILED}),
    PayoutStatus.SETTLED: frozenset({PayoutStatus.CAME_BACK}),
    PayoutStatus.FAILED: frozenset(),
    PayoutStatus.CAME_BACK: frozenset(),
    PayoutStatus.WITHDRAWN: frozenset(),
}


class PayoutMethod(StrEnum):
    """How the money reaches her."""

    CASH = "cash"
    BANK = "bank"
    UPI = "upi"


class Payout(Model):
    """Money on its way to one artisan: proposed, approved by someone else, sent, confirmed by her.

    `received_minor` is her own word where less came; what it settles for then, and the rest is hers to take again.
    """

    __tablename__ = "payout"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_above_zero"),
        CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="two_people"),
        CheckConstraint("received_minor > 0 AND received_minor < amount_minor", name="received_a_part"),
        one_of("status", PayoutStatus),
        one_of("method", PayoutMethod),
        Index(None, "artisan_id", "id"),
        Index(
            "uq_payout_one_open",
            "artisan_id",
            unique=True,
            sqlite_where=text("status IN ('proposed', 'approved', 'sent', 'questioned')"),
            postgresql_where=text("status IN ('proposed', 'approved', 'sent', 'questioned')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    artisan_id: Mapped[int] = mapped_column(ForeignKey("artisan.id"))
    amount_minor: Mapped[int] = mapped_column(Minor)
    method: Mapped[PayoutMethod] = mapped_column(status_column(PayoutMethod))
    status: Mapped[PayoutStatus] = mapped_column(status_column(PayoutStatus))
    proposed_by: Mapped[str] = mapped_column(String(40))
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    approved_by: Mapped[str | None] = mapped_column(String(40))
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    received_minor: Mapped[int | None] = mapped_column(Minor)
    bank_reference: Mapped[str | None] = mapped_column(String(60))  # used once: reference_models.py

    @property
    def settles_minor(self) -> int:
        """Return what it settles for: her own word where less came, all of it otherwise."""
        return self.amount_minor if self.received_minor is None else self.received_minor

    artisan: Mapped[Artisan] = relationship(lazy="joined", innerjoin=True)
    unwitnessed: Mapped["UnwitnessedAnswer | None"] = relationship()


class Unwitnessed(StrEnum):
    """Why a "yes" may not have been hers: someone had just set her PIN, or it came from a browser of the office."""

    AFTER_RESET = "after-reset"
    STAFF_DEVICE = "staff-device"
    BOTH = "after-reset-on-staff-device"


class UnwitnessedAnswer(Model):
    """A "yes" that settled a payout and that finance looks at, until someone says in a note what she found."""

    __tablename__ = "unwitnessed_answer"
    __table_args__ = (
        one_of("why", Unwitnessed),
        CheckConstraint(
            "(closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL) = (note IS NULL)", name="closed_whole"
        ),
    )

    payout_id: Mapped[int] = mapped_column(BigId, ForeignKey("payout.id"), primary_key=True, autoincrement=False)
    why: Mapped[Unwitnessed] = mapped_column(status_column(Unwitnessed))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_by: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(200))


class PayoutEvent(Model):
    """Who moved a payout from which status to which, and when."""

    __tablename__ = "payout_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    payout_id: Mapped[int] = mapped_column(ForeignKey("payout.id"), index=True)
    status: Mapped[PayoutStatus] = mapped_column(status_column(PayoutStatus))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(200))


class CorrectionStatus(StrEnum):
    """Where a correction stands. Only an approved one has moved anything."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


CORRECTION_MOVES: dict[CorrectionStatus, frozenset[CorrectionStatus]] = {
    CorrectionStatus.PROPOSED: frozenset(
        {CorrectionStatus.APPROVED, CorrectionStatus.DECLINED, CorrectionStatus.WITHDRAWN}
    ),
    CorrectionStatus.APPROVED: frozenset(),
    CorrectionStatus.DECLINED: frozenset(),
    CorrectionStatus.WITHDRAWN: frozenset(),
}


class CorrectionReason(StrEnum):
    """What was wrong with the entry; each is about the entry, never about her."""

    WRONG_PERSON = "wrong-person"
    COUNTED_TWICE = "counted-twice"
    WRONG_COUNT = "wrong-count"
    WRONG_RATE = "wrong-rate"
    NOT_DONE = "not-done"


class Correction(Model):
    """An earning that one person proposes to take back and another approves: its entry is reversed, once.

    `right_minor`: what should have been credited instead, to the same woman or, where the piece was another's work, to
    `credit_artisan_id`; `put_id` is the earning that says so.
    """

    __tablename__ = "correction"
    __table_args__ = (
        CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="two_people"),
        CheckConstraint(
            "(status = 'approved') = (approved_by IS NOT NULL) AND (approved_by IS NULL) = (reversal_id IS NULL)",
            name="approved_reverses",
        ),
        CheckConstraint("right_minor > 0", name="right_above_zero"),
        CheckConstraint("credit_artisan_id IS NULL OR right_minor IS NOT NULL", name="credits_a_sum"),
        CheckConstraint(
            "(put_id IS NOT NULL) = (status = 'approved' AND right_minor IS NOT NULL)", name="approved_puts_right"
        ),
        one_of("status", CorrectionStatus),
        one_of("reason", CorrectionReason),
        Index(
            "uq_correction_one_standing",
            "earning_id",
            unique=True,
            sqlite_where=text("status IN ('proposed', 'approved')"),
            postgresql_where=text("status IN ('proposed', 'approved')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    earning_id: Mapped[int] = mapped_column(ForeignKey("earning.id"))
    reason: Mapped[CorrectionReason] = mapped_column(status_column(CorrectionReason))
    note: Mapped[str] = mapped_column(String(200))
    status: Mapped[CorrectionStatus] = mapped_column(status_column(CorrectionStatus))
    proposed_by: Mapped[str] = mapped_column(String(40))
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    approved_by: Mapped[str | None] = mapped_column(String(40))
    reversal_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    right_minor: Mapped[int | None] = mapped_column(Minor)
    credit_artisan_id: Mapped[int | None] = mapped_column(ForeignKey("artisan.id"))
    put_id: Mapped[int | None] = mapped_column(ForeignKey("earning.id"), unique=True)

    earning: Mapped[Earning] = relationship(lazy="joined", innerjoin=True, foreign_keys=[earning_id])
    credit_artisan: Mapped[Artisan | None] = relationship()

    @property
    def women(self) -> list[Artisan]:
        """Return whose books it is about: hers from whom it takes back, and hers whom it credits instead."""
        return [self.earning.artisan, *([self.credit_artisan] if self.credit_artisan else [])]


class CorrectionEvent(Model):
    """Who moved a correction to which status, and when."""

    __tablename__ = "correction_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    correction_id: Mapped[int] = mapped_column(ForeignKey("correction.id"), index=True)
    status: Mapped[CorrectionStatus] = mapped_column(status_column(CorrectionStatus))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(200))
