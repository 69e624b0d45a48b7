"""The adapters against the real SDKs: how long they wait, how often they ask, and every quirk that they hold."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import razorpay
import requests
import stripe
from razorpay.resources import Dispute, Payment, PaymentLink, Refund, Settlement
from requests.adapters import HTTPAdapter

from sandbox.server import SandboxThread
from sandbox.signing import razorpay_signature, stripe_signature
from shop.payments import refund_answers
from shop.payments.gateways import (
    BadSignature,
    Gateway,
    GatewayRefused,
    GatewayUnknown,
    PageLine,
    PageRequest,
    Patience,
)
from shop.payments.gateways import stripe as stripe_gateway
from shop.payments.gateways.patient import ONCE_MORE
from shop.payments.gateways.razorpay import RazorpayGateway
from shop.payments.gateways.stripe import StripeGateway
from shop.payments.models import AttemptStatus
from shop.payments.offers import Offer, Way, offers
from tests.cast import TOTE
from tests.world import World

NAMES = ["razorpay", "stripe"]
both_gateways = pytest.mark.parametrize("name", NAMES)


def adapter(name: str, thread: SandboxThread | str, **other: Any) -> Gateway:
    """Return an adapter that talks to the sandbox, or to an address."""
    base = thread if isinstance(thread, str) else {"razorpay": thread.razorpay_base, "stripe": thread.stripe_base}[name]
    if name == "stripe":
        return StripeGateway(
            secret_key="sk_test_sandbox", webhook_secrets=("whsec_new", "whsec_old"), api_base=base, **other
        )
    keys = {"key_id": "rzp_test_sandbox", "key_secret": "sandbox_secret"}
    return RazorpayGateway(**keys, webhook_secrets=("whsec_new", "whsec_old"), api_base=base, **other)


def listings(gateway: Any) -> list[Callable[[datetime, datetime], Iterator[object]]]:
    """Return everything that the comparison reads of a gateway."""
    disputes = partial(gateway.disputes_between, at=datetime.now(UTC))
    return [gateway.payments_between, gateway.refunds_between, disputes, gateway.settlements_between]


def page_request(key: str, at: datetime, currency: str = "INR") -> PageRequest:
    return PageRequest(
        key=key, amount_minor=81_900, currency=currency, lines=[PageLine("A tote", 81_900)], description="An order",
        email="asha@test.example", name="Asha Sen", phone="+919830012345", return_url="http://localhost/return",
        cancel_url="http://localhost/", expires_at=at + timedelta(minutes=40),
    )  # fmt: skip


@both_gateways
def test_a_gateway_that_is_slow_is_given_up_after_its_time_and_one_more_try(
    world: World, sandbox_thread: SandboxThread, name: str
) -> None:
    slow = {"gateway": name, "match": "GET *", "kind": "slow", "times": None, "seconds": 1.5}
    world.sandbox.add_faults(slow)
    hasty = adapter(name, sandbox_thread, patience=Patience(0.5, 0.4))

    begun = time.monotonic()
    with pytest.raises(GatewayUnknown):
        hasty.find_page("MB-1-1", world.clock.now())
    took = time.monotonic() - begun

    assert 0.8 <= took <= 0.8 + 1 + 0.5, "two waits of 0.4 s and one of up to a second between them"
    assert world.sandbox.faults()[0]["struck"] == 2
    world.sandbox.clear_faults()
    world.sandbox.add_faults({**slow, "seconds": 0.5, "times": 1})
    assert adapter(name, sandbox_thread).find_page("MB-1-1", world.clock.now()) is None  # control: it waits longer


@both_gateways
def test_every_request_of_both_sdks_waits_three_seconds_to_connect_and_ten_to_hear(
    world: World, sandbox_thread: SandboxThread, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Any, Any]] = []
    send = HTTPAdapter.send

    def noting(self: HTTPAdapter, request: requests.PreparedRequest, **given: Any) -> requests.Response:
        seen.append((given["timeout"], given["verify"]))
        return send(self, request, **given)

    monkeypatch.setattr(HTTPAdapter, "send", noting)
    now = world.clock.now()
    gateway = world.app.extensions["counter"].gateways[name]
    page = gateway.open_page(page_request(f"MB-T-{name}", now))
    world.sandbox.pay(name, page.ref, quiet=True)
    paid = gateway.payments_of_page(page.ref, f"MB-T-{name}")[0]
    gateway.refund(paid.ref, 100, f"refund-of-{name}")
    gateway.find_refund(paid.ref, "x")
    gateway.close_page(page.ref)
    for listing in listings(gateway):
        list(listing(now - timedelta(days=1), now + timedelta(days=1)))

    assert len(seen) >= 8
    assert {timeout for timeout, _verify in seen} == {(3, 10)}
    if name == "razorpay":
        assert not any(
            "razorpay" in str(verify) for _timeout, verify in seen
        )  # this machine's certificates, not its own
    world.unexplained[name, "INR"] = 81_900 - 100
    if name == "razorpay":
        keys = ("rzp_test_sandbox", "sandbox_secret")
        razorpay.Client(auth=keys, base_url=sandbox_thread.razorpay_base).refund.all({})
    else:
        stripe.StripeClient("sk_test_sandbox", base_addresses={"api": sandbox_thread.stripe_base}).v1.refunds.list()
    assert seen[-1][0] == {"razorpay": None, "stripe": 80}[name]  # control: left alone the SDKs wait so long


@both_gateways
@pytest.mark.parametrize("kind", ["error_500_before", "html_502_before", "rate_limit", "reset_before", "reset"])
def test_one_silence_is_asked_again_and_a_second_is_unknown(world: World, name: str, kind: str) -> None:
    gateway, now = world.app.extensions["counter"].gateways[name], world.clock.now()
    fault = {"gateway": name, "match": "POST /v1/*", "kind": kind}
    world.sandbox.add_faults({**fault, "times": 1})
    page = gateway.open_page(page_request("MB-R-1", now))
    assert gateway.find_page("MB-R-1", now - timedelta(hours=1)) == page

    world.sandbox.clear_faults()
    world.sandbox.add_faults({**fault, "times": None})
    with pytest.raises(GatewayUnknown):
        gateway.open_page(page_request("MB-R-2", now))
    assert world.sandbox.faults()[0]["struck"] == 2


def test_waits_between_two_askings_differ() -> None:
    waits = {ONCE_MORE.get_backoff_time() for _ in range(50)}

    assert len(waits) > 40 and 0 <= min(waits) < max(waits) <= 1


def found_by_a_clock_ahead(world: World) -> str:
    """Let Stripe fail after it opened a page, its clock five minutes behind ours; return what its attempt comes to."""
    world.sandbox.set_clock(int((world.clock.now() - timedelta(minutes=5)).timestamp()), frozen=True)
    world.sandbox.add_faults({"gateway": "stripe", "match": "POST /v1/checkout/*", "kind": "error_500_after"})
    link = world.buy(TOTE, gateway="stripe", pay=False)
    assert world.attempts(link)[0].status is AttemptStatus.UNKNOWN
    world.clock.advance(timedelta(minutes=1))
    world.look_at_gateways()
    return world.attempts(link)[0].status.value


def test_a_page_behind_an_error_is_found_though_our_clock_is_ahead(world: World) -> None:
    assert found_by_a_clock_ahead(world) == "pending"


def test_control_without_a_margin_for_clocks_the_page_is_missed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_gateway, "CLOCKS_APART", timedelta())

    with pytest.raises(AssertionError, match="unknown"):
        assert found_by_a_clock_ahead(world) == "pending"


def test_a_session_is_paid_by_card_alone_whatever_a_dashboard_switches_on(
    world: World, sandbox_thread: SandboxThread
) -> None:
    link = world.buy(TOTE, gateway="stripe", pay=False)
    client = stripe.StripeClient("sk_test_sandbox", base_addresses={"api": sandbox_thread.stripe_base})
    session = client.v1.checkout.sessions.retrieve(world.attempts(link)[0].page_ref or "").to_dict()

    assert session["payment_method_types"] == [way.value for way in offers(["stripe"], "INR", "IN")[0].ways]


@both_gateways
@pytest.mark.parametrize("kind", ["error_500_after", "timeout_after", "malformed_json", "html_502_after"])
def test_asking_again_after_the_effect_opens_no_second_page_and_gives_nothing_back_twice(
    world: World, name: str, kind: str
) -> None:
    gateway, now = world.app.extensions["counter"].gateways[name], world.clock.now()
    fault: dict[str, Any] = {"gateway": name, "kind": kind, "times": 2, "seconds": 0.1}
    world.sandbox.add_faults({**fault, "match": "POST /v1/*"})
    with contextlib.suppress(GatewayUnknown):
        gateway.open_page(page_request("MB-A-1", now))
    world.sandbox.clear_faults()
    page = gateway.find_page("MB-A-1", now - timedelta(hours=1))
    assert page is not None
    if name == "razorpay" or kind in ("timeout_after", "malformed_json", "html_502_after"):
        assert gateway.open_page(page_request("MB-A-1", now)) == page
    else:
        with pytest.raises(GatewayUnknown):  # Stripe answers for a day what it answered first: look before asking
            gateway.open_page(page_request("MB-A-1", now))

    world.sandbox.pay(name, page.ref, quiet=True)
    paid = gateway.payments_of_page(page.ref, "MB-A-1")[0]
    world.sandbox.add_faults({**fault, "match": "POST *refund*"})
    with contextlib.suppress(GatewayUnknown):
        gateway.refund(paid.ref, 1_000, "refund-again-1")
    world.sandbox.clear_faults()
    found = gateway.find_refund(paid.ref, "refund-again-1")
    assert found is not None and found.amount_minor == 1_000
    assert sum(each["amount"] for each in world.sandbox.books()["refunds"]) == 1_000
    world.unexplained[name, "INR"] = 81_900 - 1_000


class Answering(BaseHTTPRequestHandler):
    """Answers everything alike."""

    status, kind, body = 200, "application/json", b"{}"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(self.status)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def answering() -> Iterator[Callable[..., str]]:
    server = HTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def answer(status: int, body: bytes, kind: str = "application/json") -> str:
        Answering.status, Answering.body, Answering.kind = status, body, kind
        return f"http://127.0.0.1:{server.server_port}"

    yield answer
    server.shutdown()
    server.server_close()


NO = json.dumps({"error": {"code": "BAD_REQUEST_ERROR", "description": "no", "type": "invalid_request_error"}}).encode()
HTML = b"<html><h1>Bad gateway</h1></html>"


@both_gateways
@pytest.mark.parametrize(
    ("status", "body", "raised"),
    [
        (400, NO, GatewayRefused),
        (401, NO, GatewayRefused),
        (409, NO, GatewayUnknown),  # the same is under way: to Razorpay's SDK a refusal like any other
        (429, NO, GatewayUnknown),  # likewise: a refund would be given up for being asked too fast
        (500, NO, GatewayUnknown),
        (502, HTML, GatewayUnknown),
        (200, HTML, GatewayUnknown),
        (404, HTML, GatewayUnknown),
        (200, b"", GatewayUnknown),
        (204, b"", GatewayUnknown),  # which Razorpay's SDK makes the text "{}" of
        (200, b"{}", GatewayUnknown),  # JSON, and nothing in it that was asked for
        (200, b"[]", GatewayUnknown),
        (200, b"null", GatewayUnknown),
        (200, b'{"items": [1], "data": [1], "payment_links": [1]}', GatewayUnknown),
    ],
)
def test_whatever_comes_back_is_an_answer_a_refusal_or_unknown(
    answering: Callable[..., str],
    world: World,
    capfd: pytest.CaptureFixture[str],
    name: str,
    status: int,
    body: bytes,
    raised: type[Exception],
) -> None:
    gateway, now = adapter(name, answering(status, body)), world.clock.now()
    asking: list[Callable[[], object]] = [
        lambda: gateway.refund("pay_1", 100, "refund-of-one"),
        lambda: gateway.open_page(page_request("MB-Q-1", now)),
        lambda: list(gateway.payments_between(now, now)),
        lambda: list(gateway.refunds_between(now, now)),
        lambda: list(gateway.disputes_between(now, now, at=now)),
        lambda: list(gateway.settlements_between(now, now)),
        lambda: gateway.find_refund("pay_1", "refund-of-one"),
    ]
    for ask in asking[: 1 if status in (429, 500, 502) else None]:  # those are asked twice, a second apart
        with pytest.raises(raised):
            ask()
    assert capfd.readouterr().out == "", "Razorpay's SDK prints its troubles"


@both_gateways
def test_a_refund_that_may_not_even_be_looked_for_is_unknown_and_not_refused(
    answering: Callable[..., str], name: str
) -> None:
    """Its answer may have been lost before the keys were changed: failed here, it would be given a second time."""
    with pytest.raises(GatewayUnknown):
        refund_answers.send(adapter(name, answering(401, NO)), "pay_1", 100, "refund-of-one")


def test_the_sdk_left_alone_takes_a_409_for_a_refusal_prints_and_cannot_read_html(
    answering: Callable[..., str], capfd: pytest.CaptureFixture[str]
) -> None:
    """Control: the quirks are there; an SDK that no longer has one lets this fail, and its guard may go."""
    bare = razorpay.Client(auth=("a", "b"), base_url=answering(409, NO))
    with pytest.raises(razorpay.errors.BadRequestError):
        bare.payment.refund("pay_1", {})
    answering(502, HTML)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        bare.payment.refund("pay_1", {})
    assert "Request error occurred" in capfd.readouterr().out
    answering(204, b"")
    assert bare.payment.fetch("pay_1") == "{}"
    with pytest.raises(TypeError):
        bare.utility.verify_webhook_signature(b"{}", "x", "y")
    with pytest.raises(TypeError):
        bare.utility.verify_webhook_signature("{}", None, "y")


def test_nothing_is_left_in_the_defaults_that_all_calls_of_the_sdk_share(world: World) -> None:
    world.buy(TOTE, gateway="razorpay")
    now, gateway = world.clock.now(), world.app.extensions["counter"].gateways["razorpay"]
    for listing in listings(gateway):
        list(listing(now - timedelta(days=1), now + timedelta(days=1)))

    shared = [
        default
        for kind in (Payment, PaymentLink, Refund, Dispute, Settlement)
        for verb in vars(kind).values()
        for default in getattr(verb, "__defaults__", None) or ()
        if isinstance(default, dict)
    ]
    assert shared and not any(shared)


@both_gateways
def test_the_twelfth_refund_of_a_payment_is_found(world: World, name: str) -> None:
    """Razorpay's lists end after ten rows unless they are told otherwise."""
    gateway, now = world.app.extensions["counter"].gateways[name], world.clock.now()
    page = gateway.open_page(page_request("MB-L-1", now))
    world.sandbox.pay(name, page.ref, quiet=True)
    paid = gateway.payments_of_page(page.ref, "MB-L-1")[0]
    made = [gateway.refund(paid.ref, 100, f"refund-number-{number}") for number in range(12)]

    assert gateway.find_refund(paid.ref, "refund-number-0") == made[0]
    assert gateway.find_refund(paid.ref, "refund-number-99") is None
    world.unexplained[name, "INR"] = 81_900 - 1_200


@both_gateways
def test_signatures_are_checked_on_the_raw_bytes_with_either_secret(world: World, name: str) -> None:
    gateway = adapter(name, "http://127.0.0.1:9")
    body, now = b'{"event": "x", "id": "evt_1"}', int(time.time())

    def signed(secret: str, at: int = now) -> dict[str, str]:
        if name == "stripe":
            return {"Stripe-Signature": stripe_signature(secret, body, at)}
        return {"X-Razorpay-Signature": razorpay_signature(secret, body), "X-Razorpay-Event-Id": "evt_1"}

    assert gateway.check(body, signed("whsec_new")).secret == 1
    assert gateway.check(body, signed("whsec_old")).secret == 2
    refused: list[tuple[bytes, dict[str, str]]] = [
        (body, signed("whsec_other")),
        (body + b" ", signed("whsec_new")),
        (body, {}),
        (body, dict.fromkeys(signed("whsec_new"), "é" * 64)),
        (b"\xff\xfe", signed("whsec_new")),
    ]
    if name == "stripe":
        refused += [(body, signed("whsec_new", now - 301)), (body, {"Stripe-Signature": f"t={now},v1=é"})]
    for sent, headers in refused:
        with pytest.raises(BadSignature):
            gateway.check(sent, headers)


def test_a_body_without_an_event_id_is_called_by_its_own_hash() -> None:
    gateway = adapter("razorpay", "http://127.0.0.1:9")
    ids = {
        gateway.check(body, {"X-Razorpay-Signature": razorpay_signature("whsec_new", body)}).event_id
        for body in (b'{"a": 1}', b'{"a": 2}')
    }
    assert len(ids) == 2 and all(each.startswith("body-") for each in ids)


ALL = (Way.UPI, Way.CARD, Way.NET_BANKING, Way.WALLET)


@pytest.mark.parametrize(
    ("gateways", "currency", "country", "offered"),
    [
        (NAMES, "INR", "IN", [Offer("razorpay", ALL), Offer("stripe", (Way.CARD,))]),
        (NAMES, "INR", "GB", [Offer("stripe", (Way.CARD,)), Offer("razorpay", (Way.CARD,))]),
        (NAMES, "USD", "IN", [Offer("stripe", (Way.CARD,)), Offer("razorpay", (Way.CARD,))]),
        (["razorpay"], "INR", "IN", [Offer("razorpay", ALL)]),
        (["razorpay"], "EUR", "DE", [Offer("razorpay", (Way.CARD,))]),
        (["stripe"], "INR", "IN", [Offer("stripe", (Way.CARD,))]),
        ([], "INR", "IN", []),
    ],
)
def test_what_is_offered_fits_currency_and_country(
    gateways: list[str], currency: str, country: str, offered: list[Offer]
) -> None:
    found = offers(gateways, currency, country)

    assert found == offered
    assert not found or currency != "INR" or country != "IN" or found[0].ways[0] is Way.UPI or gateways == ["stripe"]
