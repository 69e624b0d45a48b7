"""What stands before a bad input: each brings a world there and returns what the sending needs of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from shop.catalog import products
from tests.cast import ARTISANS, MESSENGER, PASSWORD, TOTE, WALLET
from tests.world import ABROAD, Browser, World

Stage = Any


def nothing(world: World) -> Browser:
    return world.browser()


def a_bag(world: World, sku: str = TOTE, quantity: int = 1, **fields: str) -> tuple[Browser, dict[str, str]]:
    """Return a browser before the checkout of a bag, and the form as it would send it."""
    browser = world.browser()
    world.add_to_cart(browser, sku, quantity)
    return browser, {**world.checkout_form(browser, **fields), "payment_method": "razorpay"}


def an_abroad_bag(world: World) -> tuple[Browser, dict[str, str]]:
    return a_bag(world, **ABROAD)


def an_unpaid_order(world: World) -> tuple[Browser, str]:
    return world.browser(), world.buy(TOTE, pay=False)


def a_paid_order(world: World) -> tuple[Browser, str]:
    return world.browser(), world.buy(TOTE)


def a_shipped_order(world: World) -> tuple[Browser, str]:
    link = world.buy(TOTE)
    form = {"carrier": "India Post", "tracking": "EB1IN"}
    answer = world.browser().sign_in("Meera").post(f"/manager/orders/{world.order(link).number}/shipment", form)
    assert answer.status_code == 303
    return world.browser(), link


def a_hold_that_ended(world: World) -> tuple[Browser, str]:
    """Return an order whose hold has lapsed, and whose last piece someone else has bought since."""
    link = world.buy(WALLET, pay=False)
    world.advance(timedelta(minutes=32))
    world.look_at_gateways()
    world.buy(WALLET)
    return world.browser(), link


def a_bag_changed_since(world: World) -> tuple[Browser, dict[str, str]]:
    browser, form = a_bag(world)
    world.add_to_cart(browser, MESSENGER)
    return browser, form


def a_price_changed_since(world: World) -> tuple[Browser, dict[str, str]]:
    browser, form = a_bag(world)
    with world.writing():
        variant = products.find_variant(TOTE)
        assert variant is not None
        products.set_prices(variant, {"INR": 75_000})
    return browser, form


def a_bag_of_what_someone_bought(world: World) -> tuple[Browser, dict[str, str]]:
    stage = a_bag(world, WALLET)
    world.buy(WALLET)
    return stage


def meera(world: World) -> Browser:
    return world.browser().sign_in("Meera")


def asha(world: World) -> Browser:
    return world.browser().sign_in_customer()


def asha_sure(world: World) -> Browser:
    """Return a customer who has just shown again who she is."""
    browser = asha(world)
    answer = browser.post("/step-up", {"password": PASSWORD})
    assert answer.status_code == 303
    return browser._with_token("/account")


def asha_with_an_open_order(world: World) -> Browser:
    world.buy(TOTE)
    return asha_sure(world)


def ruma(world: World) -> Browser:
    return world.browser().sign_in("Ruma")


def rina_after_five_guesses(world: World) -> Browser:
    browser = world.browser()
    for guess in ("111112", "111113", "111114", "111115", "111116"):
        browser.post("/artisan/sign-in", {"card_number": ARTISANS["Rina"][0], "pin": guess})
    return browser


def meera_after_five_guesses(world: World) -> Browser:
    browser = world.browser()
    for guess in range(5):
        browser.post("/login", {"email": "meera@test.example", "password": f"guess number {guess}"})
    return browser


def a_heard_webhook(gateway: str) -> Callable[[World], tuple[Browser, bytes]]:
    """Return a stage on which a payment was heard of; with it the webhook's body as it came."""

    def stage(world: World) -> tuple[Browser, bytes]:
        world.buy(TOTE, gateway=gateway)
        events = world.sandbox.deliveries(bodies=True)["events"]
        event = next(e for e in events if e["type"] in ("checkout.session.completed", "payment_link.paid"))
        return world.browser(), event["body"].encode()

    return stage
