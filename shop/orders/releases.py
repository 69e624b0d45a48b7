"""When the makers' shares become theirs: the window after the last parcel has ended, nothing of the order is on its way
back or to be sent in its place, and no floor above has asked to wait (a bank that asks for the payment back, say).
"""

from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import subqueryload

from shop.artisans import shares
from shop.artisans.share_models import Share, ShareStatus
from shop.db import adding_once, changed, db, run
from shop.orders import lifecycle, returns
from shop.orders.hold_models import ReleaseHold
from shop.orders.models import Order, OrderLine, OrderStatus, Shipment
from shop.orders.window import Window

LEFT = (OrderStatus.SHIPPED, OrderStatus.DELIVERED)


def due(window: Window, *, at: datetime) -> list[int]:
    """Return the orders of which a share is pending and may be released now, the oldest first."""
    waiting = (
        select(OrderLine.order_id)
        .join(Share, Share.line == func.concat("order-line:", OrderLine.id))
        .where(Share.status == ShareStatus.PENDING)
    )
    soonest = at - min(window.after_delivery, window.without_news)
    left = select(Shipment.order_id).where(Shipment.shipped_at < soonest)
    orders = db.session.scalars(
        select(Order)
        .where(Order.id.in_(waiting), Order.id.in_(left), Order.status.in_(LEFT), ~returns.is_under_way(), ~is_held())
        .order_by(Order.id)
        .options(subqueryload(Order.shipments))
    )
    return [order.id for order in orders if _has_ended(order, window, at)]


def release(order_id: int, window: Window, *, at: datetime, by: str) -> int:
    """Release what is pending for an order, if it still may be; return how many shares were, each once."""
    order = db.session.scalars(
        select(Order).where(Order.id == order_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if order.status not in LEFT or not _has_ended(order, window, at):
        return 0
    waits = or_(is_held(), returns.is_under_way())
    if db.session.scalar(select(Order.id).where(Order.id == order_id, waits)) is not None:
        return 0
    return shares.release(lifecycle.references_of(order_id), at=at, by=by)


def hold(order: Order, reference: str, *, at: datetime) -> None:
    """Release nothing of an order until `let_go`, once for a reason; what is released already stays the makers'.

    The caller has locked the order, as `release` does.
    """
    run(adding_once(ReleaseHold, "reference"), {"order_id": order.id, "reference": reference, "held_at": at})


def let_go(reference: str, *, at: datetime) -> None:
    """End a reason to wait; the next sweep releases what may be."""
    held = update(ReleaseHold).where(ReleaseHold.reference == reference, ReleaseHold.ended_at.is_(None))
    changed(held.values(ended_at=at))


def is_held() -> ColumnElement[bool]:
    """Return the condition for orders of which a floor above has asked to release nothing yet."""
    return select(ReleaseHold.id).where(ReleaseHold.order_id == Order.id, ReleaseHold.ended_at.is_(None)).exists()


def _has_ended(order: Order, window: Window, at: datetime) -> bool:
    end = window.end_of(order)
    return end is not None and at > end
