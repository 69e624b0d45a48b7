"""Today's gateways: what has been unknown for too long, and what the two sides tell differently."""

from collections.abc import Iterator
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from shop.clock import india_date
from shop.payments import reviews, unknown
from shop.payments.review_models import ReviewStatus
from shop.web.format import digits
from shop.web.manager import payment_words
from shop.web.manager.reads.rows import Mark, Row


def rows(*, at: datetime) -> Iterator[Row]:
    """Yield a row for what is unknown, and one for the differences that wait."""
    standing = unknown.too_long(at=at)
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
    found = reviews.waiting()
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
