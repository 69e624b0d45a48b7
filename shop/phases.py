"""The one helper that runs what talks to a gateway: write and commit, call, write and commit. And the sealing of all.

It is an edge: the only place besides views, commands and jobs that opens writing units. Each
function may be run again at any time by anyone; what has happened already is left alone.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from shop.clock import Clock
from shop.crashpoint import crashpoint
from shop.db import db, writing
from shop.errors import where
from shop.ledger import sealing
from shop.orders.seller import Seller
from shop.payments import checkout, collect, inbox, overdue, refund_answers, refunds
from shop.payments.gateways import Gateway, GatewayRefused, GatewayUnknown, PaymentSeen
from shop.payments.models import OPEN_ATTEMPTS, Attempt, EventStatus

Row = TypeVar("Row")  # an id, or a name
TURN_S = 20  # what a gateway may take of one turn: meanwhile nothing is applied of what the other one tells
TOGETHER = 8  # events in one writing unit: a tenth of a second at most, for which buyers wait
Event = tuple[int, str, bytes, str]  # of the inbox: its id, its gateway, its body, the gateway's own id of it


@dataclass(frozen=True)
class Counter:
    """The gateways by name, the clock, and who sells: what an edge hands to every run."""

    gateways: dict[str, Gateway]
    clock: Clock
    seller: Seller


def seal_all() -> int:
    """Seal every entry that waits, each batch in a writing unit of its own, and return how many there were."""
    total, sealed = 0, True
    while sealed:
        with writing():
            count = sealing.seal(whole=True)
        total, sealed = total + count, bool(count)
    return total


def open_page(counter: Counter, attempt_id: int, *, shop_url: str, by: str, again: bool = False) -> bool:
    """Ask for the pay page of an attempt and store what came of it; False if the gateway did not answer."""
    attempt = checkout.get_attempt(attempt_id)
    gateway, asked = counter.gateways[attempt.gateway], checkout.page_request(attempt, shop_url=shop_url)
    since = attempt.created_at if again else None
    db.session.rollback()
    crashpoint("prepare.committed")
    sent = checkout.send(gateway, asked, again_since=since)
    with writing():
        checkout.settle(attempt_id, sent, at=counter.clock.now(), by=by)
    crashpoint("settle.committed")
    return sent.page is not None or sent.refused


def look(counter: Counter, attempt_id: int, *, close: bool, by: str) -> bool:
    """Ask the gateway what was paid on an attempt's page, having closed the page first if so told.

    A page that was closed and is unpaid ends its attempt; silence leaves everything as it is, and returns False. A
    gateway whose keys were taken away cannot be asked, and one whose keys are another account's now does not know the
    page: once its time is over, what it holds goes back to the shelf.
    """
    attempt = db.session.get_one(Attempt, attempt_id)
    if attempt.gateway not in counter.gateways:
        if close:
            _end_unasked(counter, attempt_id, by=by)
        return True
    gateway, ref, key = counter.gateways[attempt.gateway], attempt.page_ref, attempt.key
    created_at = attempt.created_at
    is_open = attempt.status in OPEN_ATTEMPTS
    db.session.rollback()
    seen: list[PaymentSeen] = []
    try:
        if ref is None:  # its sender heard nothing: the page may stand at the gateway all the same
            page = gateway.find_page(key, created_at)
            ref = page.ref if page else None
        if ref is not None and close and is_open:
            gateway.close_page(ref)
        if ref is not None:
            seen = gateway.payments_of_page(ref, key)
    except GatewayUnknown:
        return False
    except GatewayRefused:
        if close:
            _end_unasked(counter, attempt_id, by=by)
        return True
    crashpoint("look.seen")
    with writing() as session:
        now = counter.clock.now()
        for payment in seen:
            _apply_or_leave(gateway, payment, at=now, by=by)
        if close:
            checkout.end(session.get_one(Attempt, attempt_id), at=now, by=by)
    crashpoint("look.committed")
    return True


def _end_unasked(counter: Counter, attempt_id: int, *, by: str) -> None:
    db.session.rollback()
    with writing() as session:
        now, attempt = counter.clock.now(), session.get_one(Attempt, attempt_id)
        if attempt.expires_at <= now:
            checkout.end(attempt, at=now, by=by)


def _apply_or_leave(gateway: Gateway, payment: PaymentSeen, *, at: datetime, by: str) -> None:
    with suppress(collect.NotOurs):  # the webhook of the same payment is held for a person
        collect.apply_payment(gateway, payment, at=at, by=by)


def send_capture(counter: Counter, attempt_id: int, payment_ref: str, *, by: str) -> None:
    """Take the money of an authorised payment, if its order still waits for it, and apply what came of it.

    GatewayUnknown goes to the caller, who tries again later, also where the gateway has not let it go yet.
    """
    attempt = db.session.get_one(Attempt, attempt_id)
    gateway, amount, currency = counter.gateways[attempt.gateway], attempt.amount_minor, attempt.currency
    is_wanted = collect.is_wanted(attempt)
    db.session.rollback()
    if not is_wanted:
        return
    seen = gateway.capture(payment_ref, amount, currency)
    crashpoint("capture.answered")
    with writing():
        applied = collect.apply_payment(gateway, seen, at=counter.clock.now(), by=by)
    crashpoint("capture.committed")
    if applied is collect.Applied.ASKED:
        raise GatewayUnknown("it is authorised and was not captured")


def send_refund(counter: Counter, refund_id: int, *, by: str) -> None:
    """Send a refund and store what came of it; GatewayUnknown goes to the caller, who tries again later."""
    refund = refunds.get(refund_id)
    capture = refund.capture
    gateway, ref, amount, key = counter.gateways[capture.gateway], capture.payment_ref, refund.amount_minor, refund.key
    db.session.rollback()
    seen = refund_answers.send(gateway, ref, amount, key)
    with writing():
        refund_answers.settle(refunds.get(refund_id), seen, counter.seller, at=counter.clock.now(), by=by)
    crashpoint("refund.committed")


def apply_events(counter: Counter, events: Sequence[Event]) -> None:
    """Apply events of the inbox: on SQLite several in one writing unit, since each waits for its turn and the disk.

    On PostgreSQL, where units run beside each other, two that take the rows of several orders could wait in a ring.
    """
    at_once = TOGETHER if db.engine.dialect.name == "sqlite" else 1
    for first in range(0, len(events), at_once):
        group = events[first : first + at_once]
        if len(group) == 1 or not _applied_together(counter, group):
            for event in group:
                apply_event(counter, event)


def _applied_together(counter: Counter, events: Sequence[Event]) -> bool:
    """Apply all of some events or none; False if one of them raised: who is told so applies each by itself."""
    try:
        _apply(counter, events)
    except Exception:
        return False
    return True


def _apply(counter: Counter, events: Sequence[Event]) -> list[EventStatus]:
    """Apply events in one writing unit; KeyError where a gateway's keys were taken away since."""
    gateways = [counter.gateways[name] for _, name, _, _ in events]
    notices = [gateway.parse(body, outer) for gateway, (_, _, body, outer) in zip(gateways, events, strict=True)]
    with writing():
        statuses = [
            inbox.apply(event[0], gateway, notice, counter.seller, at=counter.clock.now())
            for event, gateway, notice in zip(events, gateways, notices, strict=True)
        ]
    crashpoint("apply.committed")
    return statuses


def apply_event(counter: Counter, event: Event) -> EventStatus:
    """Apply one event of the inbox in a writing unit of its own; a failure is counted and does not stop others."""
    try:
        return _apply(counter, [event])[0]
    except Exception as error:
        with writing():
            inbox.note_failure(event[0], where(error), at=counter.clock.now())
        return EventStatus.RECEIVED


def recover(counter: Counter, *, shop_url: str) -> int:
    """Send again attempts whose sender seems to have died; return how many there were."""
    rows = overdue.unsettled(at=counter.clock.now())
    return in_turn(rows, lambda attempt_id: ask_again(counter, attempt_id, shop_url=shop_url, by="worker"))


def ask_again(counter: Counter, attempt_id: int, *, shop_url: str, by: str) -> bool:
    """Ask for the pay page of an attempt once more, looking first whether it stands at the gateway already.

    False if the gateway did not answer.
    """
    with writing() as session:
        attempt = session.get_one(Attempt, attempt_id)
        attempt.looked_at, is_gone = counter.clock.now(), attempt.gateway not in counter.gateways
    if is_gone:
        _end_unasked(counter, attempt_id, by=by)
        return True
    return open_page(counter, attempt_id, shop_url=shop_url, by=by, again=True)


def lapse(counter: Counter) -> int:
    """Close pages that outlived their hold, look once more, release what is unpaid; return how many there were."""
    with writing():
        rows = overdue.take_lapsed(at=counter.clock.now())
    return in_turn(rows, lambda attempt_id: look(counter, attempt_id, close=True, by="worker"))


def in_turn(rows: Sequence[tuple[int, str]], ask: Callable[[int], bool]) -> int:
    """Ask about each of some attempts at its gateway, and return how many there were.

    A gateway that gave no answer, or took its time, is not asked again in this turn: the next one begins with others.
    """
    silent: set[str] = set()
    ends = time.monotonic() + TURN_S

    def ask_one(row: tuple[int, str]) -> None:
        attempt_id, gateway = row
        if gateway not in silent and (not ask(attempt_id) or time.monotonic() > ends):
            silent.add(gateway)

    return each(rows, ask_one)


def each(rows: Sequence[Row], act: Callable[[Row], object]) -> int:
    """Do something to each of some rows and return how many; a failure keeps none of the others waiting.

    The first failure is raised when all have had their turn.
    """
    failed: list[Exception] = []
    for row in rows:
        try:
            act(row)
        except Exception as error:
            db.session.rollback()
            failed.append(error)
    if failed:
        raise failed[0]
    return len(rows)
