"""What happens when somebody pays, or tries to, on a Payment Link.

A bank first authorises: the customer's money is set aside, and it is the merchant's only once it is captured. Most
accounts let Razorpay capture at once; where they do not, or where a bank agrees after its payment had failed, the
merchant has to ask. What nobody captures within three days goes back by itself (auto-refund).
"""

import re

from sandbox.ids import new_id
from sandbox.razorpay_gateway.errors import RazorpayFault, no_such_id
from sandbox.razorpay_gateway.events import emit
from sandbox.razorpay_gateway.lists import LINK, ORDER, PAYMENT
from sandbox.razorpay_gateway.params import RATES, whole
from sandbox.razorpay_gateway.refunds import give_back_uncaptured
from sandbox.state import Sandbox
from sandbox.store import Doc
from sandbox.wire import Call

_CAPTURE_WITHIN = 3 * 24 * 3600

_NO_ERROR: Doc = {
    "error_code": None,
    "error_description": None,
    "error_source": None,
    "error_step": None,
    "error_reason": None,
}
_FAILED: Doc = {
    "error_code": "BAD_REQUEST_ERROR",
    "error_description": "Your payment didn't go through as it was declined by the bank.",
    "error_source": "bank",
    "error_step": "payment_authorization",
    "error_reason": "payment_failed",
}


def pay_link(box: Sandbox, link: Doc, moment: int, delta: int = 0) -> Doc:
    """Capture the money of an open link and say so; returns the payment."""
    payment = _begun(box, link) or _payment(box, link, moment, link["amount"] + link["_delta"] + delta)
    return _captured(box, link, payment, moment)


def authorize_link(box: Sandbox, link: Doc, moment: int) -> Doc:
    """The bank agrees and the account captures nothing by itself; the link stays open until somebody captures."""
    payment = _begun(box, link) or _payment(box, link, moment, link["amount"] + link["_delta"])
    _save_link(box, link)
    return _authorized(box, payment, moment)


def challenge_link(box: Sandbox, link: Doc, moment: int) -> Doc:
    """Ask the customer to prove to her bank who she is: the payment exists and waits. Razorpay tells nobody."""
    payment = _payment(box, link, moment, link["amount"] + link["_delta"])
    link["_challenged"] = payment["id"]
    _save(box, payment)
    _save_link(box, link)
    return payment


def decline_link(box: Sandbox, link: Doc, moment: int) -> Doc:
    """A try that fails; the link stays open. Each try is a payment of its own, as at Razorpay."""
    payment = _begun(box, link) or _payment(box, link, moment, link["amount"] + link["_delta"])
    payment |= _FAILED | {"status": "failed"}
    _save(box, payment)
    _save_link(box, link)
    emit(box, "payment.failed", moment, payment=payment)
    return payment


def authorize_late(box: Sandbox, payment: Doc, moment: int) -> Doc:
    """Late authorisation: the bank of a payment that had failed agrees after all, whatever became of its link."""
    if payment["status"] != "failed":
        raise RazorpayFault("Only a failed payment can be authorised late.")
    return _authorized(box, payment | _NO_ERROR, moment)


def capture_late(box: Sandbox, payment: Doc, moment: int) -> Doc:
    """Late authorisation on an account that captures all by itself: its message of the capture is the only one."""
    if payment["status"] != "failed":
        raise RazorpayFault("Only a failed payment can be captured late.")
    return _captured(box, _link_of(box, payment), payment | _NO_ERROR, moment)


def capture(box: Sandbox, payment: Doc, amount: int, currency: str, moment: int) -> Doc:
    """The merchant takes the money of an authorised payment: all of it, in its currency, once."""
    if payment["captured"]:
        raise RazorpayFault("This payment has already been captured")
    if payment["status"] != "authorized":
        raise RazorpayFault("Only payments which have been authorized and not yet captured can be captured")
    if currency != payment["currency"]:
        raise RazorpayFault("Capture request currency must be same as payment currency", field="currency")
    if amount != payment["amount"]:
        raise RazorpayFault("Capture amount must be equal to the amount authorized", field="amount")
    return _captured(box, _link_of(box, payment), payment, moment)


def asked_to_capture(call: Call, match: "re.Match[str]") -> Doc:
    """POST /v1/payments/:id/capture."""
    payment = call.box.store.get(PAYMENT, match[1])
    if payment is None:
        raise no_such_id()
    amount = whole(call.params, "amount")
    if amount is None:
        raise RazorpayFault("The amount field is required.", field="amount")
    return capture(call.box, payment, amount, str(call.params.get("currency") or "INR"), call.moment)


def sweep_payments(box: Sandbox, now: int) -> None:
    """Give back what was authorised and never captured, once its time is over."""
    for payment in box.store.due(PAYMENT, now):
        _save(box, payment)
        give_back_uncaptured(box, payment, now)


def _authorized(box: Sandbox, payment: Doc, moment: int) -> Doc:
    payment |= {"status": "authorized"}
    due = box.seeded_due(moment, moment + _CAPTURE_WITHIN)
    box.store.put(PAYMENT, payment["id"], payment, created=payment["created_at"], key=payment["_link"], due=due)
    emit(box, "payment.authorized", moment, payment=payment)
    return payment


def _link_of(box: Sandbox, payment: Doc) -> Doc:
    link = box.store.get(LINK, payment["_link"])
    assert link is not None
    return link


def _captured(box: Sandbox, link: Doc, payment: Doc, moment: int) -> Doc:
    tax_free = payment["base_amount"] * (3 if payment["international"] else 2) // 100
    tax = tax_free * 18 // 100
    payment |= {"status": "captured", "captured": True, "fee": tax_free + tax, "tax": tax}
    _save(box, payment)
    emit(box, "payment.captured", moment, payment=payment)
    if link["status"] == "created":
        _mark_paid(box, link, payment, moment)
    else:
        # The link is closed: the money stands alone, and only the payment tells of it.
        _save_link(box, link)
    return payment


def _mark_paid(box: Sandbox, link: Doc, payment: Doc, moment: int) -> None:
    line = {
        "amount": payment["amount"],
        "created_at": moment,
        "method": payment["method"],
        "payment_id": payment["id"],
        "plink_id": link["id"],
        "status": "captured",
        "updated_at": moment,
    }
    link |= {"status": "paid", "amount_paid": payment["amount"], "payments": [line], "updated_at": moment}
    box.store.put(LINK, link["id"], link, key=link["reference_id"])
    order = box.store.get(ORDER, payment["order_id"])
    assert order is not None
    order |= {"status": "paid", "amount_paid": payment["amount"], "amount_due": 0}
    box.store.put(ORDER, order["id"], order)
    emit(box, "payment_link.paid", moment, order=order, payment=payment, payment_link=link)


def _begun(box: Sandbox, link: Doc) -> Doc | None:
    """Return the payment that waited for its bank, if there is one; it waits no more."""
    waiting = link.pop("_challenged", None)
    return box.store.get(PAYMENT, waiting) if waiting else None


def _payment(box: Sandbox, link: Doc, moment: int, amount: int) -> Doc:
    order_id = link.setdefault("order_id", "") or _new_order(box, link, moment)
    link["order_id"] = order_id
    international = link["currency"] != "INR"
    customer = link["customer"] if isinstance(link["customer"], dict) else {}
    method: Doc = (
        {"method": "card", "card_id": new_id("card", 14), "vpa": None}
        if international
        else {"method": "upi", "card_id": None, "vpa": "success@razorpay"}
    )
    return (
        {
            "id": new_id("pay", 14),
            "entity": "payment",
            "amount": amount,
            "currency": link["currency"],
            "base_amount": amount * RATES[link["currency"]],
            "base_currency": "INR",
            "status": "created",
            "order_id": order_id,
            "invoice_id": None,
            "international": international,
            "amount_refunded": 0,
            "amount_transferred": 0,
            "refund_status": None,
            "captured": False,
            "description": "#" + link["id"].removeprefix("plink_"),
            "bank": None,
            "wallet": None,
            "email": customer.get("email", ""),
            "contact": customer.get("contact", ""),
            "notes": [],
            "fee": None,
            "tax": None,
            "acquirer_data": {},
            "created_at": moment,
            "_link": link["id"],
            "_reference": link["reference_id"],
        }
        | method
        | _NO_ERROR
    )


def _new_order(box: Sandbox, link: Doc, moment: int) -> str:
    """Razorpay makes an order behind a link at the first try to pay it."""
    order_id = new_id("order", 14)
    order: Doc = {
        "id": order_id,
        "entity": "order",
        "amount": link["amount"],
        "amount_paid": 0,
        "amount_due": link["amount"],
        "currency": link["currency"],
        "receipt": link["reference_id"],
        "offer_id": None,
        "status": "attempted",
        "attempts": 1,
        "notes": link["notes"],
        "created_at": moment,
        "_link": link["id"],
    }
    box.store.put(ORDER, order_id, order, created=moment, key=link["id"])
    return order_id


def _save(box: Sandbox, payment: Doc) -> None:
    box.store.put(PAYMENT, payment["id"], payment, created=payment["created_at"], key=payment["_link"])


def _save_link(box: Sandbox, link: Doc) -> None:
    open_until = link["expire_by"] if link["status"] == "created" and link["expire_by"] else None
    due = box.seeded_due(link["created_at"], open_until) if open_until else None
    box.store.put(LINK, link["id"], link, key=link["reference_id"], due=due)
