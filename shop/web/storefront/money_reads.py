"""Where the money of one piece goes, as the product's page tells it: in its own statements, two of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from flask_babel import gettext as _

from shop.catalog.models import Product
from shop.clock import india_date
from shop.money import split
from shop.orders import breakdown
from shop.orders.breakdown import Basis, Breakdown, Part, Piece
from shop.web.format import digits
from shop.web.house import seller

STRIP, NARROWEST = 1_000, 20
NAMES: dict[Part, Callable[[], str]] = {
    Part.WAGES: lambda: _("Wages of the makers"),
    Part.SHARE: lambda: _("Their share of the sale"),
    Part.MATERIAL: lambda: _("Material"),
    Part.CENTRE: lambda: _("The centre: rooms, tools, training"),
    Part.PACKING: lambda: _("Packing"),
    Part.SHOP: lambda: _("The shop: people, pictures, reserve"),
    Part.FEE: lambda: _("Payment fee"),
    Part.TAX: lambda: _("Tax (GST)"),
}


@dataclass(frozen=True)
class Patch:
    """One part of a price: what it is for, paise, per cent to one place, and its place in the strip of 1000."""

    kind: Part
    name: str
    minor: int
    percent: str
    x: int
    width: int


@dataclass(frozen=True)
class Money:
    """Where the price of one piece in rupees goes; `foreign`: the page asks another currency."""

    price_minor: int
    makers_minor: int
    makers_percent: str
    patches: list[Patch]
    is_actual: bool
    units: int
    version: int
    foreign: bool

    @property
    def makers_width(self) -> int:
        """Return how much of the strip is the makers'."""
        return sum(patch.width for patch in self.patches if patch.kind in (Part.WAGES, Part.SHARE))


def of_product(product: Product, sku: str | None, currency: str, *, at: datetime) -> Money | None:
    """Return where the money of a variant goes, or None if the house has not said, or it is not sold in rupees."""
    variant = next((each for each in product.variants if each.sku == sku), None)
    price = variant.price_in("INR") if variant else None
    if variant is None or price is None:
        return None
    asked = Piece(variant.id, product.id, product.hsn, price)
    told = breakdown.of_pieces([asked], on=india_date(at), taxed=bool(seller().gstin))[variant.id]
    if told is None:
        return None
    return Money(
        price_minor=price,
        makers_minor=told.makers_minor,
        makers_percent=percent(told.makers_minor, price),
        patches=_patches(told),
        is_actual=told.basis is Basis.ACTUAL,
        units=told.units,
        version=told.version,
        foreign=currency != "INR",
    )


def _patches(told: Breakdown) -> list[Patch]:
    parts = {part: minor for part, minor in told.parts.items() if minor}
    return [
        Patch(part, NAMES[part](), minor, percent(minor, told.price_minor), x, width)
        for (part, minor), (x, width) in zip(parts.items(), along_strip(list(parts.values())), strict=True)
    ]


def along_strip(amounts: list[int]) -> list[tuple[int, int]]:
    """Cut the strip in proportion: where each part begins and how wide it is, none too narrow to be seen."""
    if not amounts:
        return []
    widths = [NARROWEST + width for width in split(STRIP - NARROWEST * len(amounts), amounts)]
    return list(zip(accumulate(widths, initial=0), widths, strict=False))


def percent(minor: int, whole: int) -> str:
    """Return a part of a whole in per cent with one place, rounded half up, in the page's digits."""
    tenths = (2_000 * minor + whole) // (2 * whole)
    return digits(f"{tenths // 10}.{tenths % 10}")
