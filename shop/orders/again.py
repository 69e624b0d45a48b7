"""What of an order can be had again, for whoever sends a piece back and would like another of the same."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from shop.catalog.models import Product, ProductStatus, Stock, Variant
from shop.db import db
from shop.orders import holding
from shop.orders.models import OrderLine


def can_be_had(lines: Sequence[OrderLine], pieces: Mapping[int, int]) -> set[int]:
    """Return the order lines of which so many more can be had: from the shelf, or because they are still made."""
    return {line_id for line_id, (free, made) in _of(lines).items() if made or free >= pieces[line_id]}


def can_be_made(lines: Sequence[OrderLine]) -> set[int]:
    """Return the order lines of which another can still be made: as it was sold, of something that is still sold."""
    return {line_id for line_id, (_free, made) in _of(lines).items() if made}


def _of(lines: Sequence[OrderLine]) -> dict[int, tuple[int, bool]]:
    """Return order line -> (how many lie free, whether more are made), in one statement."""
    free = Stock.on_hand - Stock.reserved
    query = (
        select(Variant.id, free, Variant.on_sale, Product.status)
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(Stock, Stock.variant_id == Variant.id)
        .where(Variant.id.in_([line.variant_id for line in lines]))
    )
    rows = {row[0]: row for row in db.session.execute(query)}
    found = {}
    for line in lines:
        _id, count, on_sale, status = rows[line.variant_id]
        sold = on_sale and status is ProductStatus.PUBLISHED
        found[line.id] = (count or 0, sold and holding.may_be_made(line))
    return found
