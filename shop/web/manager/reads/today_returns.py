"""Today's returns: what customers send back and get in its place, each with the one act that takes it further."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from shop.clock import india_date
from shop.orders import exchanges, returns
from shop.orders.return_models import Exchange, Return, ReturnStatus, Wish
from shop.users.models import User
from shop.users.policy import may
from shop.web.format import day, digits
from shop.web.manager.reads.rows import Mark, Row
from shop.web.storefront.return_reads import REASONS

ANSWER_WITHIN = timedelta(days=2)
LONG_AGO = timedelta(days=21)
ON_THE_ROAD = timedelta(days=10)


def rows(user: User, *, at: datetime) -> Iterator[Row]:
    """Yield the open returns that a member of staff may take further, and the exchanges that need someone."""
    if not may(user.role, "orders.read"):
        return
    for asked in returns.open_of(user):
        yield _row(asked, user, at)
    found = exchanges.open_of(user)
    ready = exchanges.ready(found)
    for each in found:
        yield from _exchange(each, each.id in ready, user, at)


def _row(asked: Return, user: User, at: datetime) -> Row:
    number, since = asked.order.number, india_date(asked.asked_at)
    url = url_for("manager.return_page", return_id=asked.id)
    if asked.status is ReturnStatus.ASKED:
        fact = ngettext(
            "Order %(number)s: the customer would send a piece back",
            "Order %(number)s: the customer would send %(num)s pieces back",
            asked.count,
            number=number,
        )
        act = _("Answer") if may(user.role, "returns.answer") else None
        late = at - asked.asked_at > ANSWER_WITHIN
        return Row(fact, REASONS[asked.reason]() + ".", since, act, url, Mark.LATE if late else Mark.NONE)
    act = _("Look at it") if may(user.role, "returns.receive") else None
    if asked.status is ReturnStatus.AGREED:
        fact = _("Order %(number)s: a return is on its way to us", number=number)
        mark = Mark.RISK if at - asked.asked_at > LONG_AGO else Mark.NONE
        reason = _("When it is here, take it in; the money goes back then.")
        if asked.wish is Wish.EXCHANGE:
            reason = _("When it is here, take it in; the customer would like another of the same.")
        return Row(fact, reason, since, act, url, mark)
    fact = _("Order %(number)s: pieces that came back lie about", number=number)
    return Row(fact, _("Put each back on the shelf, or write it off."), since, act, url)


def _exchange(row: Exchange, is_ready: bool, user: User, at: datetime) -> Iterator[Row]:
    """Yield a row for an exchange that can leave, that is late, or whose parcel nobody has heard of."""
    number, on = row.returned.order.number, india_date(at)
    url = url_for("manager.return_page", return_id=row.return_id, _anchor="another")
    if is_ready:
        fact = _("Order %(number)s: what was exchanged is ready to leave", number=number)
        reason = _("All its pieces are set aside. Promised for %(day)s.", day=day(row.promised_on, "EEE d MMM"))
        act = _("Pack and send it") if may(user.role, "orders.ship") else None
        yield Row(fact, reason, row.promised_on, act, url, Mark.LATE if row.promised_on < on else Mark.NONE)
    elif row.parcel is None and row.promised_on < on:
        fact = _("Order %(number)s: what was exchanged is late", number=number)
        reason = _("It was promised for %(day)s and is not made yet.", day=day(row.promised_on, "EEE d MMM"))
        yield Row(fact, reason, row.promised_on, _("Look at it"), url, Mark.LATE)
    elif row.parcel is not None and row.parcel.shipped_at <= at - ON_THE_ROAD:
        since = india_date(row.parcel.shipped_at)
        fact = _("Order %(number)s: %(days)s days on the road", number=number, days=digits((on - since).days))
        parcel = {"carrier": row.parcel.carrier, "tracking": row.parcel.tracking}
        reason = _("%(carrier)s, %(tracking)s. Look it up with the carrier.", **parcel)
        act = _("Note that it arrived") if may(user.role, "orders.ship") else None
        yield Row(fact, reason, since, act, url, Mark.RISK)
