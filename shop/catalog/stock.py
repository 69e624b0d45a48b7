"""Stock: what lies on the shelf, what is promised, and which piece goes to whom.

The counters move by one conditional UPDATE whose row count is checked, behind the CHECK
`0 <= reserved <= on_hand`; there is nothing to oversell. A reservation is from the shelf or
without stock; when the order is paid, the first gets its pieces at once, the second waits for the
workshop. A piece that comes in fills the oldest waiting reservation in the same transaction, so a
piece made for one order cannot be bought by another. A piece that goes to a paid line promises its
makers their share of the sale; one that is given up takes the promise back.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from shop.catalog import shelf
from shop.catalog.models import (
    MovementKind,
    Reservation,
    ReservationStatus,
    Stock,
    StockMovement,
    Unit,
    UnitMaker,
)
from shop.db import adding, changed, db, run
from shop.errors import Conflict, Invalid
from shop.users import audit

TAG_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that are mistaken for another


@dataclass(frozen=True)
class Wanted:
    """How many of a variant an order line asks for, and the makers' share of each piece in paise."""

    variant_id: int
    quantity: int
    reference: str
    made_to_order: bool
    share_minor: int = 0


@dataclass(frozen=True)
class Maker:
    """Who did a step on a piece and what it earned, in paise."""

    step: str
    artisan_id: int
    earned_minor: int


@dataclass(frozen=True)
class Incoming:
    """A piece that comes in: its reference, unique, and who made it."""

    reference: str
    makers: Sequence[Maker] = ()


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
        taken = shelf.take(line.variant_id, line.quantity)
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
                        "share_minor": line.share_minor,
                    }
                )
    run(adding(Reservation), rows)
    return from_shelf


def allocate(references: Sequence[str], *, at: datetime, by: str) -> dict[str, int] | None:
    """Turn the held reservations of paid order lines into pieces; return reference -> still to be made.

    The makers of each piece are promised their share.

    None, having done nothing, if the lines hold nothing any more.
    """
    to_make: dict[str, int] = {}
    shelf.lock(references)
    reservations = shelf.reservations_of(references, ReservationStatus.HELD)
    if not reservations:
        return None
    given: list[shelf.Given] = []
    for held in reservations:
        if held.from_stock:
            given += shelf.pick(held, held.quantity)
            shelf.settle(held, ReservationStatus.ALLOCATED, filled=held.quantity)
        else:
            shelf.settle(held, ReservationStatus.WAITING, waiting_since=at)
            to_make[held.reference] = held.quantity
    shelf.promise_shares(given, at=at, by=by)
    return to_make


def release(references: Sequence[str], *, round: int | None = None, at: datetime, by: str) -> None:
    """Give up everything that order lines still hold or wait for; freed pieces go to whoever waits.

    What was promised to their makers is taken back; whoever waited promises anew. `round`: only what stands in it.
    """
    shelf.lock(references)
    freed: list[tuple[Reservation, int]] = []
    for reservation in shelf.reservations_of(
        references, ReservationStatus.HELD, ReservationStatus.WAITING, ReservationStatus.ALLOCATED, round=round
    ):
        promised = reservation.filled
        if reservation.status is ReservationStatus.HELD:
            promised = reservation.quantity if reservation.from_stock else 0
        shelf.settle(reservation, ReservationStatus.RELEASED, filled=0)
        if promised:
            freed.append((reservation, promised))
    given: list[shelf.Given] = []
    units: dict[int, str] = {}
    for reservation, promised in freed:  # only now: nothing goes to a line that is being given up
        let = update(Unit).where(Unit.reservation_id == reservation.id).values(reservation_id=None)
        mine = db.session.scalars(let.returning(Unit.id), execution_options={"synchronize_session": False}).all()
        units |= dict.fromkeys(mine, reservation.reference)
        shelf.keep_off(dict.fromkeys(mine, reservation.reference))
        shelf.unpromise(reservation.variant_id, promised)
        given += shelf.fill_waiting(reservation.variant_id, promised)
    shelf.promise_shares(given, list(units.values()), units={f"unit:{unit_id}" for unit_id in units}, at=at, by=by)


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
    taken_in = receive_all(variant_id, [Incoming(reference, makers)], kind=kind, note=note, at=at, by=by)
    return taken_in[0] if taken_in else None


def receive_all(
    variant_id: int,
    pieces: Sequence[Incoming],
    *,
    kind: MovementKind = MovementKind.RECEIPT,
    note: str | None = None,
    at: datetime,
    by: str,
) -> list[Unit]:
    """Take pieces into stock, give them to whoever has waited longest, and return those that are new."""
    known = select(StockMovement.reference).where(StockMovement.reference.in_([piece.reference for piece in pieces]))
    before = set(db.session.scalars(known))
    new = [piece for piece in pieces if piece.reference not in before]
    if not new:
        return []
    shelf.grow(variant_id, len(new))
    units = []
    for piece in new:
        db.session.add(
            StockMovement(
                variant_id=variant_id, kind=kind, quantity=1, reference=piece.reference, at=at, by=by, note=note
            )
        )
        unit = Unit(variant_id=variant_id, reference=piece.reference, tag=new_tag(), received_at=at)
        unit.makers = [
            UnitMaker(step=maker.step, artisan_id=maker.artisan_id, earned_minor=maker.earned_minor)
            for maker in piece.makers
        ]
        db.session.add(unit)
        units.append(unit)
    db.session.flush()
    shelf.promise_shares(shelf.fill_waiting(variant_id, len(new)), at=at, by=by)
    return units


def stock_new(variant_id: int, pieces: int, reference: str, note: str, *, at: datetime, by: str) -> None:
    """Lay the first pieces of a new variant on its shelf, their makers unknown: one movement, one statement a table.

    Only for a variant that nobody can have waited for yet.
    """
    movement = {"variant_id": variant_id, "kind": MovementKind.RECEIPT, "quantity": pieces, "at": at, "by": by}
    db.session.execute(insert(StockMovement), [movement | {"reference": reference, "note": note}])
    shelf.grow(variant_id, pieces)
    db.session.execute(
        insert(Unit),
        [
            {"variant_id": variant_id, "reference": f"{reference}:{number}", "tag": new_tag(), "received_at": at}
            for number in range(1, pieces + 1)
        ],
    )


def adjust(variant_id: int, change: int, reason: str, reference: str, *, at: datetime, by: str) -> None:
    """Correct the count by hand: pieces found (their makers unknown) or lost (never promised ones).

    The same reference again changes nothing.
    """
    if change == 0 or abs(change) > 500 or not reason.strip():
        raise Invalid("stock.adjustment")
    if change > 0:
        found = [Incoming(f"{reference}:{number}") for number in range(1, change + 1)]
        if receive_all(variant_id, found, kind=MovementKind.ADJUSTMENT, note=reason.strip(), at=at, by=by):
            audit.record("stock.adjust", f"variant:{variant_id}", by=by, at=at, reason=f"found:{change}")
        return
    if db.session.scalar(select(StockMovement.id).where(StockMovement.reference == reference)) is not None:
        return
    lost = update(Stock).where(Stock.variant_id == variant_id, -change <= shelf.FREE)
    if not shelf.lessened(variant_id, lost.values(on_hand=Stock.on_hand + change)):
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
    oldest = list(db.session.scalars(shelf.free_units(variant_id, -change)))
    changed(update(Unit).where(Unit.id.in_(oldest)).values(gone_at=at))
    audit.record("stock.adjust", f"variant:{variant_id}", by=by, at=at, reason=f"lost:{-change}")


def ship(references: Sequence[str], shipment: str, *, round: int | None = None, at: datetime, by: str) -> None:
    """Let the allocated pieces of order lines leave; Conflict unless every one is set aside.

    `round`: only those that were promised in it.
    """
    shelf.lock(references)
    reservations = shelf.reservations_of(
        references, ReservationStatus.HELD, ReservationStatus.WAITING, ReservationStatus.ALLOCATED, round=round
    )
    if not reservations or any(r.status is not ReservationStatus.ALLOCATED for r in reservations):
        raise Conflict("order.not_ready")
    for reservation in reservations:
        shelf.settle(reservation, ReservationStatus.SHIPPED, filled=reservation.quantity)
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
