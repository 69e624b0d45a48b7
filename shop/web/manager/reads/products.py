"""Products as the office writes them, with stock, prices, pictures and how they are made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from shop.catalog import products
from shop.catalog.exchange.cells import TRANSLATED
from shop.catalog.exchange.headings import LANGUAGES
from shop.catalog.models import Product, StockMovement, Variant
from shop.clock import india_date
from shop.db import db
from shop.money import CURRENCIES
from shop.production import making
from shop.production.models import Making, MakingEvent, ProductionOrder
from shop.users.models import User
from shop.web.edge import now, once
from shop.web.manager.forms import Filled, plain
from shop.web.manager.reads.designs import DesignPanel, design_panel
from shop.web.manager.reads.names import actors

MOST_STEPS = 7


@dataclass(frozen=True)
class ListedProduct:
    """One product of the list."""

    product: Product
    free: int
    on_hand: int
    asked: int
    has_making: bool

    @property
    def from_minor(self) -> int | None:
        """Return the lowest price in rupees, or None before there is one."""
        return min((p for variant in self.product.variants if (p := variant.price_in("INR"))), default=None)


def product_list(user: User) -> list[ListedProduct]:
    """Return the products of a member of staff with their stock."""
    found = products.of(user)
    written = making.current_ids([product.id for product in found])
    asked = _asked([variant.id for product in found for variant in product.variants])
    return [
        ListedProduct(
            product,
            sum(variant.stock.on_hand - variant.stock.reserved for variant in product.variants),
            sum(variant.stock.on_hand for variant in product.variants),
            sum(asked.get(variant.id, 0) for variant in product.variants),
            product.id in written,
        )
        for product in found
    ]


def _asked(variant_ids: Sequence[int]) -> dict[int, int]:
    rows = db.session.execute(
        select(ProductionOrder.variant_id, func.sum(ProductionOrder.quantity))
        .where(ProductionOrder.variant_id.in_(variant_ids))
        .where(ProductionOrder.finished_at.is_(None), ProductionOrder.cancelled_at.is_(None))
        .group_by(ProductionOrder.variant_id)
    )
    return {row[0]: int(row[1]) for row in rows}


@dataclass(frozen=True)
class Moved:
    """One movement of stock with who noted it."""

    movement: StockMovement
    sku: str
    by: str


@dataclass(frozen=True)
class ProductPage:
    """A product with everything the office can change about it; each form is shown as it was sent."""

    product: Product
    making: Making | None
    written_by: str | None
    approved_by: str | None
    proposal: "Proposal | None"
    refusal: "Refusal | None"
    asked: Mapping[int, int]
    moved: Sequence[Moved]
    design: DesignPanel
    forms: Mapping[str, Filled]

    def form(self, name: str) -> Filled:
        """Return one form of the page as it is shown."""
        return self.forms.get(name, Filled())

    @property
    def lacks(self) -> list[str]:
        """Return what a product still needs before it can be sold: variant, HSN, picture, making, and its approval."""
        here = {
            "variant": bool(self.product.variants),
            "hsn": bool(self.product.hsn),
            "picture": bool(self.product.pictures),
            "making": self.making is not None or self.proposal is not None,
            "approval": self.making is not None or self.proposal is None,
        }
        return [name for name, is_here in here.items() if not is_here]


def product_page(user: User, slug: str, sent: Mapping[str, Filled] | None = None) -> ProductPage:
    """Return a product of a member of staff; `sent` are the forms that came back with something to put right."""
    product = products.get_of(user, slug)
    current, proposed, declined = _versions(product)
    written = declined[0] if declined else current
    forms = {"words": words_of(product), "stock": Filled({"once": once()}), "making": steps_of(written)}
    names = actors(_who(current) + _who(proposed) + ([declined[1].by] if declined else []))
    return ProductPage(
        product,
        current,
        names[current.made_by] if current else None,
        names[current.approved_by] if current and current.approved_by else None,
        Proposal(proposed, names[proposed.made_by], proposed.made_by == user.actor) if proposed else None,
        Refusal(declined[0].version, declined[1].note or "", names[declined[1].by]) if declined else None,
        _asked([variant.id for variant in product.variants]),
        _moved(product),
        design_panel(user, product, today=india_date(now())),
        forms | dict(sent or {}),
    )


@dataclass(frozen=True)
class Proposal:
    """A version that waits for someone other than its writer."""

    making: Making
    written_by: str
    is_mine: bool


@dataclass(frozen=True)
class Refusal:
    """Why the newest version was declined, and by whom."""

    version: int
    why: str
    by: str


def _versions(product: Product) -> tuple[Making | None, Making | None, tuple[Making, MakingEvent] | None]:
    """Return the version in force, the one that waits, and the newest if it was declined."""
    proposed = making.find_proposed(product.id)
    return making.find_current(product.id), proposed, None if proposed else making.find_declined(product.id)


def _who(version: Making | None) -> list[str]:
    return [] if version is None else [version.made_by, *([version.approved_by] if version.approved_by else [])]


@dataclass(frozen=True)
class VariantPage:
    """One variant with its form, or the form of a new one."""

    product: Product
    variant: Variant | None
    form: Filled


def variant_page(user: User, slug: str, sku: str | None, sent: Filled | None) -> VariantPage:
    """Return a variant of a member of staff's product; without a sku, a new one."""
    product = products.get_of(user, slug)
    if sku is None:
        return VariantPage(product, None, sent or Filled({"made_to_order": "yes", "sku": _next_sku(product)}))
    variant = products.get_variant(product, sku)
    return VariantPage(product, variant, sent or variant_of(variant))


def words_of(product: Product) -> Filled:
    """Return the form of what is written about a product, filled from it."""
    plain_fields = (
        "title", "description", "materials", "care", "size", "hsn", "vendor", "category", "product_type",
        "seo_title", "seo_description", "note",
    )  # fmt: skip
    values = {name: str(getattr(product, name)) for name in plain_fields}
    values["made_of"] = " ".join(products.made_of(product))
    values |= {"tags": ", ".join(product.tags), "option_names": ", ".join(product.option_names)}
    for field, column in TRANSLATED.items():
        translated: Mapping[str, str] = getattr(product, column)
        values |= {f"{field}_{code}": translated.get(code, "") for code in LANGUAGES}
    return Filled(values | {"trade": product.trade.value, "finish_days": str(product.finish_days)})


def variant_of(variant: Variant) -> Filled:
    """Return the form of a variant, filled from it."""
    values = {"option": variant.option, "colour": variant.colour, "grams": str(variant.grams)}
    values |= {f"option_{number}": value for number, value in enumerate(variant.options, 1)}
    values |= {"barcode": variant.barcode, "not_on_sale": "" if variant.on_sale else "yes"}
    for currency in CURRENCIES:
        minor = variant.price_in(currency)
        values[f"price_{currency}"] = "" if minor is None else plain(minor)
    return Filled(values | {"made_to_order": "yes" if variant.made_to_order else ""})


def steps_of(current: Making | None) -> Filled:
    """Return the form of a making, filled from the version in force."""
    values = {}
    for step in current.steps if current else []:
        values[f"step_{step.position}"] = step.name.value
        values[f"minutes_{step.position}"] = str(step.minutes)
        values[f"rate_{step.position}"] = plain(step.rate_minor)
    return Filled(values)


def _next_sku(product: Product) -> str:
    return "MB-" + product.slug.upper()[:30] + (f"-{len(product.variants) + 1}" if product.variants else "")


def _moved(product: Product) -> list[Moved]:
    skus = {variant.id: variant.sku for variant in product.variants}
    query = select(StockMovement).where(StockMovement.variant_id.in_(skus)).order_by(StockMovement.id.desc()).limit(12)
    found = list(db.session.scalars(query))
    names = actors(movement.by for movement in found)
    return [Moved(movement, skus[movement.variant_id], names[movement.by]) for movement in found]
