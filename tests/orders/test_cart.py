"""The bag: what changes after an order was placed from it, taking out and putting back, and another currency."""

import re

from tests.cast import MESSENGER, TOTE, TOTE_RED, WALLET
from tests.conftest import both_databases
from tests.world import Browser, World


def sums(browser: Browser) -> list[str]:
    """Return every amount that the bag shows, lines first."""
    return re.findall(r'<span class="strong number">\s*([^<\s]+)', browser.get("/cart").text)


def order(world: World, browser: Browser) -> str:
    """Place the order of a bag and return its address."""
    form = {**world.checkout_form(browser), "payment_method": "razorpay"}
    answer = browser.post("/checkout", form)
    assert answer.status_code == 303, answer.text
    return answer.location.removesuffix("/pay")


@both_databases
def test_a_bag_that_became_an_unpaid_order_is_changed_in_a_copy_and_the_order_stays(world: World) -> None:
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    first = order(world, browser)
    assert browser.get("/checkout").location == first  # the order waits; nothing is ordered twice by going back
    assert "is not paid yet" in browser.get("/cart").text

    assert browser.post(f"/cart/lines/{TOTE}", {"quantity": "2"}).status_code == 303

    assert sums(browser) == ["₹1,498.00", "₹1,498.00"]
    second = order(world, browser)
    assert (world.order(first).items_minor, world.order(second).items_minor) == (74_900, 149_800)


def test_after_a_paid_order_the_bag_is_empty_and_begins_anew(world: World) -> None:
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    world.pay(order(world, browser))

    assert "There is nothing in it yet" in browser.get("/cart").text
    world.add_to_cart(browser, WALLET)
    assert sums(browser) == ["₹990.00", "₹990.00"]


def test_what_was_taken_out_can_be_put_back(world: World) -> None:
    browser = world.browser()
    world.add_to_cart(browser, TOTE, quantity=3)

    answer = browser.post(f"/cart/lines/{TOTE}", {"quantity": "0", "pieces": "3"})

    page = browser.get(answer.location).text
    assert "was taken out" in page and "There is nothing in it yet" in page
    again = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert again == {"sku": TOTE, "quantity": "3", "currency": "INR"}
    browser.post("/cart/lines", again)
    assert sums(browser) == ["₹2,247.00", "₹2,247.00"]


def test_another_currency_keeps_the_lines_or_says_what_is_not_sold_in_it(world: World) -> None:
    browser = world.browser()
    world.add_to_cart(browser, TOTE, quantity=2)

    browser.post("/cart/currency", {"currency": "GBP"})
    assert sums(browser) == ["£30.00", "£30.00"]
    browser.post("/cart/currency", {"currency": "USD"})
    world.add_to_cart(browser, TOTE_RED, currency="USD")
    browser.post("/cart/currency", {"currency": "EUR"})

    page = browser.get("/cart").text
    assert "Not everything in your bag is sold in EUR: MB-TOTE-MAD." in page
    assert sums(browser)[-1] == "$57.00"


def test_a_line_that_cannot_be_had_is_said_plainly_and_holds_the_checkout_back(world: World) -> None:
    browser = world.browser()
    world.add_to_cart(browser, WALLET, quantity=2)  # one is left, and it is not made to order
    page = browser.get("/cart").text

    assert "Only 1 are left. Please take fewer." in page
    assert 'href="/checkout"' not in page
    browser.post(f"/cart/lines/{WALLET}", {"quantity": "1"})
    world.add_to_cart(browser, MESSENGER)
    page = browser.get("/cart").text
    assert 'href="/checkout"' in page and "Made for you by" in page


def test_a_refusal_stands_beside_its_line_with_what_was_typed(world: World) -> None:
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    world.add_to_cart(browser, MESSENGER)
    for typed in ("21", "two"):
        answer = browser.post(f"/cart/lines/{TOTE}", {"quantity": typed})

        assert answer.status_code == 422
        assert f'value="{typed}"' in answer.text and f'aria-describedby="q-{TOTE}-error" autofocus' in answer.text
        assert answer.text.count("Please ") == 1 and f'id="q-{MESSENGER}" name="quantity" value="1"' in answer.text
    assert 'value="1"' in browser.get("/cart").text, "the bag is as it was"


def test_what_cannot_be_put_in_is_said_above_the_bag(world: World) -> None:
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    refused = [({"sku": MESSENGER, "currency": "USD"}, 409, "Your bag is in INR."),
               ({"sku": "none"}, 404, "We do not sell this"),
               ({"sku": MESSENGER, "quantity": "0"}, 422, "above zero")]  # fmt: skip
    for sent, status, said in refused:
        answer = browser.post("/cart/lines", sent)
        assert answer.status_code == status and said in answer.text
        assert f'id="q-{TOTE}"' in answer.text and 'role="alert"' in answer.text
    alone = world.browser().post("/cart/lines", {"sku": "none"})
    assert alone.status_code == 404 and "There is nothing in it yet." in alone.text


def test_a_bag_in_another_currency_leads_to_pages_in_it(world: World) -> None:
    browser = world.browser()
    browser.post("/cart/lines", {"sku": TOTE, "currency": "USD"})
    assert f"sku={TOTE}&amp;currency=USD" in browser.get("/cart").text
    found = browser.get("/search?q=tote&currency=USD").text
    assert '<input type="hidden" name="currency" value="USD">' in found
    assert 'data-suggest="/search/suggestions?currency=USD&amp;q="' in found
