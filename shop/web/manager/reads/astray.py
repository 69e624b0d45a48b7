"""Money that came or went otherwise than we asked, in words, before it is settled: from a message or a difference."""

from typing import NamedTuple

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from shop.db import db
from shop.payments.models import Attempt, Capture
from shop.payments.review_models import DifferenceKind, Review
from shop.web.edge import counter
from shop.web.format import money


class Astray(NamedTuple):
    """What is the matter with some money, what the act that settles it would do, and what its button says."""

    fact: str
    meaning: str
    act: str


def wrong_sum(paid_minor: int, attempt: Attempt) -> Astray:
    """Return the words for a payment of another sum than was asked."""
    paid, asked = money(paid_minor, attempt.currency), money(attempt.amount_minor, attempt.currency)
    number = attempt.order.number
    return Astray(
        _("%(paid)s was paid for order %(number)s, %(asked)s was asked", paid=paid, number=number, asked=asked),
        _("It pays nothing as it is. Given back, the customer is told why and can pay anew."),
        _("Give it back"),
    )


def gone(minor: int, capture: Capture) -> Astray:
    """Return the words for a refund that was made on the gateway's own page."""
    total, number, gateway = money(minor, capture.currency), capture.attempt.order.number, capture.gateway.capitalize()
    return Astray(
        _(
            "%(sum)s of order %(number)s went back on the page of %(gateway)s",
            sum=total,
            number=number,
            gateway=gateway,
        ),
        _("Nobody asked for it here, so the books do not know of it. Taken in, it has its paper like any other."),
        _("Take it into the books"),
    )


def of_review(review: Review) -> tuple[Astray, str] | None:
    """Return the words and the address of the one act that settles a difference, or None where a note is all."""
    if review.gateway not in counter().gateways:
        return None
    if review.kind is DifferenceKind.PAYMENT_UNKNOWN:
        asked = select(Attempt).where(Attempt.gateway == review.gateway, Attempt.key == review.about)
        attempt = db.session.scalars(asked.where(Attempt.currency == review.currency)).unique().one_or_none()
        if attempt is not None and attempt.amount_minor != review.theirs_minor:
            return wrong_sum(review.theirs_minor, attempt), url_for("manager.give_review_back", review_id=review.id)
    if review.kind is DifferenceKind.REFUND_UNKNOWN:
        taken = select(Capture).where(Capture.gateway == review.gateway, Capture.payment_ref == review.about)
        capture = db.session.scalars(taken.where(Capture.currency == review.currency)).unique().one_or_none()
        if capture is not None:
            return gone(review.theirs_minor, capture), url_for("manager.take_review_in", review_id=review.id)
    return None
