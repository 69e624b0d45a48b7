"""How customers of the demo buy: the carts of a day, its pay pages, and its payments, each by the verb a page calls.

What a day's customers do is done in a few writing units together; the gateways are asked in between, with none open.
"""

from collections.abc import Sequence
from shop import phases
from shop.demo.people import DOMAIN
from shop.demo.shoppers import Wish
from shop.demo.stage import Stage
from shop.orders import cart as carts
from shop.orders.address import check
from shop.orders.quote import quote
from shop.orders.shipping import Destination
from shop.payments import checkout, collect


def buy(stage: Stage, wishes: Sequence[Wish]) -> list[int]:
    """Let customers place and pay their orders on this day; return the orders' ids."""
    if not wishes:
        return []
    in_turn = sorted(wishes, key=lambda wish: wish.minute)
    with stage.unit():
        placed = [_place(stage, wish) for wish in in_turn]
        orders = [prepared.order_id for prepared in placed]
        asked = [(p.attempt_id, w, checkout.page_request(checkout.get_attempt(p.attempt_id), shop_url=stage.terms.shop_url))
                 for p, w in zip(placed, in_turn, strict=True)]  # fmt: skip
    stage.set_gateways_clock()
    sent = [
        (attempt_id, wish, request.key, checkout.send(stage.counter.gateways[wish.gateway], request, again_since=None))
        for attempt_id, wish, request in asked
    ]
    with stage.unit():
        for attempt_id, _wish, _key, page in sent:
            checkout.settle(attempt_id, page, at=stage.clock.now())
    paid = []
    for _attempt_id, wish, key, page in sent:
        if wish.pays and page.page is not None:
            gateway, at = stage.counter.gateways[wish.gateway], stage.tick()
            stage.sandbox.pay(gateway.name, page.page.ref, at=int(at.timestamp()), quiet=True)
            paid += [(gateway, seen) for seen in gateway.payments_of_page(page.page.ref, key)]
    with stage.unit():
        for gateway, seen in paid:
            collect.apply_payment(gateway, seen, at=seen.at, by="customer")
    return orders


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
    quoted = quote(found.cart, way, to, found.tariff, seller_state=stage.terms.seller_state, at=at)
    asked = checkout.Wish(address, way, wish.gateway, quoted.total_minor, "en", quoted.fingerprint)
    return checkout.prepare(key, asked, hold=stage.terms.hold, seller_state=stage.terms.seller_state, at=at)


def lapse(stage: Stage) -> None:
    """Close the pay pages that nobody paid on, as the worker does."""
    stage.set_gateways_clock()
    phases.lapse(stage.counter)
