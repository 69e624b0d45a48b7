"""Exchanges: a customer who sends a piece back gets another of the same, within its order line and without any money.

The piece that came leaves its line as with any return; the line waits for another in a new round, from the shelf or
the workshop, and its makers are promised the same share. It is sent in a parcel of its own, without an invoice, since
the sale stands. Until then it may be ended, and the money goes back as it would have with the return.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import selectinload

from shop.catalog import returned, stock
from shop.catalog.models import PACKING_DAYS, Reservation, ReservationStatus
from shop.clock import india_date
from shop.db import changed, db
from shop.errors import Conflict, NotFound
from shop.orders import again, holding, lifecycle, return_news, returns
from shop.orders.credits import Received
from shop.orders.locks import lock
from shop.orders.models import Order, OrderLine, Shipment
from shop.orders.return_models import (
    EXCHANGE_MOVES,
    Exchange,
    ExchangeEvent,
    ExchangeStatus,
    Return,
    ReturnPiece,
    Wish,
)
from shop.production import calling_off, leadtime
from shop.production import orders as production
from shop.statuses import move
from shop.users import audit
from shop.users.models import User


def receive(agreed: Return, unit_ids: Sequence[int], *, at: datetime, by: str) -> Exchange:
    """Take in the pieces that came, and promise the customer another of the same for each.

    Conflict if she asked for her money or another cannot be had any more, Invalid for a piece that was not sold under
    one of the return's lines.
    """
    if agreed.wish is not Wish.EXCHANGE:
        raise Conflict("exchange.not_wished")
    came = returns.take_in(agreed, unit_ids, at=at, by=by)
    pieces = Counter(came.values())
    lines = [line for line in lifecycle.lines_of(agreed.order) if line.id in pieces]
    round, made = holding.next_round(lines), again.can_be_made(lines)
    others = [
        stock.Wanted(line.variant_id, pieces[line.id], line.reference, line.id in made, line.share_minor)
        for line in lines
    ]
    to_make = returned.exchange(list(came), others, round=round, at=at, by=by)
    promised_on = _promise(lines, to_make, at)
    row = Exchange(return_id=agreed.id, status=ExchangeStatus.COMING, round=round, promised_on=promised_on)
    db.session.add(row)
    db.session.flush()
    db.session.expire(agreed, ["exchange", "pieces"])
    _ask_workshop(row, [line for line in lines if line.reference in to_make], to_make, at=at, by=by)
    _note(row, ExchangeStatus.COMING, at=at, by=by)
    return_news.tell_of_exchange(row, at=at)
    return row


def _promise(lines: Sequence[OrderLine], to_make: dict[str, int], at: datetime) -> date:
    """Return by when the others leave, as for an order that is placed now."""
    days = leadtime.ready_in_days([line.variant_id for line in lines if line.reference in to_make]) if to_make else {}
    return india_date(at) + timedelta(days=PACKING_DAYS + max(days.values(), default=0))


def _ask_workshop(row: Exchange, lines: Sequence[OrderLine], to_make: dict[str, int], *, at: datetime, by: str) -> None:
    for line in lines:
        production.request(
            line.variant,
            to_make[line.reference],
            reference=row.work_for(line.reference),
            making_id=line.making_id,
            due_on=row.promised_on,
            at=at,
            by=by,
        )


def end(row: Exchange, *, at: datetime, by: str) -> Received:
    """End an exchange whose pieces have not been sent; return what is to be given back instead.

    What was set aside goes back, work not begun is called off. Conflict if they were sent, or it has ended.
    """
    lock(row.returned.order)
    _move(row, ExchangeStatus.ENDED, at=at, by=by)
    asked = production.find_by_reference([row.work_for(line) for line in _lines_of(row)])
    calling_off.lock(asked)
    for work in asked:
        calling_off.call_off(work, work.quantity, at=at)
    stock.release(_lines_of(row), round=row.round, at=at, by=by)
    audit.record("returns.end-exchange", f"return:{row.return_id}", by=by, at=at)
    return returns.priced(row.returned, Counter(piece.order_line_id for piece in row.returned.pieces))


def send(row: Exchange, carrier: str, tracking: str, *, at: datetime, by: str) -> Shipment:
    """Hand the pieces of an exchange to a carrier; the sale stands, so there is no invoice and nothing is booked.

    Conflict unless every one is set aside.
    """
    carrier, tracking = lifecycle.parcel_of(carrier, tracking)
    order = row.returned.order
    lock(order)
    _move(row, ExchangeStatus.SENT, at=at, by=by)
    parcel = Shipment(
        order_id=order.id, exchange_id=row.id, carrier=carrier, tracking=tracking, shipped_at=at, shipped_by=by
    )
    db.session.add(parcel)
    db.session.flush()
    stock.ship(_lines_of(row), f"shipment:{parcel.id}", round=row.round, at=at, by=by)
    db.session.expire(order, ["shipments"])
    return_news.tell_of_exchange(row, at=at)
    return parcel


def deliver(row: Exchange, *, at: datetime, by: str) -> None:
    """Note that the parcel of an exchange has arrived; Conflict if it was not sent, or has been noted."""
    _move(row, ExchangeStatus.DELIVERED, at=at, by=by)
    changed(update(Shipment).where(Shipment.exchange_id == row.id).values(delivered_at=at))


def get_of(user: User, return_id: int) -> Exchange:
    """Return the exchange of a return that a member of staff may see; NotFound otherwise."""
    return _of(returns.get_of(user, return_id))


def get_all_of(user: User, return_id: int) -> Exchange:
    """Return an exchange to decide; Refused if another centre's work hangs on its order as well."""
    return _of(returns.get_all_of(user, return_id))


def _of(row: Return) -> Exchange:
    if row.exchange is None:
        raise NotFound("exchange.unknown")
    return row.exchange


def open_of(user: User) -> list[Exchange]:
    """Return the exchanges that a member of staff may see and that have not arrived, the most urgent first."""
    query = (
        select(Exchange)
        .join(Return, Return.id == Exchange.return_id)
        .join(Order, Order.id == Return.order_id)
        .where(Exchange.status.in_((ExchangeStatus.COMING, ExchangeStatus.SENT)), lifecycle.seen_by(user))
        .order_by(Exchange.promised_on, Exchange.id)
        .options(selectinload(Exchange.parcel))
    )
    return list(db.session.scalars(query))


def ready(rows: Sequence[Exchange]) -> set[int]:
    """Return which exchanges can leave: nothing has been sent, and no piece is waited for."""
    coming = [row.id for row in rows if row.status is ExchangeStatus.COMING]
    waits = (
        select(Exchange.id)
        .join(ReturnPiece, ReturnPiece.return_id == Exchange.return_id)
        .join(Reservation, Reservation.reference == func.concat("order-line:", ReturnPiece.order_line_id))
        .where(Reservation.round == Exchange.round, Reservation.status == ReservationStatus.WAITING)
        .where(Exchange.id.in_(coming))
    )
    return set(coming) - set(db.session.scalars(waits))


def work_of(order_id: int) -> dict[str, str]:
    """Return under which references the workshop was asked for the exchanges of an order -> for which order line."""
    query = select(Exchange).join(Return, Return.id == Exchange.return_id).where(Return.order_id == order_id)
    return {row.work_for(line): line for row in db.session.scalars(query) for line in _lines_of(row)}


def _lines_of(row: Exchange) -> list[str]:
    """Return how floors below name the lines of an exchange."""
    return sorted({piece.line.reference for piece in row.returned.pieces})


def _move(row: Exchange, to: ExchangeStatus, *, at: datetime, by: str) -> None:
    if not move(row, EXCHANGE_MOVES, to):
        raise Conflict("exchange.moved_on")
    _note(row, to, at=at, by=by)


def _note(row: Exchange, status: ExchangeStatus, *, at: datetime, by: str) -> None:
    db.session.add(ExchangeEvent(exchange_id=row.id, status=status, at=at, by=by))
    db.session.flush()
