"""Refunds that someone made on a gateway's own page: the money has gone, and our books do not know of it.

The message that tells of one waits, held, for a person; where none came, the difference that the comparison found does.
Taken in, it is a refund like any other, with its paper and its mail; only nothing is sent, since it has gone.
"""

from datetime import datetime

from sqlalchemy import select

from shop.db import db
from shop.errors import Conflict
from shop.orders import lifecycle, reductions
from shop.orders.locks import lock
from shop.orders.models import OrderStatus
from shop.orders.reductions import Asked
from shop.orders.seller import Seller
from shop.payments import (
    captures,
    disputes,
    given_back,
    held,
    reasons,
    refund_answers,
    refund_troubles,
    refunds,
    reviews,
    taken_off,
)
from shop.payments.gateways import Gateway, RefundSeen
from shop.payments.models import Capture, Refund
from shop.payments.review_models import DifferenceKind


def find_capture(gateway: Gateway, seen: RefundSeen | None) -> Capture | None:
    """Return the capture that a refund we did not ask for was made of; None if it is not ours, or known by now."""
    if seen is None or not seen.done:
        return None
    known = select(Refund.id).where(Refund.gateway_ref == seen.ref)
    query = select(Capture).where(
        Capture.gateway == gateway.name, Capture.payment_ref == seen.payment_ref, Capture.currency == seen.currency
    )
    return db.session.scalars(query.where(~known.exists())).one_or_none()


def take_in(gateway: Gateway, seen: RefundSeen | None, seller: Seller, *, at: datetime, by: str) -> Refund:
    """Book a refund that has gone, once. An order that has not left and has nothing left is cancelled with it.

    A part of one that has not left goes off all its rows, as money alone; one of just the sum of what
    had gone off and failed to go is made in its place. Conflict if it is no such refund, or if that much is not left.
    """
    capture = find_capture(gateway, seen)
    if capture is None or seen is None:
        raise Conflict("event.not_a_refund")
    lock(capture.attempt.order)
    if find_capture(gateway, seen) is None:  # somebody else has taken it in meanwhile
        raise Conflict("event.not_a_refund")
    in_place_of = refund_troubles.find_owed(capture, seen.amount_minor)
    if in_place_of is not None:
        made = refund_troubles.again(in_place_of, has_gone=True, at=at, by=by)
    else:
        made = _ask_for(capture, seen.amount_minor, at=at, by=by)
    refund_answers.settle(made, seen, seller, at=at, by=by)
    held.settle(gateway, seen.ref, at=at)
    reviews.settle(gateway.name, DifferenceKind.REFUND_UNKNOWN, seen.ref, at=at, by=by)
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
