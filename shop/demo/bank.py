"""What banks and gateways do in the demo's year: money is sent to the house each month, a few customers' banks ask
some back, and a refund returns.

The shop hears of it by asking, as its worker does every hour. What happens when is planned, by days before the last.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Literal

from sqlalchemy import exists, select

from sandbox.client import SandboxRefusal
from shop import comparing
from shop.db import db
from shop.demo.stage import Stage
from shop.orders.models import Order, OrderStatus
from shop.payments import refund_troubles
from shop.payments.dispute_models import UNDECIDED, Dispute
from shop.payments.models import Attempt, Capture, Refund, RefundStatus

SETTLEMENTS = range(5, 366, 30)
HOUR = timedelta(hours=1)
CAME_BACK, SENT_AGAIN = 19, 18  # what was ordered twice on day 23 went back, and its bank did not want it
Verdict = Literal["won", "lost"]


def act(stage: Stage) -> None:
    """Let happen at the gateways what is planned for this morning; their clock is asked for with no unit open."""
    before = stage.last - stage.day
    acts = [_PLANNED[before]] if before in _PLANNED else []
    if before in SETTLEMENTS:
        acts.append(_settle)
    if acts:
        stage.commit()
        stage.set_gateways_clock()
    for each in acts:
        each(stage)
        db.session.rollback()


def _settle(stage: Stage) -> None:
    """Both gateways send what they hold, and the shop reads line by line what it was."""
    now = stage.clock.now()
    for name in stage.counter.gateways:
        with suppress(SandboxRefusal):  # nobody has paid there since
            stage.sandbox.pay_out(name, at=_moment(stage))
        comparing.read_settlements(stage.counter, name, now - HOUR, now + HOUR)


def _ask_back(gateway: str, stage: Stage) -> None:
    """A customer's bank asks back what she paid for the parcel that arrived last."""
    asked = exists().where(Dispute.capture_id == Capture.id)
    query = (
        select(Capture.payment_ref)
        .join(Attempt, Attempt.id == Capture.attempt_id)
        .join(Order, Order.id == Attempt.order_id)
        .where(Capture.gateway == gateway, Capture.currency == "INR", Attempt.refund_reserved_minor == 0, ~asked)
        .where(Order.status == OrderStatus.DELIVERED)
        .order_by(Capture.id.desc())
    )
    payment = db.session.scalar(query.limit(1))
    if payment is not None:
        stage.sandbox.dispute(gateway, payment, at=_moment(stage), quiet=True)
        comparing.review_disputes(stage.counter, gateway)


def _decide(gateway: str, outcome: Verdict, stage: Stage) -> None:
    """The bank decides about what it had asked back."""
    open_one = select(Dispute.dispute_ref).where(Dispute.gateway == gateway, Dispute.status.in_(UNDECIDED))
    ref = db.session.scalar(open_one.order_by(Dispute.id).limit(1))
    if ref is not None:
        stage.sandbox.decide(gateway, ref, outcome, at=_moment(stage), quiet=True)
        comparing.review_disputes(stage.counter, gateway)


def _come_back(stage: Stage) -> None:
    """A bank sends back the refund that went last: her card is closed."""
    gone = select(Refund).join(Capture, Capture.id == Refund.capture_id).where(Refund.status == RefundStatus.PROCESSED)
    refund = db.session.scalars(gone.order_by(Refund.processed_at.desc(), Refund.id.desc()).limit(1)).unique().first()
    if refund is not None and refund.gateway_ref is not None:
        name = refund.capture.gateway
        stage.sandbox.settle(name, refund.gateway_ref, "fail", at=_moment(stage), quiet=True)
        comparing.review_payments(stage.counter, name)


def send_again(stage: Stage) -> None:
    """Give the customer whose refund came back her money another time; in the open unit."""
    for refund in refund_troubles.find_all(refund_troubles.failed()):
        made = refund_troubles.again(refund, at=stage.tick(), by=stage.cast.member("Farida").actor)
        stage.refunds.append(made.id)


def _moment(stage: Stage) -> int:
    return int(stage.clock.now().timestamp())


_PLANNED: Mapping[int, Callable[[Stage], None]] = {
    27: partial(_ask_back, "stripe"),
    22: partial(_ask_back, "razorpay"),
    CAME_BACK: _come_back,
    13: partial(_decide, "stripe", "won"),
    9: partial(_decide, "razorpay", "lost"),
    2: partial(_ask_back, "stripe"),
}
