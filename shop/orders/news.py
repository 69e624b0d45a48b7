"""What a customer is told without having asked: her order waits, is being made, or will be late.

Nobody below tells us; a sweep asks the workshop. Each news is written once for an order, whatever happens after.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, String, cast, func, literal, select

from shop import mail
from shop.catalog.models import PACKING_DAYS
from shop.clock import india_date
from shop.db import db
from shop.orders.models import Order, OrderLine, OrderStatus
from shop.production import orders as production
from shop.production.models import ProductionOrder

AT_ONCE = 200
UNPAID_FOR = timedelta(minutes=10)  # only who has not paid by then is written to about an order without its payment
STALE = timedelta(days=1)


def tell(*, at: datetime, late_after: timedelta) -> int:
    """Ask for the mails that are due and return how many; `late_after` is how much a promise may slip unsaid."""
    return _tell_waiting(at=at) + _tell_making(at=at) + _tell_delayed(at=at, late_after=late_after)


def _untold(news: str, *which: ColumnElement[bool]) -> list[Order]:
    reference = literal("order:").concat(cast(Order.id, String)).concat(f":{news}")
    waiting = select(Order).where(~mail.asked_for(reference), *which)
    return list(db.session.scalars(waiting.order_by(Order.id).limit(AT_ONCE)))


def _tell_waiting(*, at: datetime) -> int:
    unpaid = (Order.status == OrderStatus.PLACED, Order.placed_at.between(at - STALE, at - UNPAID_FOR))
    told = _untold("placed", *unpaid)
    for order in told:
        mail.enqueue("order_placed", f"order:{order.id}:placed", order.email, {"order_id": order.id}, at=at)
    return len(told)


def _tell_making(*, at: datetime) -> int:
    told = 0
    for order in _untold("making", Order.status == OrderStatus.PAID):
        if production.has_started(_references(order)):
            mail.enqueue("order_making", f"order:{order.id}:making", order.email, {"order_id": order.id}, at=at)
            told += 1
    return told


def _tell_delayed(*, at: datetime, late_after: timedelta) -> int:
    told = 0
    for order in _untold("delayed", Order.status == OrderStatus.PAID):
        expected = expected_on(order, at=at)
        if expected - order.promised_on > late_after:
            news = {"order_id": order.id, "expected_on": expected.isoformat()}
            mail.enqueue("order_delayed", f"order:{order.id}:delayed", order.email, news, at=at)
            told += 1
    return told


def expected_on(order: Order, *, at: datetime) -> date:
    """Return the day by which a paid order will leave as things stand.

    That is what was promised, or the day its work is due, whichever is later; and never before it could be packed.
    """
    today = india_date(at)
    due = db.session.scalar(
        select(func.max(ProductionOrder.due_on)).where(
            ProductionOrder.reference.in_(_references(order)), ProductionOrder.cancelled_at.is_(None)
        )
    )
    latest = max(order.promised_on, due or order.promised_on)
    return latest if latest >= today else today + timedelta(days=PACKING_DAYS)


def _references(order: Order) -> list[str]:
    ids = db.session.scalars(select(OrderLine.id).where(OrderLine.order_id == order.id))
    return [f"order-line:{line_id}" for line_id in ids]
