"""Today's gateways: what has been unknown for too long, and what the two sides tell differently."""

from collections.abc import Collection, Iterator
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from shop.clock import india_date
from shop.payments import inbox, reviews, unknown
from shop.payments.review_models import DifferenceKind, Review, ReviewStatus
from shop.users.models import User
from shop.users.policy import may
from shop.web.format import digits
from shop.web.manager import payment_words
from shop.web.manager.reads.rows import Mark, Row

HELD_TOO = (DifferenceKind.PAYMENT_UNKNOWN, DifferenceKind.REFUND_UNKNOWN, DifferenceKind.DISPUTE_UNKNOWN)


def rows(user: User, *, at: datetime) -> Iterator[Row]:
    """Yield a row for what is unknown, and one for the differences that wait.

    What this person is told of as a matter with an act of its own (exceptions.py) is not told again here.
    """
    standing = unknown.too_long(at=at, all_of_it=not may(user.role, "orders.refund"))
    if standing is not None:
        minutes = int((at - standing.since).total_seconds() // 60)
        yield Row(
            _("How a payment ended has not been known for %(minutes)s minutes", minutes=digits(minutes)),
            _("The gateway does not answer, or the worker does not run."),
            india_date(standing.since),
            _("Look at it"),
            url_for("manager.gateways"),
            Mark.LATE,
        )
    held = {(event.gateway, event.about) for event in inbox.held()} if may(user.role, "events.settle") else set()
    found = [each for each in reviews.waiting() if not _is_held(each, held)]
    if found:
        untaken = [each for each in found if each.status is ReviewStatus.OPEN]
        yield Row(
            ngettext("%(num)s difference with a gateway", "%(num)s differences with a gateway", len(found)),
            payment_words.difference(found[0].kind) + ".",
            india_date(found[0].opened_at),
            _("Look into it"),
            url_for("manager.gateways", _anchor=f"review-{found[0].id}"),
            Mark.LATE if untaken else Mark.NONE,
        )


def _is_held(review: Review, held: Collection[tuple[str, str | None]]) -> bool:
    """Say whether a message about the same money is held, and settled there."""
    names = {(review.gateway, review.ref), (review.gateway, review.about or review.ref)}
    return review.kind in HELD_TOO and any(name in held for name in names)
