"""What the makers of a piece were really paid, on average over the last 90 days, where enough stands behind it.

Counted are the pieces that went to a paid line in the span and are with the customer or on their way
there, with makers on record. Fewer than 20 pieces say little, and fewer than five women would say what
one of them earned: then nothing is published, and what was published before is taken away.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.sql.functions import coalesce

from shop.artisans.share_models import Share, ShareStatus
from shop.catalog.figure_models import ActualCost
from shop.catalog.models import Reservation, Unit, UnitMaker, Variant
from shop.db import changed, db
from shop.orders.models import Order, OrderLine
from shop.production.mending_models import Mending
from shop.production.models import Check, TaskPiece

SPAN = timedelta(days=90)
FEWEST_PIECES = 20
FEWEST_MAKERS = 5


def publish(*, at: datetime) -> int:
    """Publish the averages anew for every product that has them; return how many have."""
    sold = (
        select(Unit.id, Variant.product_id, Reservation.reference)
        .join(Reservation, Reservation.id == Unit.reservation_id)
        .join(Variant, Variant.id == Unit.variant_id)
        .join(OrderLine, Reservation.reference == func.concat("order-line:", OrderLine.id))
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.paid_at > at - SPAN, Order.paid_at <= at)
        .subquery()
    )
    paid = (
        select(UnitMaker.unit_id, func.sum(UnitMaker.earned_minor).label("wages"))
        .group_by(UnitMaker.unit_id)
        .subquery()
    )
    mended = (
        select(Unit.id.label("unit_id"), func.sum(Check.mend_minor).label("wages"))
        .join(TaskPiece, Unit.reference == func.concat("piece:", TaskPiece.piece_id))
        .join(Mending, Mending.entry_id == TaskPiece.id)
        .join(Check, Check.id == Mending.check_id)
        .group_by(Unit.id)
        .subquery()
    )
    shared = select(Share.unit, Share.line, Share.amount_minor).where(Share.status != ShareStatus.REVERSED).subquery()
    averages = (
        select(
            sold.c.product_id,
            func.count(),
            func.sum(paid.c.wages + coalesce(mended.c.wages, 0)),
            func.sum(coalesce(shared.c.amount_minor, 0)),
        )
        .join(paid, paid.c.unit_id == sold.c.id)
        .outerjoin(mended, mended.c.unit_id == sold.c.id)
        .outerjoin(shared, (shared.c.unit == func.concat("unit:", sold.c.id)) & (shared.c.line == sold.c.reference))
        .group_by(sold.c.product_id)
        .having(func.count() >= FEWEST_PIECES)
    )
    makers = (
        select(sold.c.product_id, func.count(UnitMaker.artisan_id.distinct()))
        .join(UnitMaker, UnitMaker.unit_id == sold.c.id)
        .group_by(sold.c.product_id)
    )
    enough = {row[0] for row in db.session.execute(makers) if row[1] >= FEWEST_MAKERS}
    rows = [row for row in db.session.execute(averages) if row[0] in enough]
    changed(delete(ActualCost))
    for product_id, units, wages, share in rows:
        db.session.add(
            ActualCost(
                product_id=product_id,
                units=units,
                wages_minor=int(wages) // units,
                share_minor=int(share) // units,
                as_of=at,
            )
        )
    db.session.flush()
    return len(rows)
