"""The cart: what a visitor has put together. Adding is one upsert; nothing is held yet.

A cart that has become an order is never changed again. While that order is unpaid a change goes into
a copy, under a key of its own; once it is paid or cancelled the visitor begins with an empty bag.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Executable, Select, bindparam, delete, func, insert, literal, select, update
from sqlalchemy.orm import joinedload

from shop.catalog.models import Price, Variant
from shop.catalog.products import NAMES, price_of
from shop.db import adding, changed, db, run, upsert
from shop.errors import Conflict, Invalid, NotFound
from shop.money import CURRENCIES
from shop.orders import tariffs
from shop.orders.models import MOST_PER_LINE, Cart, CartLine, Order, OrderStatus
from shop.orders.shipping import Tariff

MOST_LINES = 30
KEPT = timedelta(days=60)  # after its last use, here and in the visitor's browser
GRAIN = timedelta(days=1)  # how exactly it is noted when a cart was last used


@dataclass(frozen=True)
class Found:
    """A cart with its lines, variants and prices, the order that it has become, and the tariff in force."""

    cart: Cart
    order: Order | None
    tariff: Tariff


def find(key: str | None) -> Found | None:
    """Return what stands behind a cookie, in one statement, or None."""
    if not key or len(key) > 43:
        return None
    row = db.session.execute(_whole(), {"by_key": key}).unique().one_or_none()
    return Found(row[0], row[1], tariffs.of(row[2])) if row is not None else None


@cache
def _whole() -> Select[Cart, Order, str]:
    variant = joinedload(Cart.lines).joinedload(CartLine.variant)
    return (
        select(Cart, Order, tariffs.newest())
        .outerjoin(Order, Order.cart_id == Cart.id)
        .where(Cart.key == bindparam("by_key"))
        .options(
            # said to be outer: an inner join nested in the outer ones would be read whole before anything is looked for
            variant.joinedload(Variant.product, innerjoin=False).load_only(*NAMES),
            variant.joinedload(Variant.prices),
            variant.joinedload(Variant.stock),
            variant.joinedload(Variant.availability),
        )
    )


def find_standing(key: str | None) -> Found | None:
    """Return the cart to show; None if it is empty, or if the order that it has become is settled."""
    found = find(key)
    if found is None or not found.cart.lines:
        return None
    settled = found.order is not None and found.order.status is not OrderStatus.PLACED
    return None if settled else found


def add(key: str | None, sku: str, quantity: int, currency: str, *, at: datetime) -> str:
    """Add pieces of a variant to a cart, opening one if need be, and return the cart's key."""
    if currency not in CURRENCIES:
        raise Invalid("cart.currency")
    if not 1 <= quantity <= MOST_PER_LINE:
        raise Invalid("cart.quantity", most=MOST_PER_LINE)
    found = price_of(sku, currency)
    if found is None:
        raise NotFound("cart.unknown_sku")
    variant_id, price = found
    if price is None:
        raise Invalid("cart.no_price", currency=currency)
    known = _find_for(key, currency, at=at)
    if known and at - known.touched_at > GRAIN:
        known.touched_at = at
    cart_id, cart_key = (known.id, known.key) if known else _open(currency, at=at)
    _put(cart_id, variant_id, quantity)
    if known and (db.session.scalar(select(func.count()).where(CartLine.cart_id == known.id)) or 0) > MOST_LINES:
        raise Invalid("cart.full", most=MOST_LINES)
    return cart_key


def _to_change(key: str | None, *, at: datetime) -> Cart | None:
    """Return the cart that a change goes into: a copy of one that has become an unpaid order."""
    if not key:
        return None
    found = db.session.execute(
        select(Cart, Order.status).outerjoin(Order, Order.cart_id == Cart.id).where(Cart.key == key)
    ).one_or_none()
    if found is None or found.status is None:
        return found[0] if found else None
    return copy(found[0], at=at) if found.status is OrderStatus.PLACED else None


def copy(cart: Cart, *, at: datetime) -> Cart:
    """Open a new cart that holds what another one holds."""
    fresh, _ = _open(cart.currency, at=at)
    lines = select(literal(fresh), CartLine.variant_id, CartLine.quantity).where(CartLine.cart_id == cart.id)
    db.session.execute(insert(CartLine).from_select(["cart_id", "variant_id", "quantity"], lines.order_by(CartLine.id)))
    return db.session.get_one(Cart, fresh)


def _find_for(key: str | None, currency: str, *, at: datetime) -> Cart | None:
    known = _to_change(key, at=at)
    if known is not None and known.currency != currency:
        if db.session.scalar(select(CartLine.id).where(CartLine.cart_id == known.id).limit(1)):
            raise Conflict("cart.other_currency", currency=known.currency)
        known.currency = currency
    return known


def _open(currency: str, *, at: datetime) -> tuple[int, str]:
    """Open an empty cart and return its id and its key."""
    key = secrets.token_urlsafe(32)
    cart_id: int = run(
        adding(Cart, "id"), {"key": key, "currency": currency, "created_at": at, "touched_at": at}
    ).scalar_one()
    return cart_id, key


def _put(cart_id: int, variant_id: int, quantity: int) -> None:
    values = {"cart_id": cart_id, "variant_id": variant_id, "quantity": quantity}
    if run(_putting(db.engine.dialect.name), values).one_or_none() is None:
        raise Invalid("cart.quantity", most=MOST_PER_LINE)


@cache
def _putting(dialect: str) -> Executable:
    line = upsert(CartLine)
    more = CartLine.quantity + line.excluded.quantity
    return line.on_conflict_do_update(
        index_elements=["cart_id", "variant_id"], set_={"quantity": more}, where=more <= MOST_PER_LINE
    ).returning(CartLine.id)


def set_quantity(key: str | None, sku: str, quantity: int, *, at: datetime) -> str:
    """Set how many of a variant are in the cart, zero takes it out; return the cart's key."""
    if not 0 <= quantity <= MOST_PER_LINE:
        raise Invalid("cart.quantity", most=MOST_PER_LINE)
    cart = _to_change(key, at=at)
    variant_id = db.session.scalar(select(Variant.id).where(Variant.sku == sku))
    if cart is None or variant_id is None:
        raise NotFound("cart.unknown_sku")
    line = (CartLine.cart_id == cart.id, CartLine.variant_id == variant_id)
    if quantity == 0:
        changed(delete(CartLine).where(*line))
    else:
        found = changed(update(CartLine).where(*line).values(quantity=quantity))
        if found != 1:
            raise NotFound("cart.unknown_sku")
    changed(update(Cart).where(Cart.id == cart.id).values(touched_at=at))
    return cart.key


def change_currency(key: str | None, currency: str, *, at: datetime) -> str:
    """Price the same lines in another currency and return the cart's key.

    Conflict, naming what is missing, if something in it is not sold in that currency.
    """
    if currency not in CURRENCIES:
        raise Invalid("cart.currency")
    cart = _to_change(key, at=at)
    if cart is None:
        raise NotFound("cart.empty")
    priced = select(Price.variant_id).where(Price.variant_id == Variant.id, Price.currency == currency).exists()
    unsold = db.session.scalars(
        select(Variant.sku)
        .join(CartLine, CartLine.variant_id == Variant.id)
        .where(CartLine.cart_id == cart.id, ~priced)
        .order_by(Variant.sku)
    ).all()
    if unsold:
        raise Conflict("cart.not_in_currency", currency=currency, skus=", ".join(unsold))
    changed(update(Cart).where(Cart.id == cart.id).values(currency=currency, touched_at=at))
    return cart.key


def forget(*, before: datetime, limit: int) -> int:
    """Forget carts that nobody touched since a moment and that never became an order; return how many."""
    ordered = select(Order.id).where(Order.cart_id == Cart.id).exists()
    old = select(Cart.id).where(Cart.touched_at < before, ~ordered).order_by(Cart.touched_at).limit(limit)
    return changed(delete(Cart).where(Cart.id.in_(old)))
