"""Money that did not go as it should: each matter in plain words, with the one act that settles it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from shop.clock import india_date
from shop.db import db
from shop.orders import lifecycle
from shop.orders.models import Order
from shop.payments import disputes, held, inbox, late, refund_troubles, taken_in, wrong_sums
from shop.payments.dispute_models import Dispute, DisputeStatus
from shop.payments.gateways import PaymentSeen, RefundSeen
from shop.payments.late_models import LateQuestion
from shop.payments.models import Attempt, AttemptStatus, Capture, EventStatus, GatewayEvent, Refund
from shop.users.models import User
from shop.users.policy import may
from shop.web.edge import counter
from shop.web.format import day, money
from shop.web.manager.reads import astray
from shop.web.manager.reads.rows import Mark, Row

OLD = timedelta(minutes=15)  # an attempt of which we know nothing for so long is looked at by a person
DUE_SOON = timedelta(days=2)


@dataclass(frozen=True)
class Act:
    """What can be done about a matter: a button that posts, or a way to a page; with a note where one is wanted."""

    text: str
    url: str
    is_way: bool = False
    wants_note: bool = False


@dataclass(frozen=True)
class Matter:
    """What is the matter, what it means, since when, and the act that settles it; `other` where there are two ways.

    `number` is its order's, where it has one.
    """

    anchor: str
    fact: str
    meaning: str
    since: date
    act: Act
    mark: Mark = Mark.NONE
    other: Act | None = None
    number: str = ""
    reference: str = ""


def matters(user: User, *, at: datetime) -> list[Matter]:
    """Return what of the customers' money a member of staff may settle, what is late first, then the oldest."""
    found: list[Matter] = []
    if may(user.role, "orders.refund"):
        found += [*_disputes(user, at), *_failed(user), *_stuck(user, at), *_late(user), *_unknown(user, at)]
    if may(user.role, "events.settle"):
        found += _all_held()
    return sorted(found, key=lambda each: (each.mark is not Mark.LATE, each.since))


def rows(user: User, *, at: datetime) -> Iterator[Row]:
    """Yield the matters as rows of Today, each leading to its place on the page."""
    for matter in matters(user, at=at):
        url = url_for("manager.exceptions", _anchor=matter.anchor)
        yield Row(matter.fact, matter.meaning, matter.since, _("Look at it"), url, matter.mark)


def _disputes(user: User, at: datetime) -> Iterator[Matter]:
    for dispute in disputes.of_orders(disputes.needs_someone(at=at), lifecycle.seen_by(user)):
        order = dispute.capture.attempt.order
        if lifecycle.is_all_of(user, order):
            yield _dispute(dispute, order, at)


def _dispute(dispute: Dispute, order: Order, at: datetime) -> Matter:
    total, gateway = money(dispute.amount_minor, dispute.currency), dispute.gateway.capitalize()
    fact = _("A bank asks %(sum)s of order %(number)s back", sum=total, number=order.number)
    mark = Mark.RISK
    if not dispute.is_open:
        fact = _("%(gateway)s has not put %(sum)s back", gateway=gateway, sum=total)
        meaning = _("The dispute is over in our favour, but its money has not come back. Ask them.")
    elif dispute.status is DisputeStatus.ANSWERED:
        meaning, mark = _("The bank looks at what we sent. Nothing is to be done before it decides."), Mark.NONE
    elif dispute.due_at is None:
        meaning = _("Answer it with %(gateway)s: proof of sending, and what was written.", gateway=gateway)
    else:
        until = day(india_date(dispute.due_at), "EEE d MMM")
        meaning = _("Answer it with %(gateway)s by %(day)s; after that it is lost.", gateway=gateway, day=until)
        mark = Mark.LATE if dispute.due_at <= at + DUE_SOON else Mark.RISK
    meaning += " " + _("No share of the order is released meanwhile, and no maker pays for it.")
    act = Act(_("Write down what was done"), url_for("manager.note_dispute", dispute_id=dispute.id), wants_note=True)
    since = india_date(dispute.opened_at)
    return Matter(
        f"dispute-{dispute.id}", fact, meaning, since, act, mark, number=order.number, reference=dispute.dispute_ref
    )


def _of_hers(refunds: Sequence[Refund], user: User) -> Iterator[tuple[Refund, Order, str]]:
    for refund in refunds:
        order = refund.capture.attempt.order
        if lifecycle.is_all_of(user, order):
            yield refund, order, money(refund.amount_minor, refund.capture.currency)


def _failed(user: User) -> Iterator[Matter]:
    query = refund_troubles.failed().where(lifecycle.seen_by(user))
    for refund, order, total in _of_hers(refund_troubles.find_all(query), user):
        fact = _("%(sum)s did not go back for order %(number)s", sum=total, number=order.number)
        meaning = _("The gateway refused the refund. Nothing has left.")
        if refund.came_back:
            fact = _("%(sum)s of order %(number)s came back from the bank", sum=total, number=order.number)
            meaning = _("It had gone, and is with us again; the customer was told. Its paper stands.")
        act = Act(_("Give it back again"), url_for("manager.refund_again", refund_id=refund.id))
        since = india_date(refund.processed_at or refund.requested_at)
        yield Matter(f"refund-{refund.id}", fact, meaning, since, act, Mark.LATE, number=order.number)


def _stuck(user: User, at: datetime) -> Iterator[Matter]:
    query = refund_troubles.stuck(at=at).where(lifecycle.seen_by(user))
    for refund, order, total in _of_hers(refund_troubles.find_all(query), user):
        fact = _("%(sum)s for order %(number)s has not gone yet", sum=total, number=order.number)
        meaning = _("The gateway did not answer for hours, or nothing was heard of it since. Nothing can go twice.")
        act = Act(_("Ask the gateway again"), url_for("manager.send_refund_again", refund_id=refund.id))
        since = india_date(refund.requested_at)
        yield Matter(f"refund-{refund.id}", fact, meaning, since, act, Mark.LATE, number=order.number)


def _late(user: User) -> Iterator[Matter]:
    seen = set(db.session.scalars(select(LateQuestion.order_id).join(Order).where(lifecycle.seen_by(user))))
    for question in late.unanswered():
        order = question.order
        if order.id not in seen or not lifecycle.is_all_of(user, order):
            continue
        fact = _("Order %(number)s: paid after its piece was sold", number=order.number)
        until = day(india_date(question.answer_by), "EEE d MMM")
        meaning = _(
            "The customer was asked whether it shall be made. Without an answer by %(day)s it goes back.", day=until
        )
        act = Act(_("Give it back now"), url_for("manager.refund", number=order.number), is_way=True)
        yield Matter(f"late-{order.id}", fact, meaning, india_date(question.asked_at), act, number=order.number)


def _unknown(user: User, at: datetime) -> Iterator[Matter]:
    query = (
        select(Attempt)
        .join(Order, Order.id == Attempt.order_id)
        .where(Attempt.status.in_((AttemptStatus.REQUESTING, AttemptStatus.UNKNOWN)), Attempt.created_at <= at - OLD)
        .where(lifecycle.seen_by(user))
        .order_by(Attempt.id)
    )
    for attempt in db.session.scalars(query).unique():
        gateway, number = attempt.gateway.capitalize(), attempt.order.number
        fact = _("%(gateway)s does not say whether order %(number)s can be paid", gateway=gateway, number=number)
        meaning = _("Its pay page was asked for and no answer came. The shop asks by itself; you can ask now.")
        act = Act(_("Ask now"), url_for("manager.look_at_attempt", attempt_id=attempt.id))
        since = india_date(attempt.created_at)
        yield Matter(f"attempt-{attempt.id}", fact, meaning, since, act, Mark.RISK, number=number)


def _all_held() -> Iterator[Matter]:
    """Yield what waits of the gateways' messages; a payment that two of them tell of is one matter."""
    told: set[str] = set()
    for event in inbox.held():
        known = _known(event) if event.status is EventStatus.HELD else None
        if known is None:
            yield _held(event)
        elif known[0] not in told:
            told.add(known[0])
            yield known[1]


def _known(event: GatewayEvent) -> tuple[str, Matter] | None:
    """Return what a held message is about and the act that settles it, where the shop can tell."""
    gateway = counter().gateways.get(event.gateway)
    if gateway is None:
        return None
    said = held.told(gateway, event)
    paid, back = said.payment, said.refund
    if paid is not None and (attempt := wrong_sums.find_attempt(gateway, paid)):
        return paid.ref, _wrong_sum(event, paid, attempt)
    if back is not None and (capture := taken_in.find_capture(gateway, back)):
        return back.ref, _gone(event, back, capture)
    return None


def _gone(event: GatewayEvent, seen: RefundSeen, capture: Capture) -> Matter:
    url, number = url_for("manager.take_event_in", event_id=event.id), capture.attempt.order.number
    return _settled(event, astray.gone(seen.amount_minor, capture), url, number)


def _settled(event: GatewayEvent, words: astray.Astray, url: str, number: str) -> Matter:
    act, anchor, since = Act(words.act, url), f"event-{event.id}", india_date(event.received_at)
    return Matter(anchor, words.fact, words.meaning, since, act, Mark.RISK, _closing(event), number, event.event_id)


def _held(event: GatewayEvent) -> Matter:
    gateway, since = event.gateway.capitalize(), india_date(event.received_at)
    close = _closing(event)
    again = Act(_("Try it again"), url_for("manager.try_event_again", event_id=event.id))
    is_parked = event.status is EventStatus.PARKED
    if is_parked:
        fact = _("A message of %(gateway)s could not be used", gateway=gateway)
        meaning = _("The shop could not read or apply it. Try it again; nothing in it is done twice.")
    else:
        fact = _("%(gateway)s tells of money we did not ask for", gateway=gateway)
        meaning = _(
            "Look it up at the gateway. If it has to go back, give it back there; then write down what you did."
        )
    act, other = (again, close) if is_parked else (close, again)
    return Matter(
        f"event-{event.id}",
        fact,
        f"{meaning} ({event.note or event.kind})",
        since,
        act,
        Mark.RISK,
        other,
        reference=event.event_id,
    )


def _wrong_sum(event: GatewayEvent, seen: PaymentSeen, attempt: Attempt) -> Matter:
    url = url_for("manager.give_event_back", event_id=event.id)
    return _settled(event, astray.wrong_sum(seen.amount_minor, attempt), url, attempt.order.number)


def _closing(event: GatewayEvent) -> Act:
    url = url_for("manager.close_event", event_id=event.id)
    return Act(_("Set it aside with this note"), url, wants_note=True)
