"""What the payments' floor holds of a customer: told without the gateways' secrets, and taken away with her orders.

Amounts, dates and the gateways' own numbers stay: the books and the comparison with the gateways
need them, and they name nobody here. The raw events of the gateways go by themselves after 90 days.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from shop.db import changed, db
from shop.orders.models import Order
from shop.orders.privacy import NEUTRAL, Hold, Holds
from shop.payments import refund_troubles
from shop.payments.models import OPEN_ATTEMPTS, Attempt, AttemptEvent, Capture, Refund, RefundStatus

MOVING = (RefundStatus.REQUESTED, RefundStatus.SENT)


def payment_rows(orders: Sequence[Order]) -> Iterator[dict[str, Any]]:
    """Yield each try to pay orders, with what was taken and given back."""
    numbers = {order.id: order.number for order in orders}
    attempts = _attempts(list(numbers))
    captures, refunds = _captures(attempts), _refunds(attempts)
    for attempt in attempts:
        yield {
            "order": numbers[attempt.order_id],
            "gateway": attempt.gateway,
            "status": attempt.status.value,
            "amount_minor": attempt.amount_minor,
            "currency": attempt.currency,
            "began_at": attempt.created_at,
            "received": [
                {"amount_minor": capture.amount_minor, "at": capture.captured_at, "gateway_number": capture.payment_ref}
                for capture in captures[attempt.id]
            ],
            "given_back": [
                {
                    "amount_minor": refund.amount_minor,
                    "status": refund.status.value,
                    "reason": refund.reason,
                    "asked_at": refund.requested_at,
                    "done_at": refund.processed_at,
                }
                for refund in refunds[attempt.id]
            ],
        }


def holds(orders: Sequence[Order]) -> list[Hold]:
    """Return the orders with money on its way, either way, or owed since a refund of it failed."""
    numbers = {order.id: order.number for order in orders}
    attempts = _attempts(list(numbers))
    refunds = _refunds(attempts)
    paying = [Hold(numbers[a.order_id], Holds.UNPAID) for a in attempts if a.status in OPEN_ATTEMPTS]
    failed = {refund.id for refund in refund_troubles.find_all(refund_troubles.failed().where(Order.id.in_(numbers)))}
    owed = [a for a in attempts if any(each.status in MOVING or each.id in failed for each in refunds[a.id])]
    return paying + [Hold(numbers[a.order_id], Holds.REFUND_DUE) for a in owed]


def erase_of(orders: Sequence[Order]) -> None:
    """Forget the pay pages, which show the customer, and what people wrote beside her payments."""
    ids = [attempt.id for attempt in _attempts([order.id for order in orders])]
    captures = select(Capture.id).where(Capture.attempt_id.in_(ids))
    changed(update(Attempt).where(Attempt.id.in_(ids)).values(page_url=None))
    changed(update(AttemptEvent).where(AttemptEvent.attempt_id.in_(ids)).values(note=None))
    changed(update(Refund).where(Refund.capture_id.in_(captures)).values(reason=NEUTRAL))


def _attempts(order_ids: list[int]) -> list[Attempt]:
    query = select(Attempt).where(Attempt.order_id.in_(order_ids)).order_by(Attempt.id)
    return list(db.session.scalars(query).unique())


def _captures(attempts: Sequence[Attempt]) -> Mapping[int, list[Capture]]:
    """Return attempt -> what was taken by it."""
    found: dict[int, list[Capture]] = defaultdict(list)
    query = select(Capture).where(Capture.attempt_id.in_([attempt.id for attempt in attempts])).order_by(Capture.id)
    for capture in db.session.scalars(query).unique():
        found[capture.attempt_id].append(capture)
    return found


def _refunds(attempts: Sequence[Attempt]) -> Mapping[int, list[Refund]]:
    """Return attempt -> what was given back of it, or is to be."""
    found: dict[int, list[Refund]] = defaultdict(list)
    query = select(Refund).join(Capture, Capture.id == Refund.capture_id).order_by(Refund.id)
    for refund in db.session.scalars(query.where(Capture.attempt_id.in_([a.id for a in attempts]))).unique():
        found[refund.capture.attempt_id].append(refund)
    return found
