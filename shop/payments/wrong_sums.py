"""A genuine payment for an attempt of ours, in its currency, of another sum than was asked: it pays nothing.

It waits, held, for a person. What she does with it is one thing: the money is taken into the books, so that it is
somewhere, and asked back whole under the shop's own reason, which the customer's mail says. A gateway may tell of one
payment in two messages, or the comparison may be all that ever tells of it; whatever stands of it is settled with it.
"""

from datetime import datetime

from sqlalchemy import select

from shop.db import db
from shop.errors import Conflict
from shop.orders import holding
from shop.orders.models import Order
from shop.payments import collect, held, reasons, refunds, reviews
from shop.payments.gateways import Gateway, PaymentSeen
from shop.payments.held import NotOurs
from shop.payments.models import OPEN_ATTEMPTS, Attempt, Capture
from shop.payments.review_models import DifferenceKind


def find_attempt(gateway: Gateway, seen: PaymentSeen | None, *, lock: bool = False) -> Attempt | None:
    """Return the attempt that a held payment is for, if only its sum does not fit; None otherwise."""
    if seen is None or not seen.captured:
        return None
    try:
        attempt = collect.our_attempt(gateway, seen, lock=lock)
    except NotOurs:
        return None
    return attempt if seen.currency == attempt.currency and seen.amount_minor != attempt.amount_minor else None


def give_back(gateway: Gateway, seen: PaymentSeen | None, *, at: datetime, by: str) -> None:
    """Book the money of a payment that was not taken and ask it back whole, once; Conflict if it is no such payment."""
    attempt = find_attempt(gateway, seen, lock=True)
    if attempt is None or seen is None:
        raise Conflict("event.not_a_sum")
    capture_id = collect.record(gateway, attempt, seen, at=at, by=by)
    if capture_id is None:
        raise Conflict("event.not_a_sum")
    held.settle(gateway, seen.ref, at=at)
    reviews.settle(gateway.name, DifferenceKind.PAYMENT_UNKNOWN, seen.ref, at=at, by=by)
    if not _can_be_paid(attempt.order):
        holding.release_hold(attempt.order, at=at, by=by)
    capture = db.session.get_one(Capture, capture_id)
    refunds.request(capture, seen.amount_minor, reasons.WRONG_SUM, parts=[], at=at, by=by)


def _can_be_paid(order: Order) -> bool:
    """Say whether a newer pay page of an order stands open: what it holds is not this payment's to give up."""
    standing = select(Attempt.id).where(Attempt.order_id == order.id, Attempt.status.in_(OPEN_ATTEMPTS))
    return db.session.scalar(standing.limit(1)) is not None
