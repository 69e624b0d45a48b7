"""What of a capture can still be given back: less what refunds have asked for, and what a bank holds in dispute."""

from collections.abc import Sequence

from sqlalchemy import select

from shop.db import db
from shop.errors import Conflict
from shop.orders.models import Order
from shop.payments.dispute_models import UNDECIDED, Dispute
from shop.payments.models import Attempt, Capture, Refund, RefundStatus


def of_order(order: Order) -> list[Capture]:
    """Return an order's captures, oldest first."""
    query = select(Capture).join(Attempt).where(Attempt.order_id == order.id).order_by(Capture.id)
    return list(db.session.scalars(query).unique())


def left_of(capture: Capture) -> int:
    """Return what is left of a capture, in its minor units."""
    asked = select(Refund.amount_minor).where(Refund.capture_id == capture.id, Refund.status != RefundStatus.FAILED)
    disputed = select(Dispute.reserved_minor).where(Dispute.capture_id == capture.id)
    return capture.amount_minor - sum(db.session.scalars(asked)) - sum(db.session.scalars(disputed))


def nothing_left(captures: Sequence[Capture]) -> Conflict:
    """Return why nothing can be given back: a bank has it in dispute, or it went back before."""
    ids = [capture.id for capture in captures]
    disputed = select(Dispute.id).where(Dispute.capture_id.in_(ids), Dispute.status.in_(UNDECIDED))
    return Conflict("refund.disputed" if db.session.scalar(disputed.limit(1)) else "refund.too_much")
