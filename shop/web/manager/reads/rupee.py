"""One rupee from a customer's payment to the hands of the women who made the piece, on one page."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from shop.catalog.models import Reservation, Unit
from shop.db import db
from shop.orders import exchanges, lifecycle
from shop.orders.models import Order, OrderLine, OrderStatus, Shipment
from shop.payments.models import Attempt, Capture, Refund
from shop.payments.settlement_models import SettlementLine
from shop.users.models import User
from shop.users.policy import may
from shop.web.manager.reads import payment_story, rupee_pieces
from shop.web.manager.reads.payment_story import Rows
from shop.web.manager.reads.rupee_pieces import Made
from shop.web.manager.reads.rupee_sums import Sheet, sheets

LINE = "order-line:"


@dataclass(frozen=True)
class LineOf:
    """One order line with its pieces."""

    line: OrderLine
    pieces: Sequence[Made]


@dataclass(frozen=True)
class RupeePage:
    """The page; `money` is None for who reads no payments, `sheets` empty where order or makers are not all theirs."""

    order: Order
    money: Rows | None
    lines: Sequence[LineOf]
    sheets: Sequence[Sheet]


def rupee_page(user: User, number: str) -> RupeePage:
    """Return an order from its payment to the payouts; NotFound where there is no such order for this person."""
    order = lifecycle.get_of(user, number)
    rows = payment_story.rows_of(order)
    pieces = rupee_pieces.of_lines(user, [line.reference for line in order.lines], exchanges.work_of(order.id))
    reads_payments = may(user.role, "payments.read")
    is_told = order.status is not OrderStatus.PLACED and lifecycle.is_all_of(user, order)
    is_told = is_told and not any(each.has_others for each in pieces.made)  # else the rest of a sum is the others'
    return RupeePage(
        order,
        rows if reads_payments else None,
        [LineOf(line, [each for each in pieces.made if each.line == line.reference]) for line in order.lines],
        sheets(order, rows, pieces, with_gateway=reads_payments) if is_told else [],
    )


def find_order(user: User, reference: str) -> Order | None:
    """Return the order that an entry of the books is about, or None: for no order, or one that is not the reader's."""
    kind, _colon, rest = reference.partition(":")
    head = rest.partition(":")[0]
    if kind == "capture":
        about = _paid(Capture.gateway == head, Capture.payment_ref == rest.partition(":")[2])
    elif kind == "refund":
        about = Order.id.in_(select(Attempt.order_id).join(Capture).join(Refund).where(Refund.id == number_in(head)))
    elif kind == "shipment":
        about = Order.id.in_(select(Shipment.order_id).where(Shipment.id == number_in(head)))
    elif kind == "settlement":
        line = select(SettlementLine.capture_id)
        line = line.where(SettlementLine.gateway == head, SettlementLine.ref == rest.partition(":")[2])
        about = _paid(Capture.id.in_(line))
    else:
        about = Order.id.in_(select(OrderLine.order_id).where(OrderLine.id == _line_behind(reference)))
    return db.session.scalar(select(Order).where(about, lifecycle.seen_by(user)).limit(1))


def _paid(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    return Order.id.in_(select(Attempt.order_id).join(Capture).where(*which))


def _line_behind(reference: str) -> int:
    """Return the line of a share, or of the wages of a piece that is set aside for one; 0 for anything else."""
    head, found, line = reference.partition(f":{LINE}")
    if not found and head.startswith("task:"):
        task, _piece, number = head.removeprefix("task:").partition(":piece:")
        piece_id = rupee_pieces.find_piece(number_in(task), number_in(number.partition(":")[0]))
        set_aside = select(Reservation.reference).join(Unit, Unit.reservation_id == Reservation.id)
        held = db.session.scalar(set_aside.where(Unit.reference == f"{rupee_pieces.MADE_AS}{piece_id}"))
        line = (held or "").removeprefix(LINE)
    return number_in(line.partition(":")[0])


def number_in(text: str) -> int:
    """Return the number that stands in a reference, or 0, which no row has."""
    return int(text) if text.isdecimal() and len(text) < 19 else 0
