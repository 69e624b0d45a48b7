"""Razorpay's refunds: made, settled, failed; never more than was captured."""

import hashlib
import json
import re

from sandbox.faults import FaultKind
from sandbox.ids import new_id
from sandbox.razorpay_gateway.errors import RazorpayFault, no_such_id
from sandbox.razorpay_gateway.events import emit
from sandbox.razorpay_gateway.lists import PAYMENT, REFUND
from sandbox.razorpay_gateway.params import notes, only, text, whole
from sandbox.state import Sandbox
from sandbox.store import Doc
from sandbox.wire import Call

_IDEMPOTENCY = "razorpay.idempotency"
_KEY = re.compile(r"[A-Za-z0-9_-]{10,}")


def create_refund(call: Call, payment_id: str) -> Doc:
    """POST /v1/payments/:id/refund; the same idempotency key and body give the same refund."""
    key = call.headers.get("X-Refund-Idempotency")
    if key is None:
        return _create(call, payment_id)
    if not _KEY.fullmatch(key):
        raise RazorpayFault(
            "The idempotency key must be at least 10 characters long and may contain only "
            "alphabets, numbers, hyphens and underscores."
        )
    fingerprint = hashlib.sha256(f"{payment_id} {json.dumps(call.params, sort_keys=True)}".encode()).hexdigest()
    known = call.box.store.get(_IDEMPOTENCY, key)
    if known is None:
        refund = _create(call, payment_id)
        record = {"fingerprint": fingerprint, "refund": refund["id"]}
        call.box.store.put(_IDEMPOTENCY, key, record, created=call.moment)
        return refund
    if known["fingerprint"] != fingerprint:
        raise RazorpayFault("Different request with the same idempotency key has already been processed.")
    repeated = call.box.store.get(REFUND, known["refund"])
    assert repeated is not None
    return repeated


def refund_payment(
    box: Sandbox, payment_id: str, amount: int | None, moment: int, extra: Doc, status: str = "processed"
) -> Doc:
    """Give back part or all of a payment; a `failed` one is made pending and fails at once."""
    payment = box.store.get(PAYMENT, payment_id)
    if payment is None:
        raise no_such_id()
    if payment["status"] not in {"captured", "refunded"}:
        raise RazorpayFault("The payment status should be captured for action to be taken")
    refund = _made(box, payment, _within(payment, amount), moment, extra, status)
    return refund if status == "pending" else settle_refund(box, refund, moment, ok=status == "processed")


def give_back_uncaptured(box: Sandbox, payment: Doc, moment: int) -> Doc:
    """Razorpay's auto-refund: a refund like any other, of a payment whose `captured` stays false for ever."""
    refund = _made(box, payment, payment["amount"], moment, {}, "processed")
    return settle_refund(box, refund, moment, ok=True)


def _made(box: Sandbox, payment: Doc, amount: int, moment: int, extra: Doc, status: str) -> Doc:
    refund: Doc = {
        "id": new_id("rfnd", 14),
        "entity": "refund",
        "amount": amount,
        "currency": payment["currency"],
        "payment_id": payment["id"],
        "notes": [],
        "receipt": None,
        "acquirer_data": {"arn": None},
        "created_at": moment,
        "batch_id": None,
        "status": "pending" if status == "failed" else status,
        "speed_processed": "normal",
        "speed_requested": "normal",
    } | extra
    _save(box, refund)
    _recount(box, payment)
    return refund


def settle_refund(box: Sandbox, refund: Doc, moment: int, *, ok: bool) -> Doc:
    """The bank takes a refund, or sends it back."""
    refund["status"] = "processed" if ok else "failed"
    _save(box, refund)
    payment = box.store.get(PAYMENT, refund["payment_id"])
    assert payment is not None
    _recount(box, payment)
    emit(box, f"refund.{refund['status']}", moment, refund=refund, payment=payment)
    return refund


def _create(call: Call, payment_id: str) -> Doc:
    only(call.params, {"amount", "speed", "notes", "receipt"})
    amount = whole(call.params, "amount")
    if amount is not None and amount < 100:
        raise RazorpayFault("The amount must be atleast INR 1.00", field="amount")
    speed = str(call.params.get("speed") or "normal")
    if speed not in {"normal", "optimum"}:
        raise RazorpayFault("The speed must be normal or optimum.", field="speed")
    extra = {"notes": notes(call.params), "receipt": text(call.params, "receipt", 40) or None, "speed_requested": speed}
    status = "processed"
    if call.struck_by(FaultKind.REFUND_PENDING):
        status = "pending"
    elif call.struck_by(FaultKind.REFUND_FAILED):
        status = "failed"
    return refund_payment(call.box, payment_id, amount, call.moment, extra, status)


def _within(payment: Doc, amount: int | None) -> int:
    left: int = payment["amount"] - payment["amount_refunded"]
    if left <= 0:
        raise RazorpayFault("The payment has been fully refunded already")
    if amount is not None and amount > left:
        raise RazorpayFault("The refund amount provided is greater than amount captured", field="amount")
    return left if amount is None else amount


def _save(box: Sandbox, refund: Doc) -> None:
    box.store.put(REFUND, refund["id"], refund, created=refund["created_at"], key=refund["payment_id"])


def _recount(box: Sandbox, payment: Doc) -> None:
    """A failed refund is money that came back, so the sum is taken anew each time."""
    refunds = box.store.by_key(REFUND, payment["id"])
    given = sum(refund["amount"] for refund in refunds if refund["status"] != "failed")
    full = given == payment["amount"]
    payment |= {
        "amount_refunded": given,
        "refund_status": ("full" if full else "partial") if given else None,
        "status": "refunded" if full else "captured" if payment["captured"] else "authorized",
    }
    box.store.put(PAYMENT, payment["id"], payment, key=payment["_link"])
