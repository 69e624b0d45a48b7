"""Today's promises: orders that are late or near, parcels that can leave, parcels nobody heard of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from shop.clock import india_date
from shop.db import db
from shop.orders import lifecycle
from shop.orders.lifecycle import Progress
from shop.orders.models import Order, OrderStatus, Shipment
from shop.production.models import TaskStatus
from shop.users.models import User
from shop.users.policy import may
from shop.web.format import day, digits
from shop.web.manager import words
from shop.web.manager.reads.rows import Mark, Row
from shop.web.manager.reads.standing import LineStanding, OrderStanding, standings
from shop.web.thing_words import bought

NEAR = timedelta(days=2)
ON_THE_ROAD = timedelta(days=10)


@dataclass(frozen=True)
class Promises:
    """The paid orders with where they stand, and parcels long on the road."""

    standings: Sequence[OrderStanding]
    on_the_road: Sequence[tuple[Order, Shipment]]


def gather(user: User, *, at: datetime) -> Promises:
    """Return every order that is paid and not sent, and every parcel that should have arrived."""
    paid = db.session.scalars(
        select(Order)
        .where(Order.status == OrderStatus.PAID, lifecycle.seen_by(user))
        .order_by(Order.promised_on, Order.id)
    )
    sent = db.session.execute(
        select(Order, Shipment)
        .join(Shipment, Shipment.order_id == Order.id)
        .where(lifecycle.seen_by(user), Order.status == OrderStatus.SHIPPED, Shipment.shipped_at <= at - ON_THE_ROAD)
        .where(Shipment.exchange_id.is_(None))
        .order_by(Shipment.shipped_at)
    )
    return Promises(standings(list(paid), user), [(row[0], row[1]) for row in sent])


def rows(promises: Promises, user: User, *, at: datetime) -> Iterator[Row]:
    """Yield what stands between us and what customers were promised."""
    on = india_date(at)
    for standing in promises.standings:
        if standing.progress is Progress.READY:
            yield _ready(standing.order, user, on)
        elif is_pressing(standing, on):
            yield from _pressing(standing, user, on)
    for order, shipment in promises.on_the_road:
        yield _unheard_of(order, shipment, user, on)


def is_pressing(standing: OrderStanding, on: date) -> bool:
    """Say whether an order that is being made is late or promised within two days."""
    return standing.progress is Progress.IN_THE_MAKING and standing.order.promised_on <= on + NEAR


def _ready(order: Order, user: User, on: date) -> Row:
    late = order.promised_on < on
    reason = _("All its pieces are set aside. Promised for %(day)s.", day=day(order.promised_on, "EEE d MMM"))
    act = _("Pack and send it") if may(user.role, "orders.ship") else None
    url = url_for("manager.order", number=order.number, _anchor="send")
    fact = _("Order %(number)s is ready to leave", number=order.number)
    return Row(fact, reason, order.promised_on, act, url, Mark.LATE if late else Mark.NONE)


def _pressing(standing: OrderStanding, user: User, on: date) -> Iterator[Row]:
    """Yield a row for what holds an order up, unless only another centre can move it."""
    order = standing.order
    days = (on - order.promised_on).days
    if days > 0:
        fact = ngettext(
            "Order %(number)s is a day late", "Order %(number)s is %(days)s days late", days,
            number=order.number, days=digits(days),
        )  # fmt: skip
    else:
        fact = _("Order %(number)s: promised for %(day)s", number=order.number, day=day(order.promised_on, "EEE d MMM"))
    for line in standing.lines:
        if line.set_aside < line.line.pieces and line.is_hers:
            reason, act, url = _what_holds_line(order, line, user)
            yield Row(fact, reason, order.promised_on, act, url, Mark.LATE if days > 0 else Mark.RISK)
            return


def _what_holds_line(order: Order, line: LineStanding, user: User) -> tuple[str, str, str]:
    title = bought(line.line)
    if line.to_assign and may(user.role, "work.assign"):
        left = line.to_assign[0]
        step = words.step(left.step.name)
        reason = _("%(title)s: nobody has %(step)s × %(pieces)s.", title=title, step=step, pieces=digits(left.pieces))
        url = url_for("manager.offer", order_id=left.order.id, step=left.step.name)
        return reason, _("Offer %(step)s × %(pieces)s", step=step, pieces=digits(left.pieces)), url
    for task in line.tasks:
        if task.status is TaskStatus.SUBMITTED and may(user.role, "work.check"):
            who = task.artisan.work_name
            reason = _("%(title)s: %(name)s has handed in her work.", title=title, name=who)
            return reason, _("Check %(name)s’s work", name=who), url_for("manager.check", task_id=task.id)
        if task.status is not TaskStatus.CHECKED:
            step, who = words.step(task.step.name), task.artisan.work_name
            reason = _("%(title)s: %(step)s is with %(name)s.", title=title, step=step, name=who)
            return reason, _("See her work"), url_for("manager.task", task_id=task.id)
    return _("%(title)s is not ready.", title=title), _("Look at the order"), _order_page(order)


def _unheard_of(order: Order, shipment: Shipment, user: User, on: date) -> Row:
    days = digits((on - india_date(shipment.shipped_at)).days)
    return Row(
        _("Order %(number)s: %(days)s days on the road", number=order.number, days=days),
        _("%(carrier)s, %(tracking)s. Look it up with the carrier.", **_parcel(shipment)),
        india_date(shipment.shipped_at),
        _("Note that it arrived") if may(user.role, "orders.ship") else None,
        _order_page(order),
        Mark.RISK,
    )


def _parcel(shipment: Shipment) -> dict[str, str]:
    return {"carrier": shipment.carrier, "tracking": shipment.tracking}


def _order_page(order: Order) -> str:
    return url_for("manager.order", number=order.number)
