"""The queries behind live figures: each returns a numerator, a denominator and on how many makers they rest.

All sums are in paise of the rupee accounts; windows end at the moment that is asked about.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from shop.artisans.models import Artisan, Earning
from shop.clock import india_date
from shop.db import db
from shop.ledger import flows
from shop.orders.models import Order, Shipment
from shop.production.models import Check, Task

QUARTER, YEAR = timedelta(days=90), timedelta(days=365)


@dataclass(frozen=True)
class Measure:
    """A share: so many of so many, resting on the work of so many makers."""

    numerator: int
    denominator: int
    makers: int
    is_money: bool = False


def makers_earning(at: datetime) -> Measure:
    """Return how many makers earned something in the last 90 days, of all who work with us."""
    earned = select(Earning.artisan_id).where(Earning.earned_at > at - QUARTER, Earning.earned_at <= at)
    earned = earned.where(Earning.reversed_at.is_(None))
    here = select(func.count(Artisan.id)).where(Artisan.left_at.is_(None))
    found = db.session.scalar(here.where(Artisan.id.in_(earned))) or 0
    return Measure(found, db.session.scalar(here) or 0, found)


def money_to_makers(at: datetime) -> Measure:
    """Return what was credited to makers in twelve months, of what customers paid in them and was not given back."""
    flow = flows.of(india_date(at - YEAR), india_date(at))
    return Measure(flow.to_makers, flow.paid, _makers_credited(at), is_money=True)


def passed_at_once(at: datetime) -> Measure:
    """Return how many pieces passed when they were first looked at, of all first looked at in twelve months.

    A task's first check looks at every piece of it, and a later one only at what was mended since.
    """
    first = select(func.min(Check.id)).group_by(Check.task_id)
    looked = Check.passed + Check.rework + Check.rejected
    query = (
        select(
            func.coalesce(func.sum(Check.passed), 0),
            func.coalesce(func.sum(looked), 0),
            func.count(Task.artisan_id.distinct()),
        )
        .join(Task, Task.id == Check.task_id)
        .where(Check.id.in_(first), Check.at > at - YEAR, Check.at <= at)
    )
    passed, all_of_them, makers = db.session.execute(query).one()
    return Measure(int(passed), int(all_of_them), makers)


def left_in_time(at: datetime) -> Measure:
    """Return how many parcels of twelve months left by the day that was promised, of all that left."""
    rows = db.session.execute(
        select(Shipment.shipped_at, Order.promised_on)
        .join(Order, Order.id == Shipment.order_id)
        .where(Shipment.shipped_at > at - YEAR, Shipment.shipped_at <= at, Shipment.exchange_id.is_(None))
    ).all()
    in_time = sum(1 for shipped, promised in rows if india_date(shipped) <= promised)
    return Measure(in_time, len(rows), _makers_credited(at))


def _makers_credited(at: datetime) -> int:
    query = select(func.count(Earning.artisan_id.distinct())).where(Earning.reversed_at.is_(None))
    return db.session.scalar(query.where(Earning.earned_at > at - YEAR, Earning.earned_at <= at)) or 0


MEASURES: dict[str, Callable[[datetime], Measure]] = {
    "makers-earning": makers_earning,
    "money-to-makers": money_to_makers,
    "passed-at-once": passed_at_once,
    "left-in-time": left_in_time,
}
