"""Applying what a gateway tells us: the one forward-only path of webhook, return and reconciler.

A genuine signature is not a genuine payment: it must be for an attempt of ours, at that gateway,
of that amount and currency, in the mode of our keys. Anything else is held for a person to see.

A payment that a bank has only authorised is nobody's money yet. The worker asks the gateway to capture it while its
order waits for money (`send_capture` in shop/phases.py); what nobody captures, the gateway gives back by itself.
"""

from datetime import datetime
from enum import StrEnum
from functools import cache

from sqlalchemy import Select, Update, bindparam, select, update
from sqlalchemy.orm import contains_eager

from shop import outbox, statuses
from shop.clock import india_date
from shop.crashpoint import crashpoint
from shop.db import adding, adding_once, db, run
from shop.ledger.posting import Leg, post
from shop.money import Money
from shop.orders import lifecycle
from shop.orders.models import Order, OrderStatus
from shop.payments import genuine, late, reasons, refunds
from shop.payments.gateways import Gateway, PaymentSeen
from shop.payments.held import NotOurs as NotOurs
from shop.payments.models import ATTEMPT_MOVES, Attempt, AttemptEvent, AttemptStatus, Capture

CAPTURING = "payment.capture"  # in the outbox


class Applied(StrEnum):
    """What came of a payment that a gateway told us about."""

    CAPTURED = "captured"
    KNOWN = "known"
    ASKED = "asked"
    NOT_YET = "not yet"


def apply_payment(gateway: Gateway, seen: PaymentSeen, *, at: datetime, by: str) -> Applied:
    """Record a captured payment with everything that follows from it, once; have one that is authorised captured.

    Raises NotOurs, having changed nothing, if it is not a payment we asked for.
    """
    if not (seen.captured or seen.authorized):
        return Applied.NOT_YET
    attempt = our_attempt(gateway, seen)
    if (why := genuine.wrong_sum(seen, attempt)) is not None:
        if _is_known(gateway, seen):  # a person has settled it (wrong_sums.py)
            return Applied.KNOWN
        raise NotOurs(why)
    if not seen.captured:
        return _ask_to_capture(attempt, seen, at=at)
    capture_id = record(gateway, attempt, seen, at=at, by=by)
    if capture_id is None:
        return Applied.KNOWN
    _use(attempt, capture_id, at=at, by=by)
    crashpoint("apply.used")
    return Applied.CAPTURED


def _is_known(gateway: Gateway, seen: PaymentSeen) -> bool:
    known = select(Capture.id).where(Capture.gateway == gateway.name, Capture.payment_ref == seen.ref)
    return db.session.scalar(known) is not None


def is_wanted(attempt: Attempt) -> bool:
    """Say whether an order still waits for the money of a payment that is authorised."""
    return attempt.order.status is OrderStatus.PLACED


def _ask_to_capture(attempt: Attempt, seen: PaymentSeen, *, at: datetime) -> Applied:
    """Let the worker ask for the money of an authorised payment, once while that is under way."""
    if not is_wanted(attempt):
        return Applied.NOT_YET
    asked = {"attempt_id": attempt.id, "payment_ref": seen.ref}
    outbox.enqueue(CAPTURING, f"capture:{attempt.gateway}:{seen.ref}", asked, at=at, anew=True)
    crashpoint("capture.asked")
    return Applied.ASKED


def record(gateway: Gateway, attempt: Attempt, seen: PaymentSeen, *, at: datetime, by: str) -> int | None:
    """Write down and book the money of a payment, whatever becomes of it; return its capture's id, None if known."""
    capture_id: int | None = run(
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
        return None
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
    return capture_id


def our_attempt(gateway: Gateway, seen: PaymentSeen, *, lock: bool = True) -> Attempt:
    """Return the attempt that a payment is for, its order locked; NotOurs if there is none, or of other keys.

    Whoever moves an attempt together with its order locks the order first, so that no two wait in a ring.
    """
    attempt = None
    if seen.key or seen.page_ref:
        column, value = ("key", seen.key) if seen.key is not None else ("page_ref", seen.page_ref)
        found = db.session.scalars(_ours(column, lock), {"of_gateway": gateway.name, "value": value})
        attempt = found.unique().one_or_none()
    if attempt is None:
        raise NotOurs(f"no attempt of ours has the key {seen.key!r}")
    if (why := genuine.misfit(gateway, seen, attempt)) is not None:
        raise NotOurs(why)
    return attempt


@cache
def _ours(column: str, lock: bool) -> Select[Attempt]:
    ours = (
        select(Attempt)
        .join(Attempt.order)
        .where(Attempt.gateway == bindparam("of_gateway"), getattr(Attempt, column) == bindparam("value"))
        .options(contains_eager(Attempt.order).joinedload(Order.lines))
    )
    return ours.with_for_update(of=Order).execution_options(populate_existing=True) if lock else ours


@cache
def _capturing() -> Update:
    table = Attempt.metadata.tables[Attempt.__tablename__]
    values = {"captured_minor": table.c.captured_minor + bindparam("more"), "status": AttemptStatus.CAPTURED}
    return update(table).where(table.c.id == bindparam("captured_id")).values(values)


def _use(attempt: Attempt, capture_id: int, *, at: datetime, by: str) -> None:
    """Let the money pay its order; what an order cannot use goes back, unless it can be made and she wants it."""
    order = attempt.order  # locked
    if order.status is OrderStatus.PLACED:
        if lifecycle.mark_paid(order, at=at, by=by) or late.ask(order, at=at):
            return
        lifecycle.cancel(order, at=at, by=by, note="sold out before the payment came")
        reason = reasons.SOLD_OUT
    else:
        reason = reasons.WAS_CANCELLED if order.status is OrderStatus.CANCELLED else reasons.PAID_TWICE
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
