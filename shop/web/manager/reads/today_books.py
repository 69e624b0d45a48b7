"""Today's books: what the newest verification found, and that there has been none for too long."""

from collections.abc import Iterator
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from shop.clock import india_date
from shop.ledger import verification_runs
from shop.ledger.verification_models import VerificationRun
from shop.users.models import User
from shop.users.policy import may
from shop.web.manager.reads.rows import Mark, Row


def rows(user: User, newest: VerificationRun | None, *, at: datetime) -> Iterator[Row]:
    """Yield that something does not hold, to everyone who pays, and that nobody has looked, to who can ask for it."""
    if newest is None:
        return
    reads = may(user.role, "books.read")
    act, url = (_("Look at it"), url_for("manager.verification")) if reads else (None, None)
    since = india_date(newest.ended_at)
    if newest.broken and may(user.role, "payouts.read"):
        fact = ngettext(
            "%(num)s thing in the books does not hold", "%(num)s things in the books do not hold", newest.broken
        )
        yield Row(fact, _("Pay nothing out before someone has looked."), since, act, url, Mark.LATE)
    if reads and verification_runs.is_stale(newest, at=at):
        reason = _("It is done every night. The worker may not run.")
        yield Row(_("The books have not been verified for more than a day"), reason, since, act, url, Mark.RISK)
