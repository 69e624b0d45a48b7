"""Every page of the URL map in Chromium, for everyone who may open it: nothing breaks the content policy, and no
other host is asked for anything.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Error, Page, Request, Response, Route
from sqlalchemy import select
from werkzeug.routing import IntegerConverter, Rule

from shop.artisans import deductions, payouts, runs
from shop.artisans.models import PayoutMethod
from shop.catalog import collections
from shop.catalog.collections import CollectionText
from shop.catalog.listing_models import CollectionKind
from shop.clock import india_date
from shop.db import db
from shop.ledger.models import Entry
from shop.money import Money
from shop.orders import invoices, tickets
from shop.orders.models import Order, Shipment
from shop.orders.tickets import Topic
from shop.production.models import StepName
from shop.users.policy import may
from shop.web.access import action_of
from tests import two_months
from tests.cast import ARTISANS, MESSENGER, SELLER, TOTE
from tests.faults.figures import note
from tests.sharing import asked, exchanged, send
from tests.test_routes import PERSON_OF, Role, rules
from tests.two_deductions import ON, propose_deduction
from tests.two_shown import customers_own, shown_of
from tests.web import artisan_life as life
from tests.world import World

# What a page of ours may do wrong, told by the browser itself before anything of the page runs.
# What was broken, a frame later: the browser tells of it in tasks of their own, which may come after the load. Of a
# handler written into the page some versions tell only once it would run, so those are looked for.
BROKEN = """
() => new Promise((tell) => requestAnimationFrame(() => setTimeout(() => tell([
  ...(window.broken || []),
  ...[...document.querySelectorAll("*")].flatMap((each) => each.getAttributeNames())
    .filter((name) => name.startsWith("on")).map((name) => `script-src-attr ${name}`),
]))))
"""
LISTEN = """
window.broken = [];
addEventListener("securitypolicyviolation", (event) => {
  broken.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
}, true);
"""
TOLD = re.compile(r"Content Security Policy|Permissions-Policy|TrustedHTML|TrustedScript|Cross-Origin", re.I)
INSTEAD = {"manager.check": {"task_id": 2}}  # where not the first of its kind is the one that has the page
NOWHERE = {"/nowhere", "/artisan/nowhere", "/manager/nowhere"}
WHILE_IT_WAITS = {"/artisan/advances/1"}  # there only while an advance waits for her answer, as home then shows it too
ASKS_FIRST = {"/manager/find"}  # without a question there is nothing
ONCE_SENT = {"/invitation/x"}  # nobody was sent this one
FEWEST_PAGES = 90  # a walk that opened less has lost its way


@dataclass
class Walk:
    """One reader's way through the pages, and what the browser had to say of them."""

    context: BrowserContext
    served: str
    pages: int = 0
    broken: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.add_init_script(LISTEN)
        own = (self.served, "chrome://", "chrome-extension://")  # the last two: how the browser shows a PDF
        self.context.route(lambda url: not url.startswith(own), self._foreign)
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda said: self._told(said.text))
        self.page.on("pageerror", lambda error: self._told(f"Content Security Policy? {error}"))

    def _told(self, text: str) -> None:
        if TOLD.search(text):
            self.broken.append(f"{self.page.url}: {text[:200]}")

    def _foreign(self, route: Route, request: Request) -> None:
        leads_on = request.is_navigation_request() and re.search(r"/pay$|/artisan/leave$", request.frame.url)
        if not leads_on:  # the two pages that are there to lead elsewhere
            self.elsewhere.append(request.url)
        route.fulfill(body="<!doctype html><title>elsewhere</title>", content_type="text/html")

    def open(self, path: str) -> Response | None:
        known = len(self.broken)
        try:
            answer = self.page.goto(self.served + path, wait_until="load")
        except Error as error:
            if "Download is starting" in str(error) or "ERR_ABORTED" in str(error):
                return None  # a file to keep, no page
            raise
        if answer is not None and "html" not in answer.headers.get("content-type", ""):
            del self.broken[known:]  # the browser's own way of showing XML or text
            return answer
        self.look()
        if answer is not None and answer.status == 404:
            self.missing.append(path)
        return answer

    def press(self, button: str) -> None:
        """Send a form and look at what it answers with."""
        with self.page.expect_navigation():
            self.page.locator(button).first.click()
        self.look()

    def look(self) -> None:
        """Note what the page that stands there has broken."""
        self.pages += 1
        self.page.wait_for_load_state()
        self.broken += [f"{self.page.url}: {each}" for each in self.page.evaluate(BROKEN)]


def a_lived_in_shop(world: World) -> dict[str, str]:
    """Let enough happen that every kind of page has something to show; return the parts of addresses."""
    life.earn(world)
    life.send(world, "Rina", 500, PayoutMethod.BANK)
    life.hand_in(world)
    life.offer(world)
    link = world.buy(TOTE)
    world.buy(MESSENGER)
    number, key = link.split("/")[-2:]
    sent_back = world.buy(TOTE, email="kabir@test.example")
    send(world, sent_back)
    return_id, paper = asked(world, sent_back), _paper(world, sent_back)
    anew = world.buy(TOTE, email="kabir@test.example")
    send(world, anew)
    exchanged(world, anew)
    shown, hers = shown_of(world, "Rina", "Meera", TOTE), customers_own(world, "Asha")
    _approved_by_bank(world, "Mala")
    with world.writing() as at:
        notice = propose_deduction(life.artisan("Rina"), at=at, by=world.user("Meera"))
        deductions.approve(deductions.get_of(world.user("Farida"), notice), days=7, allowed=ON, at=at,
                           by=world.user("Farida"))  # fmt: skip
    assert world.browser().sign_in("Farida").post("/manager/payout-files", {"centre": ""}).status_code == 303
    with world.writing():
        words = CollectionText("Bags", "They hold a pumpkin.", CollectionKind.PICKED, True, picks=["kalka-tote"])
        collections.create("kalka-tote", words)
    with world.writing():
        slip_id = two_months.draw(world, two_months.earn_long_ago(world, "Rina"), "Rina")
    with world.reading():
        reference = db.session.scalars(select(Entry.reference).order_by(Entry.id)).first() or ""
    return {
        "number": number, "key": key, "slug": "kalka-tote", "scope": "kalka-tote",
        "return_id": str(return_id), "sku": TOTE, "code": "wages:1", "column": "to-check",
        "reference": reference, "slip_id": str(slip_id),
        "address_id": str(hers["address_id"]), "story_id": str(shown["story_id"]),
        "tag": str(shown["tag"]), "storefront.story:slug": str(shown["storefront.story:slug"]),
        "account.link:token": str(hers["token"]), "storefront.house_page:slug": "shipping",
        "manager.exchange_label:return_id": str(return_id + 1), "way": "india-express", "zone": "home", **paper,
        **dict.fromkeys(("storefront.written:number", "manager.ticket:number"), _letter(world)),
        "manager.story_picture:picture_id": str(shown["manager.story_picture:picture_id"]),
    }  # fmt: skip


def _paper(world: World, link: str) -> dict[str, str]:
    """Invoice a parcel that has left, and let the worker draw it; return the parts of its addresses."""
    number, key = link.split("/")[-2:]
    with world.writing() as at:
        shipment = db.session.scalars(select(Shipment).join(Order).where(Order.number == number)).one()
        paper = str(invoices.issue_invoice(shipment, SELLER, at=at, by="user:1").id)
    world.work()
    where = {"storefront.paper:number": number, "storefront.paper:key": key, "manager.paper:number": number}
    return {**where, "paper": paper}


def _letter(world: World) -> str:
    with world.writing() as at:
        words = (Topic.ORDER, "Someone", "someone@test.example", "Where is it?")
        return tickets.write(*words, language="en", seller="", at=at).number


def _approved_by_bank(world: World, name: str) -> None:
    life.earn(world, name)
    with world.writing() as at:
        artisan = life.artisan(name)
        payout = payouts.propose(artisan, Money(800, "INR"), PayoutMethod.BANK, at=at, by=world.user("Meera"))
        payouts.approve(payout, at=at, by=world.user("Farida"))
        on = india_date(at)
        runs.begin(artisan.centre_id, on, on, least=Money(0, "INR"), at=at, by=world.user("Meera"))


def paths(world: World, parts: dict[str, str], person: Role | None) -> Iterator[str]:
    """Yield the address of every page that a person may open; of others, one."""
    refused = False
    for rule in rules(world.app, "GET"):
        action = action_of(world.app, rule.endpoint)
        if rule.endpoint in ("static", "assets", "media.rendition"):
            continue
        allowed = action is None or (person is not None and may(person, action))
        if allowed or not refused:
            yield _filled(world, rule, parts)
        refused = refused or not allowed


def _filled(world: World, rule: Rule, parts: dict[str, str]) -> str:
    values: dict[str, object] = {}
    for name in rule.arguments:
        number = isinstance(rule._converters[name], IntegerConverter)
        given = parts.get(f"{rule.endpoint}:{name}", parts.get(name, 1 if number else "x"))
        values[name] = StepName.STITCH if name == "step" else int(given) if number else given
    values |= INSTEAD.get(rule.endpoint, {})
    return str(world.app.url_map.bind("127.0.0.1").build(rule.endpoint, values, append_unknown=False))


def signed_in(
    world: World, chromium: Browser, served: str, person: Role | None,
    kind: Callable[[BrowserContext, str], Walk] = Walk,
) -> Walk:  # fmt: skip
    walk = kind(chromium.new_context(viewport={"width": 800, "height": 900}), served)
    if person is not None:
        browser = world.browser()
        name = PERSON_OF[person]
        browser.sign_in_artisan(name) if person is Role.ARTISAN else browser.sign_in(name)
        cookie = browser.client.get_cookie("session")
        assert cookie is not None
        walk.context.add_cookies([{"name": "session", "value": cookie.value, "url": served}])
    return walk


def odd_pages(walk: Walk) -> None:
    """Open what only a form answers with: errors, the page for the PIN, a bag with something in it."""
    for path in (*sorted(NOWHERE), "/search?q=tote", "/search?q=x", "/bn/products"):
        walk.open(path)
    page = walk.page
    walk.open("/login")
    page.fill("[name=email]", "meera@test.example")
    page.fill("[name=password]", "not this one")
    walk.press("main button[type=submit]")
    walk.open("/artisan/sign-in")
    page.fill("[name=card_number]", ARTISANS["Mala"][0])
    walk.press("form.key button[type=submit]")
    walk.open("/products/kalka-tote")
    walk.press("form[action$='/cart/lines'] button")
    for path in ("/cart", "/checkout", "/bn/cart", "/bn/checkout"):
        walk.open(path)


def test_no_page_breaks_the_policy_or_asks_another_host(world: World, served: str, chromium: Browser) -> None:
    parts = a_lived_in_shop(world)
    pages, broken, elsewhere, missing = 0, [], [], set()
    for person in (None, *PERSON_OF):
        walk = signed_in(world, chromium, served, person)
        for path in paths(world, parts, person):
            walk.open(path)
        if person is None:
            odd_pages(walk)
        walk.context.close()
        pages, broken, elsewhere = pages + walk.pages, broken + walk.broken, elsewhere + walk.elsewhere
        missing |= set(walk.missing)
    print(*broken, *elsewhere, sorted(missing), sep="\n")
    note("access.csp_violations", len(broken) + len(elsewhere), n=pages, seed=0)

    assert (broken, elsewhere) == ([], [])
    assert pages >= FEWEST_PAGES
    assert missing == NOWHERE | ASKS_FIRST | ONCE_SENT | WHILE_IT_WAITS  # every other page was really seen


def test_a_page_with_an_inline_script_is_seen(world: World, served: str, chromium: Browser) -> None:
    """The negative control: a page that breaks the policy in four ways, and one that leads elsewhere."""

    def broken() -> str:
        return (
            '<!doctype html><title>x</title><p style="color:red">x</p><script>document.title = "ran"</script>'
            '<img src="https://elsewhere.example/x.png"><button onclick="x()">x</button>'
        )

    broken.__dict__["action"] = None
    world.app.add_url_rule("/broken", "broken", broken)
    walk = signed_in(world, chromium, served, None)

    walk.open("/broken")
    seen = " ".join(walk.broken)
    assert all(kind in seen for kind in ("style-src-attr", "script-src-elem", "img-src", "script-src-attr"))
    assert walk.page.title() == "x"
    walk.page.goto("https://elsewhere.example/")
    assert walk.elsewhere == ["https://elsewhere.example/"]
    walk.context.close()
