"""The shelf underneath `stock`: counters that move by one conditional UPDATE, promises, and the pieces behind them.

Nothing here decides anything for a customer; `stock.py` and `returned.py` do, in units of their own.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, Integer, Select, Update, UpdateBase, bindparam, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from shop.artisans import shares
from shop.artisans.shares import Due
from shop.catalog import listing
from shop.catalog.models import Reservation, ReservationStatus, Stock, Unit, UnitMaker, UnitOff
from shop.db import adding_once, db, run, upsert
from shop.errors import Conflict

FREE = Stock.on_hand - Stock.reserved


@dataclass(frozen=True)
class Given:
    """A piece that has just gone to a paid order line, with the share of its makers in paise."""

    unit_id: int
    line: str
    share_minor: int


def take(variant_id: int, quantity: int) -> int:
    """Promise up to `quantity` pieces and return how many there were."""
    left_free = run(_taking(), {"taken_from": variant_id, "pieces": quantity}).scalar()
    if left_free == 0:
        listing.shelf_emptied(variant_id)
    if left_free is not None:
        return quantity
    left = db.session.scalar(select(FREE).where(Stock.variant_id == variant_id).with_for_update())
    if not left:
        return 0
    return take(variant_id, min(left, quantity))


@cache
def _taking() -> Executable:
    pieces = bindparam("pieces", type_=Integer)
    there = (Stock.variant_id == bindparam("taken_from"), pieces <= FREE)
    return update(Stock).where(*there).values(reserved=Stock.reserved + pieces).returning(FREE)


def lock(references: Sequence[str]) -> None:
    """Take the shelf's rows before any reservation, as `receive` does, so that nobody waits in a ring.

    SQLite's writing unit is alone already.
    """
    if db.engine.dialect.name != "postgresql":
        return
    variants = select(Reservation.variant_id).where(Reservation.reference.in_(references))
    db.session.execute(
        select(Stock.variant_id).where(Stock.variant_id.in_(variants)).order_by(Stock.variant_id).with_for_update()
    ).all()


def reservations_of(
    references: Sequence[str], *statuses: ReservationStatus, round: int | None = None
) -> list[Reservation]:
    """Return the reservations of order lines that stand in some status, locked, the lowest variant first.

    `round`: only those of one round.
    """
    found = db.session.scalars(_reserved(), {"lines": list(references), "standing": list(statuses)})
    return [each for each in found if round in (None, each.round)]


@cache
def _reserved() -> Select[Reservation]:
    lines = Reservation.reference.in_(bindparam("lines", expanding=True))
    standing = Reservation.status.in_(bindparam("standing", expanding=True))
    return (
        select(Reservation)
        .where(lines, standing)
        .order_by(Reservation.variant_id, Reservation.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def settle(reservation: Reservation, status: ReservationStatus, **values: object) -> None:
    """Move a reservation that is locked."""
    reservation.status = status
    for name, value in values.items():
        setattr(reservation, name, value)
    db.session.flush()


def pick(reservation: Reservation, quantity: int) -> list[Given]:
    """Set aside the oldest free pieces that were not the line's before; the counters have promised them already."""
    wanted = {"picked_for": reservation.id, "of_variant": reservation.variant_id, "pieces": quantity}
    picked = run(_picking(), {**wanted, "of_line": reservation.reference}).scalars().all()
    if len(picked) != quantity:
        raise Conflict("stock.short", left=len(picked))
    return [Given(unit_id, reservation.reference, reservation.share_minor) for unit_id in sorted(picked)]


@cache
def _picking() -> Executable:
    table = Unit.metadata.tables[Unit.__tablename__]
    free = (table.c.variant_id == bindparam("of_variant"), table.c.reservation_id.is_(None), table.c.gone_at.is_(None))
    oldest = select(table.c.id).where(*free, ~_was_of(bindparam("of_line"), table.c.id))
    oldest = oldest.order_by(table.c.received_at, table.c.id).limit(bindparam("pieces"))
    here = (table.c.id.in_(oldest.scalar_subquery()), table.c.reservation_id.is_(None))
    return update(table).where(*here).values(reservation_id=bindparam("picked_for")).returning(table.c.id)


def _was_of(line: ColumnElement[str] | InstrumentedAttribute[str], unit_id: Any) -> ColumnElement[bool]:
    """Return the condition that a piece went off a line once."""
    off = select(UnitOff.unit_id).where(UnitOff.unit_id == unit_id, UnitOff.line == line)
    return off.correlate_except(UnitOff).exists()


def keep_off(lines: Mapping[int, str]) -> None:
    """Write down pieces that go off their lines, as unit -> line: whoever waits under the line gets another."""
    if lines:
        rows = [{"unit_id": unit_id, "line": line} for unit_id, line in lines.items()]
        run(adding_once(UnitOff, "unit_id", "line", returned=("unit_id",)), rows)


def promise_shares(
    given: Sequence[Given],
    ended: Sequence[str] = (),
    *,
    units: Collection[str] | None = None,
    at: datetime,
    by: str,
) -> None:
    """Promise the share of each piece to the women on record for it, and take back what was promised for lines.

    `units`: only for these pieces of the lines, as `unit:12`.
    A piece without makers on record (opening stock, a piece found) promises nothing to anyone: ADR 0014.
    """
    shared = [each for each in given if each.share_minor > 0]
    earned: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    if shared:
        unit_ids = [each.unit_id for each in shared]
        for unit_id, artisan_id, earned_minor in run(_makers(), {"units": unit_ids}):
            earned[unit_id][artisan_id] += earned_minor
    dues = [Due(f"unit:{g.unit_id}", g.line, g.share_minor, earned[g.unit_id]) for g in shared if g.unit_id in earned]
    if ended or dues:
        shares.replace(ended, dues, units=units, at=at, by=by)


@cache
def _makers() -> Select[int, int, int]:
    of = UnitMaker.unit_id.in_(bindparam("units", expanding=True))
    return select(UnitMaker.unit_id, UnitMaker.artisan_id, UnitMaker.earned_minor).where(of)


def free_units(variant_id: int, quantity: int) -> Select[int]:
    """Select the oldest free pieces; the shelf's row is locked by whoever asks, so no piece needs a lock of its own."""
    return (
        select(Unit.id)
        .where(Unit.variant_id == variant_id, Unit.reservation_id.is_(None), Unit.gone_at.is_(None))
        .order_by(Unit.received_at, Unit.id)
        .limit(quantity)
    )


def unpromise(variant_id: int, quantity: int) -> None:
    """Take so many promised pieces off the counter: they are free again."""
    freed = update(Stock).where(Stock.variant_id == variant_id).values(reserved=Stock.reserved - quantity)
    if _left(freed.returning(FREE)) == quantity:
        listing.shelf_filled(variant_id)


def grow(variant_id: int, quantity: int) -> None:
    """Lay so many more pieces on the shelf."""
    grown = upsert(Stock).values(variant_id=variant_id, on_hand=quantity, reserved=0)
    more = grown.on_conflict_do_update(index_elements=["variant_id"], set_={"on_hand": Stock.on_hand + quantity})
    if _left(more.returning(FREE)) == quantity:
        listing.shelf_filled(variant_id)


def lessened(variant_id: int, statement: Update) -> bool:
    """Run one change that leaves fewer free pieces; False if its condition did not hold."""
    left = _left(statement.returning(FREE))
    if left == 0:
        listing.shelf_emptied(variant_id)
    return left is not None


def _left(statement: UpdateBase) -> int | None:
    """Run one change of a shelf and return how many free pieces are left."""
    found: int | None = db.session.scalar(statement, execution_options={"synchronize_session": False})
    return found


def fill_waiting(variant_id: int, pieces: int) -> list[Given]:
    """Give up to `pieces` free pieces to those who have waited longest, and return which went to whom.

    A piece that was of the longest waiting line before goes to the next.
    """
    fit = (
        select(func.count(Unit.id))
        .where(Unit.variant_id == variant_id, Unit.reservation_id.is_(None), Unit.gone_at.is_(None))
        .where(~_was_of(Reservation.reference, Unit.id))
        .correlate(Reservation)
        .scalar_subquery()
    )
    handed: list[Given] = []
    while pieces:
        found = db.session.execute(
            select(Reservation, fit)
            .where(Reservation.variant_id == variant_id, Reservation.status == ReservationStatus.WAITING, fit > 0)
            .order_by(Reservation.waiting_since, Reservation.id)
            .limit(1)
            .with_for_update(of=Reservation)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if found is None:
            break
        oldest, fitting = found
        given = take(variant_id, min(pieces, oldest.quantity - oldest.filled, fitting))
        if given == 0:
            break
        handed += pick(oldest, given)
        filled = oldest.filled + given
        done = filled == oldest.quantity
        settle(oldest, ReservationStatus.ALLOCATED if done else ReservationStatus.WAITING, filled=filled)
        pieces -= given
    return handed
