"""What happens to an order after it was placed: paid, cancelled, shipped, delivered.

Each change is one conditional UPDATE along ORDER_MOVES with a dated event. Paid is set once, here.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import cache

from sqlalchemy import ColumnElement, Select, bindparam, select, true, update
from sqlalchemy.orm import joinedload

from shop import mail
from shop.catalog import stock
from shop.catalog.models import Product, Reservation, ReservationStatus, Variant
from shop.catalog.products import NAMES
from shop.clock import india_date
from shop.db import adding, changed, db, run
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.ledger.posting import Leg, post
from shop.money import Money
from shop.orders import holding, paper_rows
from shop.orders.invoices import issue_invoice
from shop.orders.models import ORDER_MOVES, Order, OrderEvent, OrderLine, OrderStatus, Shipment
from shop.orders.seller import Seller
from shop.production import calling_off
from shop.production import orders as production
from shop.statuses import move
from shop.users.models import User
from shop.users.policy import whole_house


class Progress(StrEnum):
    """What a reader wants to know of an order; partly stored, partly derived from its reservations."""

    PLACED = "placed"
    IN_THE_MAKING = "in-the-making"
    READY = "ready"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


def mark_paid(order: Order, *, at: datetime, by: str) -> bool:
    """Mark an order paid, set its pieces aside and ask the workshop for the rest.

    Returns False, leaving the order paid but without pieces, if its hold had ended and what was sold from the shelf is
    gone: the caller asks whether it may be made (`make_late`), or gives the money back.
    """
    _move(order, OrderStatus.PAID, at=at, by=by, paid_at=at)
    lines = order.lines
    to_make = stock.allocate([line.reference for line in lines], at=at, by=by)
    if to_make is None:
        try:
            holding.reserve_again(lines, [line for line in lines if holding.was_to_be_made(line)], until=at)
        except Conflict:
            return False
    _set_going(order, lines, to_make, at=at, by=by)
    return True


def make_late(order: Order, ready_on: date, *, at: datetime, by: str) -> bool:
    """Have made what was gone when the money of a paid order came, by a new promise; False if it cannot be made now."""
    lines = lines_of(order)
    try:
        holding.reserve_again(lines, [line for line in lines if holding.may_be_made(line)], until=at)
    except Conflict:
        return False
    changed(update(Order).where(Order.id == order.id).values(promised_on=ready_on))
    db.session.refresh(order)
    _set_going(order, lines, None, at=at, by=by)
    return True


def _set_going(
    order: Order, lines: Sequence[OrderLine], to_make: dict[str, int] | None, *, at: datetime, by: str
) -> None:
    """Give a paid order its pieces, ask the workshop for those that are not there, and tell the customer."""
    if to_make is None:
        to_make = stock.allocate([line.reference for line in lines], at=at, by=by) or {}
    for line in lines:
        if line.reference in to_make:
            production.request(
                line.variant,
                to_make[line.reference],
                reference=line.reference,
                making_id=line.making_id,
                due_on=order.promised_on,
                at=at,
                by=by,
            )
    mail.enqueue("order_paid", f"order:{order.id}:paid", order.email, {"order_id": order.id}, at=at)


def cancel(order: Order, *, at: datetime, by: str, note: str | None = None) -> None:
    """Cancel an order that has not shipped: its pieces and its makers' shares go back, work not begun is called off."""
    _move(order, OrderStatus.CANCELLED, at=at, by=by, note=note)
    references = [line.reference for line in order.lines]
    asked = production.find_by_reference(references)
    calling_off.lock(asked)
    for work in asked:
        calling_off.call_off(work, work.quantity, at=at)
    stock.release(references, at=at, by=by)


def may_customer_cancel(order: Order, made: list[str] | None = None) -> bool:
    """Say whether the customer may still cancel: before any work has started and before shipping.

    `made` are the references of what is made for the order, for a caller who knows them already.
    """
    if order.status is OrderStatus.PLACED:
        return True
    if order.status is not OrderStatus.PAID:
        return False
    if made is None:  # what is not from the shelf; work that was begun for pieces that went off is for the shelf by now
        standing = stock.standing([line.reference for line in order.lines])
        made = [each.reference for each in standing if not each.from_stock]
    return not production.has_started(made)


def ship(
    order: Order, carrier: str, tracking: str, *, seen: int | None = None, at: datetime, by: str, seller: Seller
) -> Shipment:
    """Hand the parcel to a carrier: its invoice is issued, and what that says becomes a sale of what was prepaid.

    `seen`: how often the order had been reduced when whoever packed it looked; Conflict if more went off since.
    """
    carrier, tracking = parcel_of(carrier, tracking)
    _move(order, OrderStatus.SHIPPED, at=at, by=by)
    # Who takes something off at this moment waits for us; what went off before counts.
    db.session.expire(order, ["reductions"])
    if seen is not None and len(order.reductions) != seen:
        raise Conflict("order.reduced")
    shipment = Shipment(order_id=order.id, carrier=carrier, tracking=tracking, shipped_at=at, shipped_by=by)
    db.session.add(shipment)
    db.session.flush()
    stock.ship([line.reference for line in order.lines], f"shipment:{shipment.id}", at=at, by=by)
    invoice = issue_invoice(shipment, seller, at=at, by=by)
    earned = paper_rows.earned(invoice.document["rows"], "sales")
    post(
        f"shipment:{shipment.id}",
        "parcel shipped",
        [Leg(order.prepaid, code, Money(minor, order.currency)) for code, minor in earned.items() if minor],
        effective_on=india_date(at),
        at=at,
        by=by,
    )
    mail.enqueue("order_shipped", f"order:{order.id}:shipped", order.email, {"order_id": order.id}, at=at)
    return shipment


def parcel_of(carrier: str, tracking: str) -> tuple[str, str]:
    """Return a parcel's carrier and tracking number as they are kept; Invalid unless both are given."""
    carrier, tracking = carrier.strip(), tracking.strip()
    if not carrier or not tracking or len(carrier) > 60 or len(tracking) > 60:
        raise Invalid("shipment.incomplete")
    return carrier, tracking


def deliver(order: Order, *, at: datetime, by: str) -> None:
    """Note that the parcel has arrived."""
    _move(order, OrderStatus.DELIVERED, at=at, by=by)
    mine = update(Shipment).where(Shipment.order_id == order.id, Shipment.exchange_id.is_(None))
    changed(mine.values(delivered_at=at))
    mail.enqueue("order_delivered", f"order:{order.id}:delivered", order.email, {"order_id": order.id}, at=at)


def progress(order: Order, reservations: Sequence[Reservation]) -> Progress:
    """Return how far an order has come, derived from what stands for it."""
    if order.status is OrderStatus.PAID:
        ready = bool(reservations) and all(r.status is ReservationStatus.ALLOCATED for r in reservations)
        return Progress.READY if ready else Progress.IN_THE_MAKING
    return Progress(order.status.value)


def lines_of(order: Order) -> list[OrderLine]:
    """Return an order's lines with their variants."""
    return list(db.session.scalars(_lines(), {"of_order": order.id}))


def references_of(order_id: int) -> list[str]:
    """Return how floors below name the lines of an order."""
    ids = db.session.scalars(select(OrderLine.id).where(OrderLine.order_id == order_id).order_by(OrderLine.id))
    return [f"order-line:{line_id}" for line_id in ids]


@cache
def _lines() -> Select[OrderLine]:
    of_order = select(OrderLine).where(OrderLine.order_id == bindparam("of_order"))
    variant = joinedload(OrderLine.variant, innerjoin=True)
    named = variant.joinedload(Variant.product, innerjoin=True).load_only(*NAMES)
    return of_order.order_by(OrderLine.position).options(named)


def get_for_customer(number: str, key: str) -> Order:
    """Return the order of a link; NotFound unless both the number and its secret key fit."""
    order = db.session.scalars(_linked(), {"by_number": number, "by_key": key}).one_or_none()
    if order is None:
        raise NotFound("order.unknown")
    return order


@cache
def _linked() -> Select[Order]:
    return select(Order).where(Order.number == bindparam("by_number"), Order.key == bindparam("by_key"))


def seen_by(user: User, action: str = "orders.read") -> ColumnElement[bool]:
    """Return the condition for orders that a member of staff may see: those with something of her centre in them."""
    if whole_house(user, action):
        return true()
    hers = (
        select(OrderLine.order_id)
        .join(Variant, Variant.id == OrderLine.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(Product.centre_id == user.centre_id)
    )
    return Order.id.in_(hers)


def get_of(user: User, number: str) -> Order:
    """Return an order by its number for a member of staff; NotFound if nothing in it is of her centre."""
    order = db.session.scalars(select(Order).where(Order.number == number, seen_by(user))).one_or_none()
    if order is None:
        raise NotFound("order.unknown")
    return order


def is_all_of(user: User, order: Order, action: str = "orders.read") -> bool:
    """Say whether everything in an order is of a member of staff's own centre, or the whole house is hers."""
    if whole_house(user, action):
        return True
    others = (
        select(OrderLine.id)
        .join(Variant, Variant.id == OrderLine.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(OrderLine.order_id == order.id, Product.centre_id != user.centre_id)
    )
    return db.session.scalar(others.limit(1)) is None


def get_all_of(user: User, number: str) -> Order:
    """Return an order to cancel and give back; Refused if another centre's work hangs on it as well."""
    order = get_of(user, number)
    if not is_all_of(user, order):
        raise Refused("order.other_centre")
    return order


def _move(order: Order, to: OrderStatus, *, at: datetime, by: str, note: str | None = None, **values: object) -> None:
    if not move(order, ORDER_MOVES, to, **values):
        raise Conflict("order.moved_on", status=order.status.value)
    run(adding(OrderEvent), {"order_id": order.id, "status": to, "at": at, "by": by, "note": note})
