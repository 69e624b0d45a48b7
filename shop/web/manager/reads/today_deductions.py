"""Today's deductions: what waits for a second person, and what she said no to or asked about."""

from collections.abc import Iterator
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _

from shop.artisans import deductions
from shop.artisans.deduction_models import Deduction, DeductionStatus
from shop.clock import india_date
from shop.users.models import User
from shop.users.policy import may
from shop.web.format import money
from shop.web.manager.reads.rows import Mark, Row

TOLD = (DeductionStatus.PROPOSED, DeductionStatus.OBJECTED, DeductionStatus.QUESTIONED)


def rows(user: User, *, at: datetime) -> Iterator[Row]:
    """Yield the deductions that need someone of the office."""
    if may(user.role, "deductions.read"):
        for each in deductions.of(user, TOLD):
            yield _row(each, user)


def _row(deduction: Deduction, user: User) -> Row:
    name, total = deduction.artisan.work_name, money(deduction.amount_minor)
    url = url_for("manager.deductions", _anchor=f"deduction-{deduction.id}")
    since = india_date(deduction.noticed_at or deduction.proposed_at)
    if deduction.status is not DeductionStatus.PROPOSED:
        asks = deduction.status is DeductionStatus.QUESTIONED
        fact = (
            _("%(name)s has a question about a deduction of %(sum)s", name=name, sum=total)
            if asks
            else _("%(name)s says no to a deduction of %(sum)s", name=name, sum=total)
        )
        return Row(fact, _("Talk with her; nothing is taken meanwhile."), since, _("Look into it"), url, Mark.LATE)
    fact = _("A deduction of %(sum)s for %(name)s waits for a second person", sum=total, name=name)
    if deduction.proposed_by == user.actor:
        return Row(fact, _("You proposed it, so someone else has to approve it."), since)
    if not may(user.role, "deductions.approve"):
        return Row(fact, _("A second person of the office approves it."), since)
    return Row(fact, _("You did not propose it, so you can be the second."), since, _("Look at it"), url)
