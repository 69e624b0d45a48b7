"""Deductions: a notice to her of what shall be taken of her wages, her answer, and what was taken in truth."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.artisans.models import Artisan
from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column


class DeductionKind(StrEnum):
    """What may be taken of wages at all, of what the Code on Wages 2019, s. 18(2) lists; an advance is none of these.

    Every one of them is off until the house's settings name it.
    """

    FINE = "fine"
    DAMAGE = "damage"
    HOUSING = "housing"
    SERVICE = "service"
    OVERPAID = "overpaid"


class DeductionReason(StrEnum):
    """Why, from a list, so that she reads it in her language."""

    RULE_BROKEN = "rule-broken"
    TOOL_LOST = "tool-lost"
    MATERIAL_LOST = "material-lost"
    ROOM = "room"
    ASKED_FOR = "asked-for"
    PAID_TOO_MUCH = "paid-too-much"


REASONS: dict[DeductionKind, tuple[DeductionReason, ...]] = {
    DeductionKind.FINE: (DeductionReason.RULE_BROKEN,),  # s. 18(2)(a) and 19: of a notice that stood beforehand
    DeductionKind.DAMAGE: (DeductionReason.TOOL_LOST, DeductionReason.MATERIAL_LOST),  # entrusted to her: (c)
    DeductionKind.HOUSING: (DeductionReason.ROOM,),  # (d)
    DeductionKind.SERVICE: (DeductionReason.ASKED_FOR,),  # (e)
    DeductionKind.OVERPAID: (DeductionReason.PAID_TOO_MUCH,),  # (f)
}


class DeductionStatus(StrEnum):
    """Where a deduction stands. Only one to which she agreed, or that a third person upheld, is ever taken."""

    PROPOSED = "proposed"
    NOTICED = "noticed"
    AGREED = "agreed"
    OBJECTED = "objected"
    QUESTIONED = "questioned"
    UPHELD = "upheld"
    TAKEN = "taken"
    REVERSED = "reversed"
    WITHDRAWN = "withdrawn"


DEDUCTION_MOVES: dict[DeductionStatus, frozenset[DeductionStatus]] = {
    DeductionStatus.PROPOSED: frozenset({DeductionStatus.NOTICED, DeductionStatus.WITHDRAWN}),
    DeductionStatus.NOTICED: frozenset(
        {
            DeductionStatus.AGREED,
            DeductionStatus.OBJECTED,
            DeductionStatus.QUESTIONED,
            DeductionStatus.UPHELD,
            DeductionStatus.WITHDRAWN,
        }
    ),
    DeductionStatus.QUESTIONED: frozenset(
        {DeductionStatus.AGREED, DeductionStatus.OBJECTED, DeductionStatus.UPHELD, DeductionStatus.WITHDRAWN}
    ),
    DeductionStatus.OBJECTED: frozenset({DeductionStatus.AGREED, DeductionStatus.UPHELD, DeductionStatus.WITHDRAWN}),
    DeductionStatus.AGREED: frozenset({DeductionStatus.TAKEN, DeductionStatus.WITHDRAWN}),
    DeductionStatus.UPHELD: frozenset({DeductionStatus.TAKEN, DeductionStatus.WITHDRAWN}),
    DeductionStatus.TAKEN: frozenset({DeductionStatus.REVERSED}),
    DeductionStatus.REVERSED: frozenset(),
    DeductionStatus.WITHDRAWN: frozenset(),
}
TAKEN = "status IN ('taken', 'reversed')"


class Deduction(Model):
    """What shall be taken of one woman's wages: `amount_minor` is the notice's sum, and taken whole or not at all.

    With a payout: `wages_minor` since `wages_from` is what it was measured against, and `together_minor` all that
    was taken of those wages, an advance's part and this one included.
    """

    __tablename__ = "deduction"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_above_zero"),
        CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="two_people"),
        CheckConstraint(
            "decided_by IS NULL OR (decided_by <> proposed_by AND decided_by <> approved_by"
            " AND coalesce(decision, '') <> '')",
            name="decided_by_a_third",
        ),
        CheckConstraint(
            "status IN ('proposed', 'withdrawn') OR (approved_by IS NOT NULL AND noticed_at IS NOT NULL)",
            name="noticed_by_two",
        ),
        CheckConstraint("status <> 'agreed' OR agreed_at IS NOT NULL", name="agreed_by_her"),
        CheckConstraint("status <> 'upheld' OR decided_by IS NOT NULL", name="upheld_by_someone"),
        CheckConstraint(
            f"({TAKEN}) = (entry_id IS NOT NULL) AND ({TAKEN}) = (payout_id IS NOT NULL)"
            f" AND ({TAKEN}) = (taken_at IS NOT NULL) AND ({TAKEN}) = (wages_minor IS NOT NULL)"
            f" AND ({TAKEN}) = (wages_from IS NOT NULL) AND ({TAKEN}) = (together_minor IS NOT NULL)",
            name="taken_whole",
        ),
        CheckConstraint(f"NOT ({TAKEN}) OR agreed_at IS NOT NULL OR decided_by IS NOT NULL", name="never_past_her"),
        CheckConstraint("(status = 'reversed') = (reversal_id IS NOT NULL)", name="reversed_whole"),
        CheckConstraint(
            "wages_minor IS NULL OR (together_minor >= amount_minor AND together_minor * 2 <= wages_minor)",
            name="half_of_wages",
        ),
        CheckConstraint("kind <> 'fine' OR wages_minor IS NULL OR amount_minor * 100 <= wages_minor * 3", name="fine"),
        one_of("kind", DeductionKind),
        one_of("reason", DeductionReason),
        one_of("status", DeductionStatus),
        Index(None, "artisan_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    artisan_id: Mapped[int] = mapped_column(ForeignKey("artisan.id"))
    kind: Mapped[DeductionKind] = mapped_column(status_column(DeductionKind))
    reason: Mapped[DeductionReason] = mapped_column(status_column(DeductionReason))
    amount_minor: Mapped[int] = mapped_column(Minor)
    due_on: Mapped[date]
    respond_by: Mapped[date | None]
    status: Mapped[DeductionStatus] = mapped_column(status_column(DeductionStatus))
    proposed_by: Mapped[str] = mapped_column(String(40))
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    approved_by: Mapped[str | None] = mapped_column(String(40))
    noticed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    agreed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(40))
    decision: Mapped[str | None] = mapped_column(String(200))
    payout_id: Mapped[int | None] = mapped_column(ForeignKey("payout.id"), index=True)
    wages_minor: Mapped[int | None] = mapped_column(Minor)
    wages_from: Mapped[datetime | None] = mapped_column(UTCDateTime)
    together_minor: Mapped[int | None] = mapped_column(Minor)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    taken_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reversal_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)

    artisan: Mapped[Artisan] = relationship(lazy="joined", innerjoin=True)


class DeductionEvent(Model):
    """Who moved a deduction to which status, and when: her own answers too."""

    __tablename__ = "deduction_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    deduction_id: Mapped[int] = mapped_column(ForeignKey("deduction.id"), index=True)
    status: Mapped[DeductionStatus] = mapped_column(status_column(DeductionStatus))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))
