"""A customer's way from the front page to a paid order, in Chromium, with JavaScript and without."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from shop.orders.models import OrderStatus
from tests.world import ADDRESS, World


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
@pytest.mark.parametrize("width", [320, 1280])
def test_a_customer_buys_a_tote_and_comes_back_to_a_paid_order(
    world: World, served: str, chromium: Browser, javascript: bool, width: int
) -> None:
    context = chromium.new_context(java_script_enabled=javascript, viewport={"width": width, "height": 700})
    page = context.new_page()
    foreign: list[str] = []
    page.on("request", lambda request: foreign.append(request.url) if "127.0.0.1" not in request.url else None)

    _fill_the_bag(page, served)
    _check_out(page)
    page.get_by_role("button", name="Pay", exact=False).first.click()  # on the sandbox's own page

    expect(page.get_by_role("heading", name="Order MB-")).to_be_visible()
    expect(page.get_by_text("Ready to leave")).to_be_visible()
    assert world.order(page.url).status is OrderStatus.PAID
    assert foreign == []
    context.close()


def _fill_the_bag(page: Page, served: str) -> None:
    page.goto(served)
    page.get_by_role("link", name="See the bags").click()
    page.get_by_role("link", name="Kalka tote").click()
    page.get_by_role("button", name="Put in the bag").click()
    page.get_by_role("link", name="To the checkout").click()


def _check_out(page: Page) -> None:
    for name in ("name", "email", "phone", "line1", "postcode", "city"):
        page.fill(f"[name={name}]", ADDRESS[name])
    page.select_option("[name=state]", ADDRESS["state"])
    page.click("label[for=payment_method-razorpay]")
    page.locator("[data-pay]").click()
    page.wait_for_url("**/razorpay/pay/**", timeout=15_000)


def test_the_total_stays_in_sight_and_what_an_address_changes_follows_it(
    world: World, served: str, chromium: Browser
) -> None:
    page = chromium.new_page(viewport={"width": 320, "height": 700})
    _fill_the_bag(page, served)
    total, upi = page.locator("[data-total]"), page.get_by_text("UPI, card, net banking or wallet")
    expect(total).to_be_in_viewport()
    expect(upi).to_have_count(1)
    before = total.inner_text()

    page.select_option("[name=country]", "DE")

    expect(total).not_to_have_text(before)
    expect(total).to_have_text(re.compile("Total: ₹"))
    expect(upi).to_have_count(0)
    ask = page.get_by_role("button", name="Show delivery to this address")
    expect(ask).to_be_hidden()
    page.route("**/checkout", lambda route: route.abort())
    page.select_option("[name=country]", "FR")
    expect(ask).to_be_visible()
    page.close()


def test_suggestions_are_a_list_with_a_name(world: World, served: str, chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto(f"{served}/search")
    page.fill("[name=q]", "tot")
    expect(page.get_by_role("listbox", name="What are you looking for?")).to_be_visible()
    page.close()
