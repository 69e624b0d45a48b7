"""Pieces that come back: off their order line first, then onto the shelf as what they are, or written off.

Where another of the same is asked for in the place of one, the line waits for it in a round of its own.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from shop.artisans import shares
from shop.catalog import shelf
from shop.catalog.models import MovementKind, Reservation, ReservationStatus, StockMovement, Unit
from shop.catalog.stock import Wanted
from shop.db import changed, db
from shop.errors import Conflict


def take_back(unit_ids: Sequence[int], *, at: datetime, by: str) -> None:
    """Take sold pieces off their order lines: they are back in the house, and on no shelf yet.

    What was promised for them and not released is taken back. Conflict unless every one had left for a line.
    """
    lines = _take_off(unit_ids)
    shares.take_back([(f"unit:{unit_id}", line) for unit_id, line in lines.items()], at=at, by=by)


def exchange(unit_ids: Sequence[int], others: Sequence[Wanted], *, round: int, at: datetime, by: str) -> dict[str, int]:
    """Take sold pieces off their order lines and promise others of the same; return line -> how many are to be made.

    Each line waits for its own in a new `round`; what lies on the shelf goes to it at once. What was promised for the
    old pieces and not released is taken back, and the makers of the new ones are promised theirs. Conflict if
    something that is not made to order does not lie there.
    """
    references = [other.reference for other in others]
    shelf.lock(references)
    lines = _take_off(unit_ids)
    given: list[shelf.Given] = []
    to_make: dict[str, int] = {}
    for other in sorted(others, key=lambda each: (each.variant_id, each.reference)):
        waiting = _wait_for(other, round, at)
        given += shelf.fill_waiting(other.variant_id, other.quantity)
        db.session.refresh(waiting)
        if waiting.filled < other.quantity:
            to_make[other.reference] = other.quantity - waiting.filled
            if not other.made_to_order:
                raise Conflict("exchange.not_to_be_had")
    units = {f"unit:{unit_id}" for unit_id in lines}
    shelf.promise_shares(given, references, units=units, at=at, by=by)  # in one go: all accounts in one order
    return to_make


def _wait_for(other: Wanted, round: int, at: datetime) -> Reservation:
    waiting = Reservation(
        variant_id=other.variant_id,
        reference=other.reference,
        round=round,
        from_stock=False,
        quantity=other.quantity,
        filled=0,
        status=ReservationStatus.WAITING,
        expires_at=at,
        waiting_since=at,
        share_minor=other.share_minor,
    )
    db.session.add(waiting)
    db.session.flush()
    return waiting


def _take_off(unit_ids: Sequence[int]) -> dict[int, str]:
    """Take pieces off their order lines and return unit -> line; Conflict unless every one had left for a line."""
    rows = db.session.execute(
        select(Unit.id, Reservation.id, Reservation.reference)
        .join(Reservation, Reservation.id == Unit.reservation_id)
        .where(Unit.id.in_(unit_ids), Reservation.status == ReservationStatus.SHIPPED)
    ).all()
    for unit_id, reservation_id, _line in rows:
        freed = update(Unit).where(Unit.id == unit_id, Unit.reservation_id == reservation_id)
        if changed(freed.values(reservation_id=None)) != 1:
            raise Conflict("return.moved_on")
        changed(update(Reservation).where(Reservation.id == reservation_id).values(filled=Reservation.filled - 1))
    if len(rows) != len(set(unit_ids)):
        raise Conflict("return.moved_on")
    lines = {unit_id: line for unit_id, _, line in rows}
    shelf.keep_off(lines)
    return lines


def restock(unit: Unit, reference: str, *, at: datetime, by: str) -> None:
    """Lay a piece that came back on the shelf as what it is, its makers kept; whoever waits longest gets it.

    A line that it came back from does not.
    """
    shelf.grow(unit.variant_id, 1)
    back = update(Unit).where(Unit.id == unit.id, Unit.gone_at.is_not(None), Unit.reservation_id.is_(None))
    if changed(back.values(gone_at=None)) != 1:
        raise Conflict("return.moved_on")
    db.session.add(
        StockMovement(
            variant_id=unit.variant_id, kind=MovementKind.RETURN, quantity=1, reference=reference, at=at, by=by
        )
    )
    db.session.flush()
    shelf.promise_shares(shelf.fill_waiting(unit.variant_id, 1), at=at, by=by)
