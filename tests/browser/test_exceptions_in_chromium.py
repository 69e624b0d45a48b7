"""The page of exceptions on a small phone, without a script: every matter is told, and each is settled by its act."""

import os
import re
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from shop.orders.models import OrderStatus
from tests.browser.looking import Findings
from tests.payments.test_only_compared import compare, of_another_sum
from tests.payments.troubled import troubled
from tests.world import World

NARROW = {"width": 320, "height": 640}
SETTLED_BY = ("Give it back again", "Ask the gateway again", "Give it back", "Ask now", "Try it again")


def seen(page: Page, name: str) -> None:
    """Nothing is wider than the phone; with SHOTS=folder the page is drawn as well."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} is {wide} px wider than the phone"
    if folder := os.environ.get("SHOTS"):
        for width in (320, 768, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
        page.set_viewport_size(NARROW)


def office(world: World, chromium: Browser, served: str, *, script: bool) -> BrowserContext:
    """Return the browser of Farida, who is signed in."""
    context = chromium.new_context(viewport=NARROW, java_script_enabled=script)
    cookie = world.browser().sign_in("Farida").client.get_cookie("session")
    assert cookie is not None
    context.add_cookies([{"name": "session", "value": cookie.value, "url": served}])
    return context


def test_each_matter_is_settled_by_its_act_on_a_phone_without_a_script(
    world: World, served: str, chromium: Browser
) -> None:
    links, findings = troubled(world), Findings()
    looking = office(world, chromium, served, script=True).new_page()
    looking.goto(f"{served}/manager/")
    assert "came back from the bank" in looking.content()
    looking.goto(f"{served}/manager/exceptions")
    findings.look(looking)
    seen(looking, "exceptions")
    looking.goto(f"{served}/manager/orders/{world.order(links['disputed']).number}")
    findings.look(looking)
    seen(looking, "order-disputed")
    looking.goto(served + links["late"])
    findings.look(looking)
    seen(looking, "order-late")
    assert findings.bad == []

    page = office(world, chromium, served, script=False).new_page()
    page.goto(f"{served}/manager/exceptions")
    assert page.locator("section.panel").count() == 8
    for act in SETTLED_BY:
        buttons = page.get_by_role("button", name=act, exact=True).locator("visible=true")
        for _ in range(buttons.count()):
            buttons.first.click()
            world.work()
            page.goto(f"{served}/manager/exceptions")
    page.get_by_label("What you did or found").fill("sent the proof of sending")
    page.get_by_role("button", name="Write down what was done").click()
    page.get_by_text("Written down").wait_for()
    page.get_by_role("link", name="Give it back now").click()
    page.get_by_label("Why").fill("she rang")
    page.get_by_role("button", name=re.compile("Give back")).click()
    world.work()
    page.goto(f"{served}/manager/exceptions")

    told = page.locator("section.panel h2").all_inner_texts()
    assert len(told) == 1 and "A bank asks" in told[0], told  # only a bank ends that
    assert world.order(links["late"]).status is OrderStatus.CANCELLED


def test_what_the_comparison_alone_has_found_is_settled_beside_it_on_a_phone_without_a_script(
    world: World, served: str, chromium: Browser
) -> None:
    of_another_sum(world, "razorpay")
    compare(world)
    findings = Findings()
    looking = office(world, chromium, served, script=True).new_page()
    looking.goto(f"{served}/manager/gateways")
    findings.look(looking)
    seen(looking, "gateways-difference")
    assert findings.bad == []

    page = office(world, chromium, served, script=False).new_page()
    page.goto(f"{served}/manager/gateways")
    page.get_by_role("button", name="Give it back", exact=True).click()

    assert "It is on its way back" in page.content()
    assert page.get_by_role("button", name="Give it back", exact=True).count() == 0
    world.work()
