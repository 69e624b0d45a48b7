"""What was captured or given back and is in no settlement, although later money came to the bank without it.

A gateway settles within days and in the order of things, so what is left out for so long is nobody's mistake that
heals by itself: a person has to ask. Both gateways tell a payment and its refund as a line each, also where the whole
went back before it was settled; so nothing is netted out. One whose sums are asked for by hand tells no lines, and is
left out.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select

from shop.db import db
from shop.payments import settlement
from shop.payments.models import Capture, Refund, RefundStatus
from shop.payments.reconcile import Difference
from shop.payments.review_models import DifferenceKind
from shop.payments.settlement_models import Settlement, SettlementLine

AFTER = timedelta(days=10)


def differences(gateway: str) -> Iterator[Difference]:
    """Yield every capture and refund that a later settlement left out; each ends when a line of one names it.

    Later is what came in the currency that was paid in, or, where nothing ever did, in any.
    """
    sent = {} if gateway in settlement.paid_by_hand() else _last_sent(gateway)
    for each in _without_a_line(gateway, max(sent.values()) - AFTER) if sent else ():
        if each.at < sent.get(each.currency, max(sent.values())) - AFTER:
            yield each


def _last_sent(gateway: str) -> dict[str, datetime]:
    """Return currency -> when money that did not fail was last sent to our bank in it."""
    query = select(Settlement.currency, func.max(Settlement.sent_at)).where(
        Settlement.gateway == gateway, Settlement.failed_at.is_(None)
    )
    return dict(db.session.execute(query.group_by(Settlement.currency)).all())


def _without_a_line(gateway: str, before: datetime) -> Iterator[Difference]:
    captured = (Capture.payment_ref, Capture.payment_ref, Capture.amount_minor, Capture.currency, Capture.captured_at)
    captures = select(*captured).where(
        Capture.gateway == gateway,
        Capture.captured_at < before,
        ~exists().where(SettlementLine.capture_id == Capture.id),
    )
    back = (Refund.gateway_ref, Capture.payment_ref, Refund.amount_minor, Capture.currency, Refund.processed_at)
    refunds = (
        select(*back)
        .join(Capture, Capture.id == Refund.capture_id)
        .where(
            Capture.gateway == gateway,
            Refund.status == RefundStatus.PROCESSED,  # one that came back may have been netted out
            Refund.processed_at < before,
            ~exists().where(SettlementLine.refund_id == Refund.id),
        )
    )
    for payment, about, minor, currency, at in db.session.execute(captures):
        yield Difference(gateway, DifferenceKind.SETTLEMENT_LACKS_PAYMENT, payment, about, 0, minor, currency, at)
    for refund, about, minor, currency, went_at in db.session.execute(refunds):
        if refund is not None and went_at is not None:
            kind = DifferenceKind.SETTLEMENT_LACKS_REFUND
            yield Difference(gateway, kind, refund, about, 0, minor, currency, went_at)
