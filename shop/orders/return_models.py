"""Returns: what a customer sends back, line by line and piece by piece, what became of each, and what is given for it.

An exchange is another of the same, within the same order line and without any money.
"""

from collections import Counter
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.catalog.models import Unit
from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column
from shop.orders.models import Order, OrderLine, Shipment


class ReturnStatus(StrEnum):
    """Where a return stands. `settled`: every piece that came back was restocked or written off."""

    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"
    CALLED_OFF = "called-off"
    BACK = "back"
    SETTLED = "settled"


RETURN_MOVES: dict[ReturnStatus, frozenset[ReturnStatus]] = {
    ReturnStatus.ASKED: frozenset({ReturnStatus.AGREED, ReturnStatus.REFUSED, ReturnStatus.CALLED_OFF}),
    ReturnStatus.AGREED: frozenset({ReturnStatus.BACK, ReturnStatus.CALLED_OFF}),
    ReturnStatus.REFUSED: frozenset(),
    ReturnStatus.CALLED_OFF: frozenset(),
    ReturnStatus.BACK: frozenset({ReturnStatus.SETTLED}),
    ReturnStatus.SETTLED: frozenset(),
}
COMING = (ReturnStatus.ASKED, ReturnStatus.AGREED)  # nothing of the order is released meanwhile
OPEN = (*COMING, ReturnStatus.BACK)


class ReturnReason(StrEnum):
    """Why something is sent back; each is about the piece."""

    NOT_AS_SHOWN = "not-as-shown"
    DAMAGED = "damaged"
    WRONG_PIECE = "wrong-piece"
    SIZE = "size"
    CHANGED_MIND = "changed-mind"


class Wish(StrEnum):
    """What a customer wants for what she sends back: her money, or another of the same."""

    REFUND = "refund"
    EXCHANGE = "exchange"


class Return(Model):
    """What a customer asked to send back of one order; one open return an order.

    `refund_minor`: what went back for the pieces that came, in the order's currency.
    """

    __tablename__ = "return_request"
    __table_args__ = (
        CheckConstraint("refund_minor >= 0", name="refund_not_negative"),
        one_of("status", ReturnStatus),
        one_of("reason", ReturnReason),
        one_of("wish", Wish),
        Index(None, "order_id"),
        Index(
            "uq_return_request_one_open",
            "order_id",
            unique=True,
            sqlite_where=text("status IN ('asked', 'agreed', 'back')"),
            postgresql_where=text("status IN ('asked', 'agreed', 'back')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    status: Mapped[ReturnStatus] = mapped_column(status_column(ReturnStatus))
    reason: Mapped[ReturnReason] = mapped_column(status_column(ReturnReason))
    wish: Mapped[Wish] = mapped_column(status_column(Wish), default=Wish.REFUND, server_default="refund")
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    refund_minor: Mapped[int] = mapped_column(Minor, default=0)

    order: Mapped[Order] = relationship(lazy="joined", innerjoin=True)
    lines: Mapped[list["ReturnLine"]] = relationship(order_by="ReturnLine.order_line_id", lazy="selectin")
    pieces: Mapped[list["ReturnPiece"]] = relationship(order_by="ReturnPiece.unit_id", lazy="selectin")
    events: Mapped[list["ReturnEvent"]] = relationship(order_by="ReturnEvent.id")
    exchange: Mapped["Exchange | None"] = relationship(back_populates="returned")

    @property
    def count(self) -> int:
        """Return how many pieces were asked to be sent back."""
        return sum(line.quantity for line in self.lines)

    def came(self) -> list[tuple[OrderLine, int]]:
        """Return the order lines of which pieces came, with how many."""
        lines = {piece.order_line_id: piece.line for piece in self.pieces}
        counted = Counter(piece.order_line_id for piece in self.pieces)
        return [(lines[line_id], counted[line_id]) for line_id in sorted(lines)]

    @property
    def why(self) -> str:
        """Return why it was refused, as the customer reads it; empty otherwise."""
        return next((event.note for event in reversed(self.events) if event.note), "")


class ReturnLine(Model):
    """How many pieces of one order line a customer asked to send back."""

    __tablename__ = "return_line"
    __table_args__ = (CheckConstraint("quantity > 0", name="sends_some"),)

    return_id: Mapped[int] = mapped_column(ForeignKey("return_request.id"), primary_key=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), primary_key=True, index=True)
    quantity: Mapped[int]

    line: Mapped[OrderLine] = relationship(lazy="joined", innerjoin=True)


class Outcome(StrEnum):
    """What became of a piece that came back."""

    RESTOCKED = "restocked"
    WRITTEN_OFF = "written-off"


class ReturnPiece(Model):
    """One piece that came back, and what became of it."""

    __tablename__ = "return_piece"
    __table_args__ = (
        CheckConstraint("(outcome IS NULL) = (settled_at IS NULL)", name="settled_whole"),
        CheckConstraint("(outcome IS NULL) = (settled_by IS NULL)", name="settled_by_someone"),
        one_of("outcome", Outcome),
    )

    return_id: Mapped[int] = mapped_column(ForeignKey("return_request.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True, index=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    outcome: Mapped[Outcome | None] = mapped_column(status_column(Outcome))
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    settled_by: Mapped[str | None] = mapped_column(String(40))

    unit: Mapped[Unit] = relationship(lazy="joined", innerjoin=True)
    line: Mapped[OrderLine] = relationship(lazy="joined", innerjoin=True)


class ReturnEvent(Model):
    """Who moved a return to which status, and when; `note` is why it was refused, written to the customer."""

    __tablename__ = "return_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return_request.id"), index=True)
    status: Mapped[ReturnStatus] = mapped_column(status_column(ReturnStatus))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(200))


class ExchangeStatus(StrEnum):
    """Where an exchange stands. `coming`: another is set aside or being made; `ended`: the money goes back instead."""

    COMING = "coming"
    SENT = "sent"
    DELIVERED = "delivered"
    ENDED = "ended"


EXCHANGE_MOVES: dict[ExchangeStatus, frozenset[ExchangeStatus]] = {
    ExchangeStatus.COMING: frozenset({ExchangeStatus.SENT, ExchangeStatus.ENDED}),
    ExchangeStatus.SENT: frozenset({ExchangeStatus.DELIVERED}),
    ExchangeStatus.DELIVERED: frozenset(),
    ExchangeStatus.ENDED: frozenset(),
}


class Exchange(Model):
    """Another piece for each that came with a return; on its order lines they stand in a `round` of their own."""

    __tablename__ = "exchange"
    __table_args__ = (CheckConstraint("round > 1", name="round_after_the_sale"), one_of("status", ExchangeStatus))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("return_request.id"), unique=True)
    status: Mapped[ExchangeStatus] = mapped_column(status_column(ExchangeStatus))
    round: Mapped[int]
    promised_on: Mapped[date]

    returned: Mapped[Return] = relationship(back_populates="exchange", lazy="joined", innerjoin=True)
    events: Mapped[list["ExchangeEvent"]] = relationship(order_by="ExchangeEvent.id")
    parcel: Mapped[Shipment | None] = relationship(viewonly=True)

    def work_for(self, line: str) -> str:
        """Return under which reference the workshop is asked for the pieces of an order line."""
        return f"{line}:exchange:{self.id}"


class ExchangeEvent(Model):
    """Who moved an exchange to which status, and when."""

    __tablename__ = "exchange_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), index=True)
    status: Mapped[ExchangeStatus] = mapped_column(status_column(ExchangeStatus))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))
