"""The real Razorpay SDK against the sandbox."""

import json
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import razorpay
from razorpay.errors import BadRequestError, SignatureVerificationError

from sandbox.server import SandboxThread

KEY = {"X-Refund-Idempotency": "refund-0000000001"}


def test_create_shows_an_open_link(new_link: Any, razorpay_client: Any, sandbox: SandboxThread) -> None:
    link = new_link()
    assert (link["status"], link["amount_paid"], link["payments"], link["currency"]) == ("created", 0, None, "INR")
    assert link["short_url"] == f"{sandbox.base_url}/razorpay/pay/{link['id']}" and link["notes"] == {"order": "MB-1"}
    assert razorpay_client.payment_link.fetch(link["id"]) == link
    assert not [name for name in link if name.startswith("_")]


def test_paying_tells_the_shop_and_the_browser(
    new_link: Any, razorpay_client: Any, sandbox: SandboxThread, inbox: Any
) -> None:
    link = new_link()
    paid = sandbox.control.pay("razorpay", link["id"])
    assert inbox.types() == ["payment.captured", "payment_link.paid"]
    path, headers, body = inbox[-1]
    assert path == "/webhooks/razorpay" and headers["x-razorpay-event-id"]
    assert razorpay_client.utility.verify_webhook_signature(
        body.decode(), headers["X-Razorpay-Signature"], "rzp_whsec_sandbox"
    )
    with pytest.raises(SignatureVerificationError):
        razorpay_client.utility.verify_webhook_signature(body.decode(), headers["X-Razorpay-Signature"], "other")
    payload = json.loads(body)["payload"]
    assert (
        payload["payment_link"]["entity"]["reference_id"] == "MB-1" and payload["order"]["entity"]["status"] == "paid"
    )
    payment = razorpay_client.payment.fetch(paid["payment"])
    assert (payment["status"], payment["captured"], payment["amount"], payment["order_id"]) == (
        "captured",
        True,
        125_000,
        payload["order"]["entity"]["id"],
    )
    shown = razorpay_client.payment_link.fetch(link["id"])
    assert (shown["status"], shown["amount_paid"], shown["payments"][0]["payment_id"]) == (
        "paid",
        125_000,
        paid["payment"],
    )


def test_the_callback_is_accepted_by_the_sdk(new_link: Any, razorpay_client: Any, sandbox: SandboxThread) -> None:
    link = new_link()
    url = urlsplit(sandbox.control.pay("razorpay", link["id"])["redirect"])
    query = dict(parse_qsl(url.query))
    assert (url.netloc, query["via"], query["razorpay_payment_link_status"]) == ("shop.test", "razorpay", "paid")
    sent = {
        "payment_link_id": query["razorpay_payment_link_id"],
        "payment_link_status": query["razorpay_payment_link_status"],
        "payment_link_reference_id": query["razorpay_payment_link_reference_id"],
        "razorpay_payment_id": query["razorpay_payment_id"],
        "razorpay_signature": query["razorpay_signature"],
    }
    assert razorpay_client.utility.verify_payment_link_signature(sent)
    with pytest.raises(SignatureVerificationError):
        razorpay_client.utility.verify_payment_link_signature(sent | {"payment_link_reference_id": "MB-2"})


def test_each_failed_try_is_a_payment_and_may_be_captured_late(
    new_link: Any, razorpay_client: Any, sandbox: SandboxThread, inbox: Any
) -> None:
    link = new_link()
    failed = sandbox.control.pay("razorpay", link["id"], "fail")
    assert inbox.types() == ["payment.failed"]
    assert razorpay_client.payment.fetch(failed["payment"])["error_code"] == "BAD_REQUEST_ERROR"
    assert razorpay_client.payment_link.fetch(link["id"])["status"] == "created"
    razorpay_client.payment_link.cancel(link["id"])
    assert sandbox.control.capture_late(failed["payment"])["status"] == "captured"
    assert inbox.types()[1:] == ["payment_link.cancelled", "payment.captured"]
    assert razorpay_client.payment_link.fetch(link["id"])["status"] == "cancelled"
    assert sandbox.control.books()["razorpay"]["INR"]["captured"] == 125_000


def test_what_is_authorised_is_captured_once_whole_and_in_its_currency(
    new_link: Any, razorpay_client: Any, sandbox: SandboxThread, inbox: Any
) -> None:
    link = new_link()
    payment = sandbox.control.pay("razorpay", link["id"], "authorize")["payment"]
    assert inbox.types() == ["payment.authorized"]
    shown = razorpay_client.payment.fetch(payment)
    assert (shown["status"], shown["captured"], shown["fee"]) == ("authorized", False, None)
    assert razorpay_client.payment_link.fetch(link["id"])["status"] == "created"
    assert [one["id"] for one in razorpay_client.order.payments(shown["order_id"])["items"]] == [payment]
    assert sandbox.control.books()["razorpay"] == {}
    for amount, currency, words in (
        (124_999, "INR", "Capture amount must be equal to the amount authorized"),
        (125_000, "USD", "Capture request currency must be same as payment currency"),
        ("much", "INR", "must be an integer"),
    ):
        with pytest.raises(BadRequestError, match=words):
            razorpay_client.payment.capture(payment, amount, {"currency": currency})
    with pytest.raises(BadRequestError, match="The id provided does not exist"):
        razorpay_client.payment.capture("pay_of_nobody", 125_000, {"currency": "INR"})

    assert razorpay_client.payment.capture(payment, 125_000, {"currency": "INR"})["status"] == "captured"
    sandbox.control.flush()
    assert inbox.types()[1:] == ["payment.captured", "payment_link.paid"]
    with pytest.raises(BadRequestError, match="This payment has already been captured"):
        razorpay_client.payment.capture(payment, 125_000, {"currency": "INR"})
    assert sandbox.control.books()["razorpay"]["INR"]["captured"] == 125_000


def test_what_failed_may_be_authorised_late_and_what_nobody_captures_goes_back_after_three_days(
    new_link: Any, razorpay_client: Any, sandbox: SandboxThread, inbox: Any
) -> None:
    link = new_link()
    payment = sandbox.control.pay("razorpay", link["id"], "fail")["payment"]
    with pytest.raises(BadRequestError, match="Only payments which have been authorized"):
        razorpay_client.payment.capture(payment, 125_000, {"currency": "INR"})
    assert sandbox.control.authorize_late(payment)["status"] == "authorized"
    sandbox.control.advance_clock(3 * 24 * 3600 + 60)

    shown = razorpay_client.payment.fetch(payment)
    assert (shown["status"], shown["captured"], shown["amount_refunded"]) == ("refunded", False, 125_000)
    assert sorted(inbox.types()) == ["payment.authorized", "payment.failed", "payment_link.expired", "refund.processed"]
    (refund,) = razorpay_client.payment.fetch_multiple_refund(payment)["items"]
    assert (refund["amount"], refund["notes"]) == (125_000, [])
    with pytest.raises(BadRequestError, match="Only payments which have been authorized"):
        razorpay_client.payment.capture(payment, 125_000, {"currency": "INR"})
    assert sandbox.control.books()["razorpay"] == {}


def test_a_reference_can_be_used_once(new_link: Any, razorpay_client: Any) -> None:
    link = new_link()
    with pytest.raises(BadRequestError, match="already exists"):
        new_link()
    found = razorpay_client.payment_link.all({"reference_id": "MB-1"})["payment_links"]
    assert [one["id"] for one in found] == [link["id"]]
    assert razorpay_client.payment_link.all({"reference_id": "MB-9"})["payment_links"] == []


def test_a_link_is_found_by_its_payment(new_link: Any, razorpay_client: Any, sandbox: SandboxThread) -> None:
    link = new_link()
    paid = sandbox.control.pay("razorpay", link["id"])
    (found,) = razorpay_client.payment_link.all({"payment_id": paid["payment"]})["payment_links"]
    assert (found["id"], found["payments"]) == (link["id"], [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 99},
        {"amount": None},
        {"currency": "JPY"},
        {"expire_by": 14 * 60},
        {"accept_partial": True},
        {"callback_method": "post"},
        {"reference_id": "x" * 41},
        {"colour": "red"},
    ],
)
def test_wrong_parameters_are_refused(new_link: Any, wrong: dict[str, Any]) -> None:
    if "expire_by" in wrong:
        wrong = {"expire_by": int(time.time()) + wrong["expire_by"]}
    with pytest.raises(BadRequestError):
        new_link(**wrong)


def test_a_wrong_secret_is_refused(sandbox: SandboxThread) -> None:
    client = razorpay.Client(auth=("rzp_test_sandbox", "other"), base_url=sandbox.razorpay_base)
    with pytest.raises(BadRequestError, match="Authentication failed"):
        client.payment.all({})


def test_unknown_ids_are_refused(razorpay_client: Any) -> None:
    with pytest.raises(BadRequestError, match="does not exist"):
        razorpay_client.payment.fetch("pay_none")


def test_time_expires_a_link_and_a_paid_one_cannot_be_cancelled(
    new_link: Any, razorpay_client: Any, sandbox: SandboxThread, inbox: Any
) -> None:
    late, paid = new_link("MB-1"), new_link("MB-2")
    sandbox.control.pay("razorpay", paid["id"])
    sandbox.control.advance_clock(32 * 60)
    assert razorpay_client.payment_link.fetch(late["id"])["status"] == "expired"
    assert inbox.types()[-1] == "payment_link.expired"
    for link in (late, paid):
        with pytest.raises(BadRequestError):
            razorpay_client.payment_link.cancel(link["id"])


def test_other_currencies_are_international(new_link: Any, razorpay_client: Any, sandbox: SandboxThread) -> None:
    for currency in ("USD", "EUR", "GBP"):
        paid = sandbox.control.pay("razorpay", new_link(f"MB-{currency}", 4_500, currency)["id"])
        payment = razorpay_client.payment.fetch(paid["payment"])
        assert (payment["international"], payment["currency"], payment["base_currency"]) == (True, currency, "INR")
    assert {code: sums["captured"] for code, sums in sandbox.control.books()["razorpay"].items()} == dict.fromkeys(
        ("USD", "EUR", "GBP"), 4_500
    )


def test_the_same_refund_key_gives_the_same_refund(
    new_link: Any, razorpay_client: Any, sandbox: SandboxThread, inbox: Any
) -> None:
    payment = sandbox.control.pay("razorpay", new_link()["id"])["payment"]
    first = razorpay_client.payment.refund(payment, {"amount": 25_000, "notes": {"refund": "7"}}, headers=dict(KEY))
    again = razorpay_client.payment.refund(payment, {"amount": 25_000, "notes": {"refund": "7"}}, headers=dict(KEY))
    assert first == again and (first["status"], first["payment_id"]) == ("processed", payment)
    with pytest.raises(BadRequestError, match="Different request"):
        razorpay_client.payment.refund(payment, {"amount": 25_001}, headers=dict(KEY))
    with pytest.raises(BadRequestError, match="at least 10"):
        razorpay_client.payment.refund(payment, {"amount": 25_000}, headers={"X-Refund-Idempotency": "short"})
    assert sandbox.control.books()["razorpay"]["INR"]["refunded"] == 25_000
    sandbox.control.flush()
    assert inbox.types()[2:] == ["refund.processed"]


def test_refunds_stop_at_what_was_captured(new_link: Any, razorpay_client: Any, sandbox: SandboxThread) -> None:
    payment = sandbox.control.pay("razorpay", new_link()["id"])["payment"]
    part = razorpay_client.payment.refund(payment, {"amount": 25_000})
    with pytest.raises(BadRequestError, match="greater than amount captured"):
        razorpay_client.payment.refund(payment, {"amount": 100_001})
    whole = razorpay_client.payment.refund(payment, {})
    with pytest.raises(BadRequestError, match="fully refunded"):
        razorpay_client.payment.refund(payment, {"amount": 100})
    listed = razorpay_client.payment.fetch_multiple_refund(payment)
    assert [one["id"] for one in listed["items"]] == [whole["id"], part["id"]]
    assert razorpay_client.refund.fetch(part["id"], {}) == part
    assert razorpay_client.payment.fetch_refund_id(payment, part["id"]) == part
    assert razorpay_client.payment.fetch(payment)["status"] == "refunded"


def test_a_refund_may_fail(new_link: Any, razorpay_client: Any, sandbox: SandboxThread, inbox: Any) -> None:
    payment = sandbox.control.pay("razorpay", new_link()["id"])["payment"]
    sandbox.control.add_faults({"gateway": "razorpay", "match": "POST /v1/payments/*/refund", "kind": "refund_failed"})
    assert razorpay_client.payment.refund(payment, {"amount": 25_000})["status"] == "failed"
    sandbox.control.flush()
    assert inbox.types()[-1] == "refund.failed"
    assert razorpay_client.payment.fetch(payment)["amount_refunded"] == 0


def test_lists_page_and_filter_by_date(new_link: Any, razorpay_client: Any, sandbox: SandboxThread) -> None:
    past = int(time.time()) - 300 * 86_400
    for day in range(7):
        link = new_link(f"MB-{day}", headers={"X-Sandbox-At": str(past + day)}, expire_by=past + 31 * 60)
        paid = sandbox.control.pay("razorpay", link["id"], at=past + day, quiet=True)
        sandbox.control.refund("razorpay", paid["payment"], 100, at=past + day + 10, quiet=True)
    asked = {"from": past + 1, "to": past + 5, "count": 2, "skip": 1}
    assert [one["created_at"] - past for one in razorpay_client.payment.all(asked)["items"]] == [4, 3]
    assert [
        one["created_at"] - past for one in razorpay_client.refund.all({"to": past + 12, "from": past})["items"]
    ] == [12, 11, 10]
    assert razorpay_client.payment.all({})["count"] == 7
