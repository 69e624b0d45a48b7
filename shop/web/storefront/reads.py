"""What the storefront's pages show, each read by one function."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from shop.catalog import availability, products, stock
from shop.catalog.models import Picture, Product, Reservation, Trade, Variant
from shop.clock import india_date
from shop.db import db
from shop.errors import DomainError
from shop.orders import cart as carts
from shop.orders import lifecycle
from shop.orders.lifecycle import Progress
from shop.orders.models import Cart, Order, OrderLine, OrderStatus, Shipment
from shop.orders.quote import Destination, Quote, QuoteLine, quote
from shop.orders.shipping import METHODS, Method
from shop.payments.models import Attempt, AttemptStatus, Capture, Refund, RefundStatus
from shop.web.language import language


@dataclass(frozen=True)
class Card:
    """One product in a list."""

    title: str
    url: str
    picture: Picture | None
    minor: int
    currency: str
    days: int | None


@dataclass(frozen=True)
class Choice:
    """One variant on a product's page; `days` None: it cannot be had."""

    sku: str
    option: str
    minor: int
    days: int | None
    free: int
    picture: Picture | None


@dataclass(frozen=True)
class ProductPage:
    """A product with the variants that are sold in a currency."""

    product: Product
    title: str
    currency: str
    choices: list[Choice]
    chosen: Choice | None
    pictures: list[Picture]


@dataclass(frozen=True)
class CartPage:
    """A cart with what each line costs now."""

    cart: Cart
    items_minor: int
    pictures: dict[int, Picture]
    short: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class OrderPage:
    """An order as its customer sees it."""

    order: Order
    lines: list[OrderLine]
    progress: Progress
    shipment: Shipment | None
    attempt: Attempt | None
    paid_minor: int
    refunds: list[Refund]
    may_cancel: bool
    pictures: dict[int, Picture]

    @property
    def refunded_minor(self) -> int:
        """Return what has gone back already."""
        return sum(refund.amount_minor for refund in self.refunds if refund.status is RefundStatus.PROCESSED)


def cards(currency: str, *, trade: Trade | None = None, words: str = "", limit: int = 60) -> list[Card]:
    """Return the products a list shows, in four statements at most."""
    found = products.published(trade=trade, words=words, limit=limit)
    return [card for product in found if (card := _card(product, currency)) is not None]


def product_page(slug: str, currency: str, sku: str | None) -> ProductPage:
    """Return a product's page with one variant chosen; NotFound if it is not published."""
    product = products.get_published(slug)
    choices = [choice for variant in product.variants if (choice := _choice(product, variant, currency))]
    named = next((choice for choice in choices if choice.sku == sku), None)
    chosen = named or next((choice for choice in choices if choice.days is not None), choices[0] if choices else None)
    ids = {variant.id: variant.sku for variant in product.variants}
    pictures = [
        picture
        for picture in product.pictures
        if picture.variant_id is None or (chosen and ids.get(picture.variant_id) == chosen.sku)
    ]
    return ProductPage(product, product.title_in(language()), currency, choices, chosen, pictures)


def cart_page(key: str | None) -> CartPage | None:
    """Return a cart with its prices now, or None if there is nothing in it."""
    cart = carts.find(key)
    if cart is None or not cart.lines:
        return None
    items = sum((line.variant.price_in(cart.currency) or 0) * line.quantity for line in cart.lines)
    return CartPage(cart, items, _first_pictures([line.variant for line in cart.lines]))


def order_page(number: str, key: str) -> OrderPage:
    """Return an order by its link; NotFound unless number and key fit."""
    return page_of(lifecycle.get_for_customer(number, key))


def page_of(order: Order) -> OrderPage:
    """Return an order that was fetched through its customer."""
    lines = lifecycle.lines_of(order)
    standing: list[Reservation] = stock.standing([line.reference for line in lines])
    attempts = list(
        db.session.scalars(select(Attempt).where(Attempt.order_id == order.id).order_by(Attempt.id)).unique()
    )
    refunds = list(
        db.session.scalars(
            select(Refund)
            .join(Capture, Capture.id == Refund.capture_id)
            .join(Attempt, Attempt.id == Capture.attempt_id)
            .where(Attempt.order_id == order.id)
            .order_by(Refund.id)
        ).unique()
    )
    return OrderPage(
        order=order,
        lines=lines,
        progress=lifecycle.progress(order, standing),
        shipment=order.shipments[0] if order.status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED) else None,
        attempt=attempts[-1] if attempts else None,
        paid_minor=sum(attempt.captured_minor for attempt in attempts if attempt.status is AttemptStatus.CAPTURED),
        refunds=refunds,
        may_cancel=lifecycle.may_customer_cancel(order, [each.reference for each in standing if not each.from_stock]),
        pictures=_first_pictures([line.variant for line in lines]),
    )


def slugs() -> list[tuple[str, datetime]]:
    """Return every published product's slug and day, for the sitemap."""
    return [(product.slug, product.created_at) for product in products.published(limit=5_000)]


def _card(product: Product, currency: str) -> Card | None:
    sold = [
        (variant, minor) for variant in product.variants if variant.on_sale and (minor := variant.price_in(currency))
    ]
    if not sold:
        return None
    days = [days for variant, _ in sold if (days := availability.leaves_in_days(variant)) is not None]
    return Card(
        title=product.title_in(language()),
        url=url_for("storefront.product", slug=product.slug, currency=None if currency == "INR" else currency),
        picture=product.pictures[0] if product.pictures else None,
        minor=min(minor for _, minor in sold),
        currency=currency,
        days=min(days, default=None),
    )


def _choice(product: Product, variant: Variant, currency: str) -> Choice | None:
    minor = variant.price_in(currency)
    if minor is None or not variant.on_sale:
        return None
    picture = next((picture for picture in product.pictures if picture.variant_id == variant.id), None)
    return Choice(
        sku=variant.sku,
        option=variant.option,
        minor=minor,
        days=availability.leaves_in_days(variant),
        free=variant.stock.on_hand - variant.stock.reserved,
        picture=picture,
    )


def _first_pictures(variants: Sequence[Variant]) -> dict[int, Picture]:
    """Return variant id -> its own picture, or its product's first."""
    ids = {variant.product_id for variant in variants}
    found = list(
        db.session.scalars(
            select(Picture)
            .where(Picture.product_id.in_(ids))
            .order_by(Picture.position)
            .options(joinedload(Picture.renditions))
        ).unique()
    )
    pictures: dict[int, Picture] = {}
    for variant in variants:
        own = [p for p in found if p.product_id == variant.product_id]
        best = next((p for p in own if p.variant_id == variant.id), own[0] if own else None)
        if best is not None:
            pictures[variant.id] = best
    return pictures


@dataclass(frozen=True)
class Way:
    """One way to send a bag, with the total it makes and the tax inside."""

    method: Method
    total_minor: int
    tax_minor: int
    arrives: tuple[date, date]


@dataclass(frozen=True)
class CheckoutPage:
    """What the checkout shows: lines, and the total for each way of sending."""

    currency: str
    lines: list[QuoteLine]
    items_minor: int
    ways: list[Way]
    leaves_on: date
    seen: str
    pictures: dict[int, Picture]
    problem: DomainError | None


def checkout_page(key: str | None, *, seller_state: str, at: datetime) -> CheckoutPage | None:
    """Return the checkout of a cart, or None if there is nothing in it.

    A line that cannot be had is told as `problem`, with the rest of the page empty.
    """
    cart = carts.find(key)
    if cart is None or not cart.lines:
        return None
    home = Destination("IN", seller_state)
    try:
        quoted = quote(cart, None, home, seller_state=seller_state, at=at)
    except DomainError as error:
        return CheckoutPage(cart.currency, [], 0, [], india_date(at), "", {}, error)
    ways = [_way(quoted, method, home, seller_state, at) for method in METHODS if cart.currency in method.charges]
    variants = [line.variant for line in quoted.lines]
    return CheckoutPage(
        cart.currency,
        quoted.lines,
        quoted.items_minor,
        ways,
        quoted.leaves_on,
        quoted.fingerprint,
        _first_pictures(variants),
        None,
    )


def _way(quoted: Quote, method: Method, home: Destination, seller_state: str, at: datetime) -> Way:
    full = quoted.sent_by(method, home if method.zone == "IN" else Destination("GB", ""), seller_state, at=at)
    first, last = (full.leaves_on + timedelta(days=days) for days in (method.least_days, method.most_days))
    return Way(method, full.total_minor, full.tax_minor, (first, last))
