"""Today's returns: what customers send back, each with the one act that takes it further."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from shop.clock import india_date
from shop.orders import returns
from shop.orders.return_models import Return, ReturnStatus
from shop.users.models import User
from shop.users.policy import may
from shop.web.manager.reads.rows import Mark, Row
from shop.web.storefront.return_reads import REASONS

ANSWER_WITHIN = timedelta(days=2)
LONG_AGO = timedelta(days=21)


def rows(user: User, *, at: datetime) -> Iterator[Row]:
    """Yield the open returns that a member of staff may take further."""
    if not may(user.role, "orders.read"):
        return
    for asked in returns.open_of(user):
        yield _row(asked, user, at)


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
        return Row(fact, _("When it is here, take it in; the money goes back then."), since, act, url, mark)
    fact = _("Order %(number)s: pieces that came back lie about", number=number)
    return Row(fact, _("Put each back on the shelf, or write it off."), since, act, url)
