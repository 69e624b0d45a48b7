"""The one place that compares the gateways' books with ours: asks, applies what we had not heard, keeps the queue.

An edge like `phases`: it asks with no transaction open and writes in units of its own. Everything may run again
at any time; what has been applied, posted or opened already is left alone.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from shop import phases
from shop.db import db, writing
from shop.payments import collect, disputes, reconcile, refund_answers, reviews, settlement
from shop.payments.gateways import Gateway, PaymentSeen, RefundSeen
from shop.payments.reconcile import Difference
from shop.payments.review_models import DifferenceKind
from shop.phases import Counter

LOOK_BACK = timedelta(days=5)  # as long as Razorpay may still take money for a payment that had failed
MARGIN = timedelta(days=1)  # the two sides date one payment differently: a session's beginning, its payment
FURTHEST = timedelta(days=30)  # what waits longer is no longer looked for, and waits for its person
LONGEST_DISPUTE = timedelta(days=365)
BATCH = 200
BY = "worker"


def look_at_hanging(counter: Counter) -> int:
    """Ask after every pay page that has been open for a while without news; return how many."""
    with writing():
        taken = reconcile.take_hanging(at=counter.clock.now())
    return phases.each(taken, lambda attempt_id: phases.look(counter, attempt_id, close=False, by=BY))


def compare(counter: Counter, name: str, since: datetime, until: datetime, *, apply: bool) -> list[Difference]:
    """Compare a gateway's payments and refunds of a span with ours, both ways, and return what differs.

    With `apply`, what we had not heard of is applied first. Raises what asking the gateway raises.
    """
    gateway = counter.gateways[name]
    db.session.rollback()
    paid = _named(gateway, list(gateway.payments_between(since - MARGIN, until + MARGIN)), since, until)
    back = list(gateway.refunds_between(since - MARGIN, until + MARGIN))
    unfit: dict[str, str] = {}
    if apply:
        unfit = _apply_payments(counter, gateway, paid, since, until)
        _apply_refunds(counter, gateway, back, since, until)
    found = reconcile.compare_payments(name, paid, since, until) + reconcile.compare_refunds(name, back, since, until)
    db.session.rollback()
    return [replace(each, why=unfit.get(each.ref)) for each in found]


def _unheard(gateway: Gateway, paid: list[PaymentSeen], since: datetime, until: datetime) -> set[str]:
    """Return the numbers of the payments that we have not heard of."""
    differ = reconcile.compare_payments(gateway.name, paid, since, until)
    db.session.rollback()
    return {each.ref for each in differ if each.kind is DifferenceKind.PAYMENT_UNKNOWN}


def _named(gateway: Gateway, paid: list[PaymentSeen], since: datetime, until: datetime) -> list[PaymentSeen]:
    """Return the payments, those that we have not heard of with the key that a list may leave out."""
    new = _unheard(gateway, paid, since, until)
    return [gateway.with_key(seen) if seen.ref in new else seen for seen in paid]


def _apply_payments(
    counter: Counter, gateway: Gateway, paid: list[PaymentSeen], since: datetime, until: datetime
) -> dict[str, str]:
    """Apply the payments we had not heard of; return why those that stay unknown do not fit."""
    new = _unheard(gateway, paid, since, until)
    unfit = {}
    for seen in [payment for payment in paid if payment.ref in new]:
        try:
            with writing():
                collect.apply_payment(gateway, seen, at=counter.clock.now(), by=BY)
        except collect.NotOurs as error:
            unfit[seen.ref] = str(error)
    return unfit


def _apply_refunds(
    counter: Counter, gateway: Gateway, back: list[RefundSeen], since: datetime, until: datetime
) -> None:
    differ = {each.ref for each in reconcile.compare_refunds(gateway.name, back, since, until)}
    db.session.rollback()
    for seen in [refund for refund in back if refund.ref in differ]:
        with writing():
            refund_answers.apply_refund(gateway, seen, counter.seller, at=counter.clock.now(), by=BY)


def compare_disputes(counter: Counter, name: str, since: datetime, until: datetime, *, apply: bool) -> list[Difference]:
    """Compare the disputes that were opened in a span with ours, both ways, and return what differs.

    With `apply`, what we had not heard of them is applied first. Raises what asking the gateway raises.
    """
    gateway = counter.gateways[name]
    db.session.rollback()
    # Messages are dated to the second, so what one of this second tells is still news.
    heard_at = counter.clock.now().replace(microsecond=0)
    seen = list(gateway.disputes_between(since - MARGIN, until + MARGIN, at=heard_at))
    differ = {each.ref for each in reconcile.compare_disputes(name, seen, since, until)}
    db.session.rollback()
    unfit: dict[str, str] = {}
    for told in [dispute for dispute in seen if apply and dispute.ref in differ]:
        try:
            with writing():
                disputes.apply_dispute(gateway, told, at=counter.clock.now(), by=BY)
        except collect.NotOurs as error:
            unfit[told.ref] = str(error)
    found = reconcile.compare_disputes(name, seen, since, until) if differ else []
    db.session.rollback()
    return [replace(each, why=unfit.get(each.ref)) for each in found]


def read_settlements(counter: Counter, name: str, since: datetime, until: datetime) -> int:
    """Read what a gateway sent to our bank in a span and post what is known of it; return how many lines were new."""
    db.session.rollback()
    new = 0
    for seen in list(counter.gateways[name].settlements_between(since, until + MARGIN)):  # their clock may be ahead
        for place in range(0, max(len(seen.lines), 1), BATCH):
            part = replace(seen, lines=seen.lines[place : place + BATCH])
            with writing():
                new += settlement.record(name, part, at=counter.clock.now())
    after: int | None = 0
    while after is not None:
        with writing():
            _posted, after = settlement.post_waiting(name, at=counter.clock.now(), by=BY, limit=BATCH, after=after)
    return new


def review_payments(counter: Counter, name: str) -> list[Difference]:
    """Compare the last days, and as far back as something waits in the queue; return what was opened in it."""
    until = counter.clock.now()
    waits = reviews.oldest(name, reviews.OF_PAYMENTS)
    since = max(min(until - LOOK_BACK, waits or until), until - FURTHEST)
    found = compare(counter, name, since, until, apply=True)
    with writing():
        span = (since - MARGIN, until + MARGIN)
        return reviews.keep(name, reviews.OF_PAYMENTS, found, span=span, at=counter.clock.now(), by=BY)


def review_disputes(counter: Counter, name: str) -> list[Difference]:
    """Compare disputes as far back as one is not over; return what of them was opened in the queue."""
    until = counter.clock.now()
    waits = [disputes.unfinished_since(name, at=until), reviews.oldest(name, reviews.OF_DISPUTES)]
    since = max(min([until - LOOK_BACK, *(each for each in waits if each is not None)]), until - LONGEST_DISPUTE)
    found = compare_disputes(counter, name, since, until, apply=True)
    with writing():
        span = (since - MARGIN, until + MARGIN)
        return reviews.keep(name, reviews.OF_DISPUTES, found, span=span, at=counter.clock.now(), by=BY)


def review_settlements(counter: Counter, name: str) -> list[Difference]:
    """Read the last days' settlements; return what of them was opened in the queue."""
    until = counter.clock.now()
    read_settlements(counter, name, until - LOOK_BACK, until)
    found = settlement.differences(name)
    with writing():
        return reviews.keep(name, reviews.OF_SETTLEMENTS, found, span=None, at=counter.clock.now(), by=BY)
