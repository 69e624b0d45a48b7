"""The README's walk, in Chromium and without JavaScript: a bag is bought, made, checked, sent and paid for."""

import re

from playwright.sync_api import Browser, Page, expect

from shop.artisans import earnings, people
from shop.artisans.models import PayoutStatus
from shop.db import db
from shop.orders.models import OrderStatus
from tests.cast import ARTISANS, MESSENGER, PASSWORD
from tests.world import World


def test_a_rupee_falls_through_the_house_in_a_browser_without_javascript(
    world: World, served: str, chromium: Browser
) -> None:
    link = world.buy(MESSENGER)
    number = world.order(link).number
    office, hers = (_new_page(chromium, width) for width in (1280, 360))
    _sign_in(office, served, "meera")
    _sign_in_artisan(hers, served, "Rina")

    for step in ("Stitch", "Finish"):
        _offer(office, served, step)
        _make(hers, served)
        _check(office, served)
    _ship(office, served, number)
    _pay_out(chromium, office, hers, served)

    assert world.order(link).status is OrderStatus.SHIPPED
    with world.reading():
        rina = people.get_own(world.user("Rina"))
        statuses = set(db.session.scalars(db.text("SELECT status FROM payout")))
        assert earnings.can_take(rina).minor == 0
        assert statuses == {PayoutStatus.SETTLED.value}


def _new_page(chromium: Browser, width: int) -> Page:
    return chromium.new_context(java_script_enabled=False, viewport={"width": width, "height": 740}).new_page()


def _sign_in(page: Page, served: str, name: str) -> None:
    page.goto(f"{served}/login")
    page.fill("[name=email]", f"{name}@test.example")
    page.fill("[name=password]", PASSWORD)
    page.locator("main button[type=submit]").first.click()
    expect(page.get_by_role("heading", name="Today", exact=True)).to_be_visible()


def _sign_in_artisan(page: Page, served: str, name: str) -> None:
    card, pin, _, _ = ARTISANS[name]
    page.goto(f"{served}/artisan/sign-in")
    page.fill("[name=card_number]", card)
    page.locator("main form button").first.click()
    page.fill("[name=pin]", pin)
    page.locator("main form button").first.click()
    expect(page).to_have_title("খাতা")


def _offer(page: Page, served: str, step: str) -> None:
    page.goto(f"{served}/manager/board")
    page.get_by_role("link", name="Offer").first.click()
    expect(page.get_by_role("heading", name=f"Offer: {step} × 1")).to_be_visible()
    page.get_by_role("button", name="Offer to Rina").click()


def _make(page: Page, served: str) -> None:
    for act in ("acceptance", "start", "submission"):
        page.goto(f"{served}/artisan/")
        page.locator(f"form[action*='/{act}'] button").first.click()


def _check(page: Page, served: str) -> None:
    page.goto(f"{served}/manager/board/to-check")
    page.get_by_role("link", name=re.compile("Check")).first.click()
    for name, count in (("passed", "1"), ("rework", "0"), ("rejected", "0")):
        page.fill(f"[name={name}]", count)
    page.get_by_role("button", name="Save the check").click()


def _ship(page: Page, served: str, number: str) -> None:
    page.goto(f"{served}/manager/orders/{number}")
    page.fill("[name=carrier]", "India Post")
    page.fill("[name=tracking]", "EB123456789IN")
    page.get_by_role("button", name="Hand to the carrier").click()


def _pay_out(chromium: Browser, office: Page, hers: Page, served: str) -> None:
    hers.goto(f"{served}/artisan/")
    expect(hers.get_by_text("₹৯৮").first).to_be_visible()  # 84.50 for stitching, 13.50 for finishing
    office.goto(f"{served}/manager/payouts")
    office.get_by_role("button", name="Propose Rina").click()
    finance = _new_page(chromium, 1280)
    _sign_in(finance, served, "farida")
    finance.goto(f"{served}/manager/payouts")
    finance.locator("a[href*='/manager/payouts/']").first.click()
    finance.get_by_role("button", name="Approve ₹98.00").click()
    finance.get_by_role("button", name="Record ₹98.00 as sent").click()
    hers.goto(f"{served}/artisan/")
    hers.locator("form[action*='/answer'] button[value=yes]").click()
