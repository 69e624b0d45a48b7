"""Reconciliation: the gateway's payments, refunds and disputes against ours, both ways.

What is found is applied by the same code that webhooks use (shop/comparing.py runs it); what still differs is
told here, and stands in the review queue (reviews.py). An attempt that hangs is looked at every minute.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update

from shop.db import db
from shop.payments.dispute_models import Dispute, DisputeStatus
from shop.payments.gateways import DisputeSeen, PaymentSeen, RefundSeen
from shop.payments.models import Attempt, AttemptStatus, Capture, Refund, RefundStatus
from shop.payments.review_models import DifferenceKind

HANGS_AFTER = timedelta(minutes=2)
LOOK_EVERY = timedelta(minutes=1)
MOST_AT_ONCE = 50
PIECE = 5_000
SAID = (RefundStatus.SENT, RefundStatus.PROCESSED)  # the gateway has told us of these


@dataclass(frozen=True)
class Difference:
    """One thing that the two sides tell differently. `about` is our attempt's key or the gateway's payment."""

    gateway: str
    kind: DifferenceKind
    ref: str
    about: str | None
    theirs_minor: int
    ours_minor: int
    currency: str
    at: datetime
    why: str | None = None


def compare_payments(gateway: str, seen: Sequence[PaymentSeen], since: datetime, until: datetime) -> list[Difference]:
    """Return every payment of a span that one side lacks or tells with another amount.

    `seen` may reach further back than the span: what we have of that is known wherever it stands.
    """
    theirs = {payment.ref: payment for payment in seen if payment.captured}
    of_gateway = select(Capture).where(Capture.gateway == gateway)
    in_span = of_gateway.where(Capture.captured_at >= since, Capture.captured_at <= until)
    told = [of_gateway.where(Capture.payment_ref.in_(some)) for some in pieces(list(theirs))]
    ours = {
        capture.payment_ref: capture for query in (in_span, *told) for capture in db.session.scalars(query).unique()
    }
    found = []
    for ref in sorted(theirs.keys() | ours.keys()):
        payment, capture = theirs.get(ref), ours.get(ref)
        their_minor, our_minor = (payment.amount_minor if payment else 0), (capture.amount_minor if capture else 0)
        if their_minor != our_minor:
            kind = DifferenceKind.PAYMENT_AMOUNT
            if capture is None:
                kind = DifferenceKind.PAYMENT_UNKNOWN
            elif payment is None:
                kind = DifferenceKind.PAYMENT_MISSING
            about = capture.attempt.key if capture is not None else payment.key if payment is not None else None
            currency, at = _money_of(payment, capture)
            found.append(Difference(gateway, kind, ref, about, their_minor, our_minor, currency, at))
    return found


def _money_of(payment: PaymentSeen | None, capture: Capture | None) -> tuple[str, datetime]:
    if capture is not None:
        return capture.currency, capture.captured_at
    assert payment is not None
    return payment.currency, payment.at


def compare_refunds(gateway: str, seen: Sequence[RefundSeen], since: datetime, until: datetime) -> list[Difference]:
    """Return every refund of a span that one side lacks, or tells with another amount or another end."""
    theirs = {refund.ref: refund for refund in seen}
    keys = [refund.key for refund in seen if refund.key]
    of_gateway = select(Refund).join(Capture, Capture.id == Refund.capture_id).where(Capture.gateway == gateway)
    in_span = (Refund.requested_at >= since, Refund.requested_at <= until, Refund.status.in_(SAID))
    told = [of_gateway.where(Refund.gateway_ref.in_(some)) for some in pieces(list(theirs))]
    told += [of_gateway.where(Refund.key.in_(some)) for some in pieces(keys)]
    ours = {
        refund.id: refund
        for query in (of_gateway.where(*in_span), *told)
        for refund in db.session.scalars(query).unique()
    }
    by_ref = {refund.gateway_ref: refund for refund in ours.values() if refund.gateway_ref}
    by_key = {refund.key: refund for refund in ours.values()}
    found, known = [], set()
    for ref, other in theirs.items():
        own = by_ref.get(ref) or by_key.get(other.key or "")
        if own is not None:
            known.add(own.id)
        if (difference := _of_refund(gateway, other, own, until)) is not None:
            found.append(difference)
    for own in ours.values():
        if own.id not in known and own.status in SAID:
            ref = own.gateway_ref or own.key
            kind, about = DifferenceKind.REFUND_MISSING, own.capture.payment_ref
            money = (0, own.amount_minor, own.capture.currency)
            found.append(Difference(gateway, kind, ref, about, *money, own.requested_at))
    return found


def _of_refund(gateway: str, other: RefundSeen, own: Refund | None, until: datetime) -> Difference | None:
    kind = None
    if own is None:
        kind = None if other.failed else DifferenceKind.REFUND_UNKNOWN
    elif own.amount_minor != other.amount_minor:
        kind = DifferenceKind.REFUND_AMOUNT
    elif (other.done and own.status is not RefundStatus.PROCESSED) or (
        other.failed and own.status is not RefundStatus.FAILED
    ):
        kind = DifferenceKind.REFUND_FATE
    if kind is None:
        return None
    theirs = 0 if other.failed else other.amount_minor
    ours = 0 if own is None or own.status is RefundStatus.FAILED else own.amount_minor
    at = other.at or (own.requested_at if own is not None else until)
    return Difference(gateway, kind, other.ref, other.payment_ref, theirs, ours, other.currency, at)


def compare_disputes(gateway: str, seen: Sequence[DisputeSeen], since: datetime, until: datetime) -> list[Difference]:
    """Return every dispute of a span that one side lacks, or of which the two tell another end or another place.

    What differs is told in what each side says was taken out of what the gateway holds for us.
    """
    theirs = {dispute.ref: dispute for dispute in seen}
    of_gateway = select(Dispute).where(Dispute.gateway == gateway)
    in_span = of_gateway.where(Dispute.opened_at >= since, Dispute.opened_at <= until)
    told = [of_gateway.where(Dispute.dispute_ref.in_(some)) for some in pieces(list(theirs))]
    ours = {row.dispute_ref: row for query in (in_span, *told) for row in db.session.scalars(query).unique()}
    return [
        found
        for ref in sorted(theirs.keys() | ours.keys())
        if (found := _of_dispute(gateway, theirs.get(ref), ours.get(ref))) is not None
    ]


def _of_dispute(gateway: str, other: DisputeSeen | None, own: Dispute | None) -> Difference | None:
    if own is None:
        assert other is not None
        kind, about = DifferenceKind.DISPUTE_UNKNOWN, other.payment_ref
        return Difference(gateway, kind, other.ref, about, other.amount_minor, 0, other.currency, other.opened_at)
    about, at = own.capture.payment_ref, own.opened_at
    if other is None:
        kind = DifferenceKind.DISPUTE_MISSING
        return Difference(gateway, kind, own.dispute_ref, about, 0, own.amount_minor, own.currency, at)
    is_lost = own.status is DisputeStatus.LOST
    out = own.amount_minor if own.taken_at and (is_lost or not own.returned_at) else 0
    said = other.amount_minor if is_lost or (other.taken and not other.returned) else 0
    fee_is_new = (other.fee_minor > 0 and own.fee_minor == 0) or (other.fee_back_minor > 0 and own.fee_back_minor == 0)
    if (own.status, out) == (other.status, said) and not fee_is_new:
        return None
    return Difference(gateway, DifferenceKind.DISPUTE_FATE, own.dispute_ref, about, said, out, own.currency, at)


def totals(gateway: str, since: datetime, until: datetime) -> dict[str, tuple[int, int, int, int]]:
    """Return currency -> (captures, minor units; refunds, minor units) of ours in a span."""
    taken = db.session.execute(
        select(Capture.currency, func.count(), func.sum(Capture.amount_minor))
        .where(Capture.gateway == gateway, Capture.captured_at >= since, Capture.captured_at <= until)
        .group_by(Capture.currency)
    ).all()
    given = db.session.execute(
        select(Capture.currency, func.count(), func.sum(Refund.amount_minor))
        .join(Capture, Capture.id == Refund.capture_id)
        .where(Capture.gateway == gateway, Refund.requested_at >= since, Refund.requested_at <= until)
        .where(Refund.status == RefundStatus.PROCESSED)
        .group_by(Capture.currency)
    ).all()
    found = {row[0]: (row[1], int(row[2]), 0, 0) for row in taken}
    for currency, number, minor in given:
        found[currency] = (*found.get(currency, (0, 0))[:2], number, int(minor))
    return found


def pieces(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield values in pieces that one statement can carry: a database takes only so many."""
    for place in range(0, len(values), PIECE):
        yield values[place : place + PIECE]


def take_hanging(*, at: datetime) -> list[tuple[int, str]]:
    """Return (attempt, its gateway) of pages open for a while without news, those longest unlooked-at first.

    Whoever takes them has them for a minute: their `looked_at` is set in the caller's writing unit.
    """
    quiet = or_(Attempt.looked_at.is_(None), Attempt.looked_at <= at - LOOK_EVERY)
    hanging = (
        select(Attempt.id)
        .where(Attempt.status == AttemptStatus.PENDING, Attempt.created_at <= at - HANGS_AFTER, quiet)
        .order_by(Attempt.looked_at.is_not(None), Attempt.looked_at, Attempt.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(Attempt)
        .where(Attempt.id.in_(hanging.scalar_subquery()))
        .values(looked_at=at)
        .returning(Attempt.id, Attempt.gateway)
        .execution_options(synchronize_session=False)
    )
    return sorted((row[0], row[1]) for row in db.session.execute(taken))
