"""Every address of the shop: who may ask for it, from where, and that nothing one can send breaks it."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from werkzeug.routing import IntegerConverter, Rule

from shop import create_app
from shop.production.models import StepName
from shop.users.models import Role
from shop.users.policy import POLICY
from shop.web.access import action_of
from shop.web.headers import HEADERS
from tests.cast import PASSWORD, TOTE
from tests.world import Browser, World

# Whoever adds an address that anyone may ask for writes it here.
PUBLIC = {
    "artisan.leave", "artisan.sign_in", "artisan.sign_in_post", "assets", "auth.join", "auth.join_post",
    "auth.second_step", "auth.second_step_passkey", "auth.second_step_post", "auth.sign_in", "auth.sign_in_post",
    "auth.signed_out", "health.alive", "health.metrics", "health.ready", "media.rendition", "static",
    "storefront.add_line", "storefront.answer_late", "storefront.ask_return", "storefront.call_off_return",
    "storefront.cancel",
    "storefront.cart", "storefront.change_currency", "storefront.change_line", "storefront.checkout_form",
    "storefront.come_back",
    "storefront.home", "storefront.made", "storefront.order", "storefront.paper", "storefront.pay",
    "storefront.pay_again",
    "storefront.centres", "storefront.contact", "storefront.google", "storefront.house_page", "storefront.impact",
    "storefront.money_flows", "storefront.sitemap_part", "storefront.why_buy", "storefront.write", "storefront.written",
    "storefront.place_order",
    "storefront.product", "storefront.products", "storefront.robots", "storefront.search", "storefront.sitemap",
    "storefront.collection", "storefront.stories", "storefront.story", "storefront.suggestions", "storefront.thank",
    "webhooks.receive", "account.new", "account.new_post", "account.mail_link", "account.mailed", "account.link",
    "account.link_post", "account.closed",
}  # fmt: skip
LEAVE = "artisan.leave"  # must never fail: it asks for no token, and from elsewhere it comes without her cookie
PERSON_OF = {
    Role.ARTISAN: "Rina", Role.MANAGER: "Meera", Role.FINANCE: "Farida", Role.ADMIN: "Anita",
    Role.SAFEGUARDING: "Nasrin", Role.AUDITOR: "Bina", Role.CUSTOMER: "Asha",
}  # fmt: skip
OWN_PAGES = {Role.ARTISAN: "artisan.", Role.CUSTOMER: "account."}
PLAIN = {"step": "cut", "way": "india-express", "zone": "home", "filename": "css/tokens.css", "path": "css/tokens.css"}
JUNK = (
    "", "0", "1", "-1", "1e9", "٣", "৩", "99999999999999999999", "9223372036854775808", "x" * 300, "x" * 10_000,
    "a\x00b", "\x00", "%", "%00", "..", "../../etc/passwd", "' OR 1=1 --", "<script>alert(1)</script>", "\ud7ff",
    "\u202e\u0000", "a\r\nSet-Cookie: x=1", "নকশি কাঁথা", "🧵", "NaN", "null", "true", "[]", "{{7*7}}", "MB-TOTE-IND",
    "INR", "IN", "GB", "task:1", "payout:x:sent", "MB-2222222", "cut", "yes", "no", "0000-00-00", "2026-02-30",
    "99999-01-01", "9" * 13,
)  # fmt: skip
NEVER_OURS = (
    "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "/\t/evil.example", "http:evil.example", "javascript:alert(1)", " //evil.example", "/%09/evil.example",
    "\n//evil.example", "@evil.example", ".evil.example", "https:/evil.example", "/\\/evil.example",
)  # fmt: skip


def rules(app: Flask, method: str) -> Iterator[Rule]:
    """Yield the rules of the URL map that answer a method."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if method in (rule.methods or ()):
            yield rule


def path_of(app: Flask, rule: Rule, value: object = None) -> str:
    """Return an address of a rule, its parts filled with something plain or with a value."""
    parts = {}
    for name in rule.arguments:
        number = isinstance(rule._converters[name], IntegerConverter)
        parts[name] = value if value is not None else PLAIN.get(name, 1 if number else "x")
        if name == "step":
            parts[name] = StepName.CUT
    with app.test_request_context():
        return str(app.url_map.bind("localhost").build(rule.endpoint, parts, append_unknown=False))


def raw_path(rule: Rule, value: str) -> str:
    """Return an address of a rule with a text in every part, whether its converter would take it or not."""
    return re.sub(r"<[^>]+>", lambda _: value.replace("/", "_") or "_", rule.rule)


def field_names() -> list[str]:
    """Return every field that any view reads from a form."""
    text = "".join(path.read_text() for path in Path("shop/web").rglob("*.py"))
    found = re.findall(r"""(?:forms?\.\w+\(|form\[|once\()(?:\w+, )?["'](\w+)["']""", text)
    found += re.findall(r"""form\.get\(["'](\w+)["']""", text)
    return sorted({*found, "total_india-standard", "seen", "step_1", "minutes_1", "rate_1", "price_INR", "price_USD"})


def test_every_route_is_public_by_name_or_says_what_it_needs(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}

    assert {endpoint for endpoint in endpoints if action_of(app, endpoint) is None} == PUBLIC & endpoints
    assert {action_of(app, endpoint) for endpoint in endpoints - PUBLIC} <= POLICY.keys()


def test_every_action_of_the_policy_guards_some_route(app: Flask) -> None:
    needed = {action_of(app, rule.endpoint) for rule in app.url_map.iter_rules()}

    assert POLICY.keys() - needed == set()


def test_every_guarded_page_sends_a_stranger_to_the_right_sign_in(world: World) -> None:
    stranger = world.browser()
    for rule in guarded(world.app, "GET"):
        answer = stranger.get(path_of(world.app, rule))

        assert answer.status_code == 302, rule.rule
        where = "/artisan/sign-in" if rule.rule.startswith("/artisan") else "/login?next="
        assert answer.location.startswith(where), (rule.rule, answer.location)


def test_every_guarded_post_refuses_a_stranger(world: World) -> None:
    stranger = world.browser()

    wrong = {r.rule: s for r in guarded(world.app, "POST") if (s := post_plain(stranger, world.app, r)) != 401}
    assert wrong == {}


@pytest.mark.parametrize("role", list(PERSON_OF))
def test_every_guarded_address_refuses_the_wrong_role(world: World, role: Role) -> None:
    person = signed_in(world, role)
    wrong = {}
    for method in ("GET", "POST"):
        for rule in guarded(world.app, method):
            if role in POLICY[action_of(world.app, rule.endpoint) or ""]:
                continue
            path = path_of(world.app, rule)
            status = person.get(path).status_code if method == "GET" else post_plain(person, world.app, rule)
            if status != 403:
                wrong[method, rule.rule] = status

    assert wrong == {}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    ],
    ids=str,
)
def test_every_post_that_does_not_come_from_our_pages_is_refused(world: World, headers: dict[str, str]) -> None:
    client = world.app.test_client()
    posts = [rule for rule in rules(world.app, "POST") if rule.endpoint not in ("webhooks.receive", LEAVE)]

    wrong = {r.rule: s for r in posts if (s := client.post(path_of(world.app, r), headers=headers).status_code) != 403}
    assert wrong == {}


def test_a_post_of_an_old_browser_is_known_by_its_origin(world: World) -> None:
    answer = world.app.test_client().post("/cart/lines", data={"sku": TOTE}, headers={"Origin": "http://localhost"})

    assert answer.status_code == 303


@pytest.mark.parametrize("role", [Role.ARTISAN, Role.ADMIN, Role.CUSTOMER])
def test_every_signed_in_post_without_its_token_is_refused(world: World, role: Role) -> None:
    person = signed_in(world, role)
    blueprints = (OWN_PAGES.get(role, "manager."), "auth.")
    posts = [r for r in rules(world.app, "POST") if r.endpoint.startswith(blueprints) and r.endpoint != LEAVE]
    same = {"Sec-Fetch-Site": "same-origin"}

    wrong = {}
    for rule in posts:
        for data in ({}, {"csrf_token": "x"}):
            status = person.client.post(path_of(world.app, rule), data=data, headers=same).status_code
            if status != 403:
                wrong[rule.rule] = status
    assert wrong == {}


@pytest.mark.parametrize(
    "path", ["/nowhere", "/manager/nowhere", "/artisan/nowhere", "/bn/nowhere", "/products/none", "/webhooks/", "/.env"]
)
def test_an_unknown_address_is_a_404_in_the_look_of_the_shop(browser: Browser, path: str) -> None:
    answer = browser.get(path)

    assert answer.status_code == 404
    assert "<h1" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/products/kalka-tote", 200),
        ("GET", "/login", 200),
        ("GET", "/artisan/sign-in", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/cart/lines", 405),
        ("GET", "/manager/", 302),
        ("POST", "/cart/lines", 403),
        ("POST", "/webhooks/stripe", 400),
        ("POST", "/webhooks/none", 404),
        ("GET", "/assets/short/css/tokens.css", 404),
    ],
)
def test_every_answer_carries_the_headers_of_safety(browser: Browser, method: str, path: str, status: int) -> None:
    answer = browser.client.open(path, method=method)

    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]


def test_a_server_error_carries_the_headers_and_says_nothing_of_its_cause(app: Flask) -> None:
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.view_functions["storefront.home"].__dict__["action"] = None

    def broken() -> str:
        raise RuntimeError("secret cause")

    broken.__dict__["action"] = None
    app.view_functions["storefront.home"] = broken
    answer = app.test_client().get("/")

    assert answer.status_code == 500
    assert "secret cause" not in answer.text
    assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/manager/", "/artisan/", "/login", "/artisan/sign-in", "/cart", "/checkout", "/account/new"]
)
def test_no_page_of_a_person_is_kept_by_a_cache(browser: Browser, path: str) -> None:
    answer = browser.get(path)

    assert answer.headers["Cache-Control"] == "no-store" or answer.location == "/cart"


def test_pages_of_the_shop_set_no_cookie(world: World) -> None:
    for path in ("/", "/products", "/products/kalka-tote", "/search?q=tote", "/bn/", "/sitemap.xml", "/robots.txt"):
        answer = world.browser().get(path)

        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers, path


@pytest.mark.parametrize("host", ["evil.example", "shop.example.evil.example", "shop.example@evil.example"])
def test_another_host_is_refused_once_ours_is_named(settings: dict[str, str], host: str) -> None:
    app = create_app({**settings, "TESTING": True, "TRUSTED_HOSTS": "shop.example"})

    assert app.test_client().get("/healthz", headers={"Host": host}).status_code == 400
    assert app.test_client().get("/healthz", headers={"Host": "shop.example"}).status_code == 200


@pytest.mark.parametrize("target", NEVER_OURS)
def test_signing_in_never_leads_elsewhere(world: World, target: str) -> None:
    form = {"email": "meera@test.example", "password": PASSWORD}

    answer = world.browser().post("/login", form, query_string={"next": target})

    assert answer.status_code == 303
    # A browser drops tabs and line breaks and takes a backslash for a slash before it reads an address.
    seen = re.sub(r"[\t\r\n]", "", answer.location).replace("\\", "/")
    assert urlsplit(urljoin("http://localhost/login", seen)).netloc == "localhost"


def test_signing_in_leads_where_one_wanted_to_go(world: World) -> None:
    answer = world.browser().post(
        "/login", {"email": "meera@test.example", "password": PASSWORD}, query_string={"next": "/manager/orders"}
    )

    assert answer.location == "/manager/orders"


def guarded(app: Flask, method: str) -> list[Rule]:
    return [rule for rule in rules(app, method) if rule.endpoint not in PUBLIC]


def signed_in(world: World, role: Role) -> Browser:
    browser = world.browser()
    name = PERSON_OF[role]
    if role is Role.CUSTOMER:
        return browser.sign_in_customer(name)
    return browser.sign_in_artisan(name) if role is Role.ARTISAN else browser.sign_in(name)


def post_plain(browser: Browser, app: Flask, rule: Rule) -> int:
    return browser.post(path_of(app, rule)).status_code
