"""Refunds: reserved against the capture before the gateway is asked, so two can never give too much.

Here is what may be asked for: everything that is left, or parts of what was sold. Parts of an order that has not left
go off it first (taken_off.py). What comes of it is in refund_answers.py. Neither ever touches what a maker has earned.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update

from shop import outbox
from shop.crashpoint import crashpoint
from shop.db import changed, db
from shop.errors import Conflict, Invalid, NotFound
from shop.orders import lifecycle, returns
from shop.orders.credits import Received
from shop.orders.locks import lock
from shop.orders.models import Order, OrderStatus
from shop.orders.paper_rows import Part
from shop.payments import captures, disputes, given_back, reasons
from shop.payments.models import (
    Attempt,
    Capture,
    Refund,
    RefundEvent,
    RefundPart,
    RefundStatus,
    ReturnRefund,
)
from shop.users import audit


def request(
    capture: Capture,
    amount_minor: int,
    reason: str,
    *,
    parts: Sequence[Part] | None = None,
    reduces: bool = False,
    has_gone: bool = False,
    at: datetime,
    by: str,
) -> Refund:
    """Reserve money of a capture to be given back and ask the worker to send it, unless it `has_gone` already.

    `parts` of the order, where they are known; else a part of everything that is left of it. `reduces`: they went off
    the order before its parcel left. Raises Conflict if less than that is left of the capture.
    """
    if amount_minor <= 0 or not reason.strip():
        raise Invalid("refund.amount")
    order = capture.attempt.order
    lock(order)
    if parts is None:
        parts = given_back.parts_of(order, amount_minor)
    reserved = changed(
        update(Attempt)
        .where(Attempt.id == capture.attempt_id, Attempt.refund_reserved_minor + amount_minor <= Attempt.captured_minor)
        .values(refund_reserved_minor=Attempt.refund_reserved_minor + amount_minor)
    )
    if reserved != 1:
        raise captures.nothing_left([capture])
    count = len(db.session.scalars(select(Refund.id).where(Refund.capture_id == capture.id)).all())
    refund = Refund(
        capture_id=capture.id,
        key=f"refund-{capture.id}-{count + 1}",
        amount_minor=amount_minor,
        status=RefundStatus.REQUESTED,
        reason=reason.strip()[:120],
        reduces=reduces,
        requested_at=at,
        requested_by=by,
    )
    refund.parts = [RefundPart(sku=part.sku, quantity=part.quantity, minor=part.minor) for part in parts]
    db.session.add(refund)
    db.session.flush()
    note(refund, RefundStatus.REQUESTED, at=at, by=by)
    if not has_gone:
        outbox.enqueue("refund.send", f"refund:{refund.id}", {"refund_id": refund.id}, at=at)
    crashpoint("refund.asked")
    return refund


def refund_order(order: Order, reason: str, *, at: datetime, by: str) -> list[Refund]:
    """Give back everything that is left of what was captured for an order; one that has not shipped is cancelled."""
    lock(order)
    taken = captures.of_order(order)
    if not taken:
        raise Conflict("refund.nothing_captured")
    made = [request(each, left, reason, at=at, by=by) for each in taken if (left := given_back.free_of(each)) > 0]
    if not made:
        raise captures.nothing_left(taken)
    if order.status is OrderStatus.PAID:
        lifecycle.cancel(order, at=at, by=by, note=reason)
        disputes.cover(order, at=at, by=by)
    audit.record("orders.refund", f"order:{order.id}", by=by, at=at)
    return made


def refund_parts(order: Order, wanted: Mapping[str, int], reason: str, *, at: datetime, by: str) -> list[Refund]:
    """Give back a part of an order that has left, as sku -> minor units of its row; the parcel stays where it is.

    Raises what `given_back.named` raises.
    """
    lock(order)
    made = spread_all(order, given_back.named(order, wanted), reason, at=at, by=by)
    audit.record("orders.refund", f"order:{order.id}", by=by, at=at)
    return made


def refund_return(received: Received, *, at: datetime, by: str) -> list[Refund]:
    """Give back the price of the pieces that came with a return, as far as it has not gone back already.

    Delivery is not given back. The return keeps how much it was; nothing may be left to give.
    """
    order = received.returned.order
    lock(order)
    left = given_back.left_of(order)
    wanted = [
        Part(each.line.sku, each.quantity, min(each.total_minor, left[each.line.sku])) for each in received.credits
    ]
    made = spread(order, [part for part in wanted if part.minor], reasons.RETURNED, at=at, by=by)
    db.session.add_all(ReturnRefund(refund_id=refund.id, return_id=received.returned.id) for refund in made)
    db.session.flush()
    returns.note_refund(received.returned, sum(refund.amount_minor for refund in made), at=at)
    return made


def spread(
    order: Order, parts: Sequence[Part], reason: str, *, reduces: bool = False, at: datetime, by: str
) -> list[Refund]:
    """Take parts of an order from its captures, the oldest first, as far as they reach."""
    made = []
    for capture in captures.of_order(order):
        filled, parts = given_back.take(parts, captures.left_of(capture))
        if filled:
            amount = sum(part.minor for part in filled)
            made.append(request(capture, amount, reason, parts=filled, reduces=reduces, at=at, by=by))
    return made


def spread_all(
    order: Order, parts: Sequence[Part], reason: str, *, reduces: bool = False, at: datetime, by: str
) -> list[Refund]:
    """Take parts of an order from its captures; Conflict if the rows have more than those, since a bank took it."""
    made = spread(order, parts, reason, reduces=reduces, at=at, by=by)
    if sum(refund.amount_minor for refund in made) < sum(part.minor for part in parts):
        raise captures.nothing_left(captures.of_order(order))
    return made


def get(refund_id: int) -> Refund:
    """Return a refund; NotFound if there is none."""
    refund = db.session.get(Refund, refund_id)
    if refund is None:
        raise NotFound("refund.unknown")
    return refund


def note(refund: Refund, status: RefundStatus, *, at: datetime, by: str) -> None:
    """Write down that a refund came to a status."""
    db.session.add(RefundEvent(refund_id=refund.id, status=status, at=at, by=by))
    db.session.flush()
