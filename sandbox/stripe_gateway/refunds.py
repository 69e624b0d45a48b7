"""Stripe's refunds: made, settled, failed; never more than was captured."""

from sandbox.faults import FaultKind
from sandbox.ids import new_id
from sandbox.money import written
from sandbox.state import Sandbox
from sandbox.store import Doc
from sandbox.stripe_gateway.errors import StripeFault, missing, no_such
from sandbox.stripe_gateway.events import emit
from sandbox.stripe_gateway.lists import CHARGE, INTENT, REFUND
from sandbox.stripe_gateway.params import metadata, only, text, whole
from sandbox.wire import Call

_REASONS = {"duplicate", "fraudulent", "requested_by_customer"}


def create_refund(call: Call) -> Doc:
    """POST /v1/refunds."""
    params = call.params
    only(params, {"payment_intent", "charge", "amount", "metadata", "reason", "expand"})
    intent_id = text(params, "payment_intent") or _intent_of_charge(call.box, text(params, "charge"))
    if intent_id is None:
        raise missing("payment_intent")
    reason = text(params, "reason")
    if reason is not None and reason not in _REASONS:
        raise StripeFault(f"Invalid reason: must be one of {', '.join(sorted(_REASONS))}", param="reason")
    amount = whole(params["amount"], "amount", 1) if "amount" in params else None
    notes = metadata(params)
    status = "succeeded"
    if call.struck_by(FaultKind.REFUND_PENDING):
        status = "pending"
    elif call.struck_by(FaultKind.REFUND_FAILED):
        status = "failed"
    return refund_intent(call.box, intent_id, amount, call.moment, {"metadata": notes, "reason": reason}, status)


def refund_intent(
    box: Sandbox, intent_id: str, amount: int | None, moment: int, extra: Doc, status: str = "succeeded"
) -> Doc:
    """Give back part or all of a payment; a `failed` one is made pending and fails at once."""
    intent = box.store.get(INTENT, intent_id)
    if intent is None:
        raise no_such("payment_intent", intent_id, "payment_intent")
    if intent["status"] != "succeeded":
        raise StripeFault(
            f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.", remembered=True
        )
    charge = box.store.get(CHARGE, intent["latest_charge"])
    assert charge is not None
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = _within(left, amount, charge)
    refund = _new_refund(charge, amount, moment) | extra | {"status": "pending" if status == "failed" else status}
    _save(box, refund)
    _recount(box, charge)
    emit(box, "refund.created", refund, moment)
    emit(box, "charge.refunded", charge, moment)
    return settle_refund(box, refund, moment, ok=False) if status == "failed" else refund


def settle_refund(box: Sandbox, refund: Doc, moment: int, *, ok: bool) -> Doc:
    """A pending refund arrives, or any refund comes back from the bank."""
    before = {"status": refund["status"]}
    refund |= {"status": "succeeded"} if ok else {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    _save(box, refund)
    charge = box.store.get(CHARGE, refund["charge"])
    assert charge is not None
    _recount(box, charge)
    emit(box, "refund.updated" if ok else "refund.failed", refund, moment, before)
    return refund


def _intent_of_charge(box: Sandbox, charge_id: str | None) -> str | None:
    charge = box.store.get(CHARGE, charge_id) if charge_id else None
    return str(charge["payment_intent"]) if charge else None


def _within(left: int, amount: int | None, charge: Doc) -> int:
    if left <= 0:
        raise StripeFault(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded", remembered=True
        )
    if amount is not None and amount > left:
        asked, rest = (written(part, charge["currency"]) for part in (amount, left))
        raise StripeFault(
            f"Refund amount ({asked}) is greater than unrefunded amount on charge ({rest})",
            param="amount",
            remembered=True,
        )
    return left if amount is None else amount


def _new_refund(charge: Doc, amount: int, moment: int) -> Doc:
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": new_id("txn"),
        "charge": charge["id"],
        "created": moment,
        "currency": charge["currency"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "transfer_reversal": None,
    }


def _save(box: Sandbox, refund: Doc) -> None:
    box.store.put(REFUND, refund["id"], refund, created=refund["created"], key=refund["payment_intent"])


def _recount(box: Sandbox, charge: Doc) -> None:
    """A failed refund is money that came back, so the sum is taken anew each time."""
    refunds = box.store.by_key(REFUND, charge["payment_intent"])
    given = sum(refund["amount"] for refund in refunds if refund["status"] != "failed")
    charge |= {"amount_refunded": given, "refunded": given == charge["amount_captured"]}
    box.store.put(CHARGE, charge["id"], charge, key=charge["payment_intent"])
