"""The table of bad input: what stands before, what is sent, the status, and a piece of the sentence that is said."""

from collections.abc import Callable
from dataclasses import dataclass

from werkzeug.test import TestResponse

from tests.bad_input.sending import (
    PAID,
    SESSION,
    SVG,
    add,
    at_order,
    checkout,
    hook,
    moving,
    picture,
    png_header,
    post,
    razorpay_hook,
    replay,
    stripe_hook,
    with_the_key_of_another,
)
from tests.bad_input.stages import (
    Stage,
    a_bag,
    a_bag_changed_since,
    a_bag_of_what_someone_bought,
    a_heard_webhook,
    a_hold_that_ended,
    a_paid_order,
    a_price_changed_since,
    a_shipped_order,
    an_abroad_bag,
    an_unpaid_order,
    asha,
    asha_sure,
    asha_with_an_open_order,
    meera,
    meera_after_five_guesses,
    nothing,
    rina_after_five_guesses,
    ruma,
)
from tests.cast import ARTISANS, MESSENGER, TOTE, TOTE_RED, WALLET, a_picture
from tests.world import World

LONG = "x" * 10_000


@dataclass(frozen=True)
class Case:
    """One bad input: what stands before it, how it is sent, and what has to come of it; `kept_in` is a table in which
    it is laid by for a person, and nothing else changes."""

    name: str
    before: Callable[[World], Stage]
    send: Callable[[World, Stage], TestResponse]
    status: int
    says: str
    kept_in: str = ""


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
    Case("signed, no JSON", nothing, razorpay_hook(b"paid!"), 200, "stored", "gateway_event"),
    Case("Stripe's signed, no JSON", nothing, stripe_hook(b"paid!"), 200, "stored", "gateway_event"),
    Case("signed, a list", nothing, razorpay_hook(b"[]"), 200, "stored", "gateway_event"),
    Case("signed, null", nothing, stripe_hook(b"null"), 200, "stored", "gateway_event"),
    Case("signed, without its parts", nothing, razorpay_hook(PAID), 200, "stored", "gateway_event"),
    Case("signed, nothing", nothing, razorpay_hook(b""), 200, "stored", "gateway_event"),
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
         "Ask her how much she wants."),
    Case("a row of 20 digits", meera, post("/manager/tasks/99999999999999999999/withdrawal"), 404, "no such page"),
]  # fmt: skip


# Cases that leave nothing behind share a shop; the others have one each.
SHARED = (nothing, a_bag, an_abroad_bag, an_unpaid_order, meera)
