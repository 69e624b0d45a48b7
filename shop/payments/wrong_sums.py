"""A genuine payment for an attempt of ours, in its currency, of another sum than was asked: it pays nothing.

It waits, held, for a person. What she does with it is one thing: the money is taken into the books, so that it is
somewhere, and asked back whole under the shop's own reason, which the customer's mail says. A gateway may tell of one
payment in two messages; both are settled with it.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select, update

from shop.db import changed, db
from shop.errors import Conflict
from shop.orders import holding
from shop.payments import collect, reasons, refunds
from shop.payments.gateways import Gateway, PaymentSeen
from shop.payments.held import NotOurs
from shop.payments.models import Attempt, Capture, EventStatus, GatewayEvent
from shop.users import audit


def payment_of(gateway: Gateway, event: GatewayEvent) -> PaymentSeen | None:
    """Return the payment that a held message tells of, or None where it tells of none or cannot be read any more."""
    try:
        return gateway.parse(event.body, event.event_id).payment
    except (ValueError, KeyError, TypeError):
        return None


def find_attempt(gateway: Gateway, seen: PaymentSeen | None, *, lock: bool = False) -> Attempt | None:
    """Return the attempt that a held payment is for, if only its sum does not fit; None otherwise."""
    if seen is None or not seen.captured:
        return None
    try:
        attempt = collect.our_attempt(gateway, seen, lock=lock)
    except NotOurs:
        return None
    return attempt if seen.currency == attempt.currency and seen.amount_minor != attempt.amount_minor else None


def give_back(event: GatewayEvent, gateway: Gateway, *, at: datetime, by: str) -> None:
    """Book the money of a held payment and ask it back whole, once; Conflict if it is no such payment."""
    seen = payment_of(gateway, event)
    attempt = find_attempt(gateway, seen, lock=True)
    if attempt is None or seen is None:
        raise Conflict("event.not_a_sum")
    capture_id = collect.record(gateway, attempt, seen, at=at, by=by)
    if capture_id is None:
        raise Conflict("event.not_a_sum")
    told = update(GatewayEvent).where(GatewayEvent.id.in_([each.id for each in _held_of(gateway, seen)]))
    changed(told.values(status=EventStatus.APPLIED, applied_at=at))
    holding.release_hold(attempt.order, at=at, by=by)
    capture = db.session.get_one(Capture, capture_id)
    refunds.request(capture, seen.amount_minor, reasons.WRONG_SUM, parts=[], at=at, by=by)
    audit.record("events.give-back", f"event:{event.id}", by=by, at=at)


def _held_of(gateway: Gateway, seen: PaymentSeen) -> Iterator[GatewayEvent]:
    query = select(GatewayEvent).where(GatewayEvent.gateway == gateway.name, GatewayEvent.status == EventStatus.HELD)
    for event in db.session.scalars(query):
        told = payment_of(gateway, event)
        if told is not None and told.ref == seen.ref:
            yield event
