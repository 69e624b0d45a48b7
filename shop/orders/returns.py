"""Returns: asked by the customer in the window, agreed or refused, and taken in piece by piece.

What comes back leaves its order line: the share of its makers is taken back if it was not theirs yet,
their wages never are. Then each piece goes back on the shelf as what it is, or is written off. The
money of the pieces that came is given back by the payments' floor, from what `receive` returns.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import selectinload

from shop import mail
from shop.catalog import returned
from shop.catalog.models import Reservation, ReservationStatus, Unit
from shop.db import changed, db
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.orders import lifecycle
from shop.orders.credits import Credit, Received
from shop.orders.models import Order
from shop.orders.return_models import (
    COMING,
    OPEN,
    RETURN_MOVES,
    Outcome,
    Return,
    ReturnEvent,
    ReturnLine,
    ReturnPiece,
    ReturnReason,
    ReturnStatus,
)
from shop.orders.window import Window
from shop.statuses import move
from shop.users import audit
from shop.users.models import User


def ask(
    order: Order, quantities: Mapping[int, int], reason: ReturnReason, window: Window, *, at: datetime, by: str
) -> Return:
    """Ask to send pieces back, given as order line -> how many; one open return an order.

    Conflict once the window has ended or another return is open, Invalid for more than are left with her.
    """
    _lock(order)
    end = window.end_of(order)
    if end is None or at > end:
        raise Conflict("return.window")
    if find_open(order.id) is not None:
        raise Conflict("return.one_open")
    left = left_with_customer(order.id)
    wanted = {line_id: quantity for line_id, quantity in quantities.items() if quantity}
    if not wanted or any(not 0 < quantity <= left.get(line_id, 0) for line_id, quantity in wanted.items()):
        raise Invalid("return.quantity")
    made = Return(order_id=order.id, status=ReturnStatus.ASKED, reason=reason, asked_at=at, refund_minor=0)
    made.lines = [ReturnLine(order_line_id=line_id, quantity=count) for line_id, count in sorted(wanted.items())]
    db.session.add(made)
    db.session.flush()
    _note(made, ReturnStatus.ASKED, at=at, by=by)
    _tell(made, at=at)
    return made


def agree(asked: Return, *, at: datetime, by: str) -> None:
    """Agree to a return: the customer is told where to send it."""
    _move(asked, ReturnStatus.AGREED, at=at, by=by)
    _tell(asked, at=at)


def refuse(asked: Return, why: str, *, at: datetime, by: str) -> None:
    """Refuse a return, with the reason that the customer reads."""
    if not why.strip():
        raise Invalid("return.reason")
    _move(asked, ReturnStatus.REFUSED, at=at, by=by, note=why.strip()[:200])
    _tell(asked, at=at)


def call_off(asked: Return, *, lapsed: bool = False, at: datetime, by: str) -> None:
    """Let a return rest: the customer keeps everything, or what was agreed never came (then it has `lapsed`)."""
    _move(asked, ReturnStatus.CALLED_OFF, at=at, by=by)
    _tell(asked, lapsed=lapsed, at=at)


def receive(agreed: Return, unit_ids: Sequence[int], *, at: datetime, by: str) -> Received:
    """Take in the pieces that came, at most those agreed; return what is to be given back for them.

    The share of their makers is taken back if it is still pending. Invalid for a piece that was not sold
    under one of the return's lines.
    """
    _lock(agreed.order)
    lines_of_units = units_out(agreed.order_id)
    chosen = sorted(set(unit_ids))
    counted = Counter(lines_of_units.get(unit_id, 0) for unit_id in chosen)
    agreed_to = {line.order_line_id: line.quantity for line in agreed.lines}
    if not chosen or any(count > agreed_to.get(line_id, 0) for line_id, count in counted.items()):
        raise Invalid("return.pieces")
    kept = Counter(lines_of_units.values()) - counted
    lines = lifecycle.lines_of(agreed.order)
    credits = [Credit(line, counted[line.id], kept[line.id]) for line in lines if counted[line.id]]
    _move(agreed, ReturnStatus.BACK, at=at, by=by)
    returned.take_back(chosen, at=at, by=by)
    db.session.add_all(
        ReturnPiece(return_id=agreed.id, unit_id=unit_id, order_line_id=lines_of_units[unit_id]) for unit_id in chosen
    )
    db.session.flush()
    audit.record("returns.receive", f"return:{agreed.id}", by=by, at=at)
    return Received(agreed, credits)


def note_refund(received: Return, minor: int, *, at: datetime) -> None:
    """Write down what is given back for a return, and tell the customer."""
    changed(update(Return).where(Return.id == received.id).values(refund_minor=minor))
    db.session.refresh(received)
    _tell(received, at=at)


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


def find_open(order_id: int) -> Return | None:
    """Return the open return of an order, or None."""
    query = select(Return).where(Return.order_id == order_id, Return.status.in_(OPEN))
    return db.session.scalars(query).one_or_none()


def of_order(order_id: int) -> list[Return]:
    """Return every return of an order, the oldest first."""
    return list(db.session.scalars(select(Return).where(Return.order_id == order_id).order_by(Return.id)))


def by_order(orders: Sequence[Order], *, open_only: bool = False) -> dict[int, list[Return]]:
    """Return order -> its returns with their events, the oldest first; orders without any are left out."""
    query = select(Return).where(Return.order_id.in_([order.id for order in orders]))
    if open_only:
        query = query.where(Return.status.in_(OPEN))
    found: dict[int, list[Return]] = {}
    for each in db.session.scalars(query.order_by(Return.id).options(selectinload(Return.events))):
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


def is_coming() -> ColumnElement[bool]:
    """Return the condition for orders with a return under way whose pieces are still with the customer."""
    return select(Return.id).where(Return.order_id == Order.id, Return.status.in_(COMING)).exists()


def coming(order_ids: Sequence[int]) -> set[int]:
    """Return which orders have a return under way whose pieces are still with the customer."""
    query = select(Return.order_id).where(Return.order_id.in_(order_ids), Return.status.in_(COMING))
    return set(db.session.scalars(query))


def _lock(order: Order) -> None:
    """Let what decides over an order's pieces happen one after the other: a return, a release."""
    db.session.execute(select(Order.id).where(Order.id == order.id).with_for_update())
    db.session.refresh(order, ["status"])


def _move(row: Return, to: ReturnStatus, *, at: datetime, by: str, note: str | None = None) -> None:
    if not move(row, RETURN_MOVES, to):
        raise Conflict("return.moved_on")
    _note(row, to, at=at, by=by, note=note)


def _note(row: Return, status: ReturnStatus, *, at: datetime, by: str, note: str | None = None) -> None:
    db.session.add(ReturnEvent(return_id=row.id, status=status, at=at, by=by, note=note))
    db.session.flush()


def _tell(row: Return, *, lapsed: bool = False, at: datetime) -> None:
    """Ask for the mail that tells the customer how far her return has come."""
    mail.enqueue(
        "order_return",
        f"order:{row.order_id}:return:{row.id}:{row.status.value}",
        row.order.email,
        {"order_id": row.order_id, "return_id": row.id, "status": row.status.value, "lapsed": lapsed},
        at=at,
    )
