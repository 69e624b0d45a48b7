"""What the orders' floor holds of a customer: told to her in full, and taken away once it may be.

An order keeps its number, lines, amounts, tax and place of supply, which the books and the tax
office need; who it was for, how to reach her and where it went are replaced by neutral values.
An order that is still under way, or may still be returned, keeps them until it is settled.
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import selectinload

from shop.db import changed, db
from shop.orders import customers, lifecycle, reductions, returns, thanks
from shop.orders.address_models import SavedAddress
from shop.orders.models import Order, OrderEvent, OrderStatus, Shipment
from shop.orders.return_models import Return, ReturnEvent
from shop.orders.window import Window
from shop.users.models import User

NEUTRAL = "erased"


class Holds(StrEnum):
    """Why an order cannot let go of its customer yet."""

    UNPAID = "unpaid"
    OPEN = "open"
    ON_ITS_WAY = "on-its-way"
    MAY_RETURN = "may-return"
    REFUND_DUE = "refund-due"


@dataclass(frozen=True)
class Hold:
    """An order that stands in the way of erasing, and why."""

    number: str
    why: Holds


def of_person(user: User | None, email: str) -> ColumnElement[bool]:
    """Return the condition for the orders of an account, or of a guest by her address."""
    guest = and_(Order.customer_id.is_(None), Order.email == email.strip().lower())
    return or_(customers.hers(user), guest) if user is not None else guest


def orders_of(which: ColumnElement[bool]) -> list[Order]:
    """Return the orders of a person with all that hangs on them, oldest first."""
    whole = (
        selectinload(Order.lines),
        selectinload(Order.events),
        selectinload(Order.shipments),
        selectinload(Order.papers),
    )
    return list(db.session.scalars(select(Order).where(which).order_by(Order.id).options(*whole)))


def holds(orders: Sequence[Order], window: Window, *, at: datetime) -> list[Hold]:
    """Return the orders that are not settled yet; one that was never paid does not count."""
    returning = set(returns.by_order(orders, open_only=True))
    found = [(order, Holds.MAY_RETURN if order.id in returning else _held(order, window, at)) for order in orders]
    return [Hold(order.number, why) for order, why in found if why is not None]


def _held(order: Order, window: Window, at: datetime) -> Holds | None:
    if order.status is OrderStatus.PAID:
        return Holds.OPEN
    end = window.end_of(order)
    if end is None or at > end:
        return None
    return Holds.ON_ITS_WAY if order.status is OrderStatus.SHIPPED else Holds.MAY_RETURN


def erase_orders(orders: Sequence[Order], *, at: datetime, by: str) -> None:
    """Replace everything in settled orders that tells whose they were; their links lead nowhere any more.

    What was placed and never paid is cancelled first, so that nobody can pay it afterwards.
    """
    for order in orders:
        if order.status is OrderStatus.PLACED:
            lifecycle.cancel(order, at=at, by=by)
    ids = [order.id for order in orders]
    if ids:
        db.session.execute(update(Order), [_nobodys(order_id) for order_id in ids])
    changed(update(OrderEvent).where(OrderEvent.order_id.in_(ids)).values(note=None))
    sent_back = select(Return.id).where(Return.order_id.in_(ids))
    changed(update(ReturnEvent).where(ReturnEvent.return_id.in_(sent_back)).values(note=None))
    changed(update(Shipment).where(Shipment.order_id.in_(ids)).values(tracking=NEUTRAL))
    thanks.erase_of(orders)
    db.session.expire_all()


def _nobodys(order_id: int) -> dict[str, int | str | None]:
    return {
        "id": order_id,
        "customer_id": None,
        "key": secrets.token_urlsafe(24),
        "email": f"erased-{secrets.token_hex(16)}@invalid",
        **dict.fromkeys(("phone", "name", "line1", "city"), NEUTRAL),
        **dict.fromkeys(("line2", "state", "postcode"), ""),
        "note": None,
    }


def erase_addresses(user: User) -> None:
    """Delete the addresses she saved."""
    changed(delete(SavedAddress).where(SavedAddress.customer_id == user.id))


def address_rows(user: User) -> Iterator[dict[str, Any]]:
    """Yield the addresses she saved."""
    for saved in reversed(customers.addresses_of(user)):
        yield {**{name: getattr(saved, name) for name in customers.PLACE}, "added_at": saved.added_at}


def order_rows(orders: Sequence[Order]) -> Iterator[dict[str, Any]]:
    """Yield orders as their customer may have them, with what she sent back of each and how she thanked."""
    reductions.read_for(orders)
    sent_back, thanked = returns.by_order(orders), thanks.by_order(orders)
    for order in orders:
        yield {**order_row(order, sent_back.get(order.id, [])), "thank_you": thanked.get(order.id)}


def order_row(order: Order, sent_back: Sequence[Return]) -> dict[str, Any]:
    """Return one order as its customer may have it: all but the secret of its link and our surrogate ids."""
    person = ("email", *customers.PLACE)
    money = ("currency", "items_minor", "shipping_minor", "total_minor", "tax_minor")
    return {
        "number": order.number,
        "status": order.status.value,
        "placed_at": order.placed_at,
        "paid_at": order.paid_at,
        "language": order.language,
        "promised_on": order.promised_on,
        "sent_by": order.shipping_method,
        "grams": order.grams,
        "arrives_from": order.arrives_from,
        "arrives_by": order.arrives_by,
        "note": order.note,
        "place_of_supply": order.place_of_supply,
        "goes_to": {name: getattr(order, name) for name in person},
        "money": {name: getattr(order, name) for name in money},
        "things": [
            {name: getattr(line, name) for name in ("sku", "title", "option", "quantity", "unit_minor", "total_minor")}
            for line in order.lines
        ],
        "went_off": [
            {name: getattr(off, name) for name in ("sku", "quantity", "minor", "at")} for off in order.reductions
        ],
        "events": [{"status": e.status.value, "at": e.at, "note": e.note} for e in order.events],
        "papers": [
            {name: getattr(paper, name) for name in ("number", "issued_on", "total_minor", "tax_minor")}
            | {"kind": paper.kind.value}
            for paper in order.papers
        ],
        "parcels": [
            {
                "carrier": parcel.carrier,
                "tracking": parcel.tracking,
                "shipped_at": parcel.shipped_at,
                "delivered_at": parcel.delivered_at,
            }
            for parcel in order.shipments
        ],
        "returns": [_return_row(each) for each in sent_back],
    }


def _return_row(asked: Return) -> dict[str, Any]:
    return {
        "status": asked.status.value,
        "reason": asked.reason.value,
        "asked_at": asked.asked_at,
        "wish": asked.wish.value,
        "given_back_minor": asked.refund_minor,
        "things": [{"sku": each.line.sku, "quantity": each.quantity} for each in asked.lines],
        "events": [{"status": event.status.value, "at": event.at, "note": event.note} for event in asked.events],
        "exchange": [{"status": event.status.value, "at": event.at} for event in asked.exchange.events]
        if asked.exchange
        else [],
    }
