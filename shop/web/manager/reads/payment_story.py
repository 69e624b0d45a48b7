"""A payment's whole story on one line of time: pages, messages, money in and back, what reached the bank, the books."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum

from flask_babel import gettext as _
from sqlalchemy import or_, select

from shop.db import db
from shop.ledger.posting import Leg
from shop.orders import lifecycle
from shop.orders.models import Order
from shop.payments import captures, held, inbox
from shop.payments.dispute_models import Dispute, DisputeEvent
from shop.payments.models import (
    OPEN_ATTEMPTS,
    Attempt,
    AttemptEvent,
    Capture,
    GatewayEvent,
    Refund,
    RefundEvent,
    RefundStatus,
)
from shop.payments.review_models import Review, ReviewEvent
from shop.payments.settlement_models import SettlementLine
from shop.users.models import User
from shop.web.edge import counter
from shop.web.format import day, money
from shop.web.manager import payment_words as words
from shop.web.manager.reads import payment_books
from shop.web.manager.reads.names import actors
from shop.web.manager.words import dispute as dispute_words


class Rank(IntEnum):
    """What comes first of what happened in one moment: the cause before what followed."""

    ASKED = 0
    PAID = 1
    MESSAGE = 2
    ENDED = 3
    BANK = 4
    BOOKS = 5
    REVIEW = 6


@dataclass(frozen=True)
class Moment:
    """One point of the story; `legs` are what moved in the books, and `entry` and `kind` what it is called there."""

    at: datetime
    rank: Rank
    what: str
    by: str = ""
    facts: Sequence[tuple[str, str]] = ()
    note: str | None = None
    entry: str | None = None
    kind: str | None = None
    legs: Sequence[Leg] = ()
    waits: bool = False


@dataclass(frozen=True)
class Sums:
    """Of one order, in minor units of its currency; what reached the bank is told in the bank's currency."""

    asked: int
    captured: int
    refunded: int
    lost: int  # what a bank has, or was given
    settled: Sequence[tuple[str, int, int]] = field(default=())  # currency, what came to the bank, what was kept


@dataclass(frozen=True)
class Story:
    """The page: an order's payment from the first page to the bank."""

    order: Order
    sums: Sums
    moments: Sequence[Moment]
    open_reviews: Sequence[Review]


@dataclass(frozen=True)
class Rows:
    """Everything that gateways and the bank have told about one order."""

    attempts: Sequence[Attempt]
    captures: Sequence[Capture]
    back: Sequence[Refund]
    disputes: Sequence[Dispute]
    lines: Sequence[SettlementLine]
    reviews: Sequence[Review]
    held: Sequence[str]  # the numbers of payments that were not taken and name a page of this order alone

    @property
    def numbers(self) -> list[str]:
        """Return what the gateways call the payments of this order by."""
        return [*(capture.payment_ref for capture in self.captures), *self.held]

    @property
    def about(self) -> list[str]:
        """Return what gateways and reviews call this payment by."""
        return [*(attempt.key for attempt in self.attempts), *self.numbers]


def story(user: User, number: str) -> Story:
    """Return the story of the payment of an order; NotFound where there is no such order for this person."""
    order = lifecycle.get_of(user, number)
    rows = rows_of(order)
    told = [*_pages(rows), *_messages(rows), *_money(rows), *_refunds(rows), *_bank(rows), *_books(order, rows)]
    told += [*_disputes(rows), *_reviews(rows)]
    names = actors(each.by for each in told if each.by)
    shown = [_named(each, names) for each in sorted(told, key=lambda each: (each.at, each.rank))]
    return Story(
        order, sums_of(order, rows), shown, [each for each in rows.reviews if each.status.value in ("open", "taken")]
    )


def rows_of(order: Order) -> Rows:
    """Return what the gateways and the bank have told about an order."""
    attempts = db.session.scalars(select(Attempt).where(Attempt.order_id == order.id).order_by(Attempt.id)).all()
    taken = captures.of_order(order)
    ids = [capture.id for capture in taken]
    back = db.session.scalars(select(Refund).where(Refund.capture_id.in_(ids)).order_by(Refund.id)).all()
    asked = db.session.scalars(select(Dispute).where(Dispute.capture_id.in_(ids)).order_by(Dispute.id)).unique().all()
    settles = or_(
        SettlementLine.capture_id.in_(ids),
        SettlementLine.refund_id.in_([each.id for each in back]),
        SettlementLine.about.in_([each.dispute_ref for each in asked]),
    )
    lines = db.session.scalars(select(SettlementLine).where(settles).order_by(SettlementLine.id)).all()
    rows = Rows(attempts, taken, back, asked, lines, (), _held_on(attempts))
    names = [*rows.about, *(each.dispute_ref for each in asked)]
    about = or_(Review.about.in_(names), Review.ref.in_([*rows.numbers, *(line.ref for line in lines)]))
    return replace(rows, reviews=db.session.scalars(select(Review).where(about).order_by(Review.id)).all())


def _held_on(attempts: Sequence[Attempt]) -> list[str]:
    """Return the numbers of the payments that are held and were made on pages of these, whatever key they name."""
    pages = {(attempt.gateway, attempt.page_ref) for attempt in attempts if attempt.page_ref}
    found: dict[str, None] = {}
    for event in inbox.held():
        gateway = counter().gateways.get(event.gateway)
        paid = held.told(gateway, event).payment if gateway is not None else None
        if paid is not None and (event.gateway, paid.page_ref) in pages:
            found[event.about or paid.ref] = None
            found[paid.ref] = None
    return list(found)


def _disputes(rows: Rows) -> Iterator[Moment]:
    by_id = {each.id: each for each in rows.disputes}
    query = select(DisputeEvent).where(DisputeEvent.dispute_id.in_(list(by_id))).order_by(DisputeEvent.id)
    for each in db.session.scalars(query):
        dispute = by_id[each.dispute_id]
        facts = [(_("Dispute"), dispute.dispute_ref), (_("Asked back"), money(dispute.amount_minor, dispute.currency))]
        yield Moment(each.at, Rank.ENDED, dispute_words(each.status), each.by, facts, each.note)


def _pages(rows: Rows) -> Iterator[Moment]:
    gateway = {each.id: each.gateway.capitalize() for each in rows.attempts}
    key = {each.id: each.key for each in rows.attempts}
    query = select(AttemptEvent).where(AttemptEvent.attempt_id.in_(list(gateway))).order_by(AttemptEvent.id)
    for each in db.session.scalars(query):
        what = words.page_words(each.status, gateway[each.attempt_id])
        rank = Rank.ASKED if each.status in OPEN_ATTEMPTS else Rank.ENDED
        yield Moment(each.at, rank, what, each.by, [(_("Attempt"), key[each.attempt_id])], each.note)


def _messages(rows: Rows) -> Iterator[Moment]:
    query = select(GatewayEvent).where(GatewayEvent.about.in_(rows.about)).order_by(GatewayEvent.id)
    for each in db.session.scalars(query):
        facts = [(_("Message"), each.kind)]
        if each.tries:
            facts.append((_("Tries that failed"), str(each.tries)))
        what = words.event_words(each.status, each.gateway.capitalize())
        waits = each.status.value in ("held", "parked", "received")
        yield Moment(each.received_at, Rank.MESSAGE, what, f"gateway:{each.gateway}", facts, each.note, waits=waits)


def _money(rows: Rows) -> Iterator[Moment]:
    for each in rows.captures:
        what = _("%(sum)s was paid", sum=money(each.amount_minor, each.currency))
        facts = [(_("Its number at the gateway"), each.payment_ref)]
        yield Moment(each.captured_at, Rank.PAID, what, f"gateway:{each.gateway}", facts)


def _refunds(rows: Rows) -> Iterator[Moment]:
    by_id = {each.id: each for each in rows.back}
    query = select(RefundEvent).where(RefundEvent.refund_id.in_(list(by_id))).order_by(RefundEvent.id)
    for each in db.session.scalars(query):
        refund = by_id[each.refund_id]
        total = money(refund.amount_minor, refund.capture.currency)
        came_back = each.status is RefundStatus.FAILED and refund.came_back
        what = _("%(sum)s came back from the bank", sum=total) if came_back else words.refund_words(each.status, total)
        note = refund.reason if each.status is RefundStatus.REQUESTED else None
        rank = Rank.ASKED if each.status is RefundStatus.REQUESTED else Rank.ENDED
        yield Moment(each.at, rank, what, each.by, (), note)


def _bank(rows: Rows) -> Iterator[Moment]:
    for line in rows.lines:
        sent = line.settlement
        facts = [(_("Settlement"), sent.ref), (_("On the bank's statement"), sent.bank_ref or "–")]
        if line.fee_minor:
            fee, tax = money(line.fee_minor, line.currency), money(line.fee_tax_minor, line.currency)
            facts.append((_("Kept by the gateway"), _("%(fee)s, of it %(tax)s tax", fee=fee, tax=tax)))
        if sent.failed_at is not None:
            again = _("on %(day)s; a later payout sends it again", day=day(sent.failed_at))
            facts.append((_("Sent back by the bank"), again))
        total = money(abs(line.net_minor), line.currency)
        what = (
            _("%(sum)s came to our bank", sum=total) if line.net_minor >= 0 else _("%(sum)s left our bank", sum=total)
        )
        yield Moment(sent.sent_at, Rank.BANK, what, f"gateway:{line.gateway}", facts, waits=line.posted_at is None)


def _books(order: Order, rows: Rows) -> Iterator[Moment]:
    names = payment_books.references(rows.captures, rows.back, rows.disputes, rows.lines)
    for entry, legs in payment_books.written(order, names):
        what, name = _("Written in the books"), entry.reference
        yield Moment(entry.recorded_at, Rank.BOOKS, what, entry.actor, entry=name, kind=entry.kind, legs=legs)


def _reviews(rows: Rows) -> Iterator[Moment]:
    by_id = {each.id: each for each in rows.reviews}
    query = select(ReviewEvent).where(ReviewEvent.review_id.in_(list(by_id))).order_by(ReviewEvent.id)
    for each in db.session.scalars(query):
        facts = [(_("Difference"), words.difference(by_id[each.review_id].kind))]
        waits = each.status.value == "open"
        yield Moment(each.at, Rank.REVIEW, words.review_words(each.status), each.by, facts, each.note, waits=waits)


def sums_of(order: Order, rows: Rows) -> Sums:
    """Return what was asked, came in, went back, and reached the bank."""
    currencies = sorted({line.currency for line in rows.lines})
    posted = [line for line in rows.lines if line.posted_at is not None]
    return Sums(
        order.total_minor,
        sum(each.amount_minor for each in rows.captures),
        sum(each.amount_minor for each in rows.back if each.status is RefundStatus.PROCESSED),
        sum(each.amount_minor for each in rows.disputes if each.taken_at and (not each.returned_at or each.is_lost)),
        [
            (
                currency,
                sum(line.net_minor for line in posted if line.currency == currency),
                sum(line.fee_minor for line in posted if line.currency == currency),
            )
            for currency in currencies
        ],
    )


def _named(moment: Moment, names: dict[str, str]) -> Moment:
    return replace(moment, by=names.get(moment.by, moment.by))
