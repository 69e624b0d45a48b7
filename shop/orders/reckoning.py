"""What an order will say, read and reckoned before the lock, and what stands under it.

Writers wait for one another, so a checkout reads and prices its bag beforehand. Under the lock one statement says
what the reckoning rests on: lines, prices, the HSN that the tax follows, what is on sale and on the shelf, the
tariff. Where any of it has moved in between, the bag is reckoned once more; an order never rests on what has changed.
How a product is made is the exception: a version published in those milliseconds counts from the next order on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select

from shop.catalog.models import Price, Product, Stock, Variant
from shop.clock import india_date
from shop.db import db, run
from shop.orders import breakdown, tariffs
from shop.orders.breakdown import Frozen, Piece
from shop.orders.cart import Found
from shop.orders.models import Cart, CartLine, Order
from shop.orders.quote import Quote, quote
from shop.orders.seller import Seller
from shop.orders.shipping import Destination

Basis = tuple[object, ...]


@dataclass(frozen=True)
class Reckoned:
    """What a cart costs, what its lines keep of each variant, and what both rest on."""

    quoted: Quote
    frozen: Mapping[int, Frozen]
    basis: Basis


@dataclass(frozen=True)
class Standing:
    """A cart as it stands under the lock, and the order that it has become."""

    id: int
    order_id: int | None
    basis: Basis


def reckon(found: Found, way: str, to: Destination, *, seller: Seller, at: datetime) -> Reckoned:
    """Price a cart for a destination and freeze what its order will keep; raises what `quote` does."""
    cart, on = found.cart, india_date(at)
    quoted = quote(cart, way, to, found.tariff, seller=seller, at=at)
    pieces = [_piece(line.variant) for line in quoted.lines]
    lines = [_line(line, cart.currency) for line in cart.lines]
    return Reckoned(
        quoted,
        breakdown.freeze(pieces, on=on, taxed=bool(quoted.seller_gstin)),
        (cart.id, cart.currency, on, found.tariff.version, *lines),
    )


def standing(key: str | None, *, at: datetime) -> Standing | None:
    """Keep others from a cart and return what stands there now, or None if there is none."""
    if not key or len(key) > 43:
        return None
    if db.engine.dialect.name == "postgresql":  # SQLite's writing unit is alone already
        run(_locking(), {"by_key": key})
    rows = run(_standing(), {"by_key": key}).all()
    if not rows:
        return None
    cart_id, order_id, currency, mark = rows[0][:4]
    lines = [tuple(row[4:]) for row in rows if row.variant_id is not None]
    return Standing(cart_id, order_id, (cart_id, currency, india_date(at), tariffs.of(mark).version, *lines))


def _line(line: CartLine, currency: str) -> Basis:
    """Return what `_standing` reads of a line, of one that was read before."""
    variant = line.variant
    enough = variant.stock.on_hand - variant.stock.reserved >= line.quantity
    return (
        variant.id, line.quantity, variant.on_sale, variant.made_to_order, variant.grams,
        variant.product.hsn, variant.price_in(currency), variant.price_in("INR"), enough,
    )  # fmt: skip


@cache
def _locking() -> Select[int]:
    return select(Cart.id).where(Cart.key == bindparam("by_key")).with_for_update()


@cache
def _standing() -> Select[*tuple[Any, ...]]:
    asked, rupees = Price.__table__.alias("asked"), Price.__table__.alias("rupees")
    return (
        select(
            Cart.id, Order.id, Cart.currency, tariffs.newest(),
            CartLine.variant_id, CartLine.quantity, Variant.on_sale, Variant.made_to_order, Variant.grams,
            Product.hsn, asked.c.amount_minor, rupees.c.amount_minor,
            Stock.on_hand - Stock.reserved >= CartLine.quantity,
        )
        .outerjoin(Order, Order.cart_id == Cart.id)
        .outerjoin(CartLine, CartLine.cart_id == Cart.id)
        .outerjoin(Variant, Variant.id == CartLine.variant_id)
        .outerjoin(Product, Product.id == Variant.product_id)
        .outerjoin(asked, (asked.c.variant_id == Variant.id) & (asked.c.currency == Cart.currency))
        .outerjoin(rupees, (rupees.c.variant_id == Variant.id) & (rupees.c.currency == "INR"))
        .outerjoin(Stock, Stock.variant_id == Variant.id)
        .where(Cart.key == bindparam("by_key"))
        .order_by(CartLine.id)
    )  # fmt: skip


def _piece(variant: Variant) -> Piece:
    """Return a variant by its price in rupees, which the makers' share is reckoned from in every currency."""
    return Piece(variant.id, variant.product_id, variant.product.hsn, variant.price_in("INR") or 0)
