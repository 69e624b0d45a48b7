"""Letting some pieces of paid order lines go: what is not there yet first, then the newest of what is set aside.

So whoever keeps the rest waits no longer than before, and the promise to the makers of a piece ends only where its
piece goes back. What is freed goes to whoever has waited longest, else it lies on the shelf.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from shop.catalog import shelf
from shop.catalog.models import Reservation, ReservationStatus, Unit
from shop.db import changed, db
from shop.errors import Conflict


@dataclass(frozen=True)
class Going:
    """What of one reservation goes: pieces that are not there yet, and pieces that are."""

    reservation: Reservation
    unmade: int
    units: Sequence[int]


def going(pieces: Mapping[str, int], standing: Sequence[Reservation]) -> list[Going]:
    """Return what goes if so many pieces of each order line do, of what stands; Conflict unless so many do."""
    found = []
    for line, wanted in sorted(pieces.items()):
        left = wanted
        mine = sorted((each for each in standing if each.reference == line), key=lambda each: each.from_stock)
        unmade: dict[int, int] = {}
        for each in mine:
            unmade[each.id] = min(each.quantity - each.filled, left)
            left -= unmade[each.id]
        for each in mine:
            units = _newest(each, min(each.filled, left))
            left -= len(units)
            if units or unmade[each.id]:
                found.append(Going(each, unmade[each.id], units))
        if left:
            raise Conflict("order.no_pieces")
    return found


def let_go(pieces: Mapping[str, int], *, at: datetime, by: str) -> dict[str, int]:
    """Take pieces off paid order lines and return line -> how many of them were not there yet.

    The shares that were promised for those that were are taken back. Conflict unless so many stand for each line.
    """
    shelf.lock(list(pieces))
    standing = shelf.reservations_of(list(pieces), ReservationStatus.WAITING, ReservationStatus.ALLOCATED)
    all_going = sorted(going(pieces, standing), key=lambda each: (each.reservation.variant_id, each.reservation.id))
    for each in all_going:
        _shrink(each)
    given: list[shelf.Given] = []
    for each in all_going:  # only now: nothing goes to a line that gives something up
        if each.units:
            freed = update(Unit).where(Unit.id.in_(each.units), Unit.reservation_id == each.reservation.id)
            changed(freed.values(reservation_id=None))
            shelf.keep_off(dict.fromkeys(each.units, each.reservation.reference))
            shelf.unpromise(each.reservation.variant_id, len(each.units))
            given += shelf.fill_waiting(each.reservation.variant_id, len(each.units))
    ended = [each.reservation.reference for each in all_going if each.units]
    units = {f"unit:{unit_id}" for each in all_going for unit_id in each.units}
    shelf.promise_shares(given, ended, units=units, at=at, by=by)
    unmade: dict[str, int] = {}
    for each in all_going:
        unmade[each.reservation.reference] = unmade.get(each.reservation.reference, 0) + each.unmade
    return unmade


def _newest(reservation: Reservation, pieces: int) -> list[int]:
    mine = (
        select(Unit.id).where(Unit.reservation_id == reservation.id).order_by(Unit.received_at.desc(), Unit.id.desc())
    )
    return list(db.session.scalars(mine.limit(pieces))) if pieces else []


def _shrink(each: Going) -> None:
    """Let a reservation stand for fewer pieces, or for none any more."""
    held = each.reservation
    left, filled = held.quantity - each.unmade - len(each.units), held.filled - len(each.units)
    if left == 0:
        shelf.settle(held, ReservationStatus.RELEASED, filled=0)
        return
    status = ReservationStatus.ALLOCATED if filled == left else ReservationStatus.WAITING
    shelf.settle(held, status, quantity=left, filled=filled)
