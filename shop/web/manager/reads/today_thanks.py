"""Today's thank-you notes: words of customers that somebody reads before the makers do."""

from collections.abc import Iterator

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from shop.clock import india_date
from shop.orders import thanks
from shop.users.models import User
from shop.users.policy import may
from shop.web.manager.reads.rows import Row


def rows(user: User) -> Iterator[Row]:
    """Yield one row for all the notes that wait for her to read them."""
    if not may(user.role, thanks.ACTION):
        return
    waiting = thanks.waiting_of(user)
    if waiting:
        fact = ngettext(
            "%(num)s thank-you to the makers waits to be read",
            "%(num)s thank-yous to the makers wait to be read",
            len(waiting),
        )
        reason = _("Hand on what is kind and says nothing of where anyone lives.")
        yield Row(fact, reason, india_date(waiting[0].written_at), _("Read them"), url_for("manager.thanks"))
