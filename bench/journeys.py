"""Eighteen journeys from the home page to a paid order, in a real browser against the running shop with its worker and
its sandbox gateways: three widths, with and without JavaScript, three languages.

Every page on the way has to be in its language, stand within the window and say nothing in the console; no file may be
missing and no other host asked. At the end the order's page tells that it is paid, and the shop's database that
exactly its total was captured.
"""

import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import product
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Response

from bench.demo_shop import Shop, chromium, demo, fill_address
from bench.measured import Measured
from shop.web.language import LANGUAGES

WIDTHS = (320, 768, 1280)
GATEWAY = {320: "razorpay", 768: "stripe", 1280: "razorpay"}
PATIENCE_MS = 20_000
PAID = """SELECT orders.status, orders.language, orders.total_minor,
  (SELECT coalesce(sum(capture.amount_minor), 0) FROM capture JOIN payment_attempt
   ON payment_attempt.id = capture.attempt_id WHERE payment_attempt.order_id = orders.id)
  FROM orders WHERE orders.number = ?"""


@dataclass
class Journey:
    """One way through the shop, and everything that was wrong on it."""

    page: Page
    shop: Shop
    language: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.note(f"script: {error}"))
        self.page.on("response", self._answered)
        self.page.on("request", lambda request: self._asked(request.url))

    @property
    def home(self) -> str:
        """Return the address of the front page in the journey's language."""
        return self.shop.base + ("/" if self.language == "en" else f"/{self.language}/")

    def note(self, what: str) -> None:
        """Write down what is wrong, with the page it is wrong on."""
        self.wrong.append(f"{urlsplit(self.page.url).path}: {what}")

    def look(self, path: str) -> None:
        """See that the page that stands there is the expected one and as it should be."""
        self.page.wait_for_load_state("load")
        if not re.fullmatch(path, urlsplit(self.page.url).path):
            self.note(f"is not {path}")
        told = self.page.locator("html").get_attribute("lang")
        if told != self.language:
            self.note(f"is in {told}")
        there, wide = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        if there > wide:
            self.note(f"scrolls sideways by {there - wide} px")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.note(f"console: {message.text[:200]}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.note(f"{response.status} for {response.url}")

    def _asked(self, url: str) -> None:
        if urlsplit(url).hostname != urlsplit(self.shop.base).hostname:
            self.note(f"asks {url}")


def journeys() -> Iterator[Measured]:
    """Yield how many of the eighteen journeys failed; each is told."""
    failed, tried = 0, list(product(WIDTHS, (True, False), LANGUAGES))
    with demo() as shop, chromium() as browser:
        for width, javascript, language in tried:
            wrong = travel(browser, shop, width, javascript, language)
            failed += bool(wrong)
            for what in wrong:
                print(f"  {width} px, JavaScript {'on' if javascript else 'off'}, {language}: {what}", file=sys.stderr)
    yield Measured("journeys_failed", failed, len(tried))


def travel(browser: Browser, shop: Shop, width: int, javascript: bool, language: str, press: str = "pay") -> list[str]:
    """Buy something once and return what was wrong; `press` is the button of the gateway's page."""
    context = browser.new_context(
        viewport={"width": width, "height": 740}, java_script_enabled=javascript, locale=f"{language}-IN"
    )
    context.set_default_timeout(PATIENCE_MS)
    journey = Journey(context.new_page(), shop, language)
    try:
        _choose(journey)
        _order(journey, GATEWAY[width])
        _pay(journey, press)
    except Error as error:
        journey.note(f"went no further: {error.message.splitlines()[0]}")
    finally:
        context.close()
    return journey.wrong


def _choose(journey: Journey) -> None:
    """From the home page to a list that is narrowed to what is ready, and a thing out of it into the bag."""
    page, before = journey.page, "" if journey.language == "en" else f"/{journey.language}"
    page.goto(journey.home)
    journey.look(before + "/")
    page.locator("main a.button[href$='/products']").first.click()
    page.wait_for_url("**/products")
    journey.look(before + "/products")
    if not page.locator(".narrowing form").is_visible():
        page.click(".narrowing > summary")
    page.locator(".tickrow:has([name=ready][value=now]) label").click()
    page.locator(".narrowing form button").click()
    page.wait_for_url("**/products?**ready=now**")
    journey.look(before + "/products")
    if not page.locator(".chosen li").count():
        journey.note("does not say what was chosen")
    page.locator(".cards .card__name a").first.click()
    page.wait_for_url("**/products/*")
    journey.look(before + "/products/[a-z0-9-]+")
    page.locator("form[action$='/cart/lines'] button").click()
    page.wait_for_url("**/cart")
    journey.look(before + "/cart")


def _order(journey: Journey, gateway: str) -> None:
    """From the bag to a placed order, and on to the gateway."""
    page, before = journey.page, "" if journey.language == "en" else f"/{journey.language}"
    page.locator("main a[href$='/checkout']").click()
    page.wait_for_url("**/checkout")
    journey.look(before + "/checkout")
    fill_address(page)
    asks = page.locator("button[value=delivery]")  # gone where the script asks by itself
    if asks.count():
        asks.click()
        journey.look(before + "/checkout")
    page.locator(f"label[for=payment_method-{gateway}]").click()
    page.locator("[data-pay]").click()
    page.wait_for_url(f"**/{gateway}/pay/**")


def _pay(journey: Journey, press: str) -> None:
    """Press the gateway's button and see what the shop makes of it."""
    page, before = journey.page, "" if journey.language == "en" else f"/{journey.language}"
    page.locator(f"button[value={press}]").click()
    page.wait_for_url("**/orders/**")
    journey.look(before + "/orders/MB-[0-9A-Z]+/[^/]+")
    number = urlsplit(page.url).path.split("/orders/")[1].split("/")[0]
    page.locator(".tag--good, .tag--now").first.wait_for()  # it looks again by itself while the gateway is asked
    journey.look(before + "/orders/MB-[0-9A-Z]+/[^/]+")
    with closing(sqlite3.connect(f"file:{journey.shop.folder / 'shop.db'}?mode=ro", uri=True)) as books:
        found = books.execute(PAID, (number,)).fetchone()
    status, language, total, captured = found
    if (status, language, captured) != ("paid", journey.language, total):
        journey.note(f"order {number} is {status} in {language}, {captured} captured of {total}")
