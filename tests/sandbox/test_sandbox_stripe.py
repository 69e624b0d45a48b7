"""The real Stripe SDK against the sandbox."""

import time
from typing import Any

import pytest
import stripe

from sandbox.server import SandboxThread


def test_create_shows_an_open_session_without_a_payment_intent(
    new_session: Any, stripe_client: Any, sandbox: SandboxThread
) -> None:
    session = new_session()
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency, session.livemode) == (125_000, "inr", False)
    assert session.metadata["order"] == "MB-1" and session.url == f"{sandbox.base_url}/stripe/pay/{session.id}"
    shown = stripe_client.v1.checkout.sessions.retrieve(session.id, params={"expand": ["payment_intent", "line_items"]})
    assert shown.line_items.data[0].description == "Kantha tote"
    assert not [name for name in shown.to_dict() if name.startswith("_")]


def test_paying_completes_the_session_and_tells_the_shop(
    new_session: Any, stripe_client: Any, sandbox: SandboxThread, inbox: Any
) -> None:
    session = new_session()
    paid = sandbox.control.pay("stripe", session.id)
    assert paid["redirect"] == f"http://shop.test/done?session={session.id}"
    assert inbox.types() == ["payment_intent.succeeded", "checkout.session.completed"]
    path, headers, body = inbox[-1]
    event = stripe_client.construct_event(body, headers["Stripe-Signature"], "whsec_sandbox")
    assert path == "/webhooks/stripe" and event.livemode is False
    assert event.api_version == stripe.api_version and event.data.object.payment_intent == paid["payment"]
    shown = stripe_client.v1.checkout.sessions.retrieve(session.id, params={"expand": ["payment_intent.latest_charge"]})
    assert (shown.status, shown.payment_status) == ("complete", "paid")
    assert (shown.payment_intent.amount_received, shown.payment_intent.metadata["order"]) == (125_000, "MB-1")
    assert shown.payment_intent.latest_charge.paid is True
    found = stripe_client.v1.checkout.sessions.list(params={"payment_intent": paid["payment"]})
    assert [one.id for one in found.data] == [session.id]


def test_other_secrets_and_old_signatures_are_refused_by_the_sdk(
    new_session: Any, stripe_client: Any, sandbox: SandboxThread, inbox: Any
) -> None:
    sandbox.control.pay("stripe", new_session().id)
    _, headers, body = inbox[0]
    for secret, text in (("whsec_other", body), ("whsec_sandbox", body + b" ")):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe_client.construct_event(text, headers["Stripe-Signature"], secret)


def test_a_declined_card_leaves_the_page_open_and_keeps_one_payment_intent(
    new_session: Any, stripe_client: Any, sandbox: SandboxThread, inbox: Any
) -> None:
    session = new_session()
    failed = sandbox.control.pay("stripe", session.id, "fail")
    intent = stripe_client.v1.payment_intents.retrieve(failed["payment"])
    assert (intent.status, intent.last_payment_error.code) == ("requires_payment_method", "card_declined")
    assert stripe_client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert sandbox.control.pay("stripe", session.id)["payment"] == failed["payment"]
    assert inbox.types()[0] == "payment_intent.payment_failed"
    assert sandbox.control.books()["stripe"] == {"INR": {"captured": 125_000, "refunded": 0}}


def test_the_same_idempotency_key_gives_the_same_session(new_session: Any) -> None:
    first, again = new_session(idempotency_key="order-1"), new_session(idempotency_key="order-1")
    assert first.id == again.id and again.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError):
        new_session(amount=1_000, idempotency_key="order-1")
    assert new_session(idempotency_key="order-2").id != first.id


def test_an_idempotency_key_is_forgotten_after_a_day(new_session: Any, sandbox: SandboxThread) -> None:
    first = new_session(idempotency_key="order-1")
    sandbox.control.advance_clock(24 * 3600 + 1)
    assert new_session(idempotency_key="order-1").id != first.id


def test_refused_parameters_are_not_remembered(new_session: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        new_session(amount=1, idempotency_key="small")
    assert new_session(idempotency_key="small").status == "open"


@pytest.mark.parametrize(("seconds", "words"), [(29 * 60, "at least 30 minutes"), (25 * 3600, "less than 24 hours")])
def test_expiry_must_be_within_half_an_hour_and_a_day(new_session: Any, seconds: int, words: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=words) as refusal:
        new_session(params={"expires_at": int(time.time()) + seconds})
    assert refusal.value.param == "expires_at"


@pytest.mark.parametrize(
    "params",
    [
        {"mode": "subscription"},
        {"line_items": []},
        {"success_url": ""},
        {"colour": "red"},
        {"payment_method_types": ["cheque"]},
    ],
)
def test_wrong_parameters_are_refused(new_session: Any, params: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        new_session(params=params)


def test_a_wrong_key_is_refused(sandbox: SandboxThread) -> None:
    client = stripe.StripeClient("sk_test_other", base_addresses={"api": sandbox.stripe_base})
    with pytest.raises(stripe.AuthenticationError):
        client.v1.payment_intents.list()


def test_unknown_ids_are_404(stripe_client: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        stripe_client.v1.checkout.sessions.retrieve("cs_test_none")
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


def test_the_merchant_may_expire_an_open_session_once(
    new_session: Any, stripe_client: Any, sandbox: SandboxThread, inbox: Any
) -> None:
    session = new_session()
    assert stripe_client.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
        stripe_client.v1.checkout.sessions.expire(session.id)
    sandbox.control.flush()
    assert inbox.types() == ["checkout.session.expired"]
    with pytest.raises(Exception, match="409"):
        sandbox.control.pay("stripe", session.id)


def test_time_expires_a_session(new_session: Any, stripe_client: Any, sandbox: SandboxThread, inbox: Any) -> None:
    session = new_session(params={"expires_at": int(time.time()) + 31 * 60})
    sandbox.control.advance_clock(32 * 60)
    assert stripe_client.v1.checkout.sessions.retrieve(session.id).status == "expired"
    assert inbox.types() == ["checkout.session.expired"]


def test_refunds_stop_at_what_was_captured(
    new_session: Any, stripe_client: Any, sandbox: SandboxThread, inbox: Any
) -> None:
    intent = sandbox.control.pay("stripe", new_session().id)["payment"]
    part = stripe_client.v1.refunds.create(
        params={
            "payment_intent": intent,
            "amount": 25_000,
            "metadata": {"refund": "7"},
            "reason": "requested_by_customer",
        },
        options={"idempotency_key": "refund-7"},
    )
    assert (part.status, part.amount, part.metadata["refund"], part.payment_intent) == (
        "succeeded",
        25_000,
        "7",
        intent,
    )
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded") as refusal:
        stripe_client.v1.refunds.create(params={"payment_intent": intent, "amount": 100_001})
    assert refusal.value.param == "amount"
    assert stripe_client.v1.refunds.create(params={"payment_intent": intent}).amount == 100_000
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        stripe_client.v1.refunds.create(params={"payment_intent": intent})
    assert refusal.value.code == "charge_already_refunded"
    assert [one.amount for one in stripe_client.v1.refunds.list(params={"payment_intent": intent}).data] == [
        100_000,
        25_000,
    ]
    assert stripe_client.v1.refunds.retrieve(part.id).id == part.id
    sandbox.control.flush()
    assert inbox.types()[2:] == ["refund.created", "charge.refunded"] * 2
    assert sandbox.control.books()["stripe"]["INR"] == {"captured": 125_000, "refunded": 125_000}


def test_a_refund_may_come_back(new_session: Any, stripe_client: Any, sandbox: SandboxThread, inbox: Any) -> None:
    intent = sandbox.control.pay("stripe", new_session().id)["payment"]
    refund = sandbox.control.refund("stripe", intent, 500)
    assert sandbox.control.settle("stripe", refund["refund"], "fail")["status"] == "failed"
    assert inbox.types()[-1] == "refund.failed"
    assert stripe_client.v1.refunds.retrieve(refund["refund"]).failure_reason == "expired_or_canceled_card"
    assert sandbox.control.books()["stripe"]["INR"]["refunded"] == 0
    sandbox.control.add_faults({"gateway": "stripe", "match": "POST /v1/refunds", "kind": "refund_pending"})
    pending = stripe_client.v1.refunds.create(params={"payment_intent": intent})
    assert pending.status == "pending"
    assert sandbox.control.settle("stripe", pending.id)["status"] == "succeeded"
    assert inbox.types()[-1] == "refund.updated"


def test_lists_page_newest_first_and_filter_by_date(
    new_session: Any, stripe_client: Any, sandbox: SandboxThread
) -> None:
    start = int(time.time()) - 1_000
    for day in range(7):
        sandbox.control.pay("stripe", new_session(f"MB-{day}").id, at=start + day)
    page = stripe_client.v1.payment_intents.list(params={"limit": 3, "created": {"gte": start + 1, "lte": start + 5}})
    assert [one.created - start for one in page.data] == [5, 4, 3] and page.has_more
    assert [one.created - start for one in page.auto_paging_iter()] == [5, 4, 3, 2, 1]
    rest = stripe_client.v1.payment_intents.list(
        params={"created": {"gt": start + 2, "lt": start + 6}, "starting_after": page.data[0].id}
    )
    assert [one.created - start for one in rest.data] == [4, 3] and not rest.has_more
    assert len(stripe_client.v1.checkout.sessions.list(params={"limit": 100, "status": "complete"}).data) == 7


def test_a_year_can_be_seeded_without_webhooks(
    new_session: Any, stripe_client: Any, sandbox: SandboxThread, inbox: Any
) -> None:
    past = int(time.time()) - 300 * 86_400
    session = new_session(headers={"X-Sandbox-At": str(past)}, params={"expires_at": past + 31 * 60})
    paid = sandbox.control.pay("stripe", session.id, at=past + 60, quiet=True)
    refund = sandbox.control.refund("stripe", paid["payment"], 100, at=past + 86_400, quiet=True)
    assert session.created == past and not inbox
    assert stripe_client.v1.payment_intents.retrieve(paid["payment"]).created == past + 60
    assert stripe_client.v1.refunds.retrieve(refund["refund"]).created == past + 86_400
    (row,) = sandbox.control.books()["payments"]
    assert row == {
        "gateway": "stripe",
        "id": paid["payment"],
        "ref": session.id,
        "reference": "MB-1",
        "amount": 125_000,
        "currency": "INR",
        "captured": True,
        "status": "captured",
        "refunded": 100,
        "created": past + 60,
    }
