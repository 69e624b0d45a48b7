"""Do the shelf's counters, its movements, its promises and its single pieces tell the same?"""

from collections.abc import Iterator, Mapping

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import InstrumentedAttribute

from shop.catalog.listing_models import Listing
from shop.catalog.models import Reservation, ReservationStatus, Stock, StockMovement, Unit, Variant
from shop.db import db
from shop.verdict import Finding


def verify() -> Iterator[Finding]:
    """Yield every variant whose counters, movements, promises and pieces disagree."""
    moved = _sums(StockMovement.variant_id, func.sum(StockMovement.quantity))
    pieces = _sums(Unit.variant_id, func.sum(case((Unit.gone_at.is_(None), 1), else_=0)))
    promised: dict[int, int] = dict(
        db.session.execute(
            select(
                Reservation.variant_id,
                func.sum(
                    case(
                        (
                            (Reservation.status == ReservationStatus.HELD) & Reservation.from_stock,
                            Reservation.quantity,
                        ),
                        (
                            Reservation.status.in_([ReservationStatus.WAITING, ReservationStatus.ALLOCATED]),
                            Reservation.filled,
                        ),
                        else_=0,
                    )
                ),
            ).group_by(Reservation.variant_id)
        ).all()
    )
    for stock in db.session.scalars(select(Stock)):
        row = f"variant {stock.variant_id}"
        if stock.on_hand != moved.get(stock.variant_id, 0):
            yield Finding("catalog", row, f"{stock.on_hand} on hand, movements say {moved.get(stock.variant_id, 0)}")
        if stock.on_hand != pieces.get(stock.variant_id, 0):
            yield Finding(
                "catalog", row, f"{stock.on_hand} on hand, {pieces.get(stock.variant_id, 0)} pieces stand there"
            )
        if stock.reserved != promised.get(stock.variant_id, 0):
            yield Finding(
                "catalog", row, f"{stock.reserved} promised, reservations say {promised.get(stock.variant_id, 0)}"
            )
    yield from _unit_findings()
    yield from _listing_findings()


def _unit_findings() -> Iterator[Finding]:
    counted = (
        select(Unit.reservation_id, func.count().label("pieces"))
        .where(Unit.reservation_id.is_not(None))
        .group_by(Unit.reservation_id)
        .subquery()
    )
    query = (
        select(Reservation.id, Reservation.filled, func.coalesce(counted.c.pieces, 0))
        .outerjoin(counted, counted.c.reservation_id == Reservation.id)
        .where(Reservation.filled != func.coalesce(counted.c.pieces, 0))
    )
    for reservation_id, filled, found in db.session.execute(query):
        yield Finding("catalog", f"reservation {reservation_id}", f"says {filled} pieces, {found} are set aside")


def _listing_findings() -> Iterator[Finding]:
    """Yield the products of which lists say that they are ready, or not, while the shelf says otherwise."""
    free = (
        select(func.count())
        .select_from(Variant)
        .join(Stock, Stock.variant_id == Variant.id)
        .where(Variant.product_id == Listing.product_id, Variant.on_sale, Stock.on_hand > Stock.reserved)
        .scalar_subquery()
    )
    for product_id, shelved, found in db.session.execute(
        select(Listing.product_id, Listing.shelved, free).where(Listing.shelved != free)
    ):
        yield Finding("catalog", f"product {product_id}", f"listed with {shelved} variants on the shelf, {found} are")


def _sums(key: InstrumentedAttribute[int], value: ColumnElement[int]) -> Mapping[int, int]:
    rows = db.session.execute(select(key, value).group_by(key)).all()
    return {int(row[0]): int(row[1] or 0) for row in rows}
