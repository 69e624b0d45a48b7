"""Signing in as a browser does it: a passkey is made, used as second step and as step-up; a page warns and closes."""

import re
from datetime import timedelta
from typing import Any

from playwright.sync_api import Browser, Page, expect

from shop.db import db
from shop.users.passkeys import Passkey
from tests.cast import ARTISANS, PASSWORD
from tests.world import World


def test_a_passkey_is_made_and_opens_the_office_and_what_matters(world: World, served: str, chromium: Browser) -> None:
    served = served.replace("127.0.0.1", "localhost")  # browsers know passkeys by a name, never by a number
    page = chromium.new_context().new_page()
    _with_authenticator(page)
    _sign_in(page, served)
    page.goto(served + "/manager/me/second-factor")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("What you call it").fill("Desk")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Codes for your paper")).to_be_visible()
    expect(page.locator(".codes code")).to_have_count(10)

    page.get_by_role("button", name="Sign out").click()
    _sign_in(page, served)
    expect(page).to_have_url(re.compile("/login/second-step"))
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(served + "/manager/")

    world.advance(timedelta(minutes=6))
    page.goto(served + "/manager/me/second-factor")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(served + "/manager/me/second-factor")
    with world.reading():
        key = db.session.query(Passkey).one()
        assert key.name == "Desk" and key.used_at == world.clock.now() and key.sign_count > 1


def test_a_passkey_of_another_device_does_not_open(world: World, served: str, chromium: Browser) -> None:
    served = served.replace("127.0.0.1", "localhost")
    page = chromium.new_context().new_page()
    first = _with_authenticator(page)
    _sign_in(page, served)
    page.goto(served + "/manager/me/second-factor")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator(".codes code")).to_have_count(10)
    page.get_by_role("button", name="Sign out").click()
    session, number = first
    session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": number})
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    _sign_in(page, served)
    page.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_role("alert")).to_be_visible()
    page.goto(served + "/manager/")
    expect(page).to_have_url(re.compile("/login"))


def test_her_money_page_warns_a_minute_before_and_one_tap_keeps_it(
    world: World, served: str, chromium: Browser
) -> None:
    page = _hers(chromium, served)
    page.goto(served + "/artisan/passbook")
    dialog = page.get_by_role("alertdialog")
    expect(dialog).not_to_be_visible()

    page.clock.fast_forward(121_000)
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button")).to_be_focused()
    with page.expect_response("**/session") as kept:
        dialog.get_by_role("button").press("Enter")
    assert kept.value.status == 204
    expect(dialog).not_to_be_visible()

    page.clock.fast_forward(121_000)
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    world.advance(timedelta(minutes=4))
    page.clock.fast_forward(61_000)
    expect(page).to_have_url(re.compile("/artisan/sign-in"))
    page.go_back()
    expect(page).not_to_have_url(re.compile("/passbook"))


def test_a_page_left_alone_asks_the_shop_nothing(world: World, served: str, chromium: Browser) -> None:
    page = _hers(chromium, served)
    page.goto(served + "/artisan/tasks")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.clock.fast_forward(9 * 60_000)

    expect(page.get_by_role("alertdialog")).to_be_visible()
    assert [url for url in asked if "/assets/" not in url] == []


AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def _with_authenticator(page: Page) -> tuple[Any, str]:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return session, made["authenticatorId"]


def _sign_in(page: Page, served: str) -> None:
    page.goto(served + "/login")
    page.get_by_label("E-mail address").fill("meera@test.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def _hers(chromium: Browser, served: str) -> Page:
    page = chromium.new_context(viewport={"width": 360, "height": 740}).new_page()
    page.clock.install()
    card, pin, _, _ = ARTISANS["Rina"]
    page.goto(served + "/artisan/sign-in")
    for name, value in (("card_number", card), ("pin", pin)):
        page.fill(f"[name={name}]", value)
        page.press(f"[name={name}]", "Enter")
    page.wait_for_url("**/artisan/")
    return page
