"""Products as the office writes them and as lists and pages read them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from shop.catalog.models import Picture, Price, Product, ProductAddress, ProductStatus, Stock, Trade, Variant
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound
from shop.money import CURRENCIES
from shop.users import audit
from shop.users.models import User
from shop.users.policy import covers

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SKU = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
HSN = re.compile(r"[0-9]{4}([0-9]{2}([0-9]{2})?)?")


@dataclass(frozen=True)
class ProductText:
    """What the office writes about a product."""

    title: str
    description: str
    materials: str
    care: str
    size: str
    hsn: str
    trade: Trade
    finish_days: int
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class VariantText:
    """What the office writes about one variant; prices in minor units by currency."""

    sku: str
    option: str
    colour: str
    grams: int
    prices: Mapping[str, int]
    made_to_order: bool


def create(slug: str, words: ProductText, *, centre_id: int, position: int = 0, at: datetime) -> Product:
    """Create a draft product."""
    slug = slug.strip().lower()
    if not SLUG.fullmatch(slug) or len(slug) > 80:
        raise Invalid("product.slug")
    once = select(ProductAddress.product_id).where(ProductAddress.slug == slug)
    if db.session.scalar(select(Product.id).where(Product.slug == slug).union_all(once)):
        raise Conflict("product.slug_taken", slug=slug)
    product = Product(
        slug=slug, status=ProductStatus.DRAFT, centre_id=centre_id, position=position, created_at=at, search_text=""
    )
    rewrite(product, words)
    db.session.add(product)
    db.session.flush()
    return product


def rewrite(product: Product, words: ProductText) -> None:
    """Replace what is written about a product."""
    hsn = words.hsn.replace(" ", "")
    if not words.title.strip() or not words.description.strip():
        raise Invalid("product.incomplete")
    if not HSN.fullmatch(hsn):
        raise Invalid("product.hsn")
    if not 0 <= words.finish_days <= 365:
        raise Invalid("product.finish_days")
    product.title = words.title.strip()
    product.titles = dict(words.titles)
    product.description = words.description.strip()
    product.materials = words.materials.strip()
    product.care = words.care.strip()
    product.size = words.size.strip()
    product.hsn = hsn
    product.trade = words.trade
    product.finish_days = words.finish_days
    product.search_text = searchable(
        " ".join([product.title, *product.titles.values(), product.materials, product.trade.value, product.description])
    )


def add_variant(product: Product, words: VariantText) -> Variant:
    """Add a variant with its prices and an empty shelf."""
    sku = words.sku.strip().upper()
    if not SKU.fullmatch(sku) or len(sku) > 40:
        raise Invalid("product.sku")
    if db.session.scalar(select(Variant.id).where(Variant.sku == sku)):
        raise Conflict("product.sku_taken", sku=sku)
    variant = Variant(
        product_id=product.id,
        sku=sku,
        option=words.option.strip(),
        colour=words.colour.strip(),
        grams=_positive(words.grams, "product.grams"),
        position=len(product.variants),
        made_to_order=words.made_to_order,
        stock=Stock(on_hand=0, reserved=0),
    )
    product.variants.append(variant)
    set_prices(variant, words.prices)
    db.session.flush()
    return variant


def rewrite_variant(variant: Variant, words: VariantText) -> None:
    """Replace what is written about a variant; its sku stays."""
    variant.option = words.option.strip()
    variant.colour = words.colour.strip()
    variant.grams = _positive(words.grams, "product.grams")
    variant.made_to_order = words.made_to_order
    set_prices(variant, words.prices)


def set_prices(variant: Variant, prices: Mapping[str, int]) -> None:
    """Replace a variant's prices; one in rupees is required, others may be missing."""
    if "INR" not in prices or not set(prices) <= set(CURRENCIES):
        raise Invalid("product.price")
    variant.prices = [
        Price(currency=currency, amount_minor=_positive(minor, "product.price"))
        for currency, minor in sorted(prices.items())
    ]


def publish(product: Product, *, at: datetime, by: str) -> None:
    """Put a product before the public; it needs a variant and a picture."""
    if not any(variant.on_sale for variant in product.variants) or not product.pictures:
        raise Invalid("product.not_ready")
    product.status = ProductStatus.PUBLISHED
    audit.record("products.publish", f"product:{product.id}", by=by, at=at)


def retire(product: Product, *, at: datetime, by: str) -> None:
    """Take a product off the shop; orders that name it keep it."""
    product.status = ProductStatus.RETIRED
    audit.record("products.retire", f"product:{product.id}", by=by, at=at)


def published(*, trade: Trade | None = None, words: str = "", limit: int = 60) -> list[Product]:
    """Return what the list shows, with pictures, prices, stock and availability loaded in three statements."""
    query = (
        select(Product)
        .where(Product.status == ProductStatus.PUBLISHED)
        .order_by(Product.position, Product.id)
        .limit(limit)
        .options(*_for_pages())
    )
    if trade is not None:
        query = query.where(Product.trade == trade)
    for word in searchable(words).split()[:8]:
        query = query.where(Product.search_text.contains(word, autoescape=True))
    return list(db.session.scalars(query).unique())


def trades_sold() -> list[Trade]:
    """Return the crafts that have something published, in the order of the enum."""
    sold = set(db.session.scalars(select(Product.trade).where(Product.status == ProductStatus.PUBLISHED).distinct()))
    return [trade for trade in Trade if trade in sold]


def first_of_each_trade() -> list[Product]:
    """Return one published product of each craft with its pictures, in the order of the enum."""
    firsts = (
        select(func.max(Product.id)).where(Product.status == ProductStatus.PUBLISHED).group_by(Product.trade)
    ).scalar_subquery()
    pictures = selectinload(Product.pictures).joinedload(Picture.renditions)
    found = db.session.scalars(select(Product).where(Product.id.in_(firsts)).options(pictures)).unique()
    return sorted(found, key=lambda product: list(Trade).index(product.trade))


def get_published(slug: str) -> Product:
    """Return a published product by its slug; NotFound otherwise."""
    product = (
        db.session.scalars(
            select(Product)
            .where(Product.slug == slug, Product.status == ProductStatus.PUBLISHED)
            .options(*_for_pages())
        )
        .unique()
        .one_or_none()
    )
    if product is None:
        raise NotFound("product.unknown")
    return product


def get_by_slug(slug: str) -> Product:
    """Return a product for the office, published or not; NotFound otherwise."""
    product = (
        db.session.scalars(select(Product).where(Product.slug == slug).options(*_for_pages())).unique().one_or_none()
    )
    if product is None:
        raise NotFound("product.unknown")
    return product


def all_products() -> list[Product]:
    """Return every product for the office, newest last."""
    return list(
        db.session.scalars(select(Product).order_by(Product.position, Product.id).options(*_for_pages())).unique()
    )


def of(user: User) -> list[Product]:
    """Return the products of a member of staff: her centre's, or all for house roles."""
    return [product for product in all_products() if covers(user, "catalogue.read", product.centre_id)]


def get_of(user: User, slug: str) -> Product:
    """Return a product of a member of staff, published or not; NotFound if it belongs to another centre."""
    product = get_by_slug(slug)
    if not covers(user, "catalogue.read", product.centre_id):
        raise NotFound("product.unknown")
    return product


def get_variant(product: Product, sku: str) -> Variant:
    """Return one variant of a product, on sale or not; NotFound otherwise."""
    for variant in product.variants:
        if variant.sku == sku:
            return variant
    raise NotFound("product.unknown")


def find_variant(sku: str) -> Variant | None:
    """Return a variant that is on sale now by its sku, or None."""
    query = (
        select(Variant)
        .join(Product)
        .where(Variant.sku == sku, Variant.on_sale, Product.status == ProductStatus.PUBLISHED)
        .options(joinedload(Variant.prices))
    )
    return db.session.scalars(query).unique().one_or_none()


def searchable(text: str) -> str:
    """Return text as it is searched: one spelling of each letter (NFKC), lower case, words only."""
    flat = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text)).casefold()
    kept = [c if unicodedata.category(c)[0] in "LMN" else " " for c in flat]
    return " ".join("".join(kept).split())


def _for_pages() -> tuple[ORMOption, ...]:
    variants = selectinload(Product.variants)
    return (
        variants.joinedload(Variant.prices),
        variants.joinedload(Variant.stock),
        variants.joinedload(Variant.availability),
        selectinload(Product.pictures).joinedload(Picture.renditions),
    )


def _positive(number: int, message_id: str) -> int:
    if not 0 < number < 10**10:
        raise Invalid(message_id)
    return number
