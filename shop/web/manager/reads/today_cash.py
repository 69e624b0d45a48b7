"""Today's cash: what one person wrote down and another has to see, and cash that is paid where no book is kept."""

from collections.abc import Iterator
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _

from shop.artisans import cash_box, cash_sums
from shop.clock import india_date
from shop.users.models import User
from shop.users.policy import may
from shop.web.format import money
from shop.web.manager.reads.cash import ACTS, boxes
from shop.web.manager.reads.rows import Row


def rows(user: User, *, at: datetime) -> Iterator[Row]:
    """Yield what of the boxes that a person sees needs someone."""
    if not may(user.role, "cash.write"):
        return
    acts, pay = cash_box.waiting_by_centre(), cash_sums.pay_cash()
    for box in boxes(user):
        url, name = url_for("manager.cash", centre_id=box.centre.id), box.centre.name
        if box.held_minor is None and box.centre.id in pay:
            fact = _("Cash is paid at %(centre)s and no cash book is kept", centre=name)
            reason = _("Count what lies in the box, and let another person see it.")
            yield Row(fact, reason, india_date(at), _("Open the cash book"), url)
        waiting = acts.get(box.centre.id)
        if waiting is None:
            continue
        total = money(waiting.amount_minor)
        fact = _("%(what)s at %(centre)s: %(sum)s", what=ACTS[waiting.kind](), centre=name, sum=total)
        since = india_date(waiting.written_at)
        if waiting.written_by == user.actor:
            yield Row(fact, _("You wrote it down, so someone else has to have seen it."), since)
        else:
            yield Row(fact, _("It counts once you have seen it too."), since, _("Look at it"), url + "#waiting")
