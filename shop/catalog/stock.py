"""Stock: what lies on the shelf, what is promised, and which piece goes to whom.

The counters move by one conditional UPDATE whose row count is checked, behind the CHECK
`0 <= reserved <= on_hand`; there is nothing to oversell. A reservation is from the shelf or
without stock; when the order is paid, the first gets its pieces at once, the second waits for the
workshop. A piece that comes in fills the oldest waiting reservation in the same transaction, so a
piece made for one order cannot be bought by another.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, insert, select, update

from shop.catalog.models import (
    MovementKind,
    Reservation,
    ReservationStatus,
    Stock,
    StockMovement,
    Unit,
    UnitMaker,
)
from shop.db import changed, db, upsert
from shop.errors import Conflict, Invalid
from shop.users import audit

TAG_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that are mistaken for another


@dataclass(frozen=True)
class Wanted:
    """How many of a variant an order line asks for."""

    variant_id: int
    quantity: int
    reference: str
    made_to_order: bool


@dataclass(frozen=True)
class Maker:
    """Who did a step on a piece and what it earned, in paise."""

    step: str
    artisan_id: int
    earned_minor: int


def free(variant_ids: Sequence[int]) -> dict[int, int]:
    """Return how many pieces of each variant are on the shelf and promised to nobody."""
    rows = db.session.execute(
        select(Stock.variant_id, Stock.on_hand - Stock.reserved).where(Stock.variant_id.in_(variant_ids))
    )
    return dict.fromkeys(variant_ids, 0) | {row[0]: row[1] for row in rows}


def reserve(wanted: Sequence[Wanted], *, until: datetime, round: int = 1) -> dict[str, int]:
    """Hold pieces for order lines until a moment; return reference -> how many come from the shelf.

    What the shelf cannot give is held as a place without stock if the variant is made to order.
    Raises Conflict, holding nothing, if a variant that is not made to order runs short.
    """
    from_shelf: dict[str, int] = {}
    rows = []
    for line in sorted(wanted, key=lambda line: (line.variant_id, line.reference)):
        taken = _take_from_shelf(line.variant_id, line.quantity)
        if taken < line.quantity and not line.made_to_order:
            raise Conflict("stock.short", left=taken)
        from_shelf[line.reference] = taken
        for quantity, is_stock in ((taken, True), (line.quantity - taken, False)):
            if quantity:
                rows.append(
                    {
                        "variant_id": line.variant_id,
                        "reference": line.reference,
                        "round": round,
                        "from_stock": is_stock,
                        "quantity": quantity,
                        "filled": 0,
                        "status": ReservationStatus.HELD,
                        "expires_at": until,
                    }
                )
    db.session.execute(insert(Reservation), rows)
    return from_shelf


def _take_from_shelf(variant_id: int, quantity: int) -> int:
    """Promise up to `quantity` pieces and return how many there were."""
    took_all = changed(
        update(Stock)
        .where(Stock.variant_id == variant_id, Stock.on_hand - Stock.reserved >= quantity)
        .values(reserved=Stock.reserved + quantity)
    )
    if took_all == 1:
        return quantity
    left = db.session.scalar(
        select(Stock.on_hand - Stock.reserved).where(Stock.variant_id == variant_id).with_for_update()
    )
    if not left:
        return 0
    return _take_from_shelf(variant_id, min(left, quantity))


def allocate(references: Sequence[str], *, at: datetime) -> dict[str, int] | None:
    """Turn the held reservations of paid order lines into pieces; return reference -> still to be made.

    None, having done nothing, if the lines hold nothing any more.
    """
    to_make: dict[str, int] = {}
    _lock_shelf(references)
    reservations = _reservations(references, ReservationStatus.HELD)
    if not reservations:
        return None
    for held in reservations:
        if held.from_stock:
            _pick(held, held.quantity)
            _settle(held, ReservationStatus.ALLOCATED, filled=held.quantity)
        else:
            _settle(held, ReservationStatus.WAITING, waiting_since=at)
            to_make[held.reference] = held.quantity
    return to_make


def release(references: Sequence[str]) -> None:
    """Give up everything that order lines still hold or wait for; freed pieces go to whoever waits."""
    _lock_shelf(references)
    for reservation in _reservations(
        references, ReservationStatus.HELD, ReservationStatus.WAITING, ReservationStatus.ALLOCATED
    ):
        promised = reservation.filled
        if reservation.status is ReservationStatus.HELD:
            promised = reservation.quantity if reservation.from_stock else 0
        _settle(reservation, ReservationStatus.RELEASED, filled=0)
        if promised:
            changed(update(Unit).where(Unit.reservation_id == reservation.id).values(reservation_id=None))
            _unpromise(reservation.variant_id, promised)
            _fill_waiting(reservation.variant_id, promised)


def receive(
    variant_id: int,
    reference: str,
    makers: Sequence[Maker] = (),
    *,
    kind: MovementKind = MovementKind.RECEIPT,
    note: str | None = None,
    at: datetime,
    by: str,
) -> Unit | None:
    """Take one piece into stock with its makers and give it to whoever has waited longest.

    The same reference again changes nothing and returns None.
    """
    known = db.session.scalar(select(StockMovement.id).where(StockMovement.reference == reference))
    if known is not None:
        return None
    db.session.add(
        StockMovement(variant_id=variant_id, kind=kind, quantity=1, reference=reference, at=at, by=by, note=note)
    )
    grown = upsert(Stock).values(variant_id=variant_id, on_hand=1, reserved=0)
    db.session.execute(grown.on_conflict_do_update(index_elements=["variant_id"], set_={"on_hand": Stock.on_hand + 1}))
    unit = Unit(variant_id=variant_id, reference=reference, tag=new_tag(), received_at=at)
    unit.makers = [
        UnitMaker(step=maker.step, artisan_id=maker.artisan_id, earned_minor=maker.earned_minor) for maker in makers
    ]
    db.session.add(unit)
    db.session.flush()
    _fill_waiting(variant_id, 1)
    return unit


def adjust(variant_id: int, change: int, reason: str, reference: str, *, at: datetime, by: str) -> None:
    """Correct the count by hand: pieces found (their makers unknown) or lost (never promised ones).

    The same reference again changes nothing.
    """
    if change == 0 or abs(change) > 500 or not reason.strip():
        raise Invalid("stock.adjustment")
    if change > 0:
        taken_in = [
            receive(
                variant_id, f"{reference}:{number}", kind=MovementKind.ADJUSTMENT, note=reason.strip(), at=at, by=by
            )
            for number in range(1, change + 1)
        ]
        if any(taken_in):
            audit.record("stock.adjust", f"variant:{variant_id}", by=by, at=at, reason=f"found:{change}")
        return
    if db.session.scalar(select(StockMovement.id).where(StockMovement.reference == reference)) is not None:
        return
    lost = changed(
        update(Stock)
        .where(Stock.variant_id == variant_id, Stock.on_hand - Stock.reserved >= -change)
        .values(on_hand=Stock.on_hand + change)
    )
    if lost != 1:
        raise Conflict("stock.promised")
    db.session.add(
        StockMovement(
            variant_id=variant_id,
            kind=MovementKind.ADJUSTMENT,
            quantity=change,
            reference=reference,
            at=at,
            by=by,
            note=reason.strip(),
        )
    )
    oldest = list(db.session.scalars(_free_units(variant_id, -change)))
    changed(update(Unit).where(Unit.id.in_(oldest)).values(gone_at=at))
    audit.record("stock.adjust", f"variant:{variant_id}", by=by, at=at, reason=f"lost:{-change}")


def ship(references: Sequence[str], shipment: str, *, at: datetime, by: str) -> None:
    """Let the allocated pieces of order lines leave; Conflict unless every one is set aside."""
    _lock_shelf(references)
    reservations = _reservations(
        references, ReservationStatus.HELD, ReservationStatus.WAITING, ReservationStatus.ALLOCATED
    )
    if not reservations or any(r.status is not ReservationStatus.ALLOCATED for r in reservations):
        raise Conflict("order.not_ready")
    for reservation in reservations:
        _settle(reservation, ReservationStatus.SHIPPED, filled=reservation.quantity)
        changed(
            update(Stock)
            .where(Stock.variant_id == reservation.variant_id)
            .values(on_hand=Stock.on_hand - reservation.quantity, reserved=Stock.reserved - reservation.quantity)
        )
        changed(update(Unit).where(Unit.reservation_id == reservation.id).values(gone_at=at))
        db.session.add(
            StockMovement(
                variant_id=reservation.variant_id,
                kind=MovementKind.SALE,
                quantity=-reservation.quantity,
                reference=f"{shipment}:{reservation.id}",
                at=at,
                by=by,
            )
        )
    db.session.flush()


def standing(references: Sequence[str]) -> list[Reservation]:
    """Return what order lines hold, wait for or were given, in the order it was promised."""
    return list(
        db.session.scalars(
            select(Reservation)
            .where(Reservation.reference.in_(references), Reservation.status != ReservationStatus.RELEASED)
            .order_by(Reservation.id)
        )
    )


def new_tag() -> str:
    """Return a random public tag; it says nothing of the piece, its maker or how many there are."""
    return "".join(secrets.choice(TAG_LETTERS) for _ in range(8))


def _lock_shelf(references: Sequence[str]) -> None:
    """Take the shelf's rows before any reservation, as `receive` does, so that nobody waits in a ring.

    SQLite's writing unit is alone already.
    """
    if db.engine.dialect.name != "postgresql":
        return
    variants = select(Reservation.variant_id).where(Reservation.reference.in_(references))
    db.session.execute(
        select(Stock.variant_id).where(Stock.variant_id.in_(variants)).order_by(Stock.variant_id).with_for_update()
    ).all()


def _reservations(references: Sequence[str], *statuses: ReservationStatus) -> list[Reservation]:
    return list(
        db.session.scalars(
            select(Reservation)
            .where(Reservation.reference.in_(references), Reservation.status.in_(statuses))
            .order_by(Reservation.variant_id, Reservation.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def _settle(reservation: Reservation, status: ReservationStatus, **values: object) -> None:
    reservation.status = status
    for name, value in values.items():
        setattr(reservation, name, value)
    db.session.flush()


def _pick(reservation: Reservation, quantity: int) -> None:
    """Set aside the oldest free pieces; the counters have promised them already."""
    oldest = _free_units(reservation.variant_id, quantity).scalar_subquery()
    picked = changed(
        update(Unit).where(Unit.id.in_(oldest), Unit.reservation_id.is_(None)).values(reservation_id=reservation.id)
    )
    if picked != quantity:
        raise Conflict("stock.short", left=picked)


def _free_units(variant_id: int, quantity: int) -> Select[int]:
    """Select the oldest free pieces; the shelf's row is locked by whoever asks, so no piece needs a lock of its own."""
    return (
        select(Unit.id)
        .where(Unit.variant_id == variant_id, Unit.reservation_id.is_(None), Unit.gone_at.is_(None))
        .order_by(Unit.received_at, Unit.id)
        .limit(quantity)
    )


def _unpromise(variant_id: int, quantity: int) -> None:
    changed(update(Stock).where(Stock.variant_id == variant_id).values(reserved=Stock.reserved - quantity))


def _fill_waiting(variant_id: int, pieces: int) -> None:
    """Give up to `pieces` free pieces to those who have waited longest."""
    while pieces:
        oldest = db.session.scalars(
            select(Reservation)
            .where(Reservation.variant_id == variant_id, Reservation.status == ReservationStatus.WAITING)
            .order_by(Reservation.waiting_since, Reservation.id)
            .limit(1)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one_or_none()
        if oldest is None:
            return
        given = _take_from_shelf(variant_id, min(pieces, oldest.quantity - oldest.filled))
        if given == 0:
            return
        _pick(oldest, given)
        filled = oldest.filled + given
        done = filled == oldest.quantity
        _settle(oldest, ReservationStatus.ALLOCATED if done else ReservationStatus.WAITING, filled=filled)
        pieces -= given
