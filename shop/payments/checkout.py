"""Checkout in three parts: prepare (write, commit), send (ask the gateway), settle (write, commit).

`prepare` decides under the lock: it sees whether what the cart was priced by still stands, compares with
what the page showed, places the order and opens an attempt. Only the request that opened the attempt sends it; a second
click finds it and waits for its pay page. A process that dies between the parts leaves an attempt
that `recover` sends again under the same key.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import joinedload

from shop.clock import india_date
from shop.crashpoint import crashpoint
from shop.db import adding, db, run
from shop.errors import Conflict, Invalid
from shop.orders import cart as carts
from shop.orders import holding, placing, reckoning
from shop.orders.address import Address
from shop.orders.cart import Found
from shop.orders.locks import lock
from shop.orders.models import Order, OrderStatus
from shop.orders.reckoning import Reckoned
from shop.orders.seller import Seller
from shop.orders.shipping import Destination
from shop.payments.collect import move_attempt, move_by_id, note_attempt
from shop.payments.gateways import Gateway, GatewayRefused, GatewayUnknown, Page, PageLine, PageRequest
from shop.payments.models import OPEN_ATTEMPTS, Attempt, AttemptStatus


@dataclass(frozen=True)
class Prepared:
    """An order with its open attempt; `fresh` if this call opened it and so has to send it."""

    order: Order
    attempt_id: int
    fresh: bool

    @property
    def order_id(self) -> int:
        """Return the order's id."""
        return self.order.id


@dataclass(frozen=True)
class Sent:
    """What came of asking for a pay page: a page, a refusal, or nothing we can tell."""

    page: Page | None
    refused: bool


@dataclass(frozen=True)
class Wish:
    """What the checkout form asks: where, how to send, how to pay, the total it showed, and what else she says."""

    address: Address
    shipping_method: str
    gateway: str
    shown_minor: int
    language: str
    seen: str
    note: str = ""


def reckon(cart_key: str | None, wish: Wish, *, seller: Seller, at: datetime) -> Reckoned | None:
    """Price a cart for a wish, to be given to `prepare`; None if there is nothing to price, or no need any more.

    It is read before the lock, so that nobody waits for it; raises what `quote` does.
    """
    found = carts.find(cart_key)
    if found is None or found.order is not None:
        return None
    return _reckon(found, wish, seller=seller, at=at)


def _reckon(found: Found, wish: Wish, *, seller: Seller, at: datetime) -> Reckoned:
    to = Destination(wish.address.country, wish.address.state, wish.address.postcode)
    return reckoning.reckon(found, wish.shipping_method, to, seller=seller, at=at)


def prepare(
    cart_key: str | None,
    wish: Wish,
    *,
    hold: timedelta,
    seller: Seller,
    at: datetime,
    by: str = "customer",
    reckoned: Reckoned | None = None,
) -> Prepared:
    """Place the order of a cart and open its attempt, once however often it is asked.

    What was `reckoned` before holds as long as nothing that it rests on has moved.
    """
    standing = reckoning.standing(cart_key, at=at)  # a second click waits here, then finds the first one's order
    if standing is None:
        raise Invalid("cart.empty")
    known = placing.find_by_cart(standing.id) if standing.order_id is not None else None
    if known is not None:
        return reopen(known, wish.gateway, hold=hold, at=at, by=by)
    if reckoned is None or reckoned.basis != standing.basis:
        found = carts.find(cart_key)
        assert found is not None
        reckoned = _reckon(found, wish, seller=seller, at=at)
    if reckoned.quoted.fingerprint != wish.seen:
        raise Conflict("checkout.cart_changed")
    order = placing.place(
        standing,
        reckoned,
        wish.address,
        shown_minor=wish.shown_minor,
        note=wish.note,
        language=wish.language,
        hold_until=at + hold,
        at=at,
        by=by,
    )
    crashpoint("prepare.placed")
    return _open(order, wish.gateway, number=1, hold=hold, at=at, by=by)


def reopen(order: Order, gateway: str, *, hold: timedelta, at: datetime, by: str = "customer") -> Prepared:
    """Return the open attempt of an unpaid order, or open a new one and hold its pieces again."""
    lock(order)  # who asks at the same moment waits and finds this attempt
    if order.status is not OrderStatus.PLACED:
        raise Conflict("order.moved_on", status=order.status.value)
    standing = find_open(order)
    if standing is not None:
        return Prepared(order, standing.id, fresh=False)
    holding.hold_again(order, until=at + hold)
    count = db.session.scalar(select(func.count()).where(Attempt.order_id == order.id)) or 0
    return _open(order, gateway, number=count + 1, hold=hold, at=at, by=by)


def _open(order: Order, gateway: str, *, number: int, hold: timedelta, at: datetime, by: str) -> Prepared:
    attempt_id = run(
        adding(Attempt, "id"),
        {
            "order_id": order.id,
            "number": number,
            "gateway": gateway,
            "key": f"{order.number}-{number}",
            "status": AttemptStatus.REQUESTING,
            "amount_minor": order.total_minor,
            "currency": order.currency,
            "captured_minor": 0,
            "refund_reserved_minor": 0,
            "expires_at": at + hold,
            "created_at": at,
        },
    ).scalar_one()
    note_attempt(attempt_id, AttemptStatus.REQUESTING, at=at, by=by)
    crashpoint("prepare.opened")
    return Prepared(order, attempt_id, fresh=True)


def get_attempt(attempt_id: int) -> Attempt:
    """Return an attempt with its order and the order's lines, which is what a pay page is made of."""
    return db.session.scalars(_with_lines(), {"attempt": attempt_id}).unique().one()


@cache
def _with_lines() -> Select[Attempt]:
    of_order = joinedload(Attempt.order).joinedload(Order.lines)
    return select(Attempt).where(Attempt.id == bindparam("attempt")).options(of_order)


def page_request(attempt: Attempt, *, shop_url: str) -> PageRequest:
    """Return what the gateway is asked, from stored rows only, so that asking again asks the same."""
    order = attempt.order
    spoken = "" if order.language == "en" else f"/{order.language}"  # who pays comes back to her own language
    link = f"{shop_url}{spoken}/orders/{order.number}/{order.key}"
    lines = [
        PageLine(
            f"{line.title}, {line.option} × {line.quantity}" if line.option else f"{line.title} × {line.quantity}",
            line.total_minor,
        )
        for line in order.lines
    ]
    if order.shipping_minor:
        lines.append(PageLine("Delivery", order.shipping_minor))
    return PageRequest(
        key=attempt.key,
        amount_minor=attempt.amount_minor,
        currency=attempt.currency,
        lines=lines,
        description=f"Missing Bags order {order.number}, {india_date(order.placed_at):%d %b %Y}",
        email=order.email,
        name=order.name,
        phone=order.phone,
        return_url=f"{link}/return",
        cancel_url=link,
        expires_at=attempt.expires_at,
    )


def send(gateway: Gateway, asked: PageRequest, *, again_since: datetime | None) -> Sent:
    """Ask the gateway for the pay page; look for it first when asking again. Run with no transaction open."""
    try:
        page = gateway.find_page(asked.key, again_since) if again_since else None
        page = page or gateway.open_page(asked)
    except GatewayRefused:
        return Sent(None, refused=True)
    except GatewayUnknown:
        return Sent(None, refused=False)
    crashpoint("send.answered")
    return Sent(page, refused=False)


def settle(attempt_id: int, sent: Sent, *, at: datetime, by: str = "customer") -> None:
    """Store the pay page; a refusal ends the attempt and its hold, silence leaves it unknown."""
    if sent.page is not None:
        page = {"page_ref": sent.page.ref, "page_url": sent.page.url}
        move_by_id(attempt_id, AttemptStatus.PENDING, at=at, by=by, **page)
    elif sent.refused:
        attempt = db.session.get_one(Attempt, attempt_id)
        lock(attempt.order)
        if move_attempt(attempt, AttemptStatus.FAILED, at=at, by=by):
            holding.release_hold(attempt.order, at=at, by=by)
    else:
        move_by_id(attempt_id, AttemptStatus.UNKNOWN, at=at, by=by)
    crashpoint("settle.stored")


def end(attempt: Attempt, *, at: datetime, by: str) -> None:
    """Mark a page that was closed and looked at unpaid as expired, and give up its hold."""
    lock(attempt.order)
    if move_attempt(attempt, AttemptStatus.EXPIRED, at=at, by=by):
        holding.release_hold(attempt.order, at=at, by=by)


def find_open(order: Order) -> Attempt | None:
    """Return the one open attempt of an order, or None."""
    return db.session.scalars(_open_ones(), {"of_order": order.id}).one_or_none()


@cache
def _open_ones() -> Select[Attempt]:
    return select(Attempt).where(Attempt.order_id == bindparam("of_order"), Attempt.status.in_(OPEN_ATTEMPTS))
