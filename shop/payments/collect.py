"""Applying what a gateway tells us: the one forward-only path of webhook, return and reconciler.

A genuine signature is not a genuine payment: it must be for an attempt of ours, at that gateway,
of that amount and currency, in the mode of our keys. Anything else is held for a person to see.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import contains_eager

from shop import statuses
from shop.clock import india_date
from shop.crashpoint import crashpoint
from shop.db import changed, db, upsert
from shop.ledger.posting import Leg, post
from shop.money import Money
from shop.orders import lifecycle
from shop.orders.models import Order, OrderStatus
from shop.payments import refunds
from shop.payments.gateways import Gateway, PaymentSeen
from shop.payments.models import ATTEMPT_MOVES, Attempt, AttemptEvent, AttemptStatus, Capture


class Applied(StrEnum):
    """What came of a payment that a gateway told us about."""

    CAPTURED = "captured"
    KNOWN = "known"
    NOT_YET = "not yet"
    HELD = "held"


class NotOurs(Exception):
    """A payment that we did not ask for; the text says what does not fit."""


def apply_payment(gateway: Gateway, seen: PaymentSeen, *, at: datetime, by: str) -> Applied:
    """Record a captured payment with everything that follows from it, once.

    Raises NotOurs, having changed nothing, if it is not a payment we asked for.
    """
    if not seen.captured:
        return Applied.NOT_YET
    attempt = _our_attempt(gateway, seen)
    capture_id = db.session.scalar(
        upsert(Capture)
        .values(
            attempt_id=attempt.id,
            gateway=gateway.name,
            payment_ref=seen.ref,
            amount_minor=seen.amount_minor,
            currency=seen.currency,
            captured_at=seen.at,
        )
        .on_conflict_do_nothing(index_elements=["gateway", "payment_ref"])
        .returning(Capture.id)
    )
    if capture_id is None:
        return Applied.KNOWN
    changed(
        update(Attempt)
        .where(Attempt.id == attempt.id)
        .values(captured_minor=Attempt.captured_minor + seen.amount_minor, status=AttemptStatus.CAPTURED)
    )
    note_attempt(attempt.id, AttemptStatus.CAPTURED, at=at, by=by, note=seen.ref)
    order = attempt.order
    post(
        f"capture:{gateway.name}:{seen.ref}",
        "capture",
        [Leg(f"gateway:{gateway.name}:clearing", order.prepaid, Money(seen.amount_minor, seen.currency))],
        effective_on=india_date(seen.at),
        at=at,
        by=by,
    )
    crashpoint("apply.posted")
    _use(attempt, capture_id, at=at, by=by)
    return Applied.CAPTURED


def _our_attempt(gateway: Gateway, seen: PaymentSeen) -> Attempt:
    ours = Attempt.key == seen.key if seen.key is not None else Attempt.page_ref == seen.page_ref
    query = (
        select(Attempt)
        .join(Attempt.order)
        .where(Attempt.gateway == gateway.name, ours)
        .options(contains_eager(Attempt.order))
        .with_for_update(of=[Attempt, Order])
        .execution_options(populate_existing=True)
    )
    attempt = db.session.scalars(query).one_or_none() if seen.key or seen.page_ref else None
    if attempt is None:
        raise NotOurs(f"no attempt of ours has the key {seen.key!r}")
    if seen.live is not None and seen.live is not gateway.live:
        raise NotOurs("test and live are mixed")
    if (seen.amount_minor, seen.currency) != (attempt.amount_minor, attempt.currency):
        raise NotOurs(
            f"{seen.amount_minor} {seen.currency} was paid, {attempt.amount_minor} {attempt.currency} was asked"
        )
    return attempt


def _use(attempt: Attempt, capture_id: int, *, at: datetime, by: str) -> None:
    """Let the money pay its order; what an order cannot use goes back."""
    order = attempt.order  # locked with its attempt
    if order.status is OrderStatus.PLACED:
        if lifecycle.mark_paid(order, at=at, by=by):
            return
        lifecycle.cancel(order, at=at, by=by, note="sold out before the payment came")
        reason = "sold out"
    else:
        reason = "order was cancelled" if order.status is OrderStatus.CANCELLED else "paid twice"
    capture = db.session.get_one(Capture, capture_id)
    refunds.request(capture, capture.amount_minor, reason, at=at, by=by)


def move_attempt(
    attempt: Attempt, to: AttemptStatus, *, at: datetime, by: str, note: str | None = None, **values: object
) -> bool:
    """Move an attempt along ATTEMPT_MOVES; False if it has already gone further."""
    if not statuses.move(attempt, ATTEMPT_MOVES, to, **values):
        return False
    note_attempt(attempt.id, to, at=at, by=by, note=note)
    return True


def move_by_id(
    attempt_id: int, to: AttemptStatus, *, at: datetime, by: str, note: str | None = None, **values: object
) -> bool:
    """Move an attempt that was not loaded; False if it has already gone further."""
    if not statuses.move_by_id(Attempt, attempt_id, ATTEMPT_MOVES, to, **values):
        return False
    note_attempt(attempt_id, to, at=at, by=by, note=note)
    return True


def note_attempt(attempt_id: int, status: AttemptStatus, *, at: datetime, by: str, note: str | None = None) -> None:
    """Write down that an attempt came to a status."""
    db.session.add(AttemptEvent(attempt_id=attempt_id, status=status, at=at, by=by, note=note))
    db.session.flush()
