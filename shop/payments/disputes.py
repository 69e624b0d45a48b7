"""Disputes: what a bank asks back, applied forward-only from whatever the gateway tells, in any order, any number
of times.

While one is open, nobody can give the same money back, and no share of the order is released. What the gateway takes
out is booked `disputes -> clearing` and comes back the other way if we win; what is lost stays in `disputes`, which is
the house's own: nothing that a maker has earned ever pays for it. An order that has not left when its payment is lost
for good is cancelled, and what was held for it covers the loss; so does what is held for one that is cancelled later.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update

from shop import mail
from shop.clock import india_date
from shop.db import adding_once, changed, db, run
from shop.errors import Conflict, Invalid
from shop.ledger import balances
from shop.ledger.posting import Leg, post
from shop.money import Money
from shop.orders import lifecycle, releases
from shop.orders.locks import lock
from shop.orders.models import Order, OrderStatus
from shop.payments import captures, genuine, given_back
from shop.payments.dispute_models import DISPUTE_MOVES, UNDECIDED, Dispute, DisputeEvent, DisputeStatus
from shop.payments.gateways import DisputeSeen, Gateway
from shop.payments.held import NotOurs
from shop.payments.models import Attempt, Capture, Refund, RefundStatus
from shop.statuses import move

TAKEN, RETURNED, ADVANCE = "chargeback", "chargeback won", "chargeback of an advance"
FEE, FEE_BACK = "dispute fee", "dispute fee given back"
STEPS = ("taken", "returned", "fee", "fee-back", "advance")  # what an entry may be called after its dispute
BACK_WITHIN = timedelta(days=7)


def apply_dispute(gateway: Gateway, seen: DisputeSeen, *, at: datetime, by: str) -> Dispute:
    """Apply what a gateway tells of a dispute, and return it.

    Raises NotOurs, having changed nothing, if it is of no capture of ours, or says otherwise than its end.
    """
    capture = _our_capture(gateway, seen)
    order = capture.attempt.order
    lock(order)
    dispute = _written_down(capture, seen, at=at, by=by)
    if not dispute.is_open and seen.status not in (*UNDECIDED, dispute.status):
        raise NotOurs(f"dispute {seen.ref} was {dispute.status.value}, now it is told as {seen.status.value}")
    is_news = seen.at >= dispute.heard_at
    if is_news:
        dispute.heard_at, dispute.due_at, dispute.reason = seen.at, seen.due_at, seen.reason[:60]
        dispute.is_inquiry = seen.is_inquiry
    if seen.status is not dispute.status and (is_news or seen.status not in UNDECIDED):
        _move(dispute, seen.status, at=at, by=by)
    _reserve(dispute)
    _book(dispute, seen, at=at, by=by)
    if not dispute.is_open:
        _end(dispute, order, at=at, by=by)
    db.session.flush()
    return dispute


def _our_capture(gateway: Gateway, seen: DisputeSeen) -> Capture:
    if (why := genuine.from_elsewhere(gateway, seen)) is not None:
        raise NotOurs(why)
    capture = db.session.scalars(
        select(Capture).where(Capture.gateway == gateway.name, Capture.payment_ref == seen.payment_ref)
    ).one_or_none()
    if capture is None:
        raise NotOurs(f"dispute {seen.ref} is of a payment that we do not have")
    if seen.currency != capture.currency or not 0 < seen.amount_minor <= capture.amount_minor:
        raise NotOurs(
            f"dispute {seen.ref} is of {seen.amount_minor} {seen.currency}, "
            f"{capture.amount_minor} {capture.currency} was captured"
        )
    return capture


def _written_down(capture: Capture, seen: DisputeSeen, *, at: datetime, by: str) -> Dispute:
    """Return the row of a dispute, written with its first event where this is the first we hear of it."""
    made = run(
        adding_once(Dispute, "gateway", "dispute_ref"),
        {
            "capture_id": capture.id,
            "gateway": capture.gateway,
            "dispute_ref": seen.ref,
            "status": DisputeStatus.OPENED,
            "reason": seen.reason[:60],
            "amount_minor": seen.amount_minor,
            "currency": seen.currency,
            "is_inquiry": seen.is_inquiry,
            "reserved_minor": 0,
            "advance_minor": 0,
            "fee_minor": 0,
            "due_at": seen.due_at,
            "opened_at": seen.opened_at,
            "heard_at": seen.at,
        },
    ).scalar()
    dispute = db.session.scalars(
        select(Dispute).where(Dispute.gateway == capture.gateway, Dispute.dispute_ref == seen.ref).with_for_update()
    ).one()
    if dispute.capture_id != capture.id or dispute.amount_minor != seen.amount_minor:
        raise NotOurs(f"dispute {seen.ref} was told before with another payment or sum")
    if made is not None:
        note_status(dispute, at=at, by=by)
        releases.hold(capture.attempt.order, dispute.reference, at=at)
    return dispute


def _move(dispute: Dispute, to: DisputeStatus, *, at: datetime, by: str) -> None:
    ended = {} if to in UNDECIDED else {"closed_at": at}
    if move(dispute, DISPUTE_MOVES, to, **ended):
        note_status(dispute, at=at, by=by)


def note_status(dispute: Dispute, *, at: datetime, by: str, note: str | None = None) -> None:
    """Write down that a dispute came to its status, or what someone found out about it."""
    db.session.add(DisputeEvent(dispute_id=dispute.id, status=dispute.status, at=at, by=by, note=note))
    db.session.flush()


def note(dispute: Dispute, text: str, *, at: datetime, by: str) -> None:
    """Write down what the office did or found: what was sent to the bank, say."""
    if not text.strip():
        raise Invalid("event.note")
    note_status(dispute, at=at, by=by, note=text.strip()[:200])


def reserve_again(capture: Capture, *, at: datetime, by: str) -> None:
    """Keep what a refund that failed has set free, as far as it is disputed or lost; the order is locked."""
    for dispute in of_orders(Capture.id == capture.id):
        _reserve(dispute)
    cover(capture.attempt.order, at=at, by=by)


def _reserve(dispute: Dispute) -> None:
    """Keep the disputed money from being given back as well; give it free again if it stays ours.

    Of a capture of which something went back already, no more than the rest can be kept.
    """
    if dispute.status in (DisputeStatus.WON, DisputeStatus.CLOSED):
        change = -dispute.reserved_minor
    elif dispute.is_inquiry and dispute.is_open:
        return  # a question: giving the money back is one way to answer it
    else:
        change = min(dispute.amount_minor - dispute.reserved_minor, captures.left_of(dispute.capture))
    if change == 0:
        return
    reserve = Attempt.refund_reserved_minor + change
    moved = changed(
        update(Attempt)
        .where(Attempt.id == dispute.capture.attempt_id, reserve.between(0, Attempt.captured_minor))
        .values(refund_reserved_minor=reserve)
    )
    if moved != 1:
        raise Conflict("refund.changed")
    dispute.reserved_minor += change
    db.session.flush()


def _book(dispute: Dispute, seen: DisputeSeen, *, at: datetime, by: str) -> None:
    """Post what the gateway has taken and put back, each once, whichever of them is heard of first."""
    lost = dispute.status is DisputeStatus.LOST
    if dispute.taken_at is None and (seen.taken or lost):
        dispute.taken_at = seen.at
    if dispute.returned_at is None and seen.returned and not lost:
        dispute.returned_at = seen.at
    clearing, amount = f"gateway:{dispute.gateway}:clearing", Money(dispute.amount_minor, dispute.currency)
    if dispute.taken_at is not None:
        _post(dispute, "taken", TAKEN, Leg("disputes", clearing, amount), at=at, by=by)
        if dispute.returned_at is not None:
            _post(dispute, "returned", RETURNED, Leg(clearing, "disputes", amount), at=at, by=by)
    if seen.fee_minor and not dispute.fee_minor:
        dispute.fee_minor, dispute.fee_currency = seen.fee_minor, seen.fee_currency
        fee = Money(seen.fee_minor, seen.fee_currency)
        _post(dispute, "fee", FEE, Leg(f"gateway-fees:{dispute.gateway}", clearing, fee), at=at, by=by)
    if seen.fee_back_minor and dispute.fee_minor and not dispute.fee_back_minor:
        dispute.fee_back_minor = seen.fee_back_minor
        back = Money(seen.fee_back_minor, seen.fee_currency)
        _post(dispute, "fee-back", FEE_BACK, Leg(clearing, f"gateway-fees:{dispute.gateway}", back), at=at, by=by)


def _post(dispute: Dispute, what: str, kind: str, leg: Leg, *, at: datetime, by: str) -> None:
    post(f"{dispute.reference}:{what}", kind, [leg], effective_on=india_date(dispute.heard_at), at=at, by=by)


def _end(dispute: Dispute, order: Order, *, at: datetime, by: str) -> None:
    """Let the shares of a sent order go on their way; cancel one that has not left and whose payment is lost."""
    releases.let_go(dispute.reference, at=at)
    if dispute.status is not DisputeStatus.LOST or dispute.advance_minor:
        return
    if order.status is OrderStatus.PAID and _is_lost(dispute, order):
        lifecycle.cancel(order, at=at, by=by, note="the payment was lost to a chargeback")
        about = {"order_id": order.id, "minor": dispute.amount_minor}
        mail.enqueue("order_lost", f"{dispute.reference}:lost", order.email, about, at=at)
    cover(order, at=at, by=by)


def _is_lost(dispute: Dispute, order: Order) -> bool:
    """Say whether a lost dispute took what paid an order: all of it, and no other payment is there that would."""
    others = [each for each in captures.of_order(order) if each.id != dispute.capture_id]
    return dispute.amount_minor >= order.now_minor > sum(captures.left_of(each) for each in others)


def cover(order: Order, *, at: datetime, by: str) -> None:
    """Let money that is held for an order and that it does not need cover what banks took of it for good.

    What an order needs that is paid and has not left stays; the order is locked.
    """
    if order.status in given_back.SOLD:
        return
    needed = order.now_minor + _on_its_way(order) if order.status is OrderStatus.PAID else 0
    for dispute in of_orders(Order.id == order.id, Dispute.status == DisputeStatus.LOST, Dispute.advance_minor == 0):
        held = balances.stored(order.prepaid, dispute.currency).minor - needed
        if (covered := min(held, dispute.reserved_minor)) > 0:
            dispute.advance_minor = covered
            leg = Leg(order.prepaid, "disputes", Money(covered, dispute.currency))
            _post(dispute, "advance", ADVANCE, leg, at=at, by=by)
    db.session.flush()


def _on_its_way(order: Order) -> int:
    under_way = (Refund.status.in_((RefundStatus.REQUESTED, RefundStatus.SENT)), Attempt.order_id == order.id)
    asked = select(func.coalesce(func.sum(Refund.amount_minor), 0)).join(Capture, Capture.id == Refund.capture_id)
    return int(db.session.scalar(asked.join(Attempt, Attempt.id == Capture.attempt_id).where(*under_way)) or 0)


def of_orders(*which: ColumnElement[bool]) -> list[Dispute]:
    """Return the disputes of orders of some kind, the oldest first."""
    return list(
        db.session.scalars(
            select(Dispute)
            .join(Capture, Capture.id == Dispute.capture_id)
            .join(Attempt, Attempt.id == Capture.attempt_id)
            .join(Order, Order.id == Attempt.order_id)
            .where(*which)
            .order_by(Dispute.id)
        ).unique()
    )


def unfinished_since(gateway: str, *, at: datetime) -> datetime | None:
    """Return when the oldest dispute was opened of which a gateway may still tell something new, or None.

    The fee of one that is won may come back a while after its money, or never: it is looked for as long as the money
    is.
    """
    fee_may_come = (Dispute.fee_minor > 0) & (Dispute.fee_back_minor == 0) & (Dispute.closed_at > at - BACK_WITHIN)
    owed = Dispute.taken_at.is_not(None) & (Dispute.returned_at.is_(None) | fee_may_come)
    over = Dispute.status.in_((DisputeStatus.WON, DisputeStatus.CLOSED))
    waits = (Dispute.gateway == gateway, Dispute.status.in_(UNDECIDED) | (over & owed))
    return db.session.scalar(select(func.min(Dispute.opened_at)).where(*waits))


def needs_someone(*, at: datetime) -> ColumnElement[bool]:
    """Return the condition for disputes to look at: undecided, or won and their money a week later not put back."""
    unpaid = Dispute.taken_at.is_not(None) & Dispute.returned_at.is_(None) & (Dispute.closed_at <= at - BACK_WITHIN)
    over = Dispute.status.in_((DisputeStatus.WON, DisputeStatus.CLOSED))
    return Dispute.status.in_(UNDECIDED) | (over & unpaid)
