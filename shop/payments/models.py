"""Payment attempts, captures, refunds and the gateways' events."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column
from shop.orders.models import Order


class AttemptStatus(StrEnum):
    """Where a pay page stands. `unknown`: the gateway did not answer; we look again."""

    REQUESTING = "requesting"
    UNKNOWN = "unknown"
    PENDING = "pending"
    CAPTURED = "captured"
    EXPIRED = "expired"
    FAILED = "failed"


OPEN_ATTEMPTS = (AttemptStatus.REQUESTING, AttemptStatus.UNKNOWN, AttemptStatus.PENDING)
_LATE = frozenset({AttemptStatus.CAPTURED})  # money may still come after a page ended: never refuse it

ATTEMPT_MOVES: dict[AttemptStatus, frozenset[AttemptStatus]] = {
    AttemptStatus.REQUESTING: frozenset(
        {
            AttemptStatus.UNKNOWN,
            AttemptStatus.PENDING,
            AttemptStatus.CAPTURED,
            AttemptStatus.FAILED,
            AttemptStatus.EXPIRED,
        }
    ),
    AttemptStatus.UNKNOWN: frozenset(
        {AttemptStatus.PENDING, AttemptStatus.CAPTURED, AttemptStatus.FAILED, AttemptStatus.EXPIRED}
    ),
    AttemptStatus.PENDING: frozenset({AttemptStatus.CAPTURED, AttemptStatus.EXPIRED}),
    AttemptStatus.CAPTURED: frozenset(),
    AttemptStatus.EXPIRED: _LATE,
    AttemptStatus.FAILED: _LATE,
}


class Attempt(Model):
    """One pay page for one order. `key` is what we tell the gateway, and what makes asking twice safe."""

    __tablename__ = "payment_attempt"
    __table_args__ = (
        UniqueConstraint("order_id", "number"),
        UniqueConstraint("gateway", "page_ref"),
        CheckConstraint("amount_minor > 0", name="amount_above_zero"),
        CheckConstraint(
            "0 <= refund_reserved_minor AND refund_reserved_minor <= captured_minor", name="refunds_covered"
        ),
        one_of("status", AttemptStatus),
        Index(
            "uq_payment_attempt_one_open",
            "order_id",
            unique=True,
            sqlite_where=text("status IN ('requesting', 'unknown', 'pending')"),
            postgresql_where=text("status IN ('requesting', 'unknown', 'pending')"),
        ),
        Index(None, "status", "expires_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    number: Mapped[int]
    gateway: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(40), unique=True)
    status: Mapped[AttemptStatus] = mapped_column(status_column(AttemptStatus))
    amount_minor: Mapped[int] = mapped_column(Minor)
    currency: Mapped[str] = mapped_column(String(3))
    captured_minor: Mapped[int] = mapped_column(Minor, default=0)
    refund_reserved_minor: Mapped[int] = mapped_column(Minor, default=0)
    page_ref: Mapped[str | None] = mapped_column(String(80))
    page_url: Mapped[str | None] = mapped_column(String(2000))
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    looked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    order: Mapped[Order] = relationship(lazy="joined", innerjoin=True)


class AttemptEvent(Model):
    """When an attempt came to which status, and through whom."""

    __tablename__ = "payment_attempt_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("payment_attempt.id"), index=True)
    status: Mapped[AttemptStatus] = mapped_column(status_column(AttemptStatus))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(200))


class Capture(Model):
    """Money that a gateway took for us. One row per payment at the gateway, however often we hear of it."""

    __tablename__ = "capture"
    __table_args__ = (UniqueConstraint("gateway", "payment_ref"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("payment_attempt.id"), index=True)
    gateway: Mapped[str] = mapped_column(String(16))
    payment_ref: Mapped[str] = mapped_column(String(80))
    amount_minor: Mapped[int] = mapped_column(Minor)
    currency: Mapped[str] = mapped_column(String(3))
    captured_at: Mapped[datetime] = mapped_column(UTCDateTime)

    attempt: Mapped[Attempt] = relationship(lazy="joined", innerjoin=True)


class RefundStatus(StrEnum):
    """Where a refund stands; a failed one gives its reserve back and may be asked for again.

    A bank may send back what had gone: a refund that failed after it was processed keeps the day on which it went.
    """

    REQUESTED = "requested"
    SENT = "sent"
    PROCESSED = "processed"
    FAILED = "failed"


REFUND_MOVES: dict[RefundStatus, frozenset[RefundStatus]] = {
    RefundStatus.REQUESTED: frozenset({RefundStatus.SENT, RefundStatus.PROCESSED, RefundStatus.FAILED}),
    RefundStatus.SENT: frozenset({RefundStatus.PROCESSED, RefundStatus.FAILED}),
    RefundStatus.PROCESSED: frozenset({RefundStatus.FAILED}),
    RefundStatus.FAILED: frozenset(),
}


class Refund(Model):
    """Money on its way back to a customer; `reduces`: of what went off its order before the parcel left, never sold."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_above_zero"),
        UniqueConstraint("gateway_ref"),
        one_of("status", RefundStatus),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    capture_id: Mapped[int] = mapped_column(ForeignKey("capture.id"), index=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    amount_minor: Mapped[int] = mapped_column(Minor)
    status: Mapped[RefundStatus] = mapped_column(status_column(RefundStatus))
    reason: Mapped[str] = mapped_column(String(120))
    reduces: Mapped[bool] = mapped_column(default=False, server_default=false())
    gateway_ref: Mapped[str | None] = mapped_column(String(80))
    requested_at: Mapped[datetime] = mapped_column(UTCDateTime)
    requested_by: Mapped[str] = mapped_column(String(40))
    processed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    capture: Mapped[Capture] = relationship(lazy="joined", innerjoin=True)
    parts: Mapped[list["RefundPart"]] = relationship(order_by="RefundPart.sku")

    @property
    def came_back(self) -> bool:
        """Say whether its money had gone and was sent back: its paper stands, and the money is held for the order."""
        return self.status is RefundStatus.FAILED and self.processed_at is not None


class ReturnRefund(Model):
    """Which refund gives back the money of which return."""

    __tablename__ = "return_refund"

    refund_id: Mapped[int] = mapped_column(BigId, ForeignKey("refund.id"), primary_key=True, autoincrement=False)
    return_id: Mapped[int] = mapped_column(ForeignKey("return_request.id"), index=True)


class RefundAgain(Model):
    """Which refund was asked for in the place of one that failed; each is replaced once."""

    __tablename__ = "refund_again"

    refund_id: Mapped[int] = mapped_column(BigId, ForeignKey("refund.id"), primary_key=True, autoincrement=False)
    again_of_id: Mapped[int] = mapped_column(BigId, ForeignKey("refund.id"), unique=True)


class RefundPart(Model):
    """What of an order's row a refund gives back; `sku` is its line's, empty for the delivery.

    `quantity`: how many pieces came back with it, none for money alone.
    """

    __tablename__ = "refund_part"
    __table_args__ = (CheckConstraint("minor > 0 AND quantity >= 0", name="gives_some"),)

    refund_id: Mapped[int] = mapped_column(BigId, ForeignKey("refund.id"), primary_key=True, autoincrement=False)
    sku: Mapped[str] = mapped_column(String(40), primary_key=True)
    quantity: Mapped[int]
    minor: Mapped[int] = mapped_column(Minor)


class RefundEvent(Model):
    """When a refund came to which status, and through whom."""

    __tablename__ = "refund_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    refund_id: Mapped[int] = mapped_column(ForeignKey("refund.id"), index=True)
    status: Mapped[RefundStatus] = mapped_column(status_column(RefundStatus))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))


class EventStatus(StrEnum):
    """What became of a gateway's event. `held`: genuine, but not a payment we asked for."""

    RECEIVED = "received"
    APPLIED = "applied"
    IGNORED = "ignored"
    HELD = "held"
    PARKED = "parked"


class GatewayEvent(Model):
    """The inbox: a webhook as it came, stored before anything is done with it."""

    __tablename__ = "gateway_event"
    __table_args__ = (
        UniqueConstraint("gateway", "event_id"),
        UniqueConstraint("gateway", "body_sha256"),
        one_of("status", EventStatus),
        Index(None, "status", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    gateway: Mapped[str] = mapped_column(String(16))
    event_id: Mapped[str] = mapped_column(String(80))
    body_sha256: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(60))
    about: Mapped[str | None] = mapped_column(String(80), index=True)  # our attempt's key, else the payment's number
    secret: Mapped[int] = mapped_column(default=1)  # which of ours signed it: 1 is the current one
    body: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[EventStatus] = mapped_column(status_column(EventStatus))
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # not tried before: a try that failed waits
    note: Mapped[str | None] = mapped_column(String(200))
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
