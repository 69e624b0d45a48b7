"""Refunds: reserved against the capture before the gateway is asked, so two can never give too much.

Money that an order has not earned yet goes back from `prepaid:<order>`, with a refund voucher; after shipping
the house takes the goods' price back from sales and tax, with a credit note: of the lines that came back or were
named, or, for money alone, a part of everything (given_back.py). The paper is issued once, in the transaction that
books the refund. Neither ever touches what a maker has earned.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update

from shop import mail, outbox
from shop.clock import india_date
from shop.crashpoint import crashpoint
from shop.db import changed, db
from shop.errors import Conflict, Invalid, NotFound
from shop.ledger.posting import post
from shop.orders import lifecycle, returns
from shop.orders.credits import Received
from shop.orders.invoice_models import PaperKind
from shop.orders.models import Order, OrderStatus
from shop.orders.paper_rows import Part
from shop.orders.seller import Seller
from shop.payments import came_back, captures, genuine, given_back, reasons, refund_papers
from shop.payments.gateways import Gateway, GatewayRefused, RefundSeen
from shop.payments.models import (
    REFUND_MOVES,
    Attempt,
    Capture,
    Refund,
    RefundEvent,
    RefundPart,
    RefundStatus,
    ReturnRefund,
)
from shop.statuses import move
from shop.users import audit


def request(
    capture: Capture,
    amount_minor: int,
    reason: str,
    *,
    parts: Sequence[Part] | None = None,
    has_gone: bool = False,
    at: datetime,
    by: str,
) -> Refund:
    """Reserve money of a capture to be given back and ask the worker to send it, unless it `has_gone` already.

    `parts` of the order, where they are known; else a part of everything that is left of it. Raises Conflict if
    less than that is left of the capture.
    """
    if amount_minor <= 0 or not reason.strip():
        raise Invalid("refund.amount")
    order = capture.attempt.order
    _lock(order)
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
        requested_at=at,
        requested_by=by,
    )
    refund.parts = [RefundPart(sku=part.sku, quantity=part.quantity, minor=part.minor) for part in parts]
    db.session.add(refund)
    db.session.flush()
    _note(refund, RefundStatus.REQUESTED, at=at, by=by)
    if not has_gone:
        outbox.enqueue("refund.send", f"refund:{refund.id}", {"refund_id": refund.id}, at=at)
    crashpoint("refund.asked")
    return refund


def refund_order(order: Order, reason: str, *, at: datetime, by: str) -> list[Refund]:
    """Give back everything that was captured for an order; one that has not shipped is cancelled."""
    taken = captures_of(order)
    if not taken:
        raise Conflict("refund.nothing_captured")
    made = [request(each, left, reason, at=at, by=by) for each in taken if (left := captures.left_of(each)) > 0]
    if not made:
        raise captures.nothing_left(taken)
    if order.status is OrderStatus.PAID:
        lifecycle.cancel(order, at=at, by=by, note=reason)
    audit.record("orders.refund", f"order:{order.id}", by=by, at=at)
    return made


def refund_parts(order: Order, wanted: Mapping[str, int], reason: str, *, at: datetime, by: str) -> list[Refund]:
    """Give back a part of an order that has left, as sku -> minor units of its row; the parcel stays where it is.

    Raises what `given_back.named` raises.
    """
    _lock(order)
    parts = given_back.named(order, wanted)
    made = _spread(order, parts, reason, at=at, by=by)
    if sum(refund.amount_minor for refund in made) < sum(part.minor for part in parts):
        raise captures.nothing_left(captures_of(order))  # the rows have it, the captures do not: a bank took it
    audit.record("orders.refund", f"order:{order.id}", by=by, at=at)
    return made


def refund_as_shown(
    order: Order, wanted: Mapping[str, int], reason: str, *, shown_minor: int | None, at: datetime, by: str
) -> list[Refund]:
    """Give back the parts that were named, or everything that is left where none were.

    Conflict if that is no longer the sum that a page had shown.
    """
    give = refund_parts(order, wanted, reason, at=at, by=by) if wanted else refund_order(order, reason, at=at, by=by)
    if shown_minor is not None and sum(refund.amount_minor for refund in give) != shown_minor:
        raise Conflict("refund.changed")
    return give


def refund_return(received: Received, *, at: datetime, by: str) -> list[Refund]:
    """Give back the price of the pieces that came with a return, as far as it has not gone back already.

    Delivery is not given back. The return keeps how much it was; nothing may be left to give.
    """
    order = received.returned.order
    _lock(order)
    left = given_back.left_of(order)
    wanted = [
        Part(each.line.sku, each.quantity, min(each.total_minor, left[each.line.sku])) for each in received.credits
    ]
    made = _spread(order, [part for part in wanted if part.minor], reasons.RETURNED, at=at, by=by)
    db.session.add_all(ReturnRefund(refund_id=refund.id, return_id=received.returned.id) for refund in made)
    db.session.flush()
    returns.note_refund(received.returned, sum(refund.amount_minor for refund in made), at=at)
    return made


def _spread(order: Order, parts: Sequence[Part], reason: str, *, at: datetime, by: str) -> list[Refund]:
    """Take parts of an order from its captures, the oldest first, as far as they reach."""
    made = []
    for capture in captures_of(order):
        filled, parts = given_back.take(parts, captures.left_of(capture))
        if filled:
            amount = sum(part.minor for part in filled)
            made.append(request(capture, amount, reason, parts=filled, at=at, by=by))
    return made


def captures_of(order: Order) -> list[Capture]:
    """Return an order's captures, oldest first."""
    return list(
        db.session.scalars(
            select(Capture).join(Attempt).where(Attempt.order_id == order.id).order_by(Capture.id)
        ).unique()
    )


def send(gateway: Gateway, payment_ref: str, amount_minor: int, key: str) -> RefundSeen | None:
    """Ask the gateway to give money back; None if it refuses. Run with no transaction open."""
    try:
        return gateway.find_refund(payment_ref, key) or gateway.refund(payment_ref, amount_minor, key)
    except GatewayRefused:
        return None


def settle(refund: Refund, seen: RefundSeen | None, seller: Seller, *, at: datetime, by: str) -> None:
    """Write down what came of a refund: done, with its paper, on its way, or failed and refundable again."""
    crashpoint("refund.answered")
    if seen is None:
        if refund.status is not RefundStatus.PROCESSED:  # a gateway that refuses now says nothing of what has gone
            _fail(refund, at=at, by=by)
    elif seen.failed:
        _fail(refund, at=at, by=by)
    elif seen.done:
        _process(refund, seen, seller, at=at, by=by)
    elif move(refund, REFUND_MOVES, RefundStatus.SENT, gateway_ref=seen.ref):
        _note(refund, RefundStatus.SENT, at=at, by=by)
    crashpoint("refund.booked")


def apply_refund(gateway: Gateway, seen: RefundSeen, seller: Seller, *, at: datetime, by: str) -> bool:
    """Apply what a gateway tells of a refund; False if it is none of ours, or another one of the same key."""
    if genuine.from_elsewhere(gateway, seen) is not None:
        return False
    refund = db.session.scalars(
        select(Refund).where((Refund.key == seen.key) | (Refund.gateway_ref == seen.ref))
    ).one_or_none()
    if refund is None or refund.capture.gateway != gateway.name or refund.amount_minor != seen.amount_minor:
        return False
    if refund.gateway_ref not in (None, seen.ref):
        return False
    if seen.done or seen.failed:
        settle(refund, seen, seller, at=at, by=by)
    return True


def get(refund_id: int) -> Refund:
    """Return a refund; NotFound if there is none."""
    refund = db.session.get(Refund, refund_id)
    if refund is None:
        raise NotFound("refund.unknown")
    return refund


def _process(refund: Refund, seen: RefundSeen, seller: Seller, *, at: datetime, by: str) -> None:
    if not move(refund, REFUND_MOVES, RefundStatus.PROCESSED, gateway_ref=seen.ref, processed_at=at):
        return
    _note(refund, RefundStatus.PROCESSED, at=at, by=by)
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


def _lock(order: Order) -> None:
    """Let who gives back of the same order happen one after the other."""
    db.session.refresh(order, ["status"], with_for_update=True)


def _fail(refund: Refund, *, at: datetime, by: str) -> None:
    if move(refund, REFUND_MOVES, RefundStatus.FAILED):
        _note(refund, RefundStatus.FAILED, at=at, by=by)
        changed(
            update(Attempt)
            .where(Attempt.id == refund.capture.attempt_id)
            .values(refund_reserved_minor=Attempt.refund_reserved_minor - refund.amount_minor)
        )
        if refund.came_back:
            came_back.book(refund, at=at, by=by)


def _note(refund: Refund, status: RefundStatus, *, at: datetime, by: str) -> None:
    db.session.add(RefundEvent(refund_id=refund.id, status=status, at=at, by=by))
    db.session.flush()
