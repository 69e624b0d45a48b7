"""Advances: money given before it is earned, without interest, and what of it has come back."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.artisans.models import Artisan, PayoutMethod
from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column

APPEND_ONLY = {"advance_repayment": "id"}


class AdvanceStatus(StrEnum):
    """Where an advance stands. Only one that she has acknowledged is ever recovered from what she earns."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    PAID = "paid"
    QUESTIONED = "questioned"
    ACKNOWLEDGED = "acknowledged"
    REPAID = "repaid"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


ADVANCE_MOVES: dict[AdvanceStatus, frozenset[AdvanceStatus]] = {
    AdvanceStatus.PROPOSED: frozenset({AdvanceStatus.APPROVED, AdvanceStatus.WITHDRAWN}),
    AdvanceStatus.APPROVED: frozenset({AdvanceStatus.PAID, AdvanceStatus.WITHDRAWN}),
    AdvanceStatus.PAID: frozenset({AdvanceStatus.ACKNOWLEDGED, AdvanceStatus.QUESTIONED, AdvanceStatus.RETURNED}),
    AdvanceStatus.QUESTIONED: frozenset({AdvanceStatus.ACKNOWLEDGED, AdvanceStatus.RETURNED}),
    AdvanceStatus.ACKNOWLEDGED: frozenset({AdvanceStatus.REPAID}),
    AdvanceStatus.REPAID: frozenset(),
    AdvanceStatus.RETURNED: frozenset(),
    AdvanceStatus.WITHDRAWN: frozenset(),
}
STANDING = "status IN ('proposed', 'approved', 'paid', 'questioned', 'acknowledged')"
GIVEN = "status IN ('paid', 'questioned', 'acknowledged', 'repaid', 'returned')"


class AdvanceReason(StrEnum):
    """What an advance is for, as far as anybody asks: the work, the season, or a reason that stays her own."""

    LARGE_ORDER = "large-order"
    TOOLS = "tools"
    FESTIVAL = "festival"
    HER_OWN = "her-own"


class Advance(Model):
    """Money given to one woman before it is earned; `agreed_on` is the day of the paper that names the instalment.

    `instalment_minor` is the most that goes back in a calendar month; one advance at a time.
    """

    __tablename__ = "advance"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_above_zero"),
        CheckConstraint("instalment_minor > 0 AND instalment_minor <= amount_minor", name="instalment_within"),
        CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="two_people"),
        CheckConstraint(f"NOT ({GIVEN}) OR (approved_by IS NOT NULL AND entry_id IS NOT NULL)", name="given_by_two"),
        CheckConstraint(
            "status NOT IN ('acknowledged', 'repaid') OR acknowledged_at IS NOT NULL", name="acknowledged_by_her"
        ),
        one_of("status", AdvanceStatus),
        one_of("reason", AdvanceReason),
        one_of("method", PayoutMethod),
        Index(
            "uq_advance_one_standing",
            "artisan_id",
            unique=True,
            sqlite_where=text(STANDING),
            postgresql_where=text(STANDING),
        ),
        Index(None, "artisan_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    artisan_id: Mapped[int] = mapped_column(ForeignKey("artisan.id"))
    amount_minor: Mapped[int] = mapped_column(Minor)
    instalment_minor: Mapped[int] = mapped_column(Minor)
    reason: Mapped[AdvanceReason] = mapped_column(status_column(AdvanceReason))
    method: Mapped[PayoutMethod] = mapped_column(status_column(PayoutMethod))
    agreed_on: Mapped[date]
    status: Mapped[AdvanceStatus] = mapped_column(status_column(AdvanceStatus))
    proposed_by: Mapped[str] = mapped_column(String(40))
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    approved_by: Mapped[str | None] = mapped_column(String(40))
    bank_reference: Mapped[str | None] = mapped_column(String(60))  # used once: reference_models.py
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    paid_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    artisan: Mapped[Artisan] = relationship(lazy="joined", innerjoin=True)


class AdvanceEvent(Model):
    """Who moved an advance to which status, and when."""

    __tablename__ = "advance_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    advance_id: Mapped[int] = mapped_column(ForeignKey("advance.id"), index=True)
    status: Mapped[AdvanceStatus] = mapped_column(status_column(AdvanceStatus))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))


class AdvanceRepayment(Model):
    """What went back on an advance: with a payout, at most half of the wages of its period, or by her own wish.

    `wages_minor` is what she was credited for pieces after `wages_from`; both are empty where she repaid by herself.
    """

    __tablename__ = "advance_repayment"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_above_zero"),
        CheckConstraint(
            "(payout_id IS NULL) = (wages_minor IS NULL) AND (payout_id IS NULL) = (wages_from IS NULL)",
            name="with_a_payout_or_hers",
        ),
        CheckConstraint("wages_minor IS NULL OR amount_minor * 2 <= wages_minor", name="half_of_wages"),
        Index(None, "advance_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    advance_id: Mapped[int] = mapped_column(ForeignKey("advance.id"))
    payout_id: Mapped[int | None] = mapped_column(ForeignKey("payout.id"), unique=True)
    amount_minor: Mapped[int] = mapped_column(Minor)
    wages_minor: Mapped[int | None] = mapped_column(Minor)
    wages_from: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reference: Mapped[str] = mapped_column(String(120), unique=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)

    advance: Mapped[Advance] = relationship()
