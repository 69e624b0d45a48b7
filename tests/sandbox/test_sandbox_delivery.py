"""Webhooks: order, retries, holding back, and the ways a bad day delivers them."""

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe

from sandbox.server import SandboxThread
from sandbox.settings import SandboxSettings

PAID = ["payment_intent.succeeded", "checkout.session.completed"]


def test_a_refusing_shop_is_asked_a_few_times_in_order(sandbox: SandboxThread, new_session: Any, inbox: Any) -> None:
    inbox.answer = 503
    sandbox.control.pay("stripe", new_session().id)
    assert inbox.types() == [PAID[0]] * 3 + [PAID[1]] * 3
    events = sandbox.control.deliveries()["events"]
    assert [(one["state"], [a["status"] for a in one["attempts"]]) for one in events] == [("failed", [503] * 3)] * 2
    inbox.answer = 200
    assert [one["status"] for one in sandbox.control.release(ids=[one["id"] for one in events])] == [200, 200]


def test_held_events_wait_and_then_go_in_order(sandbox: SandboxThread, new_session: Any, inbox: Any) -> None:
    sandbox.control.set_deliveries(mode="hold")
    sandbox.control.pay("stripe", new_session().id)
    assert not inbox
    sandbox.control.set_deliveries(mode="auto")
    assert inbox.types() == PAID


def test_release_can_reverse_duplicate_shuffle_and_drop(sandbox: SandboxThread, new_session: Any, inbox: Any) -> None:
    sandbox.control.set_deliveries(mode="hold")
    for number in range(3):
        sandbox.control.pay("stripe", new_session(f"MB-{number}").id)
    ids = [one["id"] for one in sandbox.control.deliveries()["events"]]
    dropped = sandbox.control.release(ids=ids[:1], drop=True)
    assert dropped[0]["status"] is None
    first = sandbox.control.release(order="reverse", copies=2)
    assert [one["id"] for one in first] == [id for id in reversed(ids[1:]) for _ in range(2)]
    shuffled = [sandbox.control.release(ids=ids, order="shuffle", seed=7, copies=3) for _ in range(2)]
    assert shuffled[0] == shuffled[1] and [one["id"] for one in shuffled[0]] != ids * 3
    states = [one["state"] for one in sandbox.control.deliveries()["events"]]
    assert states[1:] == ["delivered"] * 5
    assert len(sandbox.control.release(ids=ids, parallel=8, copies=4)) == 24


@pytest.mark.parametrize("bad", [{"signed": "wrong"}, {"signed": "old"}, {"stale": True}])
def test_badly_signed_events_are_refused_by_the_sdk(
    sandbox: SandboxThread, new_session: Any, stripe_client: Any, inbox: Any, bad: dict[str, Any]
) -> None:
    sandbox.control.set_deliveries(mode="hold")
    sandbox.control.pay("stripe", new_session().id)
    sandbox.control.release(limit=1, **bad)
    _, headers, body = inbox[0]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe_client.construct_event(body, headers["Stripe-Signature"], "whsec_sandbox")
    if bad == {"signed": "old"}:
        assert stripe_client.construct_event(body, headers["Stripe-Signature"], "whsec_sandbox_old")


def test_a_razorpay_body_can_be_replayed_under_a_new_event_id(
    sandbox: SandboxThread, new_link: Any, razorpay_client: Any, inbox: Any
) -> None:
    sandbox.control.pay("razorpay", new_link()["id"])
    (captured, _) = [one["id"] for one in sandbox.control.deliveries()["events"]]
    sandbox.control.release(ids=[captured], copies=2, fresh_ids=True)
    again = inbox[2:]
    assert len({headers["x-razorpay-event-id"] for _, headers, _ in again} | {captured}) == 3
    assert {hashlib.sha256(body).digest() for _, _, body in again} == {hashlib.sha256(inbox[0][2]).digest()}
    for _, headers, body in again:
        assert razorpay_client.utility.verify_webhook_signature(
            body.decode(), headers["X-Razorpay-Signature"], "rzp_whsec_sandbox"
        )


def test_a_handler_may_ask_the_gateway_while_it_is_told(
    new_session: Any, stripe_client: Any, sandbox: SandboxThread, inbox: Any
) -> None:
    seen: list[str] = []
    take = type(inbox).__call__

    def ask(self: Any, path: str, headers: dict[str, str], body: bytes) -> int:
        seen.append(stripe_client.v1.checkout.sessions.retrieve(session.id).status)
        stripe_client.v1.refunds.create(
            params={"payment_intent": json.loads(body)["data"]["object"]["id"]}
        ) if not inbox else None
        return take(self, path, headers, body)

    session = new_session()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(inbox), "__call__", ask)
        sandbox.control.pay("stripe", session.id)
    assert set(seen) == {"complete"} and inbox.types() == [*PAID, "refund.created", "charge.refunded"]


@pytest.fixture
def shop() -> Iterator[tuple[str, list[str]]]:
    """A shop over the real wire."""
    taken: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            taken.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", taken
    server.shutdown()
    thread.join()
    server.server_close()


def test_background_delivery_over_http_once_the_shop_is_known(shop: tuple[str, list[str]]) -> None:
    url, taken = shop
    with SandboxThread(SandboxSettings()) as running:
        client = stripe.StripeClient("sk_test_sandbox", base_addresses={"api": running.stripe_base})
        session = client.v1.checkout.sessions.create(
            params={
                "mode": "payment",
                "success_url": "http://shop.test/",
                "line_items": [
                    {
                        "price_data": {"currency": "inr", "unit_amount": 5000, "product_data": {"name": "Pouch"}},
                        "quantity": 2,
                    }
                ],
            }
        )
        running.control.pay("stripe", session.id)
        assert [one["state"] for one in running.control.deliveries()["events"]] == ["queued", "queued"]
        running.control.set_deliveries(target=url)
        deadline = time.monotonic() + 20
        while len(taken) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert taken == ["/webhooks/stripe"] * 2


@pytest.mark.parametrize("couriers", [1, 4])
def test_several_couriers_carry_at_a_time_and_each_event_once(couriers: int) -> None:
    taken: list[str] = []
    under_way, most = [0], [0]
    counting, two = threading.Lock(), threading.Event()

    def deliver(path: str, headers: dict[str, str], body: bytes) -> int:
        with counting:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
            if most[0] > 1:
                two.set()
        two.wait(0.05 if couriers == 1 else 20)  # whoever is not alone meets another, however slow the machine is
        with counting:
            under_way[0] -= 1
            taken.append(json.loads(body)["id"])
        return 200

    with SandboxThread(SandboxSettings(couriers=couriers, deliver=deliver)) as running:
        client = stripe.StripeClient("sk_test_sandbox", base_addresses={"api": running.stripe_base})
        price: Any = {"currency": "inr", "unit_amount": 5000, "product_data": {"name": "Pouch"}}
        params: Any = {
            "mode": "payment",
            "success_url": "http://shop.test/",
            "line_items": [{"price_data": price, "quantity": 1}],
        }
        running.control.set_deliveries(mode="hold")
        for _ in range(6):
            running.control.pay("stripe", client.v1.checkout.sessions.create(params=params).id)
        running.control.set_deliveries(mode="auto")
        deadline = time.monotonic() + 20
        while len(taken) < 12 and time.monotonic() < deadline:
            time.sleep(0.01)
        queued = [one["id"] for one in running.control.deliveries()["events"]]
    assert sorted(taken) == sorted(queued)
    assert (taken == queued, most[0]) == (True, 1) if couriers == 1 else most[0] > 1
