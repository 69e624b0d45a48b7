"""The cash box of a centre: what lies in it, what went in and out, and what two people said about it."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column

APPEND_ONLY = {"cash_line": "id"}


class CashBox(Model):
    """What lies in a centre's box; there is none before it was first counted."""

    __tablename__ = "cash_box"
    __table_args__ = (CheckConstraint("held_minor >= 0", name="never_below_zero"),)

    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"), primary_key=True, autoincrement=False)
    held_minor: Mapped[int] = mapped_column(Minor)
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)


class CashActKind(StrEnum):
    """What two people do with a box."""

    OPEN = "open"
    BRING = "bring"
    TAKE = "take"
    COUNT = "count"


class CashActStatus(StrEnum):
    """Where such an act stands; only one that a second person has seen has moved anything."""

    WAITING = "waiting"
    SEEN = "seen"
    WITHDRAWN = "withdrawn"


ACT_MOVES: dict[CashActStatus, frozenset[CashActStatus]] = {
    CashActStatus.WAITING: frozenset({CashActStatus.SEEN, CashActStatus.WITHDRAWN}),
    CashActStatus.SEEN: frozenset(),
    CashActStatus.WITHDRAWN: frozenset(),
}


class CashAct(Model):
    """Written down by one person, seen by another. `expected_minor`: what a count should have found, in paise."""

    __tablename__ = "cash_act"
    __table_args__ = (
        one_of("kind", CashActKind),
        one_of("status", CashActStatus),
        CheckConstraint("seen_by IS NULL OR seen_by <> written_by", name="two_people"),
        CheckConstraint("(status = 'seen') = (seen_by IS NOT NULL)", name="seen_by_someone"),
        CheckConstraint("(seen_by IS NULL) = (seen_at IS NULL)", name="seen_whole"),
        CheckConstraint("amount_minor >= 0", name="amount_not_below_zero"),
        CheckConstraint(
            "kind NOT IN ('bring', 'take') OR (amount_minor > 0 AND bank_reference IS NOT NULL)", name="bank_knows"
        ),
        CheckConstraint("(kind = 'count') = (expected_minor IS NOT NULL)", name="expected_of_counts"),
        CheckConstraint("kind <> 'count' OR amount_minor = expected_minor OR note <> ''", name="difference_has_reason"),
        Index(
            "uq_cash_act_one_waiting",
            "centre_id",
            unique=True,
            sqlite_where=text("status = 'waiting'"),
            postgresql_where=text("status = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"))
    kind: Mapped[CashActKind] = mapped_column(status_column(CashActKind))
    status: Mapped[CashActStatus] = mapped_column(status_column(CashActStatus))
    amount_minor: Mapped[int] = mapped_column(Minor)
    expected_minor: Mapped[int | None] = mapped_column(Minor)
    bank_reference: Mapped[str | None] = mapped_column(String(60))  # used once: reference_models.py
    note: Mapped[str] = mapped_column(String(200))
    written_by: Mapped[str] = mapped_column(String(40))
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_by: Mapped[str | None] = mapped_column(String(40))
    seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def difference_minor(self) -> int:
        """Return what a count found too much, in paise, below zero what it found too little."""
        return 0 if self.expected_minor is None else self.amount_minor - self.expected_minor


class CashKind(StrEnum):
    """What a line of the cash book is about."""

    OPENED = "opened"
    BROUGHT = "brought"
    TAKEN = "taken"
    HANDED_OUT = "handed-out"
    CAME_BACK = "came-back"
    ADVANCE = "advance"
    ADVANCE_BACK = "advance-back"
    DIFFERENCE = "difference"


class CashLine(Model):
    """One line of the cash book; `amount_minor` is above zero for what came into the box. Append-only."""

    __tablename__ = "cash_line"
    __table_args__ = (
        one_of("kind", CashKind),
        CheckConstraint("amount_minor <> 0 OR kind = 'opened'", name="moves_something"),
        Index(None, "centre_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"))
    kind: Mapped[CashKind] = mapped_column(status_column(CashKind))
    amount_minor: Mapped[int] = mapped_column(Minor)
    reference: Mapped[str] = mapped_column(String(120), unique=True)
    act_id: Mapped[int | None] = mapped_column(ForeignKey("cash_act.id"))
    payout_id: Mapped[int | None] = mapped_column(ForeignKey("payout.id"))
    advance_id: Mapped[int | None] = mapped_column(ForeignKey("advance.id"))
    happened_on: Mapped[date]
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))
