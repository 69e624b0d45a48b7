"""Holding an unpaid order's pieces, and holding them once more after that had ended: from the shelf, or to be made."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select, update

from shop.catalog import stock
from shop.catalog.models import PACKING_DAYS, Reservation, ReservationStatus
from shop.db import changed, db
from shop.orders.models import Order, OrderLine, OrderStatus


def hold_again(order: Order, *, until: datetime) -> None:
    """Hold the pieces of an unpaid order once more, for a new pay page; Conflict if they are gone."""
    lines = order.lines
    references = [line.reference for line in lines]
    if stock.standing(references):
        changed(
            update(Reservation)
            .where(Reservation.reference.in_(references), Reservation.status == ReservationStatus.HELD)
            .values(expires_at=until)
        )
        return
    reserve_again(lines, [line for line in lines if may_be_made(line)], until=until)


def release_hold(order: Order, *, at: datetime, by: str) -> None:
    """Give up what an unpaid order holds; it may still be paid later."""
    if order.status is OrderStatus.PLACED:
        stock.release([line.reference for line in order.lines], at=at, by=by)


def reserve_again(lines: Sequence[OrderLine], to_make: Collection[OrderLine], *, until: datetime) -> None:
    """Hold the pieces of an order's lines until a moment, as a savepoint: all or nothing.

    Only the lines in `to_make` may wait for the workshop; Conflict if the shelf cannot give the others.
    """
    round = next_round(lines)
    with db.session.begin_nested():
        stock.reserve(
            [
                stock.Wanted(line.variant_id, line.quantity, line.reference, line in to_make, line.share_minor)
                for line in lines
            ],
            until=until,
            round=round,
        )


def next_round(lines: Sequence[OrderLine]) -> int:
    """Return the round in which an order's lines may be promised pieces once more."""
    rounds = select(Reservation.round).where(Reservation.reference.in_([line.reference for line in lines]))
    return max(db.session.scalars(rounds), default=0) + 1


def may_be_made(line: OrderLine) -> bool:
    """Say whether the workshop can be asked for a line's pieces: only by the making that it was sold with."""
    return line.variant.made_to_order and line.making_id is not None


def was_to_be_made(line: OrderLine) -> bool:
    """Say whether a line was bought as something that is made first: nobody has to be asked again for that."""
    return may_be_made(line) and line.ready_in_days > PACKING_DAYS
