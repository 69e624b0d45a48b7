"""Returns: asked by the customer in the window, agreed or refused, and taken in piece by piece.

What comes back leaves its order line: the share of its makers is taken back if it was not theirs yet,
their wages never are. Then each piece goes back on the shelf as what it is, or is written off. The
money of the pieces that came is given back by the payments' floor, from what `receive` returns; or
she gets another of the same instead (exchanges.py).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import selectinload

from shop.catalog import returned
from shop.catalog.models import Reservation, ReservationStatus, Unit
from shop.db import changed, db
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.orders import again, lifecycle, return_news
from shop.orders.credits import Credit, Received
from shop.orders.locks import lock
from shop.orders.models import Order
from shop.orders.return_models import (
    COMING,
    OPEN,
    RETURN_MOVES,
    Exchange,
    ExchangeStatus,
    Outcome,
    Return,
    ReturnEvent,
    ReturnLine,
    ReturnPiece,
    ReturnReason,
    ReturnStatus,
    Wish,
)
from shop.orders.window import Window
from shop.statuses import move
from shop.users import audit
from shop.users.models import User


def ask(
    order: Order,
    quantities: Mapping[int, int],
    reason: ReturnReason,
    window: Window,
    wish: Wish = Wish.REFUND,
    *,
    at: datetime,
    by: str,
) -> Return:
    """Ask to send pieces back, given as order line -> how many; one open return an order.

    Conflict once the window has ended, another return is open or what is wished for cannot be had again, Invalid for
    more than are left with her.
    """
    lock(order)
    end = window.end_of(order)
    if end is None or at > end:
        raise Conflict("return.window")
    if find_open(order.id) is not None:
        raise Conflict("return.one_open")
    left = left_with_customer(order.id)
    wanted = {line_id: quantity for line_id, quantity in quantities.items() if quantity}
    if not wanted or any(not 0 < quantity <= left.get(line_id, 0) for line_id, quantity in wanted.items()):
        raise Invalid("return.quantity")
    lines = [line for line in lifecycle.lines_of(order) if line.id in wanted]
    if wish is Wish.EXCHANGE and not set(wanted) <= again.can_be_had(lines, wanted):
        raise Conflict("exchange.not_to_be_had")
    made = Return(order_id=order.id, status=ReturnStatus.ASKED, reason=reason, wish=wish, asked_at=at, refund_minor=0)
    made.lines = [ReturnLine(order_line_id=line_id, quantity=count) for line_id, count in sorted(wanted.items())]
    db.session.add(made)
    db.session.flush()
    _note(made, ReturnStatus.ASKED, at=at, by=by)
    return_news.tell(made, at=at)
    return made


def agree(asked: Return, *, at: datetime, by: str) -> None:
    """Agree to a return: the customer is told where to send it."""
    _move(asked, ReturnStatus.AGREED, at=at, by=by)
    return_news.tell(asked, at=at)


def refuse(asked: Return, why: str, *, at: datetime, by: str) -> None:
    """Refuse a return, with the reason that the customer reads."""
    if not why.strip():
        raise Invalid("return.reason")
    _move(asked, ReturnStatus.REFUSED, at=at, by=by, note=why.strip()[:200])
    return_news.tell(asked, at=at)


def call_off(asked: Return, *, lapsed: bool = False, at: datetime, by: str) -> None:
    """Let a return rest: the customer keeps everything, or what was agreed never came (then it has `lapsed`)."""
    _move(asked, ReturnStatus.CALLED_OFF, at=at, by=by)
    return_news.tell(asked, lapsed=lapsed, at=at)


def receive(agreed: Return, unit_ids: Sequence[int], *, at: datetime, by: str) -> Received:
    """Take in the pieces that came, at most those agreed; return what is to be given back for them.

    The share of their makers is taken back if it is still pending. Invalid for a piece that was not sold
    under one of the return's lines.
    """
    came = take_in(agreed, unit_ids, at=at, by=by)
    returned.take_back(list(came), at=at, by=by)
    return priced(agreed, Counter(came.values()))


def take_in(agreed: Return, unit_ids: Sequence[int], *, at: datetime, by: str) -> dict[int, int]:
    """Write down which pieces of a return came, and return unit -> order line; they leave their lines after this.

    Invalid unless each was sold under one of its lines, and no more came than were agreed.
    """
    lock(agreed.order)
    out = units_out(agreed.order_id)
    came = {unit_id: out.get(unit_id, 0) for unit_id in sorted(set(unit_ids))}
    agreed_to = {line.order_line_id: line.quantity for line in agreed.lines}
    if not came or any(count > agreed_to.get(line_id, 0) for line_id, count in Counter(came.values()).items()):
        raise Invalid("return.pieces")
    _move(agreed, ReturnStatus.BACK, at=at, by=by)
    db.session.add_all(
        ReturnPiece(return_id=agreed.id, unit_id=unit_id, order_line_id=line_id) for unit_id, line_id in came.items()
    )
    db.session.flush()
    audit.record("returns.receive", f"return:{agreed.id}", by=by, at=at)
    return came


def priced(row: Return, pieces: Mapping[int, int]) -> Received:
    """Return what pieces of a return had cost, as order line -> how many: those that are hers no longer."""
    kept = left_with_customer(row.order_id) + promised_anew(row.order_id)
    lines = lifecycle.lines_of(row.order)
    return Received(row, [Credit(line, pieces[line.id], kept[line.id]) for line in lines if pieces.get(line.id)])


def note_refund(received: Return, minor: int, *, at: datetime) -> None:
    """Write down what is given back for a return, and tell the customer."""
    changed(update(Return).where(Return.id == received.id).values(refund_minor=minor))
    db.session.refresh(received)
    if received.exchange is not None:
        return_news.tell_of_exchange(received.exchange, at=at)
    else:
        return_news.tell(received, at=at)


def settle(received: Return, unit_id: int, outcome: Outcome, *, at: datetime, by: str) -> None:
    """Lay one piece back on the shelf, or write it off; the return is settled with its last piece."""
    piece = db.session.get(ReturnPiece, (received.id, unit_id))
    if piece is None:
        raise NotFound("return.unknown")
    mine = update(ReturnPiece).where(
        ReturnPiece.return_id == received.id, ReturnPiece.unit_id == unit_id, ReturnPiece.outcome.is_(None)
    )
    if changed(mine.values(outcome=outcome, settled_at=at, settled_by=by)) != 1:
        raise Conflict("return.moved_on")
    if outcome is Outcome.RESTOCKED:
        returned.restock(piece.unit, f"return:{received.id}:unit:{unit_id}", at=at, by=by)
    db.session.expire(received, ["pieces"])
    db.session.refresh(piece)
    if all(each.outcome is not None for each in received.pieces):
        _move(received, ReturnStatus.SETTLED, at=at, by=by)


def units_out(order_id: int) -> dict[int, int]:
    """Return unit -> order line of every piece of an order that has left and has not come back."""
    lines = {reference: int(reference.partition(":")[2]) for reference in lifecycle.references_of(order_id)}
    rows = db.session.execute(
        select(Unit.id, Reservation.reference)
        .join(Reservation, Reservation.id == Unit.reservation_id)
        .where(Reservation.reference.in_(list(lines)), Reservation.status == ReservationStatus.SHIPPED)
        .order_by(Unit.id)
    )
    return {row[0]: lines[row[1]] for row in rows}


def left_with_customer(order_id: int) -> Counter[int]:
    """Return order line -> how many of its pieces are with the customer."""
    return Counter(units_out(order_id).values())


def promised_anew(order_id: int) -> Counter[int]:
    """Return order line -> how many others of it are set aside or made for the customer, and not sent yet."""
    query = (
        select(ReturnPiece.order_line_id, func.count())
        .join(Return, Return.id == ReturnPiece.return_id)
        .join(Exchange, Exchange.return_id == Return.id)
        .where(Return.order_id == order_id, Exchange.status == ExchangeStatus.COMING)
        .group_by(ReturnPiece.order_line_id)
    )
    return Counter({row[0]: int(row[1]) for row in db.session.execute(query)})


def find_open(order_id: int) -> Return | None:
    """Return the open return of an order, or None."""
    query = select(Return).where(Return.order_id == order_id, Return.status.in_(OPEN))
    return db.session.scalars(query).one_or_none()


def of_order(order_id: int) -> list[Return]:
    """Return every return of an order, the oldest first."""
    return list(db.session.scalars(select(Return).where(Return.order_id == order_id).order_by(Return.id)))


def by_order(orders: Sequence[Order], *, open_only: bool = False) -> dict[int, list[Return]]:
    """Return order -> its returns with their events, the oldest first; orders without any are left out.

    Open is one too whose other piece has not been sent yet.
    """
    query = select(Return).where(Return.order_id.in_([order.id for order in orders]))
    if open_only:
        query = query.where(or_(Return.status.in_(OPEN), Return.exchange.has(status=ExchangeStatus.COMING)))
    found: dict[int, list[Return]] = {}
    whole = selectinload(Return.events), selectinload(Return.exchange).selectinload(Exchange.events)
    for each in db.session.scalars(query.order_by(Return.id).options(*whole)):
        found.setdefault(each.order_id, []).append(each)
    return found


def get_of(user: User, return_id: int) -> Return:
    """Return a return of an order that a member of staff may see; NotFound otherwise."""
    found = db.session.scalars(
        select(Return).join(Order, Order.id == Return.order_id).where(Return.id == return_id, lifecycle.seen_by(user))
    ).one_or_none()
    if found is None:
        raise NotFound("return.unknown")
    return found


def get_all_of(user: User, return_id: int) -> Return:
    """Return a return to decide; Refused if another centre's work hangs on its order as well."""
    found = get_of(user, return_id)
    if not lifecycle.is_all_of(user, found.order):
        raise Refused("order.other_centre")
    return found


def open_of(user: User) -> list[Return]:
    """Return the open returns that a member of staff may see, the oldest first."""
    query = (
        select(Return)
        .join(Order, Order.id == Return.order_id)
        .where(Return.status.in_(OPEN), lifecycle.seen_by(user))
        .order_by(Return.asked_at, Return.id)
    )
    return list(db.session.scalars(query))


def is_under_way() -> ColumnElement[bool]:
    """Return the condition for orders of which something is sent back, or something else is still to be sent."""
    comes = select(Return.id).where(Return.order_id == Order.id, Return.status.in_(COMING)).exists()
    return or_(comes, is_sent_anew())


def is_sent_anew() -> ColumnElement[bool]:
    """Return the condition for orders of which something is still to be sent in the place of what came back."""
    coming = Return.exchange.has(status=ExchangeStatus.COMING)
    return select(Return.id).where(Return.order_id == Order.id, coming).exists()


def is_exchanged() -> ColumnElement[bool]:
    """Return the condition for pieces of returns in whose place the customer gets another, or has got it."""
    stands = Exchange.status != ExchangeStatus.ENDED
    return select(Exchange.id).where(Exchange.return_id == ReturnPiece.return_id, stands).exists()


def _move(row: Return, to: ReturnStatus, *, at: datetime, by: str, note: str | None = None) -> None:
    if not move(row, RETURN_MOVES, to):
        raise Conflict("return.moved_on")
    _note(row, to, at=at, by=by, note=note)


def _note(row: Return, status: ReturnStatus, *, at: datetime, by: str, note: str | None = None) -> None:
    db.session.add(ReturnEvent(return_id=row.id, status=status, at=at, by=by, note=note))
    db.session.flush()
