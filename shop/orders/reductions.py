"""What goes off a paid order before its parcel leaves: pieces with their price, or money alone while all pieces ship.

The order and its lines stay as they were bought; each reduction is a fact beside them (`Reduction`), and what is left
of a row is what is made, packed, invoiced and sold. A piece costs what its row still costs, divided by its pieces: so
money that was given back before is not given back again with the piece. Taking off the last piece is no reduction,
but a cancellation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from shop.artisans import shares
from shop.artisans.share_models import Share
from shop.catalog import let_go, stock
from shop.catalog.models import ReservationStatus
from shop.db import db
from shop.errors import Conflict, Invalid
from shop.orders.models import Order, OrderLine, OrderStatus
from shop.orders.paper_rows import DELIVERY, Part
from shop.orders.reduction_models import Reduction
from shop.production import calling_off
from shop.production import orders as production


@dataclass(frozen=True)
class Asked:
    """What someone names of an order's row: pieces, and money besides, in minor units of the order's currency."""

    pieces: int = 0
    minor: int = 0


@dataclass(frozen=True)
class Effect:
    """What taking pieces off does: how many that are set aside go back, and whose shares end with them.

    Of those that are not there yet, `called_off` are not made any more; `still_made` were begun, or
    are made for another order since theirs crossed with its, and go to whoever waits or on the shelf.
    """

    set_aside: int
    called_off: int
    still_made: int
    ended: Sequence[Share]


def rows_left(order: Order) -> dict[str, tuple[int, int]]:
    """Return sku -> (pieces, minor units) of each row as it stands; the delivery has no pieces."""
    left = {line.sku: (line.pieces, line.now_minor) for line in order.lines}
    return {**left, DELIVERY: (0, order.delivery_minor)}


def read_for(orders: Sequence[Order]) -> None:
    """Read what went off some orders in one statement, for a page that shows many of them."""
    found: dict[int, list[Reduction]] = {order.id: [] for order in orders}
    query = select(Reduction).where(Reduction.order_id.in_(list(found))).order_by(Reduction.id)
    for each in db.session.scalars(query):
        found[each.order_id].append(each)
    for order in orders:
        set_committed_value(order, "reductions", found[order.id])


def named(order: Order, wanted: Mapping[str, Asked]) -> list[Part]:
    """Return the parts that someone names of an order that has not left, pieces with what they cost.

    Conflict if it is not paid or has left, if less is left of a row, if pieces that still ship would cost nothing, or
    for the last piece of all.
    """
    if order.status is not OrderStatus.PAID:
        raise Conflict("order.moved_on", status=order.status.value)
    left, lines = rows_left(order), {line.sku: line for line in order.lines}
    if any(sku not in left for sku in wanted):
        raise Invalid("refund.part")
    parts = [_part(sku, asked, *left[sku], lines.get(sku)) for sku, asked in wanted.items()]
    if not parts:
        raise Invalid("refund.part")
    if sum(pieces for pieces, _ in left.values()) == sum(part.quantity for part in parts):
        raise Conflict("refund.last_piece")
    return parts


def _part(sku: str, asked: Asked, pieces: int, minor: int, line: OrderLine | None) -> Part:
    if asked.pieces < 0 or asked.minor < 0 or not (asked.pieces or asked.minor):
        raise Invalid("refund.part")
    if asked.pieces > pieces:
        raise Conflict("refund.part_too_much")
    cost = line.cost_of(asked.pieces) if line is not None else 0
    if cost + asked.minor > minor:
        raise Conflict("refund.part_too_much")
    if asked.pieces < pieces and cost + asked.minor == minor:
        raise Conflict("refund.keeps_price")
    return Part(sku, asked.pieces, cost + asked.minor)


def take_off(order: Order, parts: Sequence[Part], *, at: datetime, by: str) -> None:
    """Write down what goes off an order, and let its pieces go; the caller has locked the order and `named` the parts.

    Work that nobody has begun is called off, what is begun is finished for the shelf or for the next who waits.
    """
    counted = {sku: sum(each.sku == sku for each in order.reductions) for sku in (part.sku for part in parts)}
    left = rows_left(order)
    for part in parts:
        pieces, minor = left[part.sku]
        db.session.add(
            Reduction(
                order_id=order.id,
                sku=part.sku,
                number=counted[part.sku] + 1,
                quantity=part.quantity,
                minor=part.minor,
                quantity_left=pieces - part.quantity,
                minor_left=minor - part.minor,
                at=at,
                by=by,
            )
        )
    db.session.flush()
    db.session.expire(order, ["reductions"])
    if going := _pieces(order, parts):
        asked = production.find_by_reference(list(going))
        calling_off.lock(asked)
        unmade = let_go.let_go(going, at=at, by=by)
        for work in asked:
            calling_off.call_off(work, unmade[work.reference], at=at)


def effect_of(order: Order, parts: Sequence[Part]) -> Effect:
    """Return what taking parts off an order would do to its pieces, its work and its makers; Conflict as it would."""
    going = _pieces(order, parts)
    paid = (ReservationStatus.WAITING, ReservationStatus.ALLOCATED)
    standing = [each for each in stock.standing(list(going)) if each.status in paid]
    goes = let_go.going(going, standing)
    pieces = {(f"unit:{unit_id}", each.reservation.reference) for each in goes for unit_id in each.units}
    unmade = {line: sum(each.unmade for each in goes if each.reservation.reference == line) for line in going}
    asked = production.find_by_reference(list(going))
    called_off = sum(min(unmade[work.reference], len(calling_off.not_begun(work))) for work in asked)
    ended = [share for share in shares.pending_for(list(going)) if (share.unit, share.line) in pieces]
    return Effect(len(pieces), called_off, sum(unmade.values()) - called_off, ended)


def _pieces(order: Order, parts: Sequence[Part]) -> dict[str, int]:
    lines = {line.sku: line.reference for line in order.lines}
    return {lines[part.sku]: part.quantity for part in parts if part.quantity}
