"""What the bag and the checkout show, each read by one function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shop.catalog import availability
from shop.catalog.models import Picture, Variant
from shop.catalog.products import find_variant
from shop.clock import india_date
from shop.errors import DomainError
from shop.orders import cart as carts
from shop.orders.models import MOST_PER_LINE, Cart, CartLine, Order
from shop.orders.quote import Quote, QuoteLine, quote
from shop.orders.seller import Seller
from shop.orders.shipping import Destination, Method, Unsent
from shop.web.storefront.reads import first_pictures


@dataclass(frozen=True)
class BagLine:
    """A line of the bag as things stand now: `days` None if so many cannot be had, `left` how many can."""

    line: CartLine
    minor: int | None
    days: int | None
    left: int

    @property
    def can_be_had(self) -> bool:
        """Say whether this line could be ordered now."""
        return self.minor is not None and self.days is not None


@dataclass(frozen=True)
class CartPage:
    """A cart with what each line costs now, and the unpaid order that it has become."""

    cart: Cart
    order: Order | None
    lines: Sequence[BagLine]
    items_minor: int
    pictures: dict[int, Picture]

    @property
    def can_be_had(self) -> bool:
        """Say whether everything in it could be ordered now."""
        return all(line.can_be_had for line in self.lines)


def cart_page(key: str | None) -> CartPage | None:
    """Return a cart with its prices now, or None if there is nothing in it."""
    found = carts.find_standing(key)
    if found is None:
        return None
    cart, order = found.cart, found.order
    lines = [_line(line, cart.currency) for line in cart.lines]
    items = sum((each.minor or 0) for each in lines)
    return CartPage(cart, order, lines, items, first_pictures([line.variant for line in cart.lines]))


def _line(line: CartLine, currency: str) -> BagLine:
    variant = line.variant
    price = variant.price_in(currency) if variant.on_sale else None
    free = max(variant.stock.on_hand - variant.stock.reserved, 0)
    return BagLine(
        line,
        None if price is None else price * line.quantity,
        availability.leaves_in_days(variant, line.quantity),
        free,
    )


@dataclass(frozen=True)
class Way:
    """One way to send a bag, with the total it makes and the tax inside."""

    method: Method
    total_minor: int
    tax_minor: int
    arrives: tuple[date, date]


@dataclass(frozen=True)
class CheckoutPage:
    """What the checkout shows: lines, and the total for each way of sending them to where the form says.

    A line that cannot be had is told as `problem`, with the rest empty; `unsent` is why nothing goes there.
    """

    currency: str
    order: Order | None
    lines: Sequence[QuoteLine] = ()
    items_minor: int = 0
    grams: int = 0
    most_grams: int = 0
    ways: Sequence[Way] = ()
    leaves_on: date | None = None
    seen: str = ""
    served: Sequence[str] = ()
    pictures: dict[int, Picture] | None = None
    problem: DomainError | None = None
    unsent: Unsent | None = None


def checkout_page(key: str | None, to: Destination, *, seller: Seller, at: datetime) -> CheckoutPage | None:
    """Return the checkout of a cart for a destination, or None if there is nothing in it."""
    found = carts.find_standing(key)
    if found is None:
        return None
    cart, order, tariff = found.cart, found.order, found.tariff
    try:
        quoted = quote(cart, None, to, tariff, seller=seller, at=at)
    except DomainError as error:
        return CheckoutPage(cart.currency, order, leaves_on=india_date(at), served=tariff.served, problem=error)
    return CheckoutPage(
        cart.currency,
        order,
        lines=quoted.lines,
        items_minor=quoted.items_minor,
        grams=quoted.grams,
        most_grams=tariff.most_grams(to, seller.state),
        ways=[_way(quoted, method, to, seller, at) for method in quoted.ways(to, seller.state)],
        leaves_on=quoted.leaves_on,
        seen=quoted.fingerprint,
        served=tariff.served,
        pictures=first_pictures([line.variant for line in quoted.lines]),
        unsent=tariff.why_not(to, quoted.grams, cart.currency, seller_state=seller.state),
    )


def _way(quoted: Quote, method: Method, to: Destination, seller: Seller, at: datetime) -> Way:
    full = quoted.sent_by(method, to, seller, at=at)
    return Way(method, full.total_minor, full.tax_minor, full.arrives)


@dataclass(frozen=True)
class TakenOut:
    """What was just taken out of the bag."""

    variant: Variant
    pieces: int


def taken_out(sku: str, pieces: int | None) -> TakenOut | None:
    """Return what an address says was just taken out, or None."""
    variant = find_variant(sku) if sku and pieces and 1 <= pieces <= MOST_PER_LINE else None
    return TakenOut(variant, pieces) if variant and pieces else None
