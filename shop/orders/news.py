"""What a customer is told without having asked: her order waits, is being made, or will be late.

Nobody below tells us; a sweep asks the workshop. Each news is written once for an order, whatever happens after.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, String, cast, func, literal, select

from shop import mail
from shop.catalog.models import PACKING_DAYS
from shop.clock import india_date
from shop.db import db
from shop.orders import lifecycle
from shop.orders.models import Order, OrderLine, OrderStatus
from shop.production import orders as production
from shop.production.models import ProductionOrder

AT_ONCE = 200  # orders of a page
UNPAID_FOR = timedelta(minutes=10)  # only who has not paid by then is written to about an order without its payment
STALE = timedelta(days=1)
ASKED = func.concat("order-line:", OrderLine.id)  # under which the workshop was asked for a line's pieces


def tell(*, at: datetime, late_after: timedelta) -> int:
    """Ask for the mails that are due and return how many; `late_after` is how much a promise may slip unsaid."""
    return _tell_waiting(at=at) + _tell_making(at=at) + _tell_delayed(at=at, late_after=late_after)


def _untold(news: str, *which: ColumnElement[bool]) -> Iterator[Order]:
    """Yield every order of a kind that was not told of this yet, the oldest first, page by page.

    Nobody here is kept waiting by those before her of whom there is nothing to tell yet.
    """
    reference = literal("order:").concat(cast(Order.id, String)).concat(f":{news}")
    waiting = select(Order).where(~mail.asked_for(reference), *which).order_by(Order.id).limit(AT_ONCE)
    last = 0
    while page := db.session.scalars(waiting.where(Order.id > last)).all():
        yield from page
        last = page[-1].id


def _tell_waiting(*, at: datetime) -> int:
    told = 0
    for order in _untold(
        "placed", Order.status == OrderStatus.PLACED, Order.placed_at.between(at - STALE, at - UNPAID_FOR)
    ):
        _ask_for("placed", order, at=at)
        told += 1
    return told


def _tell_making(*, at: datetime) -> int:
    begun = select(OrderLine.id).where(OrderLine.order_id == Order.id, production.is_begun(ASKED)).exists()
    told = 0
    for order in _untold("making", Order.status == OrderStatus.PAID, begun):
        _ask_for("making", order, at=at)
        told += 1
    return told


def _tell_delayed(*, at: datetime, late_after: timedelta) -> int:
    """Ask `expected_on` of orders that can be late: promised for about now, or with work that is due later."""
    near = Order.promised_on < india_date(at) + timedelta(days=PACKING_DAYS) - late_after
    slips = select(ProductionOrder.id).where(
        ProductionOrder.reference == ASKED,
        ProductionOrder.cancelled_at.is_(None),
        ProductionOrder.due_on > Order.promised_on,
    )
    slipping = select(OrderLine.id).where(OrderLine.order_id == Order.id, slips.exists()).exists()
    told = 0
    for order in _untold("delayed", Order.status == OrderStatus.PAID, near | slipping):
        expected = expected_on(order, at=at)
        if expected - order.promised_on > late_after:
            _ask_for("delayed", order, at=at, expected_on=expected.isoformat())
            told += 1
    return told


def _ask_for(news: str, order: Order, *, at: datetime, **values: str) -> None:
    about = {"order_id": order.id, **values}
    mail.enqueue(f"order_{news}", f"order:{order.id}:{news}", order.email, about, at=at)


def expected_on(order: Order, *, at: datetime) -> date:
    """Return the day by which a paid order will leave as things stand.

    That is what was promised, or the day its work is due, whichever is later; and never before it could be packed.
    """
    today = india_date(at)
    due = db.session.scalar(
        select(func.max(ProductionOrder.due_on)).where(
            ProductionOrder.reference.in_(lifecycle.references_of(order.id)), ProductionOrder.cancelled_at.is_(None)
        )
    )
    latest = max(order.promised_on, due or order.promised_on)
    return latest if latest >= today else today + timedelta(days=PACKING_DAYS)
