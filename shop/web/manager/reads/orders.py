"""Orders as the office sees them: numbers, dates and where each piece stands; never a customer's contact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from shop.catalog.models import Picture
from shop.clock import india_date
from shop.db import db
from shop.orders import invoices, lifecycle, paper_rows, reductions, returns
from shop.orders.invoice_models import Invoice
from shop.orders.lifecycle import Progress
from shop.orders.models import Order, OrderEvent, OrderLine, OrderStatus, Shipment
from shop.orders.return_models import Return
from shop.payments import captures, disputes, late
from shop.payments.dispute_models import Dispute
from shop.payments.late_models import LateQuestion
from shop.payments.models import Attempt, AttemptEvent, Capture, Refund, RefundEvent, RefundStatus
from shop.users.models import User
from shop.users.policy import whole_house
from shop.web.format import money
from shop.web.manager import words
from shop.web.manager.payment_words import page_words, refund_words, went_off_words
from shop.web.manager.reads.names import actors, first_pictures
from shop.web.manager.reads.standing import OrderStanding, progress_of, standings
from shop.web.thing_words import title_of

PER_PAGE = 50
RANK = {status: 0 if status is OrderStatus.PLACED else 2 for status in OrderStatus}  # of events of one moment
STORED = {
    Progress.PLACED: OrderStatus.PLACED,
    Progress.IN_THE_MAKING: OrderStatus.PAID,
    Progress.READY: OrderStatus.PAID,
    Progress.SHIPPED: OrderStatus.SHIPPED,
    Progress.DELIVERED: OrderStatus.DELIVERED,
    Progress.CANCELLED: OrderStatus.CANCELLED,
}


@dataclass(frozen=True)
class ListedOrder:
    """One order of the list."""

    order: Order
    progress: Progress
    pieces: int
    titles: str
    days_late: int


@dataclass(frozen=True)
class OrderList:
    """A page of orders, how many there are of each kind, and where the next page begins."""

    orders: Sequence[ListedOrder]
    counts: dict[Progress, int]
    chosen: Progress | None
    older: int | None

    @property
    def total(self) -> int:
        """Return how many orders there are."""
        return sum(self.counts.values())


def order_list(user: User, chosen: Progress | None, before: int | None, *, at: datetime) -> OrderList:
    """Return the newest orders of a kind, or of all kinds."""
    paid = list(db.session.scalars(select(Order).where(Order.status == OrderStatus.PAID, lifecycle.seen_by(user))))
    progress = progress_of(paid)
    query = select(Order).where(lifecycle.seen_by(user)).order_by(Order.id.desc()).limit(PER_PAGE + 1)
    if chosen is not None:
        query = query.where(Order.status == STORED[chosen])
    if chosen in (Progress.IN_THE_MAKING, Progress.READY):
        query = query.where(Order.id.in_([order.id for order in paid if progress[order.id] is chosen]))
    if before is not None:
        query = query.where(Order.id < before)
    found = list(db.session.scalars(query))
    shown = found[:PER_PAGE]
    older = shown[-1].id if len(found) > PER_PAGE else None
    reductions.read_for(shown)
    return OrderList(_listed(shown, progress, at), _counts(user, progress), chosen, older)


def _counts(user: User, paid: dict[int, Progress]) -> dict[Progress, int]:
    rows = db.session.execute(
        select(Order.status, func.count()).where(lifecycle.seen_by(user)).group_by(Order.status)
    ).all()
    stored = {status: count for status, count in rows if status is not OrderStatus.PAID}
    counts = {Progress(status.value): count for status, count in stored.items()}
    for kind in (Progress.IN_THE_MAKING, Progress.READY):
        counts[kind] = sum(progress is kind for progress in paid.values())
    return {kind: counts.get(kind, 0) for kind in Progress}


def _listed(orders: Sequence[Order], paid: dict[int, Progress], at: datetime) -> list[ListedOrder]:
    lines = db.session.scalars(
        select(OrderLine)
        .where(OrderLine.order_id.in_([order.id for order in orders]))
        .order_by(OrderLine.order_id, OrderLine.position)
        .options(joinedload(OrderLine.variant, innerjoin=True))
    )
    by_order: dict[int, list[OrderLine]] = {order.id: [] for order in orders}
    for line in lines:
        by_order[line.order_id].append(line)
    return [
        ListedOrder(
            order,
            paid[order.id] if order.status is OrderStatus.PAID else Progress(order.status.value),
            sum(line.pieces for line in by_order[order.id]),
            ", ".join(title_of(line) for line in by_order[order.id] if line.pieces),
            max((india_date(at) - order.promised_on).days, 0) if order.status is OrderStatus.PAID else 0,
        )
        for order in orders
    ]


@dataclass(frozen=True)
class Happening:
    """One line of an order's story."""

    at: datetime
    what: str
    by: str
    note: str | None = None


@dataclass(frozen=True)
class PaidBack:
    """A refund with the name of who asked for it."""

    refund: Refund
    asked_by: str


@dataclass(frozen=True)
class OrderPage:
    """Everything the office knows of an order."""

    standing: OrderStanding
    story: Sequence[Happening]
    attempts: Sequence[Attempt]
    captures: Sequence[Capture]
    refunds: Sequence[PaidBack]
    shipment: Shipment | None
    pictures: dict[int, Picture]
    captured_minor: int
    refunded_minor: int
    refundable_minor: int
    days_late: int
    is_all_hers: bool
    returns: Sequence[Return]
    papers: Sequence[Invoice]
    disputes: Sequence[Dispute]
    late: LateQuestion | None

    @property
    def order(self) -> Order:
        """Return the order itself."""
        return self.standing.order

    @property
    def tax_minor(self) -> int:
        """Return the tax inside the order as it stands."""
        return paper_rows.tax_now(self.order)

    @property
    def progress(self) -> Progress:
        """Return how far it has come."""
        return self.standing.progress

    @property
    def promised_on(self) -> date:
        """Return the day it was promised for, frozen when it was bought."""
        return self.order.promised_on


def order_page(user: User, number: str, *, at: datetime) -> OrderPage:
    """Return one order with its story, its pieces and its money."""
    order = lifecycle.get_of(user, number)
    standing = standings([order], user)[0]
    attempts = list(db.session.scalars(select(Attempt).where(Attempt.order_id == order.id).order_by(Attempt.id)))
    taken = captures.of_order(order)
    back, disputed = _refunds_of(taken), disputes.of_orders(Order.id == order.id)
    captured = sum(capture.amount_minor for capture in taken)
    names = actors(refund.requested_by for refund in back)
    return OrderPage(
        standing,
        _story(order, attempts, back, disputed),
        attempts,
        taken,
        [PaidBack(refund, names[refund.requested_by]) for refund in back],
        _parcel_of(order),
        first_pictures(line.line.variant.product_id for line in standing.lines),
        captured,
        sum(refund.amount_minor for refund in back if refund.status is RefundStatus.PROCESSED),
        captured - sum(attempt.refund_reserved_minor for attempt in attempts),
        max((india_date(at) - order.promised_on).days, 0) if order.status is OrderStatus.PAID else 0,
        lifecycle.is_all_of(user, order),
        returns.of_order(order.id),
        invoices.papers_of(order) if may_open_papers(user, order) else [],
        disputed,
        late.find_open(order),
    )


def _parcel_of(order: Order) -> Shipment | None:
    """Return the parcel of the sale, or None before it has left; that of an exchange is on the return's page."""
    query = select(Shipment).where(Shipment.order_id == order.id, Shipment.exchange_id.is_(None))
    return db.session.scalars(query).one_or_none()


def may_open_papers(user: User, order: Order) -> bool:
    """Say whether someone may open the papers of an order, which name who bought: who packs, while it is on its way."""
    return whole_house(user, "orders.papers") or order.status is OrderStatus.SHIPPED


def _refunds_of(captures: Sequence[Capture]) -> list[Refund]:
    ids = [capture.id for capture in captures]
    return list(db.session.scalars(select(Refund).where(Refund.capture_id.in_(ids)).order_by(Refund.id)))


def _story(
    order: Order, attempts: Sequence[Attempt], back: Sequence[Refund], disputed: Sequence[Dispute]
) -> list[Happening]:
    """Return what happened to an order, its pay pages, its refunds and its disputes, oldest first."""
    events = list(db.session.scalars(select(OrderEvent).where(OrderEvent.order_id == order.id)))
    pages = list(
        db.session.scalars(select(AttemptEvent).where(AttemptEvent.attempt_id.in_([each.id for each in attempts])))
    )
    moved = list(db.session.scalars(select(RefundEvent).where(RefundEvent.refund_id.in_([each.id for each in back]))))
    asked = [event for dispute in disputed for event in dispute.events]
    off = order.reductions
    names = actors(each.by for group in (events, pages, moved, asked, off) for each in group)
    gateway = {each.id: each.gateway.capitalize() for each in attempts}
    amount = {each.id: money(each.amount_minor, each.capture.currency) for each in back}
    told = [(e.at, RANK[e.status], e.id, Happening(e.at, _order_words(e.status), names[e.by], e.note)) for e in events]
    told += [(e.at, 1, e.id, Happening(e.at, page_words(e.status, gateway[e.attempt_id]), names[e.by])) for e in pages]
    told += [(e.at, 4, e.id, Happening(e.at, refund_words(e.status, amount[e.refund_id]), names[e.by])) for e in moved]
    told += [(e.at, 3, e.id, Happening(e.at, went_off_words(order, e), names[e.by])) for e in off]
    told += [(e.at, 5, e.id, Happening(e.at, words.dispute(e.status), names[e.by], e.note)) for e in asked]
    return [happening for *_order, happening in sorted(told, key=lambda each: each[:3])]


def _order_words(status: OrderStatus) -> str:
    words: dict[OrderStatus, str] = {
        OrderStatus.PLACED: _("Placed"),
        OrderStatus.PAID: _("Paid"),
        OrderStatus.SHIPPED: _("Handed to the carrier"),
        OrderStatus.DELIVERED: _("Arrived"),
        OrderStatus.CANCELLED: _("Cancelled"),
    }
    return words[status]
