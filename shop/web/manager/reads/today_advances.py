"""Today's advances: what waits for a second person, for its payment or for her yes, and whether savings are covered."""

from collections.abc import Iterator
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _

from shop.artisans import advances, savings
from shop.artisans.advance_models import Advance, AdvanceStatus
from shop.clock import india_date
from shop.users.models import User
from shop.users.policy import may
from shop.web.format import day, money
from shop.web.manager.reads.rows import Mark, Row


def rows(user: User, *, at: datetime) -> Iterator[Row]:
    """Yield advances that need someone, and the shortfall of the bank for those who may read the books."""
    if may(user.role, "advances.read"):
        for advance in advances.of(user, advances.BEFORE_HER_YES):
            yield _row(advance, user)
    if may(user.role, "books.read") and savings.uncovered():
        reason = _("What the women put aside has to lie in the bank. It may come with the next settlement.")
        fact = _("The bank holds less than was put aside")  # by how much would say what few women have saved
        yield Row(fact, reason, india_date(at), _("Look at the books"), url_for("manager.books"), Mark.RISK)


def _row(advance: Advance, user: User) -> Row:
    name, total = advance.artisan.work_name, money(advance.amount_minor)
    url = url_for("manager.advances", _anchor=f"advance-{advance.id}")
    since = india_date(advance.proposed_at)
    if advance.status is AdvanceStatus.PROPOSED:
        fact = _("An advance of %(sum)s for %(name)s waits for a second person", sum=total, name=name)
        if advance.proposed_by == user.actor:
            return Row(fact, _("You proposed it, so someone else has to approve it."), since)
        if not may(user.role, "advances.approve"):
            return Row(fact, _("A second person of the office approves it."), since)
        return Row(fact, _("You did not propose it, so you can be the second."), since, _("Look at it"), url)
    if advance.status is AdvanceStatus.APPROVED:
        fact = _("An advance of %(sum)s for %(name)s is approved", sum=total, name=name)
        if not may(user.role, "advances.record"):
            return Row(fact, _("It waits for the one who pays it."), since)
        return Row(fact, _("Write down when it has left."), since, _("Record it as paid"), url)
    paid = advance.paid_at or advance.proposed_at
    on = day(paid, "d MMM")
    if advance.status is AdvanceStatus.QUESTIONED:
        fact = _("%(name)s questions an advance of %(sum)s", name=name, sum=total)
        reason = _("Paid on %(day)s. Talk with her; nothing goes back meanwhile.", day=on)
        return Row(fact, reason, india_date(paid), _("Look into it"), url, Mark.LATE)
    fact = _("%(name)s has not said yes to an advance of %(sum)s", name=name, sum=total)
    return Row(
        fact, _("Paid on %(day)s. Nothing goes back before she does.", day=on), india_date(paid), _("Ask her"), url
    )
