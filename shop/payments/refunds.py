"""Refunds: reserved against the capture before the gateway is asked, so two can never give too much.

Money that an order has not earned yet goes back from `prepaid:<order>`; after shipping the house
takes the goods' price back from sales and tax. Neither ever touches what a maker has earned.
"""

from datetime import datetime

from sqlalchemy import select, update

from shop import mail, outbox
from shop.clock import india_date
from shop.crashpoint import crashpoint
from shop.db import changed, db
from shop.errors import Conflict, Invalid, NotFound
from shop.ledger import balances
from shop.ledger.posting import Leg, post
from shop.money import Money
from shop.orders import lifecycle
from shop.orders.models import Order, OrderStatus
from shop.payments.gateways import Gateway, GatewayRefused, RefundSeen
from shop.payments.models import REFUND_MOVES, Attempt, Capture, Refund, RefundEvent, RefundStatus
from shop.statuses import move
from shop.users import audit

SALES_RETURN = {"sales": "sales-returns"}  # tax and carriage go back through their own accounts


def request(capture: Capture, amount_minor: int, reason: str, *, at: datetime, by: str) -> Refund:
    """Reserve money of a capture to be given back and ask the worker to send it.

    Raises Conflict if less than that is left of the capture.
    """
    if amount_minor <= 0 or not reason.strip():
        raise Invalid("refund.amount")
    reserved = changed(
        update(Attempt)
        .where(Attempt.id == capture.attempt_id, Attempt.refund_reserved_minor + amount_minor <= Attempt.captured_minor)
        .values(refund_reserved_minor=Attempt.refund_reserved_minor + amount_minor)
    )
    if reserved != 1:
        raise Conflict("refund.too_much")
    count = len(db.session.scalars(select(Refund.id).where(Refund.capture_id == capture.id)).all())
    refund = Refund(
        capture_id=capture.id,
        key=f"refund-{capture.id}-{count + 1}",
        amount_minor=amount_minor,
        status=RefundStatus.REQUESTED,
        reason=reason.strip()[:120],
        requested_at=at,
        requested_by=by,
    )
    db.session.add(refund)
    db.session.flush()
    _note(refund, RefundStatus.REQUESTED, at=at, by=by)
    outbox.enqueue("refund.send", f"refund:{refund.id}", {"refund_id": refund.id}, at=at)
    return refund


def refund_order(order: Order, reason: str, *, at: datetime, by: str) -> list[Refund]:
    """Give back everything that was captured for an order; one that has not shipped is cancelled."""
    captures = captures_of(order)
    if not captures:
        raise Conflict("refund.nothing_captured")
    made = [request(capture, left, reason, at=at, by=by) for capture in captures if (left := left_of(capture)) > 0]
    if not made:
        raise Conflict("refund.too_much")
    if order.status is OrderStatus.PAID:
        lifecycle.cancel(order, at=at, by=by, note=reason)
    audit.record("orders.refund", f"order:{order.id}", by=by, at=at)
    return made


def captures_of(order: Order) -> list[Capture]:
    """Return an order's captures, oldest first."""
    return list(
        db.session.scalars(
            select(Capture).join(Attempt).where(Attempt.order_id == order.id).order_by(Capture.id)
        ).unique()
    )


def left_of(capture: Capture) -> int:
    """Return what is left of a capture after every refund that was asked and did not fail."""
    asked = db.session.scalars(
        select(Refund.amount_minor).where(Refund.capture_id == capture.id, Refund.status != RefundStatus.FAILED)
    )
    return capture.amount_minor - sum(asked)


def send(gateway: Gateway, payment_ref: str, amount_minor: int, key: str) -> RefundSeen | None:
    """Ask the gateway to give money back; None if it refuses. Run with no transaction open."""
    try:
        return gateway.find_refund(payment_ref, key) or gateway.refund(payment_ref, amount_minor, key)
    except GatewayRefused:
        return None


def settle(refund: Refund, seen: RefundSeen | None, *, at: datetime, by: str) -> None:
    """Write down what came of a refund: done, on its way, or failed and refundable again."""
    crashpoint("refund.sent")
    if seen is None or seen.failed:
        _fail(refund, at=at, by=by)
    elif seen.done:
        _process(refund, seen, at=at, by=by)
    elif move(refund, REFUND_MOVES, RefundStatus.SENT, gateway_ref=seen.ref):
        _note(refund, RefundStatus.SENT, at=at, by=by)


def apply_refund(gateway: Gateway, seen: RefundSeen, *, at: datetime, by: str) -> bool:
    """Apply what a gateway tells of a refund; False if it is none of ours."""
    refund = db.session.scalars(
        select(Refund).where((Refund.key == seen.key) | (Refund.gateway_ref == seen.ref))
    ).one_or_none()
    if refund is None or refund.capture.gateway != gateway.name or refund.amount_minor != seen.amount_minor:
        return False
    if seen.done or seen.failed:
        settle(refund, seen, at=at, by=by)
    return True


def get(refund_id: int) -> Refund:
    """Return a refund; NotFound if there is none."""
    refund = db.session.get(Refund, refund_id)
    if refund is None:
        raise NotFound("refund.unknown")
    return refund


def _process(refund: Refund, seen: RefundSeen, *, at: datetime, by: str) -> None:
    if not move(refund, REFUND_MOVES, RefundStatus.PROCESSED, gateway_ref=seen.ref, processed_at=at):
        return
    _note(refund, RefundStatus.PROCESSED, at=at, by=by)
    order = refund.capture.attempt.order
    post(
        f"refund:{refund.id}",
        "refund",
        _legs(refund, order),
        effective_on=india_date(at),
        at=at,
        by=by,
    )
    mail.enqueue(
        "order_refunded",
        f"refund:{refund.id}",
        order.email,
        {"order_id": order.id, "minor": refund.amount_minor},
        at=at,
    )


def _legs(refund: Refund, order: Order) -> list[Leg]:
    clearing = f"gateway:{refund.capture.gateway}:clearing"
    amount = Money(refund.amount_minor, refund.capture.currency)
    if balances.stored(order.prepaid, order.currency).minor >= refund.amount_minor:
        return [Leg(order.prepaid, clearing, amount)]
    if refund.amount_minor != order.total_minor:
        raise Conflict("refund.whole_only")
    return [Leg(SALES_RETURN.get(code, code), clearing, part) for code, part in lifecycle.earned_parts(order)]


def _fail(refund: Refund, *, at: datetime, by: str) -> None:
    if move(refund, REFUND_MOVES, RefundStatus.FAILED):
        _note(refund, RefundStatus.FAILED, at=at, by=by)
        changed(
            update(Attempt)
            .where(Attempt.id == refund.capture.attempt_id)
            .values(refund_reserved_minor=Attempt.refund_reserved_minor - refund.amount_minor)
        )


def _note(refund: Refund, status: RefundStatus, *, at: datetime, by: str) -> None:
    db.session.add(RefundEvent(refund_id=refund.id, status=status, at=at, by=by))
    db.session.flush()
