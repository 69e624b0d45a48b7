"""Pieces that come back: off their order line first, then onto the shelf as what they are, or written off."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from shop.artisans import shares
from shop.catalog import shelf
from shop.catalog.models import MovementKind, Reservation, ReservationStatus, StockMovement, Unit
from shop.db import changed, db
from shop.errors import Conflict


def take_back(unit_ids: Sequence[int], *, at: datetime, by: str) -> None:
    """Take sold pieces off their order lines: they are back in the house, and on no shelf yet.

    What was promised for them and not released is taken back. Conflict unless every one had left for a line.
    """
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
    shares.take_back([(f"unit:{unit_id}", line) for unit_id, _, line in rows], at=at, by=by)


def restock(unit: Unit, reference: str, *, at: datetime, by: str) -> None:
    """Lay a piece that came back on the shelf as what it is, its makers kept; whoever waits longest gets it."""
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
