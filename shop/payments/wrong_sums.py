"""A genuine payment for an attempt of ours, in its currency, of another sum than was asked: it pays nothing.

It waits, held, for a person. What she does with it is one thing: the money is taken into the books, so that it is
somewhere, and asked back whole under the shop's own reason, which the customer's mail says.
"""

from datetime import datetime

from sqlalchemy import update

from shop.db import changed, db
from shop.errors import Conflict
from shop.orders import lifecycle
from shop.payments import collect, reasons, refunds
from shop.payments.gateways import Gateway, Notice
from shop.payments.held import NotOurs
from shop.payments.models import Attempt, Capture, EventStatus, GatewayEvent
from shop.users import audit


def find_attempt(gateway: Gateway, notice: Notice, *, lock: bool = False) -> Attempt | None:
    """Return the attempt that a held payment is for, if only its sum does not fit; None otherwise."""
    seen = notice.payment
    if seen is None or not seen.captured:
        return None
    try:
        attempt = collect.our_attempt(gateway, seen, lock=lock)
    except NotOurs:
        return None
    return attempt if seen.currency == attempt.currency and seen.amount_minor != attempt.amount_minor else None


def give_back(event: GatewayEvent, gateway: Gateway, notice: Notice, *, at: datetime, by: str) -> None:
    """Book the money of a held payment and ask it back whole, once; Conflict if it is no such payment."""
    attempt, seen = find_attempt(gateway, notice, lock=True), notice.payment
    if attempt is None or seen is None:
        raise Conflict("event.not_a_sum")
    capture_id = collect.record(gateway, attempt, seen, at=at, by=by)
    settled = update(GatewayEvent).where(GatewayEvent.id == event.id, GatewayEvent.status == EventStatus.HELD)
    if capture_id is None or changed(settled.values(status=EventStatus.APPLIED, applied_at=at)) != 1:
        raise Conflict("event.unknown")
    lifecycle.release_hold(attempt.order, at=at, by=by)
    refunds.request(
        db.session.get_one(Capture, capture_id), seen.amount_minor, reasons.WRONG_SUM, parts=[], at=at, by=by
    )
    audit.record("events.give-back", f"event:{event.id}", by=by, at=at)
