"""Reconciliation: the gateway's payments against ours, both ways, by the same code that webhooks use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from shop.db import db
from shop.payments.gateways import PaymentSeen
from shop.payments.models import Capture


@dataclass(frozen=True)
class Difference:
    """One payment that the two sides tell differently."""

    gateway: str
    payment_ref: str
    key: str | None
    theirs_minor: int
    ours_minor: int
    currency: str


def compare(gateway: str, seen: Sequence[PaymentSeen], since: datetime, until: datetime) -> list[Difference]:
    """Return every payment of a span that one side lacks or tells with another amount."""
    theirs = {payment.ref: payment for payment in seen if payment.captured}
    captures = {
        capture.payment_ref: capture
        for capture in db.session.scalars(
            select(Capture).where(
                Capture.gateway == gateway, Capture.captured_at >= since, Capture.captured_at <= until
            )
        ).unique()
    }
    known = set(
        db.session.scalars(
            select(Capture.payment_ref).where(Capture.gateway == gateway, Capture.payment_ref.in_(list(theirs)))
        )
    )
    differences = [
        Difference(gateway, ref, payment.key, payment.amount_minor, 0, payment.currency)
        for ref, payment in theirs.items()
        if ref not in known
    ]
    for ref, capture in captures.items():
        other = theirs.get(ref)
        if other is None:
            differences.append(Difference(gateway, ref, capture.attempt.key, 0, capture.amount_minor, capture.currency))
        elif other.amount_minor != capture.amount_minor:
            differences.append(
                Difference(gateway, ref, other.key, other.amount_minor, capture.amount_minor, capture.currency)
            )
    return differences


def totals(gateway: str, since: datetime, until: datetime) -> dict[str, tuple[int, int]]:
    """Return currency -> (number, minor units) of our captures in a span."""
    rows = db.session.execute(
        select(Capture.currency, func.count(), func.sum(Capture.amount_minor))
        .where(Capture.gateway == gateway, Capture.captured_at >= since, Capture.captured_at <= until)
        .group_by(Capture.currency)
    )
    return {row[0]: (row[1], int(row[2])) for row in rows}
