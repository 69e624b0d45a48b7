"""A genuine signature is not a genuine payment: each thing that can be wrong is held, told, and pays nothing.

Every message here is signed with the right secret: it is one that the gateway sent for a real payment, with one thing
in it changed. The control is the same message unchanged.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from sandbox.signing import razorpay_signature, stripe_signature
from shop import create_app, jobs
from shop.config import UnsafeSettings
from shop.db import db
from shop.orders.models import OrderStatus
from shop.payments import inbox
from shop.payments.models import Capture, EventStatus, GatewayEvent
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.test_config import GOOD
from tests.world import ABROAD, World

Body = dict[str, Any]
TELLING = {"stripe": "checkout.session.completed", "razorpay": "payment_link.paid"}
SECRETS = {"stripe": ("whsec_sandbox", "whsec_sandbox_old"), "razorpay": ("rzp_whsec_sandbox", "rzp_whsec_sandbox_old")}
both_gateways = pytest.mark.parametrize("gateway", ["razorpay", "stripe"])


def session(body: Body) -> Body:
    found: Body = body["data"]["object"]
    return found


def link(body: Body) -> Body:
    found: Body = body["payload"]["payment_link"]["entity"]
    return found


def payment(body: Body) -> Body:
    found: Body = body["payload"]["payment"]["entity"]
    return found


UNLIKE = b'{"id": "evt_1", "event": "payment.captured", "type": "refund.created", "payload": 3, "data": 3}'
Bend = Callable[[Body, str, str], None]  # the message, and key and page of another open order of the same amount
STRIPE: dict[str, Bend] = {
    "amount": lambda body, key, page: session(body).update(amount_total=81_899),
    "currency": lambda body, key, page: session(body).update(currency="usd"),
    "no attempt": lambda body, key, page: session(body).update(client_reference_id="MB-NOBODY-1"),
    "no key": lambda body, key, page: session(body).update(client_reference_id=None, id="cs_of_nobody"),
    "another order": lambda body, key, page: session(body).update(client_reference_id=key),
    "another page": lambda body, key, page: session(body).update(id=page),
    "another account": lambda body, key, page: body.update(account="acct_of_somebody"),
    "live": lambda body, key, page: body.update(livemode=True),
}
RAZORPAY: dict[str, Bend] = {
    "amount": lambda body, key, page: payment(body).update(amount=81_899),
    "currency": lambda body, key, page: payment(body).update(currency="USD"),
    "no attempt": lambda body, key, page: link(body).update(reference_id="MB-NOBODY-1"),
    "another order": lambda body, key, page: link(body).update(reference_id=key),
    "another page": lambda body, key, page: link(body).update(id=page),
    "another account": lambda body, key, page: body.update(account_id="acc_of_somebody"),
}
BENDS = [("stripe", name, bend) for name, bend in STRIPE.items()]
BENDS += [("razorpay", name, bend) for name, bend in RAZORPAY.items()]


def told(world: World, gateway: str, paid: str) -> Body:
    """Let an order be paid and return the message that tells of it, which is not delivered."""
    world.sandbox.set_deliveries(mode="hold")
    world.sandbox.pay(gateway, world.attempts(paid)[0].page_ref or "")
    events = world.sandbox.deliveries(bodies=True)["events"]
    message: Body = json.loads(next(each["body"] for each in events if each["type"] == TELLING[gateway]))
    return message


def deliver(world: World, gateway: str, body: bytes, *, secret: int = 0, event_id: str = "evt_bent") -> int:
    """Send a message to the shop, signed with one of the gateway's secrets."""
    key = SECRETS[gateway][secret]
    if gateway == "stripe":
        headers = {"Stripe-Signature": stripe_signature(key, body, int(time.time()))}
    else:
        headers = {"X-Razorpay-Signature": razorpay_signature(key, body), "X-Razorpay-Event-Id": event_id}
    return world.app.test_client().post(f"/webhooks/{gateway}", data=body, headers=headers).status_code


def events(world: World) -> list[GatewayEvent]:
    with world.reading():
        found = list(db.session.scalars(select(GatewayEvent).order_by(GatewayEvent.id)))
        db.session.expunge_all()
        return found


def work(world: World) -> None:
    while jobs.work_once(world.app):
        pass


@pytest.mark.parametrize(("gateway", "wrong", "bend"), BENDS, ids=[f"{name}, {what}" for name, what, _bend in BENDS])
def test_one_thing_wrong_in_a_genuine_message_holds_it_and_tells_the_office(
    world: World, gateway: str, wrong: str, bend: Bend
) -> None:
    paid, other = (world.buy(TOTE, gateway=gateway, pay=False) for _ in range(2))
    message = told(world, gateway, paid)
    another = world.attempts(other)[0]
    genuine = json.dumps(message).encode()

    bend(message, another.key, another.page_ref or "")
    message["id"] = "evt_bent"
    assert deliver(world, gateway, json.dumps(message).encode()) == 200
    work(world)

    assert [world.order(each).status for each in (paid, other)] == [OrderStatus.PLACED] * 2
    (held,) = events(world)
    assert held.status is EventStatus.HELD and held.note
    farida = world.browser().sign_in("Farida")
    assert f"/manager/exceptions#event-{held.id}" in farida.get("/manager/").text
    page = farida.get("/manager/exceptions").text
    assert gateway.capitalize() in page or paid.split("/")[2] in page

    assert deliver(world, gateway, genuine, event_id="evt_genuine") == 200  # control: as it was sent
    work(world)
    assert [world.order(each).status for each in (paid, other)] == [OrderStatus.PAID, OrderStatus.PLACED]


@both_gateways
@both_databases
def test_a_held_message_pays_nothing_on_either_database_and_its_copies_are_one_row(world: World, gateway: str) -> None:
    paid = world.buy(TOTE, gateway=gateway, pay=False)
    message = told(world, gateway, paid)
    (STRIPE if gateway == "stripe" else RAZORPAY)["amount"](message, "", "")
    body = json.dumps(message).encode()

    for number in range(3):  # Razorpay's id stands outside of the signature
        assert deliver(world, gateway, body, event_id=f"evt_{number}") == 200
        work(world)

    (held,) = events(world)
    assert held.status is EventStatus.HELD
    with world.reading():
        assert db.session.scalars(select(Capture)).all() == []
    world.unexplained[gateway, "INR"] = 81_900


@both_gateways
def test_two_secrets_hold_during_a_change_and_the_old_one_is_told(world: World, gateway: str) -> None:
    paid = world.buy(TOTE, gateway=gateway, pay=False)
    body = json.dumps(told(world, gateway, paid)).encode()
    assert deliver(world, gateway, body, secret=1) == 400  # control: it is not yet, or no longer, among ours
    counter = world.app.extensions["counter"]
    old = counter.gateways[gateway]._secrets
    counter.gateways[gateway]._secrets = SECRETS[gateway]
    try:
        with capture_logs() as logged:
            assert deliver(world, gateway, body, secret=1) == 200
        assert {"event": "webhook.old_secret", "gateway": gateway, "log_level": "warning"} in logged
        work(world)
        assert world.order(paid).status is OrderStatus.PAID
        assert [event.secret for event in events(world)] == [2]
        page = world.browser().sign_in("Farida").get("/manager/gateways").text
        assert f"{gateway.capitalize()} still signs with the old webhook secret" in page
    finally:
        counter.gateways[gateway]._secrets = old


@both_gateways
def test_a_message_of_an_unknown_kind_is_kept_answered_and_counted(world: World, gateway: str) -> None:
    for number in range(3):
        message: Body = {"id": f"evt_{number}", "type": "radar.new", "event": "radar.new", "created_at": number}
        message |= {"data": {"object": {}}, "payload": {}}
        assert deliver(world, gateway, json.dumps(message).encode(), event_id=f"evt_{number}") == 200
    work(world)

    assert [(event.kind, event.status) for event in events(world)] == [("radar.new", EventStatus.IGNORED)] * 3
    page = world.browser().sign_in("Farida").get("/manager/gateways").text
    assert "radar.new" in page
    metrics = world.app.test_client().get("/metrics").text
    assert f'shop_gateway_events_unused{{gateway="{gateway}",kind="radar.new"}} 3' in metrics


@both_gateways
@pytest.mark.parametrize("body", [b"no json", b"[]", b"{}", UNLIKE])
def test_what_is_signed_and_cannot_be_read_is_kept_for_a_person(world: World, gateway: str, body: bytes) -> None:
    """Answered with an error it would be sent for days, and then Razorpay would send nothing any more."""
    assert deliver(world, gateway, body) == 200
    work(world)
    (event,) = events(world)
    assert (event.kind, event.status, bytes(event.body)) == (inbox.UNREADABLE, EventStatus.RECEIVED, body)
    assert event.tries == 1 and event.due_at is not None and event.due_at > world.clock.now()
    assert world.app.test_client().post(f"/webhooks/{gateway}", data=body).status_code == 400  # control: unsigned


def test_razorpay_alone_sells_at_home_and_abroad(world: World) -> None:
    counter = world.app.extensions["counter"]
    world.app.extensions["counter"] = replace(counter, gateways={"razorpay": counter.gateways["razorpay"]})
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    page = browser.get("/checkout").text
    assert "UPI, card, net banking or wallet" in page and "Stripe" not in page

    assert world.order(world.buy(TOTE)).status is OrderStatus.PAID
    abroad = world.buy(TOTE, currency="USD", **ABROAD)
    assert (world.order(abroad).status, world.order(abroad).currency) == (OrderStatus.PAID, "USD")
    refused = world.place(browser, "stripe")
    assert refused.status_code == 422
    assert world.app.test_client().post("/webhooks/stripe", data=b"{}").status_code == 404
    assert world.browser().sign_in("Farida").get("/manager/gateways").status_code == 200


def test_the_shop_opens_with_razorpay_alone_and_not_with_keys_of_two_modes(settings: dict[str, str]) -> None:
    app = create_app({**settings, "STRIPE_SECRET_KEY": ""})
    assert list(app.extensions["counter"].gateways) == ["razorpay"]
    for mixed in ({"STRIPE_SECRET_KEY": "sk_live_own"}, {"RAZORPAY_KEY_ID": "rzp_live_own"}):
        with pytest.raises(UnsafeSettings, match="real money"):
            create_app({**settings, **mixed})
    with pytest.raises(UnsafeSettings, match="must be a live key"):
        create_app({**settings, **GOOD, "STRIPE_SECRET_KEY": "sk_test_own"})


def test_upi_comes_first_in_india_and_a_card_abroad(world: World) -> None:
    browser = world.browser()
    world.add_to_cart(browser, TOTE)

    at_home = browser.get("/checkout?country=IN").text
    abroad = browser.get("/checkout?country=GB").text

    assert at_home.index("UPI, card, net banking") < at_home.index('value="stripe"')
    assert "UPI" not in abroad
    assert abroad.index('value="stripe"') < abroad.index('value="razorpay"')
