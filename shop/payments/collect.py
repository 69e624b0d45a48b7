"""Applying what a gateway tells us: the one forward-only path of webhook, return and reconciler.

A genuine signature is not a genuine payment: it must be for an attempt of ours, at that gateway,
of that amount and currency, in the mode of our keys. Anything else is held for a person to see.
"""

from datetime import datetime
from enum import StrEnum
from functools import cache

from sqlalchemy import Select, Update, bindparam, select, update
from sqlalchemy.orm import contains_eager

from shop import statuses
from shop.clock import india_date
from shop.crashpoint import crashpoint
from shop.db import adding, adding_once, db, run
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
    capture_id = run(
        adding_once(Capture, "gateway", "payment_ref"),
        {
            "attempt_id": attempt.id,
            "gateway": gateway.name,
            "payment_ref": seen.ref,
            "amount_minor": seen.amount_minor,
            "currency": seen.currency,
            "captured_at": seen.at,
        },
    ).scalar()
    if capture_id is None:
        return Applied.KNOWN
    crashpoint("apply.captured")
    run(_capturing(), {"captured_id": attempt.id, "more": seen.amount_minor})
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
    crashpoint("apply.used")
    return Applied.CAPTURED


def _our_attempt(gateway: Gateway, seen: PaymentSeen) -> Attempt:
    attempt = None
    if seen.key or seen.page_ref:
        column, value = ("key", seen.key) if seen.key is not None else ("page_ref", seen.page_ref)
        attempt = db.session.scalars(_ours(column), {"of_gateway": gateway.name, "value": value}).one_or_none()
    if attempt is None:
        raise NotOurs(f"no attempt of ours has the key {seen.key!r}")
    if seen.live is not None and seen.live is not gateway.live:
        raise NotOurs("test and live are mixed")
    if (seen.amount_minor, seen.currency) != (attempt.amount_minor, attempt.currency):
        raise NotOurs(
            f"{seen.amount_minor} {seen.currency} was paid, {attempt.amount_minor} {attempt.currency} was asked"
        )
    return attempt


@cache
def _ours(column: str) -> Select[Attempt]:
    return (
        select(Attempt)
        .join(Attempt.order)
        .where(Attempt.gateway == bindparam("of_gateway"), getattr(Attempt, column) == bindparam("value"))
        .options(contains_eager(Attempt.order))
        .with_for_update(of=[Attempt, Order])
        .execution_options(populate_existing=True)
    )


@cache
def _capturing() -> Update:
    table = Attempt.metadata.tables[Attempt.__tablename__]
    values = {"captured_minor": table.c.captured_minor + bindparam("more"), "status": AttemptStatus.CAPTURED}
    return update(table).where(table.c.id == bindparam("captured_id")).values(values)


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
    run(adding(AttemptEvent), {"attempt_id": attempt_id, "status": status, "at": at, "by": by, "note": note})
