"""Her way out, in Chromium: the button, Shift three times, without JavaScript, on a network that fails, and Back."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from shop.users import sessions
from tests.cast import ARTISANS
from tests.web import artisan_life as life
from tests.world import World

WEATHER = re.compile(r"^https://mausam\.imd\.gov\.in/")
HERS = "/artisan/passbook"


class Phone:
    """A phone with a tab: what it asked of others is noted, and the weather answers from here."""

    def __init__(self, chromium: Browser, served: str, *, javascript: bool = True) -> None:
        self.context = chromium.new_context(java_script_enabled=javascript, viewport={"width": 360, "height": 640})
        self.context.route(WEATHER, self._weather)
        self.page: Page = self.context.new_page()
        self.served = served
        self.elsewhere: list[str] = []
        self.page.on("request", lambda request: None if served in request.url else self.elsewhere.append(request.url))

    def _weather(self, route: Route) -> None:
        self.referrer = route.request.headers.get("referer")
        route.fulfill(body="<!doctype html><title>Weather</title><h1>Rain</h1>", content_type="text/html")

    def sign_in(self) -> None:
        card, pin, _, _ = ARTISANS["Rina"]
        self.page.goto(f"{self.served}/artisan/sign-in")
        self.page.fill("[name=card_number]", card)
        self.page.locator("form.key button").last.click()
        self.page.fill("[name=pin]", pin)
        self.page.locator("form.key button").last.click()
        self.page.wait_for_url("**/artisan/")
        self.page.goto(self.served + HERS)
        expect(self.page.locator(".sum").first).to_contain_text("₹")

    def is_away(self) -> None:
        expect(self.page.get_by_role("heading", name="Rain")).to_be_visible()
        assert {url for url in self.elsewhere if not WEATHER.match(url)} == set()
        assert self.referrer is None

    def shows_nothing_after_back(self) -> None:
        for _step in range(3):
            self.page.go_back()
            self.page.wait_for_load_state()
            assert "₹" not in self.page.content()
            assert not re.search(r"/artisan/(passbook|tasks|mine)?$", self.page.url), self.page.url
            if self.page.url == "about:blank":
                return


@pytest.fixture
def phone(world: World, served: str, chromium: Browser) -> Iterator[Phone]:
    life.earn(world)
    phone = Phone(chromium, served)
    yield phone
    phone.context.close()


def ended(world: World) -> bool:
    """Whether her sign-in ends: the page is gone before the server has heard of it, so it is asked for a while."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with world.reading():
            if not sessions.standing_of(world.user("Rina").id, at=world.clock.now()):
                return True
        time.sleep(0.05)
    return False


def test_the_button_leads_away_and_back_shows_nothing(world: World, phone: Phone) -> None:
    phone.sign_in()
    assert phone.elsewhere == []

    phone.page.locator("#leave button").click()

    phone.is_away()
    assert ended(world)
    phone.shows_nothing_after_back()


def test_back_would_show_her_page_had_she_not_left(phone: Phone) -> None:
    """The negative control: without the button, Back leads to her passbook."""
    phone.sign_in()
    phone.page.goto("https://mausam.imd.gov.in/")

    phone.page.go_back()

    expect(phone.page.locator(".sum").first).to_contain_text("₹")


def test_shift_three_times_leads_away_and_says_how_often(world: World, phone: Phone) -> None:
    phone.sign_in()
    says = phone.page.locator("[data-leave-says]")

    for words in ("আর দু-বার", "আর এক বার"):
        phone.page.keyboard.press("Shift")
        expect(says).to_contain_text(words)
    phone.page.keyboard.press("Shift")

    phone.is_away()
    assert ended(world)
    phone.shows_nothing_after_back()


def test_shift_counts_only_alone_and_within_five_seconds(phone: Phone) -> None:
    phone.page.clock.install()
    phone.sign_in()
    says = phone.page.locator("[data-leave-says]")

    for _capital in range(4):
        phone.page.keyboard.press("Shift+A")
    phone.page.keyboard.press("Shift")
    phone.page.keyboard.press("Shift")
    phone.page.clock.run_for(5_100)
    expect(says).to_contain_text("বেরোনো হয়নি")
    phone.page.keyboard.press("Shift")
    phone.page.keyboard.press("b")
    phone.page.keyboard.press("Shift")
    phone.page.keyboard.press("Shift")

    expect(says).to_contain_text("আর এক বার")
    assert phone.page.url.endswith(HERS)


def test_the_page_is_empty_at_once_however_slow_the_weather_is(phone: Phone) -> None:
    phone.sign_in()
    look = "document.body.outerHTML"
    assert "₹" in phone.page.evaluate(look)

    body = phone.page.evaluate(f"document.querySelector('#leave button').click(), {look}")

    assert re.fullmatch(r'<body class="hers"><p class="leaving" role="alert">[^<]+</p></body>', body)
    phone.is_away()


def test_where_the_message_is_lost_back_still_shows_nothing(world: World, phone: Phone) -> None:
    phone.sign_in()
    phone.context.route("**/artisan/leave", lambda route: route.abort())

    phone.page.locator("#leave button").click()

    phone.is_away()
    assert not ended(world)
    phone.shows_nothing_after_back()
    assert ended(world)


def test_the_keyboards_first_stop_is_the_way_out(world: World, phone: Phone) -> None:
    phone.sign_in()

    phone.page.keyboard.press("Tab")
    expect(phone.page.locator("button.skip")).to_be_focused()
    expect(phone.page.locator("button.skip")).to_be_in_viewport()
    phone.page.keyboard.press("Enter")

    phone.is_away()
    assert ended(world)


@pytest.mark.parametrize("path", ["/artisan/", "/artisan/passbook", "/artisan/mine", "/artisan/nowhere"])
def test_the_button_is_at_hand_however_far_she_has_scrolled(phone: Phone, path: str) -> None:
    phone.page.set_viewport_size({"width": 320, "height": 300})
    phone.sign_in()
    phone.page.goto(phone.served + path)

    phone.page.evaluate("scrollTo(0, document.body.scrollHeight)")

    expect(phone.page.locator("#leave button")).to_be_in_viewport(ratio=0.9)


def test_without_javascript_the_same_button_leads_away(world: World, served: str, chromium: Browser) -> None:
    life.earn(world)
    phone = Phone(chromium, served, javascript=False)
    phone.sign_in()

    phone.page.locator("#leave button").click()

    phone.is_away()
    assert ended(world)
    phone.shows_nothing_after_back()
    phone.context.close()


def test_she_leaves_from_the_sign_in_too(phone: Phone) -> None:
    phone.page.goto(f"{phone.served}/artisan/sign-in")
    phone.page.fill("[name=card_number]", ARTISANS["Rina"][0])
    phone.page.locator("form.key button").last.click()

    phone.page.locator("#leave button").click()

    phone.is_away()


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_hidden_amounts_are_dots_to_eye_and_ear(world: World, served: str, chromium: Browser, javascript: bool) -> None:
    life.earn(world)
    phone = Phone(chromium, served, javascript=javascript)
    phone.sign_in()
    page = phone.page

    page.locator("form[action='/artisan/amounts'] button").click()
    page.wait_for_url(f"**{HERS}")
    assert "₹" not in page.content()
    assert "₹" not in page.locator("body").aria_snapshot()
    page.goto(f"{served}/artisan/")
    assert "₹" not in page.content()
    page.locator("form[action='/artisan/amounts'] button").click()

    expect(page.locator(".sum").first).to_contain_text("₹")
    phone.context.close()
