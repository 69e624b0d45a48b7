"""Products as the office writes them and as lists and pages read them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from sqlalchemy import Select, bindparam, delete, func, insert, select
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.interfaces import ORMOption

from shop.catalog import listing, materials
from shop.catalog.listing_models import ProductMaterial
from shop.catalog.materials import Material
from shop.catalog.models import Picture, Price, Product, ProductAddress, ProductStatus, Stock, Trade, Variant
from shop.db import db, run
from shop.errors import Conflict, Invalid, NotFound
from shop.money import CURRENCIES
from shop.users import audit
from shop.users.models import User
from shop.users.policy import covers

# What a bag, an order or a mail says of a product. The rest is long texts in three languages, which a joined
# statement would read again for every price of every line.
NAMES = (Product.slug, Product.title, Product.titles, Product.hsn, Product.centre_id)
ON_SALE = (Variant.on_sale, Product.status == ProductStatus.PUBLISHED)

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
    made_of: Sequence[Material] | None = None  # None: what the list of materials names plainly
    descriptions: Mapping[str, str] = field(default_factory=dict)
    materials_translated: Mapping[str, str] = field(default_factory=dict)
    care_translated: Mapping[str, str] = field(default_factory=dict)
    vendor: str = ""
    category: str = ""
    product_type: str = ""
    tags: Sequence[str] = ()
    seo_title: str = ""
    seo_description: str = ""
    option_names: Sequence[str] = ()
    note: str = ""


@dataclass(frozen=True)
class VariantText:
    """What the office writes about one variant; prices in minor units by currency.

    `options` holds a value for each of the product's options; `option` is for a product that names none.
    """

    sku: str
    option: str
    colour: str
    grams: int
    prices: Mapping[str, int]
    made_to_order: bool
    options: Sequence[str] = ()
    barcode: str = ""
    on_sale: bool = True


def create(slug: str, words: ProductText, *, centre_id: int, position: int = 0, at: datetime) -> Product:
    """Create a draft product."""
    slug = slug.strip().lower()
    if not SLUG.fullmatch(slug) or len(slug) > 80:
        raise Invalid("product.slug")
    once = select(ProductAddress.product_id).where(ProductAddress.slug == slug)
    if db.session.scalar(select(Product.id).where(Product.slug == slug).union_all(once)):
        raise Conflict("product.slug_taken", slug=slug)
    product = Product(slug=slug, status=ProductStatus.DRAFT, centre_id=centre_id, position=position, created_at=at)
    _write(product, words)
    db.session.add(product)
    db.session.flush()
    _note_materials(product, words)
    return product


def rewrite(product: Product, words: ProductText) -> None:
    """Replace what is written about a product."""
    _write(product, words)
    _note_materials(product, words)
    listing.renew(product)


def _write(product: Product, words: ProductText) -> None:
    hsn = words.hsn.replace(" ", "")
    if not words.title.strip() or not words.description.strip():
        raise Invalid("product.incomplete")
    if not HSN.fullmatch(hsn) and (hsn or product.status is ProductStatus.PUBLISHED):
        raise Invalid("product.hsn")
    if not 0 <= words.finish_days <= 365:
        raise Invalid("product.finish_days")
    product.title = _lines(words.title)
    product.titles = _translated(words.titles)
    product.description = _lines(words.description)
    product.descriptions = _translated(words.descriptions)
    product.materials = _lines(words.materials)
    product.materials_translated = _translated(words.materials_translated)
    product.care_translated = _translated(words.care_translated)
    product.care = _lines(words.care)
    product.size = _lines(words.size)
    product.hsn = hsn
    product.trade = words.trade
    product.finish_days = words.finish_days
    product.vendor = _lines(words.vendor)
    product.category = _lines(words.category)
    product.product_type = _lines(words.product_type)
    product.tags = list(words.tags)
    product.seo_title = _lines(words.seo_title)
    product.seo_description = _lines(words.seo_description)
    product.option_names = list(words.option_names)
    product.note = _lines(words.note)


def _note_materials(product: Product, words: ProductText) -> None:
    """Replace the materials that lists are narrowed by."""
    noted = materials.named_in(words.materials) if words.made_of is None else words.made_of
    db.session.execute(
        delete(ProductMaterial).where(ProductMaterial.product_id == product.id),
        execution_options={"synchronize_session": False},
    )
    rows = [{"product_id": product.id, "material": each} for each in dict.fromkeys(noted)]
    if rows:
        db.session.execute(insert(ProductMaterial), rows)


def made_of(product: Product) -> list[Material]:
    """Return the materials that lists are narrowed by, in the order of the enum."""
    noted = set(db.session.scalars(select(ProductMaterial.material).where(ProductMaterial.product_id == product.id)))
    return [each for each in Material if each in noted]


def _translated(words: Mapping[str, str]) -> dict[str, str]:
    return {language: text for language, given in sorted(words.items()) if (text := _lines(given))}


def _lines(text: str) -> str:
    """Return a text whose lines end in one way, whatever a browser or a spreadsheet sent."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


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
        position=len(product.variants),
        stock=Stock(on_hand=0, reserved=0),
    )
    _write_variant(variant, words)
    product.variants.append(variant)
    listing.renew(product)
    return variant


def rewrite_variant(variant: Variant, words: VariantText) -> None:
    """Replace what is written about a variant; its sku stays."""
    _write_variant(variant, words)
    listing.renew(variant.product)


def _write_variant(variant: Variant, words: VariantText) -> None:
    options = [value.strip() for value in words.options]
    variant.option = ", ".join(options) if options else words.option.strip()
    variant.options = options
    variant.colour = words.colour.strip()
    variant.grams = _positive(words.grams, "product.grams")
    variant.made_to_order = words.made_to_order
    variant.barcode = words.barcode.strip()
    variant.on_sale = words.on_sale
    _price(variant, words.prices)


def fit_options(product: Product) -> None:
    """Let variants follow the product's options; Invalid unless each has its own value for each of them.

    A first option takes what set each variant apart before it had a name; without options nothing has values.
    """
    names = product.option_names
    for variant in product.variants:
        if len(names) == 1 and not variant.options:
            variant.options = [variant.option]
        elif not names:
            variant.options = []
    values = [tuple(variant.options) for variant in product.variants]
    if any(len(each) != len(names) or not all(each) for each in values):
        raise Invalid("product.options")
    if names and len(set(values)) != len(values):
        raise Invalid("product.options_twice")


def set_prices(variant: Variant, prices: Mapping[str, int]) -> None:
    """Replace a variant's prices; one in rupees is required, others may be missing."""
    _price(variant, prices)
    listing.renew(variant.product)


def _price(variant: Variant, prices: Mapping[str, int]) -> None:
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
    if not product.hsn:
        raise Invalid("product.hsn")
    product.status = ProductStatus.PUBLISHED
    listing.renew(product, at=at)
    product.to_publish = False
    audit.record("products.publish", f"product:{product.id}", by=by, at=at)


def retire(product: Product, *, at: datetime, by: str) -> None:
    """Take a product off the shop; orders that name it keep it."""
    product.status = ProductStatus.RETIRED
    listing.renew(product)
    product.to_publish = False
    audit.record("products.retire", f"product:{product.id}", by=by, at=at)


def published(limit: int = 5_000) -> list[Product]:
    """Return what is sold, with pictures, prices, stock and availability loaded in three statements."""
    query = select(Product).where(Product.status == ProductStatus.PUBLISHED).order_by(Product.position, Product.id)
    return list(db.session.scalars(query.limit(limit).options(*_for_pages())).unique())


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


def by_slugs(slugs: Sequence[str]) -> list[Product]:
    """Return the products at some addresses, published or not."""
    return list(db.session.scalars(select(Product).where(Product.slug.in_(slugs)).options(*_for_pages())).unique())


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
    query = select(Variant).join(Product).where(Variant.sku == sku, *ON_SALE)
    return db.session.scalars(query).one_or_none()


def price_of(sku: str, currency: str) -> tuple[int, int | None] | None:
    """Return the number of a variant that is on sale now and its price in minor units, None if it has none in a
    currency; None if there is no such variant."""
    found = run(_priced(), {"by_sku": sku, "in_currency": currency}).one_or_none()
    return (found[0], found[1]) if found else None


@cache
def _priced() -> Select[int, int | None]:
    price = (Price.variant_id == Variant.id) & (Price.currency == bindparam("in_currency"))
    of = select(Variant.id, Price.amount_minor).join(Product).outerjoin(Price, price)
    return of.where(Variant.sku == bindparam("by_sku"), *ON_SALE)


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
