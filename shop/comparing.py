"""The one place that compares the gateways' books with ours: asks, applies what we had not heard, keeps the queue.

An edge like `phases`: it asks with no transaction open and writes in units of its own. Everything may run again
at any time; what has been applied, posted or opened already is left alone. What cannot be applied stands in the queue
with what it met, and keeps nothing else waiting.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from shop import phases
from shop.db import db, writing
from shop.errors import where
from shop.payments import collect, disputes, reconcile, refund_answers, reviews, settlement, unsettled
from shop.payments.gateways import DisputeSeen, Gateway, PaymentSeen, RefundSeen, SettlementSeen
from shop.payments.reconcile import Difference
from shop.payments.review_models import Compared, DifferenceKind
from shop.phases import Counter

log = structlog.get_logger("shop")
LOOK_BACK = timedelta(days=5)  # as long as Razorpay may still take money for a payment that had failed
REFUNDS_BACK = timedelta(days=30)  # as long as a bank may still send back what a refund had brought it
MARGIN = timedelta(days=1)  # the two sides date one payment differently: a session's beginning, its payment
FURTHEST = timedelta(days=30)  # what waits longer is no longer looked for, and waits for its person
LONGEST_DISPUTE = timedelta(days=365)
BATCH = 200
BY = "worker"
Told = TypeVar("Told", PaymentSeen, RefundSeen, DisputeSeen)
Reasons = dict[str, str]  # a gateway's number of something -> why it cannot be applied


def look_at_hanging(counter: Counter) -> int:
    """Ask after every pay page that has been open for a while without news; return how many."""
    with writing():
        taken = reconcile.take_hanging(at=counter.clock.now())
    return phases.in_turn(taken, lambda attempt_id: phases.look(counter, attempt_id, close=False, by=BY))


def compare_payments(counter: Counter, name: str, since: datetime, until: datetime, *, apply: bool) -> list[Difference]:
    """Compare a gateway's payments of a span with ours, both ways, and return what differs.

    With `apply`, what we had not heard of is applied first. Raises what asking the gateway raises.
    """
    gateway, unfit = counter.gateways[name], Reasons()
    db.session.rollback()
    paid = _named(gateway, list(gateway.payments_between(since - MARGIN, until + MARGIN)), since, until)
    if apply:
        new = _unheard(gateway, paid, since, until)
        unfit = _apply_each(
            name,
            [seen for seen in paid if seen.ref in new],
            lambda seen: collect.apply_payment(gateway, seen, at=counter.clock.now(), by=BY),
        )
    found = reconcile.compare_payments(name, paid, since, until)
    db.session.rollback()
    return [replace(each, why=unfit.get(each.ref)) for each in found]


def compare_refunds(counter: Counter, name: str, since: datetime, until: datetime, *, apply: bool) -> list[Difference]:
    """Compare a gateway's refunds of a span with ours, as `compare_payments` does payments."""
    gateway, unfit = counter.gateways[name], Reasons()
    db.session.rollback()
    back = list(gateway.refunds_between(since - MARGIN, until + MARGIN))
    if apply:
        differ = {each.ref for each in reconcile.compare_refunds(name, back, since, until)}
        db.session.rollback()
        unfit = _apply_each(
            name,
            [seen for seen in back if seen.ref in differ],
            lambda seen: refund_answers.apply_refund(gateway, seen, counter.seller, at=counter.clock.now(), by=BY),
        )
    found = reconcile.compare_refunds(name, back, since, until)
    db.session.rollback()
    return [replace(each, why=unfit.get(each.ref)) for each in found]


def _apply_each(name: str, told: Sequence[Told], apply: Callable[[Told], object]) -> Reasons:
    """Apply each in a unit of its own; return number -> why it does not fit, or where it met an error."""
    unfit = Reasons()

    def apply_one(seen: Told) -> None:
        with writing():
            apply(seen)

    for seen in told:
        _try(unfit, name, seen.ref, partial(apply_one, seen))
    return unfit


def _try(failed: Reasons, name: str, ref: str, act: Callable[[], None]) -> None:
    """Do one thing; one that fits nothing of ours, or raises, is kept with its reason and keeps no other waiting."""
    try:
        act()
    except collect.NotOurs as error:
        failed[ref] = str(error)
    except Exception as error:  # a person sees it in the queue, and the next turn tries again
        db.session.rollback()
        failed[ref] = where(error)
        log.exception("reconcile.failed", gateway=name, payment=ref)


def _unheard(gateway: Gateway, paid: list[PaymentSeen], since: datetime, until: datetime) -> set[str]:
    """Return the numbers of the payments that we have not heard of, and of those that wait to be captured."""
    differ = reconcile.compare_payments(gateway.name, paid, since, until)
    db.session.rollback()
    unknown = {each.ref for each in differ if each.kind is DifferenceKind.PAYMENT_UNKNOWN}
    return unknown | {each.ref for each in paid if each.authorized}


def _named(gateway: Gateway, paid: list[PaymentSeen], since: datetime, until: datetime) -> list[PaymentSeen]:
    """Return the payments, those that we have not heard of with the key that a list may leave out."""
    new = _unheard(gateway, paid, since, until)
    return [gateway.with_key(seen) if seen.ref in new else seen for seen in paid]


def compare_disputes(counter: Counter, name: str, since: datetime, until: datetime, *, apply: bool) -> list[Difference]:
    """Compare the disputes that were opened in a span with ours, as `compare_payments` does payments."""
    gateway, unfit = counter.gateways[name], Reasons()
    db.session.rollback()
    # Messages are dated to the second, so what one of this second tells is still news.
    heard_at = counter.clock.now().replace(microsecond=0)
    seen = list(gateway.disputes_between(since - MARGIN, until + MARGIN, at=heard_at))
    differ = {each.ref for each in reconcile.compare_disputes(name, seen, since, until)}
    db.session.rollback()
    if apply:
        unfit = _apply_each(
            name,
            [dispute for dispute in seen if dispute.ref in differ],
            lambda told: disputes.apply_dispute(gateway, told, at=counter.clock.now(), by=BY),
        )
    found = reconcile.compare_disputes(name, seen, since, until) if differ else []
    db.session.rollback()
    return [replace(each, why=unfit.get(each.ref)) for each in found]


def read_settlements(counter: Counter, name: str, since: datetime, until: datetime) -> list[Difference]:
    """Read what a gateway sent to our bank in a span, post what is known, and return what differs of all it ever sent.

    A settlement or a line that raises keeps none of the others waiting: it is logged, and told with where it failed.
    """
    db.session.rollback()
    failed = Reasons()
    told = list(counter.gateways[name].settlements_between(since, until + MARGIN))  # their clock may be ahead
    for seen in told:
        _try(failed, name, seen.ref, partial(_write_down, counter, name, seen))
    lines = list(settlement.waiting(name).items())
    db.session.rollback()
    for place in range(0, len(lines), BATCH):
        some = lines[place : place + BATCH]
        if not _posted_together(counter, name, [line_id for line_id, _ref in some]):
            for line_id, ref in some:
                _try(failed, name, ref, partial(_post, counter, name, [line_id]))
    found = settlement_differences(name)
    db.session.rollback()
    known, kind = {each.ref for each in found}, DifferenceKind.SETTLEMENT_SUM
    unread = {each.ref: each for each in told if each.ref in failed and each.ref not in known}
    found += [Difference(name, kind, ref, None, it.amount_minor, 0, it.currency, it.at) for ref, it in unread.items()]
    return [replace(each, why=failed.get(each.ref)) for each in found]


def settlement_differences(name: str) -> list[Difference]:
    """Return what of all that a gateway ever sent to our bank does not fit, and what it should have held as well."""
    return [*settlement.differences(name), *unsettled.differences(name)]


def _write_down(counter: Counter, name: str, seen: SettlementSeen) -> None:
    for place in range(0, max(len(seen.lines), 1), BATCH):
        part = replace(seen, lines=seen.lines[place : place + BATCH])
        with writing():
            settlement.record(name, part, at=counter.clock.now(), by=BY)


def _posted_together(counter: Counter, name: str, lines: list[int]) -> bool:
    """Post all of some lines in one unit or none; False if one raised: who is told so posts each by itself."""
    try:
        _post(counter, name, lines)
    except Exception:
        db.session.rollback()
        return False
    return True


def _post(counter: Counter, name: str, lines: list[int]) -> None:
    with writing():
        settlement.post_lines(name, lines, at=counter.clock.now(), by=BY)


def review_payments(counter: Counter, name: str) -> list[Difference]:
    """Compare payments of the last days, and as far back as something waits in the queue, and refunds of as long as
    a bank may send one back; return what was opened in the queue.
    """
    until = counter.clock.now()
    waits = [reviews.oldest(name, reviews.OF_PAYMENTS), reviews.compared_until(name, Compared.PAYMENTS)]
    since, back_since = _since(until, LOOK_BACK, waits, FURTHEST), until - REFUNDS_BACK
    paid = compare_payments(counter, name, since, until, apply=True)
    back = compare_refunds(counter, name, back_since, until, apply=True)
    opened = []
    with writing():
        for kinds, found, first in ((reviews.OF_PAYMENTS, paid, since), (reviews.OF_REFUNDS, back, back_since)):
            span = (first - MARGIN, until + MARGIN)
            opened += reviews.keep(name, kinds, found, span=span, at=counter.clock.now(), by=BY)
        reviews.note_compared(name, Compared.PAYMENTS, until)
    return opened


def _since(until: datetime, back: timedelta, waits: Sequence[datetime | None], furthest: timedelta) -> datetime:
    """Return from when on is asked: some days back, further if something waits from before, but not for ever."""
    return max(min([until - back, *(each for each in waits if each is not None)]), until - furthest)


def review_disputes(counter: Counter, name: str) -> list[Difference]:
    """Compare disputes as far back as one is not over; return what of them was opened in the queue."""
    until = counter.clock.now()
    waits = [
        disputes.unfinished_since(name, at=until),
        reviews.oldest(name, reviews.OF_DISPUTES),
        reviews.compared_until(name, Compared.DISPUTES),
    ]
    since = _since(until, LOOK_BACK, waits, LONGEST_DISPUTE)
    found = compare_disputes(counter, name, since, until, apply=True)
    with writing():
        span = (since - MARGIN, until + MARGIN)
        reviews.note_compared(name, Compared.DISPUTES, until)
        return reviews.keep(name, reviews.OF_DISPUTES, found, span=span, at=counter.clock.now(), by=BY)


def review_settlements(counter: Counter, name: str) -> list[Difference]:
    """Read the last days' settlements; return what of them was opened in the queue."""
    until = counter.clock.now()
    since = _since(until, LOOK_BACK, [reviews.compared_until(name, Compared.SETTLEMENTS)], FURTHEST)
    found = read_settlements(counter, name, since, until)
    with writing():
        reviews.note_compared(name, Compared.SETTLEMENTS, until)
        return reviews.keep(name, reviews.OF_SETTLEMENTS, found, span=None, at=counter.clock.now(), by=BY)
