"""The cart: what a visitor has put together. Adding is one upsert; nothing is held yet."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import joinedload

from shop.catalog.models import Variant
from shop.catalog.products import find_variant
from shop.db import changed, db, upsert
from shop.errors import Conflict, Invalid, NotFound
from shop.money import CURRENCIES
from shop.orders.models import MOST_PER_LINE, Cart, CartLine, Order

MOST_LINES = 30
GRAIN = timedelta(days=1)  # how exactly it is noted when a cart was last used


def find(key: str | None, *, lock: bool = False) -> Cart | None:
    """Return the cart of a cookie with its lines, variants and prices, or None; `lock` keeps others from it."""
    if not key or len(key) > 43:
        return None
    query = (
        select(Cart)
        .where(Cart.key == key)
        .options(
            joinedload(Cart.lines).joinedload(CartLine.variant).joinedload(Variant.prices),
            joinedload(Cart.lines).joinedload(CartLine.variant).joinedload(Variant.stock),
            joinedload(Cart.lines).joinedload(CartLine.variant).joinedload(Variant.availability),
        )
    )
    if lock:
        query = query.with_for_update(of=Cart)
    return db.session.scalars(query).unique().one_or_none()


def add(key: str | None, sku: str, quantity: int, currency: str, *, at: datetime) -> str:
    """Add pieces of a variant to a cart, opening one if need be, and return the cart's key."""
    if currency not in CURRENCIES:
        raise Invalid("cart.currency")
    if not 1 <= quantity <= MOST_PER_LINE:
        raise Invalid("cart.quantity", most=MOST_PER_LINE)
    variant = find_variant(sku)
    if variant is None:
        raise NotFound("cart.unknown_sku")
    if variant.price_in(currency) is None:
        raise Invalid("cart.no_price", currency=currency)
    known = _find_for(key, currency)
    if known and at - known.touched_at > GRAIN:
        known.touched_at = at
    cart = known or _open(currency, at=at)
    _put(cart.id, variant.id, quantity)
    if known and (db.session.scalar(select(func.count()).where(CartLine.cart_id == known.id)) or 0) > MOST_LINES:
        raise Invalid("cart.full", most=MOST_LINES)
    return cart.key


def _find_for(key: str | None, currency: str) -> Cart | None:
    known = db.session.scalars(select(Cart).where(Cart.key == key)).one_or_none() if key else None
    if known is not None and known.currency != currency:
        if db.session.scalar(select(CartLine.id).where(CartLine.cart_id == known.id).limit(1)):
            raise Conflict("cart.other_currency", currency=known.currency)
        known.currency = currency
    return known


def _open(currency: str, *, at: datetime) -> Cart:
    cart = Cart(key=secrets.token_urlsafe(32), currency=currency, created_at=at, touched_at=at)
    db.session.add(cart)
    db.session.flush()
    return cart


def _put(cart_id: int, variant_id: int, quantity: int) -> None:
    line = upsert(CartLine).values(cart_id=cart_id, variant_id=variant_id, quantity=quantity)
    put = db.session.execute(
        line.on_conflict_do_update(
            index_elements=["cart_id", "variant_id"],
            set_={"quantity": CartLine.quantity + line.excluded.quantity},
            where=CartLine.quantity + line.excluded.quantity <= MOST_PER_LINE,
        ).returning(CartLine.id)
    ).one_or_none()
    if put is None:
        raise Invalid("cart.quantity", most=MOST_PER_LINE)


def set_quantity(key: str | None, sku: str, quantity: int, *, at: datetime) -> None:
    """Set how many of a variant are in the cart; zero takes it out."""
    if not 0 <= quantity <= MOST_PER_LINE:
        raise Invalid("cart.quantity", most=MOST_PER_LINE)
    cart_id = db.session.scalar(select(Cart.id).where(Cart.key == key)) if key else None
    variant_id = db.session.scalar(select(Variant.id).where(Variant.sku == sku))
    if cart_id is None or variant_id is None:
        raise NotFound("cart.unknown_sku")
    line = (CartLine.cart_id == cart_id, CartLine.variant_id == variant_id)
    if quantity == 0:
        changed(delete(CartLine).where(*line))
    else:
        found = changed(update(CartLine).where(*line).values(quantity=quantity))
        if found != 1:
            raise NotFound("cart.unknown_sku")
    changed(update(Cart).where(Cart.id == cart_id).values(touched_at=at))


def forget(*, before: datetime, limit: int) -> int:
    """Forget carts that nobody touched since a moment and that never became an order; return how many."""
    ordered = select(Order.id).where(Order.cart_id == Cart.id).exists()
    old = select(Cart.id).where(Cart.touched_at < before, ~ordered).order_by(Cart.touched_at).limit(limit)
    return changed(delete(Cart).where(Cart.id.in_(old)))
