"""Disputes: a customer's bank asks a payment back from the gateway, and what has become of it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column
from shop.payments.models import Capture


class DisputeStatus(StrEnum):
    """Where a dispute stands. `answered`: the bank looks at what we sent; `closed`: it ended without a verdict."""

    OPENED = "opened"
    ANSWERED = "answered"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"


_ENDS = frozenset({DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.CLOSED})
UNDECIDED = (DisputeStatus.OPENED, DisputeStatus.ANSWERED)

DISPUTE_MOVES: dict[DisputeStatus, frozenset[DisputeStatus]] = {
    DisputeStatus.OPENED: _ENDS | {DisputeStatus.ANSWERED},
    DisputeStatus.ANSWERED: _ENDS | {DisputeStatus.OPENED},  # what we sent was not enough: we are asked for more
    DisputeStatus.WON: frozenset(),
    DisputeStatus.LOST: frozenset(),
    DisputeStatus.CLOSED: frozenset(),
}


class Dispute(Model):
    """One dispute of one capture, known by the gateway's own number for it.

    `is_inquiry`: the bank only asks so far. `reserved_minor`: so much of the capture can be given back by nobody
    while it stands. `taken_at`, `returned_at`: when the gateway took the money out of what it holds for us, and put
    it back. `advance_minor`: what of the loss came out of money that was held for an order which never left.
    `fee_minor` is what the gateway asks for its trouble, in its own currency, `fee_back_minor` what it put back of
    it. `heard_at` is the date of the newest message that was applied.
    """

    __tablename__ = "dispute"
    __table_args__ = (
        UniqueConstraint("gateway", "dispute_ref"),
        CheckConstraint("amount_minor > 0", name="amount_above_zero"),
        CheckConstraint("0 <= reserved_minor AND reserved_minor <= amount_minor", name="reserve_within"),
        CheckConstraint("0 <= advance_minor AND advance_minor <= amount_minor", name="advance_within"),
        CheckConstraint("fee_minor >= 0", name="fee_not_negative"),
        one_of("status", DisputeStatus),
        Index(None, "status", "due_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    capture_id: Mapped[int] = mapped_column(ForeignKey("capture.id"), index=True)
    gateway: Mapped[str] = mapped_column(String(16))
    dispute_ref: Mapped[str] = mapped_column(String(80))
    status: Mapped[DisputeStatus] = mapped_column(status_column(DisputeStatus))
    reason: Mapped[str] = mapped_column(String(60))
    amount_minor: Mapped[int] = mapped_column(Minor)
    currency: Mapped[str] = mapped_column(String(3))
    is_inquiry: Mapped[bool] = mapped_column(default=False, server_default=false())
    reserved_minor: Mapped[int] = mapped_column(Minor, default=0)
    advance_minor: Mapped[int] = mapped_column(Minor, default=0)
    fee_minor: Mapped[int] = mapped_column(Minor, default=0)
    fee_currency: Mapped[str | None] = mapped_column(String(3))
    fee_back_minor: Mapped[int] = mapped_column(Minor, default=0, server_default="0")
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    heard_at: Mapped[datetime] = mapped_column(UTCDateTime)
    taken_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    returned_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    capture: Mapped[Capture] = relationship(lazy="joined", innerjoin=True)
    events: Mapped[list["DisputeEvent"]] = relationship(order_by="DisputeEvent.id")

    @property
    def reference(self) -> str:
        """Return how the books and the floors below name this dispute."""
        return f"dispute:{self.id}"

    @property
    def is_open(self) -> bool:
        """Say whether the bank has not decided yet."""
        return self.status in UNDECIDED

    @property
    def is_lost(self) -> bool:
        """Say whether the bank decided against us."""
        return self.status is DisputeStatus.LOST


class DisputeEvent(Model):
    """When a dispute came to which status, and through whom; `note` is what the office wrote down about it."""

    __tablename__ = "dispute_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    dispute_id: Mapped[int] = mapped_column(ForeignKey("dispute.id"), index=True)
    status: Mapped[DisputeStatus] = mapped_column(status_column(DisputeStatus))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(200))
