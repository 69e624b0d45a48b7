"""How customers of the demo buy: the carts of a day, its pay pages, and its payments, each by the verb a page calls.

What a day's customers do is written together; the gateways are asked in between, with no unit open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shop import phases
from shop.demo.people import DOMAIN
from shop.demo.shoppers import Wish
from shop.demo.stage import Stage
from shop.orders import cart as carts
from shop.orders.address import check
from shop.orders.quote import quote
from shop.orders.shipping import Destination
from shop.payments import checkout, collect
from shop.payments.gateways import PageRequest, PaymentSeen

TYPING = timedelta(minutes=4)  # from the pay page to the payment


@dataclass(frozen=True)
class Asked:
    """An order that was placed, and the pay page that is asked for it."""

    order_id: int
    attempt_id: int
    wish: Wish
    request: PageRequest
    placed_at: datetime


def place_all(stage: Stage, wishes: Sequence[Wish]) -> list[Asked]:
    """Let customers place their orders on this day, up to the pay page; in the open unit."""
    placed = [(wish, _place(stage, wish)) for wish in sorted(wishes, key=lambda wish: wish.minute)]
    return [
        Asked(
            prepared.order_id,
            prepared.attempt_id,
            wish,
            checkout.page_request(checkout.get_attempt(prepared.attempt_id), shop_url=stage.terms.shop_url),
            prepared.order.placed_at,
        )
        for wish, prepared in placed
    ]


def pay_all(stage: Stage, orders: Sequence[Asked]) -> None:
    """Open the pay pages, let those who wish pay there, and let the shop see it."""
    if not orders:
        return
    stage.commit()
    stage.set_gateways_clock(orders[0].placed_at)  # a page may not be asked for with less than its time left
    told = [(asked, *_at_gateway(stage, asked)) for asked in orders]
    stage.write()
    for asked, page, payments in told:
        checkout.settle(asked.attempt_id, page, at=asked.placed_at)
        for seen in payments:
            gateway = stage.counter.gateways[asked.wish.gateway]
            collect.apply_payment(gateway, seen, at=asked.placed_at + TYPING, by="customer")


def _at_gateway(stage: Stage, asked: Asked) -> tuple[checkout.Sent, list[PaymentSeen]]:
    """Do what happens on the gateway's side of one order: its page, and its payment."""
    gateway = stage.counter.gateways[asked.wish.gateway]
    sent = checkout.send(gateway, asked.request, again_since=None)
    assert sent.page is not None, f"{gateway.name} opens no page for {asked.request.key}"
    if not asked.wish.pays:
        return sent, []
    stage.sandbox.pay(gateway.name, sent.page.ref, at=int((asked.placed_at + TYPING).timestamp()), quiet=True)
    return sent, gateway.payments_of_page(sent.page.ref, asked.request.key)


def _place(stage: Stage, wish: Wish) -> checkout.Prepared:
    """Fill a cart and check out, up to the pay page."""
    at = stage.at_minute(wish.minute)
    key: str | None = None
    currency = wish.place.currency
    for sku, quantity in wish.items.items():
        key = carts.add(key, sku, quantity, currency, at=at)
    email = f"{wish.who.lower()}@{DOMAIN}"
    address, wrong = check({"email": email, "phone": "+919830012345", "name": wish.who, **wish.place.address})
    assert address is not None, wrong
    found = carts.find(key)
    assert found is not None
    way = "world-tracked" if wish.place.is_abroad else "india-standard"
    to = Destination(address.country, address.state, address.postcode)
    quoted = quote(found.cart, way, to, found.tariff, seller=stage.counter.seller, at=at)
    asked = checkout.Wish(address, way, wish.gateway, quoted.total_minor, "en", quoted.fingerprint)
    return checkout.prepare(key, asked, hold=stage.terms.hold, seller=stage.counter.seller, at=at)


def lapse(stage: Stage) -> None:
    """Close the pay pages that nobody paid on, as the worker does."""
    stage.commit()
    stage.set_gateways_clock()
    phases.lapse(stage.counter)
