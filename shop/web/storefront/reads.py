"""What the storefront's pages show, each read by one function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import BigInteger, Select, bindparam, exists, select
from sqlalchemy.orm import aliased, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from shop.artisans import publication
from shop.catalog import availability, products, stock
from shop.catalog.exchange.cells import picture_of
from shop.catalog.models import Picture, Product, Reservation, Trade, Variant
from shop.db import db
from shop.orders import invoices, lifecycle, paper_rows, tariffs
from shop.orders.invoice_models import Invoice
from shop.orders.lifecycle import Progress
from shop.orders.models import Order, OrderLine, OrderStatus, Shipment
from shop.orders.reduction_models import Reduction
from shop.orders.shipping import AT_HOME, INDIA, Method, Tariff
from shop.payments import late
from shop.payments.late_models import LateQuestion
from shop.payments.models import Attempt, AttemptStatus, Capture, Refund, RefundAgain
from shop.web import thing_words
from shop.web.language import language
from shop.web.storefront import gallery
from shop.web.storefront.options import Option, options_of
from shop.web.storefront.size_drawing import SizeDrawing, size_drawing

SENT = (OrderStatus.SHIPPED, OrderStatus.DELIVERED)


@dataclass(frozen=True)
class Choice:
    """One variant on a product's page; `days` None: it cannot be had."""

    sku: str
    option: str
    options: tuple[str, ...]
    colour: str
    minor: int
    days: int | None
    free: int
    picture: Picture | None
    grams: int


@dataclass(frozen=True)
class ProductPage:
    """A product with the variants that are sold in a currency."""

    product: Product
    title: str
    currency: str
    choices: list[Choice]
    chosen: Choice | None
    options: list[Option]
    pictures: list[Picture]
    size: SizeDrawing | None

    @property
    def gallery(self) -> list[tuple[Picture, gallery.Place]]:
        """Return the pictures, each with its place."""
        return list(zip(self.pictures, gallery.places(len(self.pictures)), strict=True))


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
    papers: Sequence[Invoice] = ()
    late: LateQuestion | None = None

    @property
    def tax_minor(self) -> int:
        """Return the tax inside the order as it stands."""
        return paper_rows.tax_now(self.order)


@dataclass(frozen=True)
class CraftTile:
    """A craft with a picture of something made so."""

    trade: Trade
    picture: Picture


def craft_tiles() -> list[CraftTile]:
    """Return the crafts that have something published, each with one picture, in two statements."""
    firsts = products.first_of_each_trade()
    return [CraftTile(product.trade, product.pictures[0]) for product in firsts if product.pictures]


def product_page(slug: str, currency: str, sku: str | None) -> ProductPage:
    """Return a product's page with one variant chosen; NotFound if it is not published."""
    product = products.get_published(slug)
    choices = [choice for variant in product.variants if (choice := choice_of(product, variant, currency))]
    named = next((choice for choice in choices if choice.sku == sku), None)
    chosen = named or next((choice for choice in choices if choice.days is not None), choices[0] if choices else None)
    colours = {variant.id: variant.colour for variant in product.variants}  # a picture of one size is of them all
    pictures = [
        picture
        for picture in product.pictures
        if picture.variant_id is None or (chosen and colours.get(picture.variant_id) == chosen.colour)
    ]
    options = options_of(product.option_names, choices, chosen)
    size = size_drawing(product, chosen.options if chosen else (), currency)
    return ProductPage(product, product.title_in(language()), currency, choices, chosen, options, pictures, size)


@dataclass(frozen=True)
class Terms:
    """What holds for a product's page besides the product: until when it may be kept, and what sending costs."""

    until: datetime | None
    tariff: Tariff


def terms(*, at: datetime) -> Terms:
    """Return what holds for a product's page, in one statement."""
    *moments, mark = db.session.execute(select(*publication.next_changes(at=at), tariffs.newest())).one()
    return Terms(min(filter(None, moments), default=None), tariffs.of(mark))


def cheapest_way(tariff: Tariff, page: ProductPage) -> Method | None:
    """Return the cheapest way to send one piece: within India for rupees, abroad for another currency."""
    if page.chosen is None:
        return None
    ways = tariff.offers(tariff.grams_of([(1, page.chosen.grams)]), page.currency)
    fitting = [way for way in ways if (way.zone in AT_HOME) == (page.currency == "INR")]
    return min(fitting, key=lambda way: (way.charge_minor, way.zone != INDIA, way.most_days), default=None)


def order_page(number: str, key: str) -> OrderPage:
    """Return an order by its link; NotFound unless number and key fit."""
    return page_of(lifecycle.get_for_customer(number, key))


def page_of(order: Order) -> OrderPage:
    """Return an order that was fetched through its customer."""
    lines = lifecycle.lines_of(order)
    standing: list[Reservation] = stock.standing([line.reference for line in lines])
    attempts, has = _attempts(order)
    if not has.reductions:
        set_committed_value(order, "reductions", [])
    return OrderPage(
        order=order,
        lines=lines,
        progress=lifecycle.progress(order, standing),
        shipment=order.shipments[0] if order.status in SENT else None,
        attempt=attempts[-1] if attempts else None,
        paid_minor=sum(attempt.captured_minor for attempt in attempts if attempt.status is AttemptStatus.CAPTURED),
        refunds=_refunds(order) if has.refunds else [],
        may_cancel=lifecycle.may_customer_cancel(order, [each.reference for each in standing if not each.from_stock]),
        pictures=first_pictures([line.variant for line in lines]),
        papers=invoices.papers_of(order) if has.papers else [],
        late=late.find_open(order) if has.questions else None,
    )


@dataclass(frozen=True)
class Has:
    """What few orders have: asked once with the attempts, so that what is not there is not looked for."""

    reductions: bool
    refunds: bool
    papers: bool
    questions: bool


def _attempts(order: Order) -> tuple[list[Attempt], Has]:
    rows = db.session.execute(_attempts_and_rarities(), {"of_order": order.id}).all()
    has = [Has(reductions, refunds, papers, questions) for _, reductions, refunds, papers, questions in rows]
    return [row[0] for row in rows], has[0] if has else Has(True, True, True, True)


@cache
def _attempts_and_rarities() -> Select[Attempt, bool, bool, bool, bool]:
    of_order = bindparam("of_order", type_=BigInteger)
    paid = aliased(Attempt)
    refunded = exists().where(paid.order_id == of_order, Capture.attempt_id == paid.id, Refund.capture_id == Capture.id)
    return (
        select(
            Attempt,
            exists().where(Reduction.order_id == of_order),
            refunded,
            exists().where(Invoice.order_id == of_order),
            exists().where(LateQuestion.order_id == of_order),
        )
        .where(Attempt.order_id == of_order)
        .order_by(Attempt.id)
    )


def _refunds(order: Order) -> list[Refund]:
    query = (
        select(Refund)
        .join(Capture, Capture.id == Refund.capture_id)
        .join(Attempt, Attempt.id == Capture.attempt_id)
        .where(Attempt.order_id == order.id, Refund.id.not_in(select(RefundAgain.again_of_id)))
        .order_by(Refund.id)
    )
    return list(db.session.scalars(query).unique())


def choice_of(product: Product, variant: Variant, currency: str) -> Choice | None:
    """Return a variant as it is sold in a currency, or None if it is not."""
    minor = variant.price_in(currency)
    if minor is None or not variant.on_sale:
        return None
    return Choice(
        sku=variant.sku,
        option=thing_words.option(variant),
        options=tuple(variant.options),
        colour=variant.colour,
        minor=minor,
        days=availability.leaves_in_days(variant),
        free=variant.stock.on_hand - variant.stock.reserved,
        picture=picture_of(product, variant),
        grams=variant.grams,
    )


def first_pictures(variants: Sequence[Variant]) -> dict[int, Picture]:
    """Return variant id -> its own picture, or its product's first."""
    ids = {variant.product_id for variant in variants}
    found = list(db.session.scalars(_pictures(), {"products": list(ids)}).unique())
    pictures: dict[int, Picture] = {}
    for variant in variants:
        own = [p for p in found if p.product_id == variant.product_id]
        best = next((p for p in own if p.variant_id == variant.id), own[0] if own else None)
        if best is not None:
            pictures[variant.id] = best
    return pictures


@cache
def _pictures() -> Select[Picture]:
    of = Picture.product_id.in_(bindparam("products", expanding=True))
    return select(Picture).where(of).order_by(Picture.position).options(joinedload(Picture.renditions))
