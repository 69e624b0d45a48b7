"""Holding an order's pieces once more, after its hold had ended: from the shelf, or, where it may be, to be made."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from shop.catalog import stock
from shop.catalog.models import PACKING_DAYS, Reservation
from shop.db import db
from shop.orders.models import OrderLine


def reserve_again(lines: Sequence[OrderLine], to_make: Collection[OrderLine], *, until: datetime) -> None:
    """Hold the pieces of an order's lines until a moment, as a savepoint: all or nothing.

    Only the lines in `to_make` may wait for the workshop; Conflict if the shelf cannot give the others.
    """
    rounds = select(Reservation.round).where(Reservation.reference.in_([line.reference for line in lines]))
    latest = max(db.session.scalars(rounds), default=0)
    with db.session.begin_nested():
        stock.reserve(
            [
                stock.Wanted(line.variant_id, line.quantity, line.reference, line in to_make, line.share_minor)
                for line in lines
            ],
            until=until,
            round=latest + 1,
        )


def may_be_made(line: OrderLine) -> bool:
    """Say whether the workshop can be asked for a line's pieces: only by the making that it was sold with."""
    return line.variant.made_to_order and line.making_id is not None


def was_to_be_made(line: OrderLine) -> bool:
    """Say whether a line was bought as something that is made first: nobody has to be asked again for that."""
    return may_be_made(line) and line.ready_in_days > PACKING_DAYS
