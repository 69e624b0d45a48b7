"""What the shop says of delivery and of sending back: from the rows that the checkout charges by, and to the end."""

import re
from datetime import timedelta
from html import unescape

import pytest

from shop.db import db
from shop.money import CURRENCIES
from shop.orders import lifecycle, tariffs
from shop.orders.models import Order
from shop.web.format import price
from tests.cast import SELLER, TOTE
from tests.conftest import both_databases
from tests.world import World

NO_SUCH_PIN = "560000-560009"


def text_of(page: str) -> str:
    """Return the words of a page without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def change_tariff(world: World) -> None:
    """Publish a tariff in which one charge, the days and the places that nobody serves are others than before."""
    with world.writing() as at:
        document = tariffs.document_of(tariffs.current())
        document["unserved"] = [NO_SUCH_PIN]
        document["countries"]["world"] = ["JP"]
        rate = next(each for each in document["rates"] if (each["way"], each["zone"]) == ("india-standard", "india"))
        rate["days"], rate["brackets"][0] = [6, 11], [500, {"INR": 4_321}]
        rate["brackets"] = rate["brackets"][:1]
        tariffs.publish(document, "test", follows=tariffs.current().version, at=at, by="user:1")


@both_databases
def test_the_page_of_delivery_names_every_charge_country_and_place_of_the_tariff_in_force(world: World) -> None:
    with world.reading():
        tariff = tariffs.current()
    shown = text_of(world.browser().get("/pages/shipping").text)
    with world.app.test_request_context("/"):
        for rate in tariff.rates:
            for bracket in rate.brackets:
                assert f"{bracket.up_to_grams // 1000} kg" in shown
                for code, minor in bracket.charges.items():
                    assert price(minor, code) in shown
    assert all(name in shown for name in ("Bangladesh", "United Kingdom", "Japan", "Australia"))
    assert all(code in shown for code in CURRENCIES)
    assert "900000–999999" in shown and "744000–744999" in shown
    assert f"{tariff.packing_grams} g for the box" in shown

    change_tariff(world)

    after = text_of(world.browser().get("/pages/shipping").text)
    assert "₹43.21 – – –" in after and "6 to 11 days" in after and "0.5 kg" in after
    assert "560000–560009" in after and "900000" not in after and "Australia" not in after


@both_databases
def test_a_product_says_beside_its_button_what_sending_and_sending_back_cost(world: World) -> None:
    browser = world.browser()
    before = text_of(browser.get("/products/kalka-tote").text)
    assert "Delivery within India from ₹70, 4 to 7 days on the road" in before
    assert "Send it back within 14 days after it arrived" in before
    assert "Tracked delivery abroad from $" in text_of(browser.get("/products/kalka-tote?currency=USD").text)

    change_tariff(world)

    assert "Delivery within India from ₹43.21, 6 to 11 days" in text_of(browser.get("/products/kalka-tote").text)


def test_a_place_of_supply_is_named_in_the_language_of_the_page(world: World) -> None:
    link = world.buy(TOTE)
    browser = world.browser()
    assert "supplied to West Bengal." in text_of(browser.get(link).text)
    assert "পশ্চিমবঙ্গ" in text_of(browser.get(f"/bn{link}").text)
    assert "पश्चिम बंगाल" in text_of(browser.get(f"/hi{link}").text)


@pytest.mark.parametrize(("late", "asked", "over"), [(timedelta(), True, False), (timedelta(seconds=1), False, True)])
def test_too_late_for_a_change_of_mind_the_order_s_page_says_what_holds_for_a_fault(
    world: World, late: timedelta, asked: bool, over: bool
) -> None:
    link = world.buy(TOTE)
    order_id = world.order(link).id
    with world.writing() as at:
        lifecycle.ship(db.session.get_one(Order, order_id), "India Post", "EB1", at=at, by="user:1", seller=SELLER)
    world.advance(timedelta(days=30) + late)

    page = world.browser().get(link).text

    assert ('action="' + link + '/returns"' in page) is asked
    assert ("your rights under the law go on beyond these days" in text_of(page)) is over
