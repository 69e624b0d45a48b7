"""Which pieces sold pay a design royalty for a month: shipped, still with the customer, and beyond sending back.

A piece counts in the month in which the time for sending it back ended; one that was held up then (a return on its
way, a bank that asks for the payment back) counts in the month that is credited next, and a line is counted once.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager, selectinload

from shop.artisans import designs, royalties
from shop.artisans.design_models import Design, Royalty, RoyaltyLine
from shop.catalog.models import Variant
from shop.clock import INDIA, india_date
from shop.db import db
from shop.orders import returns
from shop.orders.models import Order, OrderLine, Shipment
from shop.orders.releases import LEFT, is_held
from shop.orders.return_models import ReturnPiece
from shop.orders.window import Window
from shop.snapshots import streamed
from shop.verdict import Finding

AT_ONCE = 500


def named(product_id: int) -> str:
    """Return how a design names its product."""
    return f"product:{product_id}"


def month_before(at: datetime) -> date:
    """Return the first day of the month that has ended, as India counts."""
    return (india_date(at).replace(day=1) - timedelta(days=1)).replace(day=1)


def credit(product: str, month: date, window: Window, *, at: datetime, by: str) -> int:
    """Credit what the versions of a product's design earned in a month that has ended; return the paise."""
    designs.hold(product)
    versions = designs.of(product)
    ends = datetime.combine((month + timedelta(days=32)).replace(day=1), time(), INDIA)
    lines = _lines(product, min(each.agreed_on for each in versions), ends, window)
    back = _came_back([line.id for line in lines])
    counted: dict[int, dict[str, int]] = defaultdict(dict)
    for line in lines:
        held = designs.in_force(versions, on=india_date(line.order.placed_at))
        pieces = line.pieces - back.get(line.id, 0)
        if held is not None and held.royalty_minor and pieces > 0:
            counted[held.id][line.reference] = pieces
    by_id: dict[int, Design] = {each.id: each for each in versions}
    return sum(
        royalties.credit(by_id[number], f"{month:%Y-%m}", pieces, at=at, by=by)
        for number, pieces in sorted(counted.items())
    )


def _lines(product: str, since: date, ends: datetime, window: Window) -> Sequence[OrderLine]:
    """Return the lines of a product that nobody has counted, whose window had ended before a moment."""
    soonest = ends - min(window.after_delivery, window.without_news)
    was_counted = select(RoyaltyLine.id).where(RoyaltyLine.line == func.concat("order-line:", OrderLine.id))
    query = (
        select(OrderLine)
        .join(OrderLine.order)
        .join(Variant, Variant.id == OrderLine.variant_id)
        .where(Variant.product_id == int(product.partition(":")[2]))
        .where(Order.status.in_(LEFT), Order.placed_at >= datetime.combine(since, time(), INDIA))
        .where(Order.id.in_(select(Shipment.order_id).where(Shipment.shipped_at < soonest)))
        .where(~was_counted.exists(), ~returns.is_under_way(), ~is_held())
        .order_by(OrderLine.id)
        .options(contains_eager(OrderLine.order).options(selectinload(Order.shipments), selectinload(Order.reductions)))
    )
    found = db.session.scalars(query.execution_options(populate_existing=True)).all()
    return [line for line in found if (end := window.end_of(line.order)) is not None and end < ends]


def _came_back(line_ids: Sequence[int]) -> dict[int, int]:
    """Return line -> how many pieces came back for their money; in the place of others the customer has another."""
    query = (
        select(ReturnPiece.order_line_id, func.count())
        .where(ReturnPiece.order_line_id.in_(line_ids), ~returns.is_exchanged())
        .group_by(ReturnPiece.order_line_id)
    )
    return {row[0]: int(row[1]) for row in db.session.execute(query)}


def verify() -> Iterator[Finding]:
    """Yield counted lines that were not sold, are of another product, or count more pieces than were ordered."""
    query = (
        select(RoyaltyLine.line, RoyaltyLine.pieces, Design.product)
        .join(Royalty, Royalty.id == RoyaltyLine.royalty_id)
        .join(Design, Design.id == Royalty.design_id)
        .order_by(RoyaltyLine.id)
    )
    batch: list[tuple[str, int, str]] = []
    for line, pieces, product in streamed(query):
        batch.append((line, pieces, product))
        if len(batch) == AT_ONCE:
            yield from _unsold(batch)
            batch = []
    yield from _unsold(batch)


def _unsold(batch: Sequence[tuple[str, int, str]]) -> Iterator[Finding]:
    """Look the lines up by their numbers: matched by their text, each would read the whole table."""
    numbers = [int(number) for line, _, _ in batch if (number := line.removeprefix("order-line:")).isdecimal()]
    query = (
        select(OrderLine.id, OrderLine.quantity, Variant.product_id)
        .join(Variant, Variant.id == OrderLine.variant_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.id.in_(numbers), Order.status.in_(LEFT))
    )
    sold = {f"order-line:{row[0]}": (named(row[2]), row[1]) for row in db.session.execute(query)}
    for line, pieces, product in batch:
        of, quantity = sold.get(line, ("", 0))
        if of != product:
            yield Finding("orders", f"royalty of {line}", f"counts what was not sold of {product}")
        elif pieces > quantity:
            yield Finding("orders", f"royalty of {line}", f"counts {pieces} pieces of {quantity}")
