"""What came of a refund that was asked for: gone, with its paper and its entry; on its way; failed, or sent back.

Money that no sale ever held goes back from `prepaid:<order>`, with a refund voucher: everything before shipping, and
what went off an order before, however late its refund goes. What was sold is taken back from sales and tax, with a
credit note. The paper is issued once, in the transaction that books the refund.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from shop import mail
from shop.clock import india_date
from shop.crashpoint import crashpoint
from shop.db import changed, db
from shop.ledger.posting import post
from shop.orders.invoice_models import PaperKind
from shop.orders.locks import lock
from shop.orders.models import OrderEvent, OrderStatus
from shop.orders.seller import Seller
from shop.payments import came_back, disputes, genuine, given_back, reasons, refund_papers
from shop.payments.gateways import Gateway, GatewayRefused, GatewayUnknown, RefundSeen
from shop.payments.models import REFUND_MOVES, Attempt, Refund, RefundStatus
from shop.payments.refunds import note
from shop.statuses import move


def send(gateway: Gateway, payment_ref: str, amount_minor: int, key: str) -> RefundSeen | None:
    """Ask the gateway to give money back; None if it refuses. Run with no transaction open.

    GatewayUnknown if it does not even let us look: an earlier answer may be lost, and the money on its way.
    """
    try:
        known = gateway.find_refund(payment_ref, key)
    except GatewayRefused as error:
        raise GatewayUnknown(str(error)) from error
    if known is not None:
        return known
    try:
        return gateway.refund(payment_ref, amount_minor, key)
    except GatewayRefused:
        return None


def settle(refund: Refund, seen: RefundSeen | None, seller: Seller, *, at: datetime, by: str) -> None:
    """Write down what came of a refund: done, with its paper, on its way, or failed and refundable again."""
    crashpoint("refund.answered")
    lock(refund.capture.attempt.order)
    if seen is None:
        if refund.status is not RefundStatus.PROCESSED:  # a gateway that refuses now says nothing of what has gone
            _fail(refund, at=at, by=by)
    elif seen.failed:
        _fail(refund, at=at, by=by)
    elif seen.done:
        _process(refund, seen, seller, at=at, by=by)
    elif move(refund, REFUND_MOVES, RefundStatus.SENT, gateway_ref=seen.ref):
        note(refund, RefundStatus.SENT, at=at, by=by)
    crashpoint("refund.booked")


def apply_refund(gateway: Gateway, seen: RefundSeen, seller: Seller, *, at: datetime, by: str) -> bool:
    """Apply what a gateway tells of a refund; False if it is none of ours, or another one of the same key.

    A genuine signature says who speaks: gateway, payment, sum and currency have to be those of its capture as well.
    """
    if genuine.from_elsewhere(gateway, seen) is not None:
        return False
    refund = db.session.scalars(
        select(Refund).where((Refund.key == seen.key) | (Refund.gateway_ref == seen.ref))
    ).one_or_none()
    if refund is None or refund.capture.gateway != gateway.name or refund.amount_minor != seen.amount_minor:
        return False
    capture = refund.capture
    if seen.currency != capture.currency or seen.payment_ref not in ("", capture.payment_ref):
        return False
    if refund.gateway_ref not in (None, seen.ref):
        return False
    if seen.done or seen.failed:
        settle(refund, seen, seller, at=at, by=by)
    return True


def _process(refund: Refund, seen: RefundSeen, seller: Seller, *, at: datetime, by: str) -> None:
    if not move(refund, REFUND_MOVES, RefundStatus.PROCESSED, gateway_ref=seen.ref, processed_at=at):
        return
    note(refund, RefundStatus.PROCESSED, at=at, by=by)
    order = refund.capture.attempt.order
    paper = refund_papers.issue(refund, seller, at=at, by=by)
    rows = paper.document["rows"] if paper is not None and paper.kind is PaperKind.CREDIT_NOTE else ()
    post(
        f"refund:{refund.id}",
        "refund",
        given_back.legs(order, f"gateway:{refund.capture.gateway}:clearing", refund.amount_minor, rows),
        effective_on=india_date(at),
        at=at,
        by=by,
    )
    mail.enqueue(
        "order_refunded",
        f"refund:{refund.id}",
        order.email,
        {
            "order_id": order.id,
            "minor": refund.amount_minor,
            "paper_id": paper.id if paper else None,
            "why": refund.reason if refund.reason in reasons.TOLD else None,
        },
        at=at,
    )


def _fail(refund: Refund, *, at: datetime, by: str) -> None:
    seen_at = _after_cancellation(refund, at) if refund.reduces else at
    if move(refund, REFUND_MOVES, RefundStatus.FAILED):
        note(refund, RefundStatus.FAILED, at=seen_at, by=by)
        changed(
            update(Attempt)
            .where(Attempt.id == refund.capture.attempt_id)
            .values(refund_reserved_minor=Attempt.refund_reserved_minor - refund.amount_minor)
        )
        if refund.came_back:
            came_back.book(refund, at=at, by=by)
        disputes.reserve_again(refund.capture, at=at, by=by)


def _after_cancellation(refund: Refund, at: datetime) -> datetime:
    """Return when what went off an order failed to go: later than a cancellation that did not know of it.

    A cancellation gives back what had failed before it (refund_troubles.py looks at the two moments). One that waited
    for nobody may have been written while this failure, an instant older, was still on its way.
    """
    cancelled = select(func.max(OrderEvent.at)).where(
        OrderEvent.order_id == refund.capture.attempt.order_id, OrderEvent.status == OrderStatus.CANCELLED
    )
    known = db.session.scalar(cancelled)
    return at if known is None else max(at, known + timedelta(microseconds=1))
