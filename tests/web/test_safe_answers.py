"""Every answer carries the headers of safety: of whatever status, whoever gives it, whatever went wrong."""

import io
import json
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from shop import create_app
from shop.db import db
from shop.payments.models import GatewayEvent
from shop.web import limits
from shop.web.headers import HEADERS, PRIVATE, SECRET
from tests.cast import TOTE
from tests.world import Browser, World

Ask = Callable[[Browser], TestResponse]


def get(path: str, **options: object) -> Ask:
    return lambda browser: browser.client.get(path, buffered=True, **options)


def post(path: str, **options: object) -> Ask:
    options.setdefault("headers", {"Sec-Fetch-Site": "same-origin"})
    return lambda browser: browser.client.post(path, **options)


def parts(count: int, size: int = 1) -> dict[str, object]:
    """Return a form sent in parts, written out, since the client would spool it."""
    one = "".join(f'--cut\r\nContent-Disposition: form-data; name="f{n}"\r\n\r\n{"x" * size}\r\n' for n in range(count))
    return {"data": (one + "--cut--\r\n").encode(), "content_type": "multipart/form-data; boundary=cut"}


LATER = "Fri, 01 Jan 2100 00:00:00 GMT"
ANSWERS: dict[str, tuple[int, Ask]] = {
    "a page": (200, get("/")),
    "a page in Bengali": (200, get("/bn/products")),
    "a head": (200, lambda browser: browser.client.head("/products")),
    "options": (200, lambda browser: browser.client.options("/products")),
    "a static file": (200, get("/static/css/tokens.css")),
    "robots": (200, get("/robots.txt")),
    "health": (200, get("/healthz")),
    "a file asked for again": (304, get("/static/css/tokens.css", headers={"If-Modified-Since": LATER})),
    "to the sign-in": (302, get("/manager/")),
    "after a post": (303, post("/cart/lines", data={"sku": TOTE})),
    "a slash too few": (308, get("/artisan")),
    "NUL": (400, get("/search?q=a%00b")),
    "an unsigned webhook": (400, post("/webhooks/stripe", data=b"{}")),
    "not signed in": (401, post("/manager/centres")),
    "from elsewhere": (403, post("/cart/lines", headers={"Sec-Fetch-Site": "cross-site"})),
    "nothing here": (404, get("/nowhere")),
    "no such file": (404, get("/static/none.css")),
    "no such picture": (404, get("/media/none")),
    "no such gateway": (404, post("/webhooks/none")),
    "not this way": (405, get("/cart/lines")),
    "a method that nobody knows": (405, lambda browser: browser.client.open("/", method="BREW")),
    "a body too large": (413, post("/cart/lines", data=b"x" * (limits.FORM + 1), content_type="text/plain")),
    "too many parts": (413, post("/cart/lines", **parts(201))),
    "a part too large": (413, post("/cart/lines", **parts(1, 300_000))),
    "too many fields": (413, post("/cart/lines", data={f"a{n}": "1" for n in range(500)})),
    "a webhook too large": (413, post("/webhooks/razorpay", data=b"x" * (limits.FORM + 1))),
    "an address too long": (414, get("/search?q=" + "x" * 5_000)),
    "a wrong PIN": (422, post("/artisan/sign-in", data={"card_number": "1001", "pin": "111112"})),
}  # fmt: skip


def assert_safe(answer: TestResponse) -> None:
    private = bool(PRIVATE.match(answer.request.path))
    for name, value in HEADERS.items():
        if name != "Referrer-Policy":
            assert answer.headers.getlist(name) == [value], name
    assert answer.headers["Referrer-Policy"] == ("no-referrer" if SECRET.match(answer.request.path) else "same-origin")
    assert (answer.headers["Cache-Control"] == "no-store") or not private
    assert (answer.headers.get("X-Robots-Tag") == "noindex") or not private


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_carries_them_once(browser: Browser, name: str) -> None:
    status, ask = ANSWERS[name]

    answer = ask(browser)

    assert answer.status_code == status
    assert_safe(answer)


def test_files_under_a_hash_and_pictures_carry_them(browser: Browser) -> None:
    page = browser.get("/products/kalka-tote").text
    asset, picture = (page.split(f'"/{kind}/')[1].split('"')[0].split(" ")[0] for kind in ("assets", "media"))

    for path in (f"/assets/{asset}", f"/media/{picture}"):
        answer = browser.get(path, buffered=True)
        assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"]
        assert_safe(answer)


def test_a_foreign_host_is_refused_with_them(settings: dict[str, str]) -> None:
    app = create_app({**settings, "TESTING": True, "TRUSTED_HOSTS": "shop.example"})

    answer = app.test_client().get("/products", headers={"Host": "evil.example"})

    assert answer.status_code == 400
    assert "evil.example" not in answer.text
    assert_safe(answer)


def broken(*_: object, **__: object) -> str:
    raise RuntimeError("asha@secret.example")


def in_a_view(app: Flask) -> None:
    broken.__dict__["action"] = None
    app.view_functions["storefront.home"] = broken


def before_every_view(app: Flask) -> None:
    app.before_request_funcs.setdefault(None, []).insert(0, broken)


def after_every_view(app: Flask) -> None:
    app.after_request_funcs.setdefault(None, []).insert(0, broken)


def in_the_error_page_itself(app: Flask) -> None:
    in_a_view(app)
    app.jinja_env.globals["asset"] = broken


def below_flask(app: Flask) -> None:
    app.wsgi_app.app.app = broken  # inside of what keeps pages and of what makes answers safe


@pytest.mark.parametrize(
    "fault", [in_a_view, before_every_view, after_every_view, in_the_error_page_itself, below_flask]
)
def test_whatever_breaks_the_answer_carries_them_and_tells_nothing(
    settings: dict[str, str], fault: Callable[[Flask], None]
) -> None:
    app = create_app({**settings, "PROPAGATE_EXCEPTIONS": False})
    fault(app)

    answer = app.test_client().get("/")

    assert answer.status_code == 500
    assert "secret" not in answer.text and "RuntimeError" not in answer.text
    assert_safe(answer)


def test_without_the_wrapping_some_answers_would_go_bare(settings: dict[str, str]) -> None:
    """The negative control: what Flask alone would answer where its own hooks are not reached."""
    app = create_app({**settings, "PROPAGATE_EXCEPTIONS": False})
    vars(app)["wsgi_app"] = app.wsgi_app.app.app

    assert "Content-Security-Policy" not in app.test_client().get("/").headers


def test_a_webhook_that_does_not_say_its_length_is_read_no_further_than_the_limit(world: World) -> None:
    body = json.dumps({"event": "x" * limits.FORM}).encode()

    answer = world.app.test_client().post(
        "/webhooks/razorpay",
        input_stream=io.BytesIO(body),
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )

    assert answer.status_code == 400  # what was read is not what the gateway would have signed
    with world.reading():
        assert db.session.query(GatewayEvent).count() == 0


def test_pages_with_a_secret_in_their_address_send_no_referrer_and_are_found_by_nobody(world: World) -> None:
    link = world.buy(TOTE)

    for path in (link, f"/bn{link}", f"{link}/nowhere", link[:-3] + "xxx"):
        answer = world.browser().get(path)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Cache-Control"] == "no-store"


def test_pages_of_the_shop_may_be_found(browser: Browser) -> None:
    for path in ("/", "/products", "/products/kalka-tote", "/bn/"):
        assert "X-Robots-Tag" not in browser.get(path).headers


def test_cookies_of_a_production_shop_are_taken_from_this_host_alone(settings: dict[str, str]) -> None:
    production = {
        "SHOP_ENV": "production", "SECRET_KEY": "s" * 48, "TRUSTED_HOSTS": "shop.example", "PIN_PEPPER": "p" * 32,
        "VAULT_KEY": "b3duLW93bi1vd24tb3duLW93bi1vd24tb3duLW93bi0=", "SECOND_FACTOR": "required",
        "SHOP_URL": "https://shop.example", "STRIPE_API_BASE": "https://api.stripe.com",
        "STRIPE_SECRET_KEY": "sk_live_x", "STRIPE_WEBHOOK_SECRET": "whsec_x", "RAZORPAY_API_BASE": "https://api.razorpay.com",
        "RAZORPAY_KEY_ID": "rzp_live_x", "RAZORPAY_KEY_SECRET": "x", "RAZORPAY_WEBHOOK_SECRET": "x",
        "RAZORPAY_ACCOUNT_ID": "acc_x",
        "SELLER_GSTIN": "none", "SELLER_LUT": "none",
    }  # fmt: skip
    app = create_app({**settings, **production})
    form = {"sku": TOTE, "quantity": "1", "currency": "INR"}

    answer = app.test_client().post(
        "/cart/lines", data=form, base_url="https://shop.example", headers={"Sec-Fetch-Site": "same-origin"}
    )

    cookies = answer.headers.getlist("Set-Cookie")
    assert {cookie.split("=")[0] for cookie in cookies} == {"__Host-bag", "__Host-session"}
    for cookie in cookies:
        flags = {flag.strip() for flag in cookie.split(";")[1:]}
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= flags
        assert not any(flag.startswith("Domain") for flag in flags)
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
