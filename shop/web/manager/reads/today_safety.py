"""Today's safety: looks at identities that another person of the centre should know of."""

from collections.abc import Iterator

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from shop.artisans.vault import looks, payout_file
from shop.clock import india_date
from shop.users.models import User
from shop.users.policy import may
from shop.web.format import digits
from shop.web.manager.reads.rows import Row


def rows(user: User) -> Iterator[Row]:
    """Yield what someone other than the one who did it has to see."""
    if may(user.role, "identity.reveal"):
        yield from _looks(user)
    if may(user.role, "payout-file.release"):
        yield from _files(user)


def _looks(user: User) -> Iterator[Row]:
    waiting = looks.waiting(user)
    if waiting:
        fact = ngettext(
            "%(count)s look at an identity", "%(count)s looks at identities", len(waiting), count=digits(len(waiting))
        )
        reason = _("Someone else looked. Say that you know of it.")
        yield Row(fact, reason, india_date(waiting[0].at), _("See who and why"), url_for("manager.looks"))


def _files(user: User) -> Iterator[Row]:
    """A file waits for a second person; the one who proposed it is only told that it waits."""
    for file in payout_file.waiting():
        fact = _("Payout file %(number)s waits to be released", number=digits(file.id))
        day = india_date(file.proposed_at)
        if file.proposed_by == user.actor:
            yield Row(fact, _("You proposed it, so someone else has to release it."), day)
        else:
            url = url_for("manager.payout_file_page", file_id=file.id)
            yield Row(fact, _("You did not propose it, so you can be the second."), day, _("Look at it"), url)
    for file in payout_file.recalled():
        fact = _("Payout file %(number)s never reached the bank, someone says", number=digits(file.id))
        day = india_date(file.released_at or file.proposed_at)
        if file.recalled_by == user.actor:
            yield Row(fact, _("You said it, so someone else has to say it too."), day)
        else:
            url = url_for("manager.payout_file_page", file_id=file.id)
            yield Row(fact, _("Ask the bank before you say so too."), day, _("Look at it"), url)
