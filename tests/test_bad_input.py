"""Bad input gets a clear message, a right status, and changes nothing.

`CASES` is the table: what stands before, what is sent, the status, and a piece of the sentence that is
said. `bench/` counts the unexpected answers with `unexpected`.
"""

import hashlib
import io
import json
import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask_babel import force_locale, gettext
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from sandbox.signing import razorpay_signature, stripe_signature
from shop.catalog import products
from shop.db import db
from tests.cast import ARTISANS, MESSENGER, PASSWORD, TOTE, TOTE_RED, WALLET, a_picture
from tests.conftest import both_databases
from tests.world import ABROAD, Browser, World

STRIPE_SECRET, RAZORPAY_SECRET = "whsec_sandbox", "rzp_whsec_sandbox"
COUNTED = {"sign_in_tries"}  # a wrong secret is meant to be counted
LONG = "x" * 10_000
Stage = Any


@dataclass(frozen=True)
class Case:
    """One bad input: what stands before it, how it is sent, and what has to come of it."""

    name: str
    before: Callable[[World], Stage]
    send: Callable[[World, Stage], TestResponse]
    status: int
    says: str


def unexpected(world: World, case: Case) -> list[str]:
    """Run one case and return what came otherwise than it should; empty if all is well."""
    stage = case.before(world)
    was = contents(world)
    try:
        answer = case.send(world, stage)
    except Exception as error:
        return [f"{case.name}: {type(error).__name__}: {error}"]
    found = []
    if answer.status_code != case.status:
        found.append(f"{case.name}: answered {answer.status_code}, not {case.status}")
    if case.says and not any(words in answer.text for words in in_either_language(world, case.says)):
        found.append(f"{case.name}: does not say {case.says!r}")
    now = contents(world)
    changed = sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))
    if changed:
        found.append(f"{case.name}: changed {', '.join(changed)}")
    return found


def contents(world: World) -> dict[str, str]:
    """Return a mark of all that stands in each table, and of all files that are kept."""
    marks = {}
    with world.reading():
        for table in db.metadatas[None].sorted_tables:
            if table.name in COUNTED:
                continue
            columns = list(table.columns)
            rows = sorted(repr(tuple(row)) for row in db.session.execute(select(*columns)))
            marks[table.name] = f"{len(rows)} rows, {hashlib.sha256(''.join(rows).encode()).hexdigest()}"
    folder = Path(urlsplit(world.app.config["MEDIA_URL"]).path)
    marks["files"] = ",".join(sorted(path.name for path in folder.iterdir()))
    return marks


def in_either_language(world: World, words: str) -> list[str]:
    """Return the words and their Bengali, as a page writes them."""
    with world.app.test_request_context(), force_locale("bn_IN"):
        return [words, words.replace("'", "&#39;"), gettext(words)]


# What stands before.


def nothing(world: World) -> Browser:
    return world.browser()


def a_bag(world: World, sku: str = TOTE, quantity: int = 1, **fields: str) -> tuple[Browser, dict[str, str]]:
    """Return a browser before the checkout of a bag, and the form as it would send it."""
    browser = world.browser()
    world.add_to_cart(browser, sku, quantity)
    return browser, {**world.checkout_form(browser, **fields), "payment_method": "razorpay"}


def an_abroad_bag(world: World) -> tuple[Browser, dict[str, str]]:
    return a_bag(world, **ABROAD)


def an_unpaid_order(world: World) -> tuple[Browser, str]:
    return world.browser(), world.buy(TOTE, pay=False)


def a_paid_order(world: World) -> tuple[Browser, str]:
    return world.browser(), world.buy(TOTE)


def a_shipped_order(world: World) -> tuple[Browser, str]:
    link = world.buy(TOTE)
    form = {"carrier": "India Post", "tracking": "EB1IN"}
    answer = world.browser().sign_in("Meera").post(f"/manager/orders/{world.order(link).number}/shipment", form)
    assert answer.status_code == 303
    return world.browser(), link


def a_hold_that_ended(world: World) -> tuple[Browser, str]:
    """Return an order whose hold has lapsed, and whose last piece someone else has bought since."""
    link = world.buy(WALLET, pay=False)
    world.advance(timedelta(minutes=32))
    world.look_at_gateways()
    world.buy(WALLET)
    return world.browser(), link


def a_bag_changed_since(world: World) -> tuple[Browser, dict[str, str]]:
    browser, form = a_bag(world)
    world.add_to_cart(browser, MESSENGER)
    return browser, form


def a_price_changed_since(world: World) -> tuple[Browser, dict[str, str]]:
    browser, form = a_bag(world)
    with world.writing():
        variant = products.find_variant(TOTE)
        assert variant is not None
        products.set_prices(variant, {"INR": 75_000})
    return browser, form


def a_bag_of_what_someone_bought(world: World) -> tuple[Browser, dict[str, str]]:
    stage = a_bag(world, WALLET)
    world.buy(WALLET)
    return stage


def meera(world: World) -> Browser:
    return world.browser().sign_in("Meera")


def asha(world: World) -> Browser:
    return world.browser().sign_in_customer()


def asha_sure(world: World) -> Browser:
    """Return a customer who has just shown again who she is."""
    browser = asha(world)
    answer = browser.post("/step-up", {"password": PASSWORD})
    assert answer.status_code == 303
    return browser._with_token("/account")


def asha_with_an_open_order(world: World) -> Browser:
    world.buy(TOTE)
    return asha_sure(world)


def ruma(world: World) -> Browser:
    return world.browser().sign_in("Ruma")


def rina_after_five_guesses(world: World) -> Browser:
    browser = world.browser()
    for guess in ("111112", "111113", "111114", "111115", "111116"):
        browser.post("/artisan/sign-in", {"card_number": ARTISANS["Rina"][0], "pin": guess})
    return browser


def meera_after_five_guesses(world: World) -> Browser:
    browser = world.browser()
    for guess in range(5):
        browser.post("/login", {"email": "meera@test.example", "password": f"guess number {guess}"})
    return browser


def a_heard_webhook(gateway: str) -> Callable[[World], tuple[Browser, bytes]]:
    """Return a stage on which a payment was heard of; with it the webhook's body as it came."""

    def stage(world: World) -> tuple[Browser, bytes]:
        world.buy(TOTE, gateway=gateway)
        events = world.sandbox.deliveries(bodies=True)["events"]
        event = next(e for e in events if e["type"] in ("checkout.session.completed", "payment_link.paid"))
        return world.browser(), event["body"].encode()

    return stage


# What is sent.


def add(**form: Any) -> Callable[[World, Browser], TestResponse]:
    return lambda world, browser: browser.post("/cart/lines", {"sku": TOTE, "quantity": "1", "currency": "INR", **form})


def checkout(**fields: Any) -> Callable[[World, tuple[Browser, dict[str, str]]], TestResponse]:
    """Send the checkout form with some fields otherwise; None leaves one out."""

    def send(world: World, stage: tuple[Browser, dict[str, str]]) -> TestResponse:
        browser, form = stage
        sent = {name: value for name, value in {**form, **fields}.items() if value is not None}
        return browser.post("/checkout", sent)

    return send


def at_order(
    tail: str = "", key: str | None = None, method: str = "get", **form: str
) -> Callable[[World, tuple[Browser, str]], TestResponse]:
    """Ask for an order's page, or post to it, with its own key or with another."""

    def send(world: World, stage: tuple[Browser, str]) -> TestResponse:
        browser, link = stage
        link = link if key is None else link.rsplit("/", 1)[0] + key
        return browser.post(link + tail, form) if method == "post" else browser.get(link + tail)

    return send


def with_the_key_of_another(world: World, stage: tuple[Browser, str]) -> TestResponse:
    browser, link = stage
    other = world.order(link).key[::-1]
    return browser.get(f"{link.rsplit('/', 1)[0]}/{other}")


def hook(name: str, body: bytes, **headers: str) -> Callable[[World, Browser], TestResponse]:
    shown = {key.replace("_", "-"): value for key, value in headers.items()}
    return lambda world, browser: browser.client.post(f"/webhooks/{name}", data=body, headers=shown)


def razorpay_hook(body: bytes, secret: str = RAZORPAY_SECRET, sent: bytes | None = None) -> Any:
    signature = razorpay_signature(secret, body)
    return hook("razorpay", body if sent is None else sent, X_Razorpay_Signature=signature, X_Razorpay_Event_Id="evt_x")


def stripe_hook(body: bytes, secret: str = STRIPE_SECRET, sent: bytes | None = None, age_s: int = 0) -> Any:
    def send(world: World, browser: Browser) -> TestResponse:
        signature = stripe_signature(secret, body, int(time.time()) - age_s)
        shown = {"Stripe-Signature": signature}
        return browser.client.post("/webhooks/stripe", data=body if sent is None else sent, headers=shown)

    return send


def replay(name: str) -> Callable[[World, tuple[Browser, bytes]], TestResponse]:
    """Send a heard webhook once more, genuinely signed, under a new event id where that is free to choose."""

    def send(world: World, stage: tuple[Browser, bytes]) -> TestResponse:
        browser, body = stage
        return (razorpay_hook if name == "razorpay" else stripe_hook)(body)(world, browser)

    return send


def picture(content: bytes, filename: str = "bag.png", alt: str = "A bag") -> Callable[[World, Browser], TestResponse]:
    """Send a picture as a browser does; the body is written out here, since the test client would spool it."""

    def send(world: World, browser: Browser) -> TestResponse:
        fields = {"csrf_token": browser.token or "", "alt": alt}
        parts = [f'--cut\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
        disposition = f'Content-Disposition: form-data; name="picture"; filename="{filename}"'
        parts.append(f"--cut\r\n{disposition}\r\nContent-Type: image/png\r\n\r\n")
        body = "".join(parts).encode() + content + b"\r\n--cut--\r\n"
        path = "/manager/products/kalka-tote/pictures"
        return browser.post(path, body, content_type="multipart/form-data; boundary=cut")

    return send


def moving(kind: str) -> bytes:
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (240, 240), colour) for colour in ("red", "blue")]
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """Return a PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 100_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def post(path: str, **form: Any) -> Callable[[World, Browser], TestResponse]:
    return lambda world, browser: browser.post(path, form)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300"><script>alert(1)</script></svg>'
PAID = json.dumps(
    {"event": "payment_link.paid", "payload": {"payment_link": {"entity": {"reference_id": "MB-1"}}}}
).encode()
SESSION = json.dumps({"id": "evt_1", "type": "checkout.session.completed", "data": {"object": {}}}).encode()
NUMBER = "Please give the number of pieces as a whole number above zero."
PIECES = "Please ask for 1 to 20 pieces."
TWICE = "The form came with a field twice. Please load the page again."
UNSOLD = "We do not sell this, or no longer."
UNREADABLE = "Your browser sent something we could not read."
NOT_SIGNED = "not signed by the gateway"
FILL = "Please fill this in."
HOW_TO_SEND = "Please choose how to send it."
HOW_TO_PAY = "Please choose how to pay."
NO_ORDER = "There is no such order, or the link is not complete."
NO_PICTURE = "This is not a picture we can read. Please send a JPEG, PNG or WebP."
WRONG_SIZE = "The picture is too small or far too large: at least 200 pixels a side."
TOO_LARGE = "That file is too large. Please send one of up to 10 MB."
NO_MATCH = "That did not match. Please try again."
STALE_TOTAL = "The total has changed since you saw it."
STALE_BAG = "Your bag or the charges have changed since you saw them."
POSTCODE = "This does not look like a postcode of that state or country."
PHONE = "Please check the phone number"
EMAIL = "Please check the e-mail address"

KEPT = {"name": "A", "phone": "+919830012345", "line1": "1 Lane", "city": "Kolkata", "state": "West Bengal",
        "postcode": "700019", "country": "IN"}  # fmt: skip
NO_ADDRESS = "Please check the e-mail address: it should look like name@example.com."
SHORT = "The password must have at least 10 characters."
CASES = [
    # A customer's account.
    Case("link to nowhere", nothing, post("/login/link", email="x"), 422, NO_ADDRESS),
    Case("link to two", nothing, post("/login/link", email="a@b.example,c@d.example"), 422, NO_ADDRESS),
    Case("link, header injection", nothing, post("/login/link", email="a@b.example\r\nBcc: c@d.e"), 422, NO_ADDRESS),
    Case("link of 10 kB", nothing, post("/login/link", email=f"{LONG}@b.example"), 422, NO_ADDRESS),
    Case("link with NUL", nothing, post("/login/link", email="a\0@b.example"), 400, UNREADABLE),
    Case("account, short password", nothing, post("/account/new", email="a@b.example", password="x"), 422, SHORT),
    Case("account, long name", nothing, post("/account/new", email="a@b.example", name=LONG), 422, "This is too long."),
    Case("link invented", nothing, post("/account/link/" + "x" * 43), 404, "This link is over or was used already."),
    Case("own address", asha_sure, post("/account/email", email="Asha@test.example"), 422, "your address already"),
    Case("new address, none", asha_sure, post("/account/email", email=""), 422, NO_ADDRESS),
    Case("new password short", asha_sure, post("/account/password", password="x" * 9), 422, SHORT),
    Case("details, language", asha, post("/account/details", name="A", language="xx"), 422, "one of the options"),
    Case("place without street", asha, post("/account/addresses/new", **{**KEPT, "line1": ""}), 422, "fill this in"),
    Case("place unserved", asha, post("/account/addresses/new", **{**KEPT, "country": "KP"}), 422, "do not send there"),
    Case("place of nobody", asha, post("/account/addresses/7", **KEPT), 404, "no such address among yours"),
    Case("removal of nobody's", asha, post("/account/addresses/7/removal"), 404, "no such address among yours"),
    Case("export of a kind", asha_sure, post("/account/export", kind="xml"), 422, "one of the options"),
    Case("erase unsure", asha_sure, post("/account/erasure"), 422, "one of the options"),
    Case("erase with an order", asha_with_an_open_order, post("/account/erasure", sure="yes"), 409, "still being made"),
    # The bag.
    Case("unknown sku", nothing, add(sku="MB-NOTHING"), 404, UNSOLD),
    Case("empty sku", nothing, add(sku=""), 404, UNSOLD),
    Case("sku of 10 kB", nothing, add(sku=LONG), 404, UNSOLD),
    Case("sku with NUL", nothing, add(sku="MB\0"), 400, UNREADABLE),
    Case("sku as injection", nothing, add(sku="' OR '1'='1"), 404, UNSOLD),
    Case("no sku", nothing, post("/cart/lines", quantity="1"), 422, UNSOLD),
    Case("two skus", nothing, add(sku=[TOTE, WALLET]), 422, TWICE),
    Case("quantity 0", nothing, add(quantity="0"), 422, NUMBER),
    Case("quantity -1", nothing, add(quantity="-1"), 422, NUMBER),
    Case("quantity 1e9", nothing, add(quantity="1e9"), 422, NUMBER),
    Case("quantity a milliard", nothing, add(quantity="1000000000"), 422, PIECES),
    Case("quantity of 20 digits", nothing, add(quantity="9" * 20), 422, NUMBER),
    Case("quantity in Arabic digits", nothing, add(quantity="٣"), 422, NUMBER),
    Case("quantity ½", nothing, add(quantity="½"), 422, NUMBER),
    Case("quantity 1.5", nothing, add(quantity="1.5"), 422, NUMBER),
    Case("quantity 0x1", nothing, add(quantity="0x1"), 422, NUMBER),
    Case("quantity 1_0", nothing, add(quantity="1_0"), 422, NUMBER),
    Case("quantity empty", nothing, add(quantity=""), 422, NUMBER),
    Case("quantity 21", nothing, add(quantity="21"), 422, PIECES),
    Case("quantity NUL", nothing, add(quantity="1\0"), 400, UNREADABLE),
    Case("two quantities at once", nothing, add(quantity=["1", "2"]), 422, TWICE),
    Case("unknown currency", nothing, add(currency="XYZ"), 422, "We do not sell in that currency."),
    Case("small currency", nothing, add(currency="inr"), 422, "We do not sell in that currency."),
    Case("no price in it", nothing, add(sku=TOTE_RED, currency="EUR"), 422, "This is not sold in EUR."),
    Case("other currency", a_bag, lambda w, s: add(currency="USD")(w, s[0]), 409, "Your bag is in INR."),
    Case("more than 20 in all", lambda w: a_bag(w, MESSENGER, 15), lambda w, s: add(sku=MESSENGER,
         quantity="6")(w, s[0]),
         422, PIECES),
    Case("change without a bag", nothing, post(f"/cart/lines/{TOTE}", quantity="2"), 404, UNSOLD),
    Case("change what is not in it", a_bag, lambda w, s: s[0].post(f"/cart/lines/{WALLET}", {"quantity": "2"}),
         404, UNSOLD),
    Case("change to ٣", a_bag, lambda w, s: s[0].post(f"/cart/lines/{TOTE}", {"quantity": "٣"}), 422, NUMBER),
    Case("change to two", a_bag, lambda w, s: s[0].post(f"/cart/lines/{TOTE}", {"quantity": ["1", "2"]}), 422, TWICE),
    Case("change to 21", a_bag, lambda w, s: s[0].post(f"/cart/lines/{TOTE}", {"quantity": "21"}), 422, PIECES),
    Case("bag as JSON", nothing, lambda w, b: b.client.post("/cart/lines", json={"sku": TOTE},
         headers={"Sec-Fetch-Site": "same-origin"}), 422, ""),
    Case("bag of 13 MB", nothing, add(sku="x" * 13_000_000), 413, TOO_LARGE),
    Case("bag of another site", nothing, lambda w, b: b.client.post("/cart/lines", data={"sku": TOTE},
         headers={"Sec-Fetch-Site": "cross-site"}), 403, "This is not open to you"),
    # The checkout.
    Case("checkout without a bag", nothing, lambda w, b: b.post("/checkout", {}), 303, ""),
    Case("bag changed since it was shown", a_bag_changed_since, checkout(), 409, STALE_BAG),
    Case("price changed since it was shown", a_price_changed_since, checkout(), 409, STALE_BAG),
    Case("total bent by the browser", a_bag, checkout(**{"total_india-standard": "1"}), 409, STALE_TOTAL),
    Case("total of another way", a_bag, checkout(**{"total_india-standard": "90900"}), 409, STALE_TOTAL),
    Case("total missing", a_bag, checkout(**{"total_india-standard": None}), 422, STALE_TOTAL),
    Case("total in words", a_bag, checkout(**{"total_india-standard": "much"}), 422, STALE_TOTAL),
    Case("total in Arabic digits", a_bag, checkout(**{"total_india-standard": "٣"}), 409, STALE_TOTAL),
    Case("total superscript", a_bag, checkout(**{"total_india-standard": "²"}), 422, STALE_TOTAL),
    Case("what was seen is missing", a_bag, checkout(seen=None), 409, STALE_BAG),
    Case("country unknown", a_bag, checkout(country="XX"), 422, "We do not send there yet."),
    Case("country unserved", a_bag, checkout(country="AQ"), 422, "We do not send there yet."),
    Case("country in words", a_bag, checkout(country="India"), 422, "We do not send there yet."),
    Case("country missing", a_bag, checkout(country=""), 422, FILL),
    Case("postcode of another state", a_bag, checkout(postcode="400001"), 422, "usually lies in Maharashtra"),
    Case("postcode too short", a_bag, checkout(postcode="7000"), 422, POSTCODE),
    Case("postcode missing", a_bag, checkout(postcode=""), 422, FILL),
    Case("postcode nonsense abroad", an_abroad_bag, checkout(postcode="12"), 422, POSTCODE),
    Case("state unknown", a_bag, checkout(state="Atlantis"), 422, "Please choose the state as the post writes it."),
    Case("phone in words", a_bag, checkout(phone="call me"), 422, PHONE),
    Case("phone too short", a_bag, checkout(phone="12345"), 422, PHONE),
    Case("phone of no country", a_bag, checkout(phone="+999 123 456 789"), 422, PHONE),
    Case("phone of 10 kB", a_bag, checkout(phone="9" * 10_000), 422, "This is too long."),
    Case("e-mail without host", a_bag, checkout(email="asha@"), 422, EMAIL),
    Case("e-mail with a header", a_bag, checkout(email="a@b.example\r\nBcc: c@d.example"), 422, EMAIL),
    Case("two e-mails", a_bag, checkout(email="a@b.example, c@d.example"), 422, EMAIL),
    Case("e-mail of 10 kB", a_bag, checkout(email="a@" + LONG + ".example"), 422, "This is too long."),
    *(Case(f"{field} of 10 kB", a_bag, checkout(**{field: LONG}), 422, "This is too long.")
      for field in ("name", "line1", "line2", "city")),
    *(Case(f"{field} missing", a_bag, checkout(**{field: ""}), 422, FILL)
      for field in ("name", "email", "phone", "line1", "city")),
    *(Case(f"{field} with NUL", a_bag, checkout(**{field: "a\0b"}), 400, UNREADABLE)
      for field in ("name", "email", "city", "country", "seen")),
    Case("payment method unknown", a_bag, checkout(payment_method="barter"), 422, HOW_TO_PAY),
    Case("payment method missing", a_bag, checkout(payment_method=None), 422, HOW_TO_PAY),
    Case("shipping method unknown", a_bag, checkout(shipping_method="pigeon"), 422, HOW_TO_SEND),
    Case("shipping method missing", a_bag, checkout(shipping_method=None), 422, HOW_TO_SEND),
    Case("shipping method of the other zone", a_bag, checkout(shipping_method="world-tracked"), 422, HOW_TO_SEND),
    Case("shipping method of home, abroad", an_abroad_bag, checkout(shipping_method="india-standard"), 422,
         HOW_TO_SEND),
    Case("more than are left", a_bag_of_what_someone_bought, checkout(), 409, "Only 0 are left. Please take fewer."),
    Case("checkout as JSON", a_bag, lambda w, s: s[0].client.post("/checkout", json=s[1],
         headers={"Sec-Fetch-Site": "same-origin"}), 422, FILL),
    Case("checkout as text", a_bag, lambda w, s: s[0].post("/checkout", b"name=Asha",
         content_type="text/plain"), 422, FILL),
    Case("checkout as half a multipart", a_bag, lambda w, s: s[0].post("/checkout", b"--x\r\nContent-Dispo",
         content_type="multipart/form-data; boundary=x"), 422, FILL),
    Case("checkout of 500 fields", a_bag, lambda w, s: s[0].post("/checkout", {f"f{n}": "x" for n in range(500)},
         content_type="multipart/form-data"), 413, TOO_LARGE),
    # An order's page.
    Case("another's order key", an_unpaid_order, with_the_key_of_another, 404, NO_ORDER),
    Case("an order's number with no key", an_unpaid_order, at_order(key=""), 404, "There is no such page here."),
    Case("an order's number with an empty key", an_unpaid_order, at_order(key="/"), 404, "There is no such page here."),
    Case("a key of 10 kB", an_unpaid_order, at_order(key="/" + LONG), 404, NO_ORDER),
    Case("a key with NUL", an_unpaid_order, at_order(key="/%00"), 400, UNREADABLE),
    Case("pay with another's key", an_unpaid_order, at_order("/pay", "/key", "post", payment_method="stripe"),
         404, NO_ORDER),
    Case("cancel with another's key", an_unpaid_order, at_order("/cancellation", "/key", "post"), 404, NO_ORDER),
    Case("come back with another's key", an_unpaid_order, at_order("/return", "/key"), 404, NO_ORDER),
    Case("pay by barter", an_unpaid_order, at_order("/pay", method="post", payment_method="barter"), 422, HOW_TO_PAY),
    Case("come back as if paid", an_unpaid_order,
         at_order("/return?razorpay_payment_link_status=paid&razorpay_payment_id=pay_x&razorpay_signature=00"), 303,
         ""),
    Case("pay what is paid", a_paid_order, at_order("/pay", method="post", payment_method="stripe"), 409,
         "has moved on"),
    Case("cancel what has shipped", a_shipped_order, at_order("/cancellation", method="post"), 409,
         "has moved on"),
    Case("pay after the hold ended and the last piece went", a_hold_that_ended,
         at_order("/pay", method="post", payment_method="razorpay"), 409, "Only 0 are left. Please take fewer."),
    # Webhooks.
    Case("webhook of an unknown gateway", nothing, hook("paypal", PAID), 404, "There is no such page here."),
    Case("webhook without a signature", nothing, hook("razorpay", PAID), 400, NOT_SIGNED),
    Case("webhook without a Stripe signature", nothing, hook("stripe", SESSION), 400, NOT_SIGNED),
    Case("webhook with a nonsense signature", nothing, hook("stripe", SESSION, Stripe_Signature="t=1,v1=zz"),
         400, NOT_SIGNED),
    Case("webhook with a signature of no scheme", nothing, hook("stripe", SESSION, Stripe_Signature="=,="),
         400, NOT_SIGNED),
    Case("webhook with a non-ASCII signature", nothing, hook("razorpay", PAID, X_Razorpay_Signature="é"), 400,
         NOT_SIGNED),
    Case("webhook with the wrong secret", nothing, razorpay_hook(PAID, "guessed"), 400, NOT_SIGNED),
    Case("Stripe's with the wrong secret", nothing, stripe_hook(SESSION, "guessed"), 400, NOT_SIGNED),
    Case("Stripe's an hour old", nothing, stripe_hook(SESSION, age_s=3_600), 400, NOT_SIGNED),
    Case("webhook bent after signing", nothing, razorpay_hook(PAID, sent=PAID.replace(b"MB-1", b"MB-2")), 400,
         NOT_SIGNED),
    Case("Stripe's bent after signing", nothing, stripe_hook(SESSION, sent=SESSION + b" "), 400, NOT_SIGNED),
    Case("webhook cut short", nothing, razorpay_hook(PAID, sent=PAID[:-9]), 400, NOT_SIGNED),
    Case("signed, not UTF-8", nothing, razorpay_hook(b"\xff\xfe{}"), 400, NOT_SIGNED),
    Case("Stripe's signed, not UTF-8", nothing, stripe_hook(b"\xff\xfe{}"), 400, NOT_SIGNED),
    Case("signed, no JSON", nothing, razorpay_hook(b"paid!"), 400, NOT_SIGNED),
    Case("Stripe's signed, no JSON", nothing, stripe_hook(b"paid!"), 400, NOT_SIGNED),
    Case("signed, a list", nothing, razorpay_hook(b"[]"), 400, NOT_SIGNED),
    Case("signed, null", nothing, stripe_hook(b"null"), 400, NOT_SIGNED),
    Case("signed, without its parts", nothing, razorpay_hook(PAID), 400, NOT_SIGNED),
    Case("signed, nothing", nothing, razorpay_hook(b""), 400, NOT_SIGNED),
    Case("webhook of 600 kB", nothing, razorpay_hook(b"x" * 600_000), 413, "too large"),
    Case("a webhook asked for by GET", nothing, lambda w, b: b.get("/webhooks/razorpay"), 405,
         "That cannot be done here."),
    Case("Razorpay's replayed under a new id", a_heard_webhook("razorpay"), replay("razorpay"), 200, "stored"),
    Case("Stripe's replayed", a_heard_webhook("stripe"), replay("stripe"), 200, "stored"),
    # Signing in.
    Case("a PIN guessed", nothing, post("/artisan/sign-in", card_number="1001", pin="111112"), 422,
         "That did not match. Give it again."),
    Case("a PIN guessed for no card", nothing, post("/artisan/sign-in", card_number="9999", pin="111112"), 422,
         "That did not match. Give it again."),
    Case("a PIN guessed the sixth time", rina_after_five_guesses,
         post("/artisan/sign-in", card_number="1001", pin=ARTISANS["Rina"][1]), 429, ""),
    Case("a PIN in letters", nothing, post("/artisan/sign-in", card_number="1001", pin="abcdef"), 422, ""),
    Case("a PIN of 10 kB", nothing, post("/artisan/sign-in", card_number="1001", pin=LONG), 422, ""),
    Case("a card in letters", nothing, post("/artisan/sign-in", card_number="lotus", pin="1"), 422,
         "Look at the number on your card."),
    Case("a card with NUL", nothing, post("/artisan/sign-in", card_number="1001\0"), 400, UNREADABLE),
    Case("a password guessed", nothing, post("/login", email="meera@test.example", password="kantha"), 422, NO_MATCH),
    Case("a stranger's address", nothing, post("/login", email="nobody@test.example", password="kantha"), 422,
         NO_MATCH),
    Case("an artisan at the office's door", nothing, post("/login", email="1001", password="270518"), 422, NO_MATCH),
    Case("a password guessed the sixth time", meera_after_five_guesses,
         post("/login", email="meera@test.example", password="kantha-and-indigo"), 429, "Too many tries."),
    Case("nobody at all", nothing, post("/login"), 422, NO_MATCH),
    # Pictures.
    Case("a picture that is text", meera, picture(b"not a picture"), 422, NO_PICTURE),
    Case("a picture that is empty", meera, picture(b""), 422, NO_PICTURE),
    Case("a picture that is an SVG", meera, picture(SVG, "bag.svg"), 422, NO_PICTURE),
    Case("an SVG that calls itself PNG", meera, picture(SVG), 422, NO_PICTURE),
    Case("a PNG cut short", meera, picture(a_picture()[:200]), 422, NO_PICTURE),
    Case("a JPEG cut short", meera, picture(a_picture(kind="JPEG")[:300], "bag.jpg"), 422, NO_PICTURE),
    Case("a PNG of its header alone", meera, picture(a_picture()[:33]), 422, NO_PICTURE),
    Case("a still GIF", meera, picture(a_picture(kind="GIF"), "bag.gif"), 422, NO_PICTURE),
    Case("a moving GIF", meera, picture(moving("GIF"), "bag.gif"), 422, NO_PICTURE),
    Case("a moving WebP", meera, picture(moving("WEBP"), "bag.webp"), 422, "Moving pictures are not taken."),
    Case("a moving PNG", meera, picture(moving("PNG"), "bag.png"), 422, "Moving pictures are not taken."),
    Case("a decompression bomb", meera, picture(png_header(30_000, 30_000)), 422, ""),
    Case("a picture of absurd size", meera, picture(png_header(2**31 - 1, 2**31 - 1)), 422, ""),
    Case("a picture a line high", meera, picture(png_header(40_000, 1)), 422, WRONG_SIZE),
    Case("a picture of no height", meera, picture(png_header(300, 0)), 422, ""),
    Case("a picture too small", meera, picture(a_picture((199, 300))), 422, WRONG_SIZE),
    Case("a picture without words", meera, picture(a_picture((251, 301)), alt=" "), 422,
         "Say in a few words what the picture shows"),
    Case("a picture without a file", meera, post("/manager/products/kalka-tote/pictures", alt="A bag"), 422, FILL),
    Case("a picture of 13 MB", meera, picture(b"x" * 13_000_000), 413, TOO_LARGE),
    Case("a picture for another centre's product", ruma, picture(a_picture((252, 302))), 404,
         "There is no such product here."),
    # The office.
    Case("a refund without a reason", lambda w: (meera(w), w.buy(TOTE)),
         lambda w, s: s[0].post(f"/manager/orders/{w.order(s[1]).number}/refund", {}), 422, FILL),
    Case("a refund of what nobody paid", lambda w: (meera(w), w.buy(TOTE, pay=False)),
         lambda w, s: s[0].post(f"/manager/orders/{w.order(s[1]).number}/refund", {"reason": "x"}), 409,
         "Nothing was paid for this order"),
    Case("shipping what is not ready", lambda w: (meera(w), w.buy(MESSENGER)),
         lambda w, s: s[0].post(f"/manager/orders/{w.order(s[1]).number}/shipment", {"carrier": "a", "tracking": "b"}),
         409, "Not every piece of this order is ready to leave."),
    Case("shipping without a tracking number", lambda w: (meera(w), w.buy(TOTE)),
         lambda w, s: s[0].post(f"/manager/orders/{w.order(s[1]).number}/shipment", {"carrier": "India Post"}),
         422, "Please give the carrier and the tracking number."),
    Case("a count without its mark", meera, post("/manager/products/kalka-tote/stock", sku=TOTE, change="1",
         reason="found"),
         422, TWICE),
    Case("a payout above what she has", meera, post("/manager/payouts", artisan="1", amount="1", method="cash"), 422,
         "The amount must be above zero and no more than she can take now."),
    Case("a row of 20 digits", meera, post("/manager/tasks/99999999999999999999/withdrawal"), 404, "no such page"),
]  # fmt: skip


# Cases that leave nothing behind share a shop; the others have one each.
SHARED = (nothing, a_bag, an_abroad_bag, an_unpaid_order, meera)


@both_databases
@pytest.mark.parametrize("before", SHARED, ids=lambda before: before.__name__)
def test_bad_input_gets_a_clear_answer_and_changes_nothing(world: World, before: Callable[[World], Stage]) -> None:
    cases = [case for case in CASES if case.before is before]

    assert [line for case in cases for line in unexpected(world, case)] == []


@pytest.mark.parametrize("case", [case for case in CASES if case.before not in SHARED], ids=lambda case: case.name)
def test_bad_input_into_a_story_gets_a_clear_answer_and_changes_nothing(world: World, case: Case) -> None:
    assert unexpected(world, case) == []


def test_a_case_that_changes_something_is_noticed(world: World) -> None:
    honest = Case("honest", nothing, add(), 303, "")

    assert unexpected(world, honest) == ["honest: changed cart, cart_line"]


def test_a_line_break_in_a_name_never_becomes_a_header(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []
    monkeypatch.setattr("shop.mail.send", lambda message, **_: sent.append(message))

    link = world.buy(TOTE, name="Asha\r\nBcc: evil@evil.example")

    assert world.order(link).name == "Asha Bcc: evil@evil.example"
    assert [message["To"] for message in sent] == ["asha@test.example"]
    assert all(message["Bcc"] is None for message in sent)


@pytest.mark.parametrize("gateway", ["razorpay", "stripe"])
def test_a_genuine_webhook_for_an_order_that_is_not_ours_is_held_and_moves_no_money(world: World, gateway: str) -> None:
    browser, body = a_heard_webhook(gateway)(world)
    key = world.attempts(latest_link(world))[0].key.encode()
    strange = body.replace(key, b"MB-STRANGE-1").replace(b"pay_", b"pxy_")
    was = contents(world)

    (razorpay_hook if gateway == "razorpay" else stripe_hook)(strange.replace(b'"evt_', b'"evz_'))(world, browser)
    world.work()

    now = contents(world)
    assert [name for name in was if was[name] != now[name]] == ["gateway_event"]


def latest_link(world: World) -> str:
    from shop.orders.models import Order

    with world.reading():
        order = db.session.scalars(select(Order).order_by(Order.id.desc()).limit(1)).one()
        return f"/orders/{order.number}/{order.key}"
