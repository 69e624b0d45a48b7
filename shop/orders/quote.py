"""The quote: what a cart costs now, what tax is inside it, and when it can leave.

The checkout page shows it and placing computes it again; an order is only placed if both agree.
What a parcel costs to send comes from one version of the tariff, by its weight and where it goes.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from shop.catalog.models import PACKING_DAYS, Variant
from shop.clock import india_date
from shop.errors import Conflict, Invalid
from shop.orders import tax
from shop.orders.models import Cart
from shop.orders.seller import Seller
from shop.orders.shipping import Destination, Method, Tariff
from shop.production import leadtime, making


@dataclass(frozen=True)
class QuoteLine:
    """One variant of a quote: amounts in minor units of the quote's currency."""

    variant: Variant
    quantity: int
    unit_minor: int
    ready_in_days: int
    tax: list[tax.TaxPart]

    @property
    def total_minor(self) -> int:
        """Return the price of all pieces of this line."""
        return self.quantity * self.unit_minor


@dataclass(frozen=True)
class Quote:
    """What everything costs, to the paisa."""

    currency: str
    lines: list[QuoteLine]
    shipping_minor: int
    shipping_tax: list[tax.TaxPart]
    method: Method | None
    leaves_on: date
    grams: int
    tariff: Tariff
    seller_gstin: str

    def ways(self, to: Destination, seller_state: str) -> list[Method]:
        """Return the ways to send this parcel somewhere, cheapest first."""
        return self.tariff.ways(to, self.grams, self.currency, seller_state=seller_state)

    def sent_by(self, method: Method | None, to: Destination, seller: Seller, *, at: datetime) -> "Quote":
        """Return the same lines with carriage and tax for a way of sending and a destination."""
        on = india_date(at)

        def taxed(minor: int, hsn: str) -> list[tax.TaxPart]:
            return tax.inside(minor, hsn, on=on, country=to.country, state=to.state, seller=seller)

        lines = [replace(line, tax=taxed(line.total_minor, line.variant.product.hsn)) for line in self.lines]
        charge = method.charge_minor if method else 0
        hsns = [line.variant.product.hsn for line in lines]
        carriage = taxed(charge, tax.carriage_hsn(hsns, on)) if charge and seller.gstin else []
        return replace(self, lines=lines, shipping_minor=charge, shipping_tax=carriage, method=method)

    @property
    def arrives(self) -> tuple[date, date]:
        """Return the first and the last day on which the parcel should arrive, if a way is chosen."""
        assert self.method is not None
        first, last = self.method.least_days, self.method.most_days
        return self.leaves_on + timedelta(days=first), self.leaves_on + timedelta(days=last)

    @property
    def items_minor(self) -> int:
        return sum(line.total_minor for line in self.lines)

    @property
    def total_minor(self) -> int:
        return self.items_minor + self.shipping_minor

    @property
    def fingerprint(self) -> str:
        """Return what the parcel is and which tariff prices it, so that a page can tell whether either has changed."""
        lines = (f"{line.variant.id}x{line.quantity}@{line.unit_minor}" for line in self.lines)
        text = ";".join((*lines, f"{self.grams}g", f"tariff {self.tariff.version}"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def tax_minor(self) -> int:
        parts = [part for line in self.lines for part in line.tax] + self.shipping_tax
        return sum(part.amount_minor for part in parts)


def quote(
    cart: Cart, way: str | None, destination: Destination, tariff: Tariff, *, seller: Seller, at: datetime
) -> Quote:
    """Price a cart for a destination, by a way of sending or by none yet.

    Invalid if the cart is empty or the way does not go there, Conflict if a line cannot be had.
    """
    if not cart.lines:
        raise Invalid("cart.empty")
    days = _days(cart)
    bare = Quote(
        currency=cart.currency,
        lines=[
            QuoteLine(line.variant, line.quantity, _unit_price(line.variant, cart.currency), days[line.variant_id], [])
            for line in cart.lines
        ],
        shipping_minor=0,
        shipping_tax=[],
        method=None,
        leaves_on=india_date(at) + timedelta(days=max(days.values())),
        grams=tariff.grams_of((line.quantity, line.variant.grams) for line in cart.lines),
        tariff=tariff,
        seller_gstin=seller.gstin,
    )
    method = tariff.get_way(way, destination, bare.grams, cart.currency, seller_state=seller.state) if way else None
    return bare.sent_by(method, destination, seller, at=at)


def _unit_price(variant: Variant, currency: str) -> int:
    price = variant.price_in(currency)
    if price is None or not variant.on_sale:
        raise Conflict("cart.not_sold", sku=variant.sku)
    return price


def _days(cart: Cart) -> dict[int, int]:
    """Return variant -> days until it can leave; the workshop is asked afresh for what the shelf lacks."""
    short = [line for line in cart.lines if line.variant.stock.on_hand - line.variant.stock.reserved < line.quantity]
    known = making.current_ids([line.variant.product_id for line in short]) if short else {}
    for line in short:
        if not line.variant.made_to_order or line.variant.product_id not in known:
            left = line.variant.stock.on_hand - line.variant.stock.reserved
            raise Conflict("stock.short", left=left, sku=line.variant.sku)
    to_make = leadtime.ready_in_days([line.variant_id for line in short]) if short else {}
    return {line.variant_id: PACKING_DAYS + to_make.get(line.variant_id, 0) for line in cart.lines}
