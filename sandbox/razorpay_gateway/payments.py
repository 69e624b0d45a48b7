"""What happens when somebody pays, or tries to, on a Payment Link."""

from sandbox.ids import new_id
from sandbox.razorpay_gateway.errors import RazorpayFault
from sandbox.razorpay_gateway.events import emit
from sandbox.razorpay_gateway.lists import LINK, ORDER, PAYMENT
from sandbox.razorpay_gateway.params import RATES
from sandbox.state import Sandbox
from sandbox.store import Doc

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


def capture_late(box: Sandbox, payment: Doc, moment: int) -> Doc:
    """Late authorisation: a payment that had failed is captured after all, whatever became of its link."""
    if payment["status"] != "failed":
        raise RazorpayFault("Only a failed payment can be captured late.")
    link = box.store.get(LINK, payment["_link"])
    assert link is not None
    return _captured(box, link, payment | _NO_ERROR, moment)


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
    }
    box.store.put(ORDER, order_id, order, created=moment, key=link["id"])
    return order_id


def _save(box: Sandbox, payment: Doc) -> None:
    box.store.put(PAYMENT, payment["id"], payment, created=payment["created_at"], key=payment["_link"])


def _save_link(box: Sandbox, link: Doc) -> None:
    open_until = link["expire_by"] if link["status"] == "created" and link["expire_by"] else None
    due = box.seeded_due(link["created_at"], open_until) if open_until else None
    box.store.put(LINK, link["id"], link, key=link["reference_id"], due=due)
