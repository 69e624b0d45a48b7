"""Refunds that someone made on a gateway's own page: the money has gone, and our books do not know of it.

The message that tells of one waits, held, for a person. Taken in, it is a refund like any other, with its paper and its
mail; only nothing is sent, since it has gone.
"""

from datetime import datetime

from sqlalchemy import select, update

from shop.db import changed, db
from shop.errors import Conflict
from shop.orders import lifecycle, reductions
from shop.orders.locks import lock
from shop.orders.models import OrderStatus
from shop.orders.reductions import Asked
from shop.orders.seller import Seller
from shop.payments import captures, disputes, given_back, reasons, refund_answers, refund_troubles, refunds, taken_off
from shop.payments.gateways import Gateway, RefundSeen
from shop.payments.models import Capture, EventStatus, GatewayEvent, Refund
from shop.users import audit


def refund_of(gateway: Gateway, event: GatewayEvent) -> RefundSeen | None:
    """Return the refund that a held message tells of, or None where it tells of none or cannot be read any more."""
    try:
        return gateway.parse(event.body, event.event_id).refund
    except (ValueError, KeyError, TypeError):
        return None


def find_capture(gateway: Gateway, seen: RefundSeen | None) -> Capture | None:
    """Return the capture that a refund we did not ask for was made of; None if it is not ours, or known by now."""
    if seen is None or not seen.done:
        return None
    known = select(Refund.id).where(Refund.gateway_ref == seen.ref)
    query = select(Capture).where(
        Capture.gateway == gateway.name, Capture.payment_ref == seen.payment_ref, Capture.currency == seen.currency
    )
    return db.session.scalars(query.where(~known.exists())).one_or_none()


def take_in(event: GatewayEvent, gateway: Gateway, seller: Seller, *, at: datetime, by: str) -> Refund:
    """Book a refund that has gone, once. An order that has not left and has nothing left is cancelled with it.

    A part of one that has not left goes off all its rows, as money alone; one of just the sum of what
    had gone off and failed to go is made in its place. Conflict if the message tells of no such refund, or if that
    much is not left.
    """
    seen = refund_of(gateway, event)
    capture = find_capture(gateway, seen)
    if capture is None or seen is None:
        raise Conflict("event.not_a_refund")
    lock(capture.attempt.order)
    in_place_of = refund_troubles.find_owed(capture, seen.amount_minor)
    if in_place_of is not None:
        made = refund_troubles.again(in_place_of, has_gone=True, at=at, by=by)
    else:
        made = _ask_for(capture, seen.amount_minor, at=at, by=by)
    refund_answers.settle(made, seen, seller, at=at, by=by)
    held = select(GatewayEvent).where(GatewayEvent.gateway == gateway.name, GatewayEvent.status == EventStatus.HELD)
    told = [each.id for each in db.session.scalars(held) if (it := refund_of(gateway, each)) and it.ref == seen.ref]
    changed(update(GatewayEvent).where(GatewayEvent.id.in_(told)).values(status=EventStatus.APPLIED, applied_at=at))
    audit.record("events.take-in", f"event:{event.id}", by=by, at=at)
    return made


def _ask_for(capture: Capture, amount_minor: int, *, at: datetime, by: str) -> Refund:
    """Write down a refund that has gone, with what it means for an order that has not left; the order is locked."""
    order = capture.attempt.order
    is_all = sum(captures.left_of(each) for each in captures.of_order(order)) == amount_minor
    is_part = order.status is OrderStatus.PAID and not is_all
    parts = given_back.parts_of(order, amount_minor)
    if is_part and parts:
        parts = reductions.named(order, {part.sku: Asked(minor=part.minor) for part in parts})
    reduces = is_part and bool(parts)
    made = refunds.request(
        capture, amount_minor, reasons.AT_GATEWAY, parts=parts, reduces=reduces, has_gone=True, at=at, by=by
    )
    if reduces:
        reductions.take_off(order, parts, at=at, by=by)
        taken_off.tell(order, sum(part.minor for part in parts), at=at)
    elif order.status is OrderStatus.PAID and is_all:
        lifecycle.cancel(order, at=at, by=by, note=reasons.AT_GATEWAY)
        disputes.cover(order, at=at, by=by)
    return made
