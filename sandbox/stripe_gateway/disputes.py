"""Stripe's disputes: an inquiry that takes nothing, or a chargeback that takes the money and a fee at once."""

from collections.abc import Iterator

from sandbox.ids import new_id
from sandbox.razorpay_gateway.params import RATES
from sandbox.state import Sandbox
from sandbox.store import Doc
from sandbox.stripe_gateway.errors import StripeFault, no_such
from sandbox.stripe_gateway.events import emit
from sandbox.stripe_gateway.lists import CHARGE, INTENT

DISPUTE = "stripe.dispute"
FEE = 150_000
"""What a chargeback costs besides the money, in the sandbox: invented, and in paise, whatever was paid in."""
_WEEK = 7 * 24 * 3600
OVER = {"won", "lost", "warning_closed"}


def open_dispute(box: Sandbox, intent_id: str, amount: int | None, moment: int, *, inquiry: bool) -> Doc:
    """The bank of a customer asks a payment back, or only asks about it."""
    intent = box.store.get(INTENT, intent_id)
    if intent is None:
        raise no_such("payment_intent", intent_id, "payment_intent")
    if intent["status"] != "succeeded":
        raise StripeFault(f"This PaymentIntent ({intent_id}) has no successful charge to dispute.")
    charge = box.store.get(CHARGE, intent["latest_charge"])
    assert charge is not None
    dispute: Doc = {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount or charge["amount_captured"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": moment,
        "currency": charge["currency"],
        "evidence_details": {"due_by": moment + _WEEK, "has_evidence": False, "past_due": False, "submission_count": 0},
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": intent_id,
        "reason": "product_not_received",
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
    box.store.put(CHARGE, charge["id"], charge | {"disputed": True}, key=intent_id)
    if not inquiry:
        _move(dispute, -dispute["amount"], FEE)
    _save(box, dispute)
    emit(box, "charge.dispute.created", dispute, moment)
    if not inquiry:
        emit(box, "charge.dispute.funds_withdrawn", dispute, moment)
    return dispute


def answer_dispute(box: Sandbox, dispute: Doc, moment: int) -> Doc:
    """The merchant has sent evidence on the dashboard, and the bank looks at it."""
    _must_be_open(dispute)
    dispute["status"] = "warning_under_review" if dispute["status"].startswith("warning") else "under_review"
    dispute["evidence_details"] |= {"has_evidence": True, "submission_count": 1}
    _save(box, dispute)
    emit(box, "charge.dispute.updated", dispute, moment)
    return dispute


def close_dispute(box: Sandbox, dispute: Doc, moment: int, outcome: str, fee_back: bool = False) -> Doc:
    """The bank decides: `won` puts the money back, with the fee if asked; `lost` leaves it gone; an inquiry ends."""
    _must_be_open(dispute)
    if dispute["status"].startswith("warning"):
        outcome = "warning_closed"
    dispute["status"] = outcome
    if outcome == "won":
        _move(dispute, dispute["amount"], -FEE if fee_back else 0)
    _save(box, dispute)
    emit(box, "charge.dispute.closed", dispute, moment)
    if outcome == "won":
        emit(box, "charge.dispute.funds_reinstated", dispute, moment)
    return dispute


def withdrawn(dispute: Doc) -> Iterator[tuple[str, int]]:
    """What Stripe holds back for a dispute, as (currency, minor units): the money that is out now, and the fee."""
    yield dispute["currency"].upper(), -sum(paid_in(dispute, each) for each in dispute["balance_transactions"])
    yield "INR", sum(each["fee"] for each in dispute["balance_transactions"])


def paid_in(dispute: Doc, moved: Doc) -> int:
    """What a move of a dispute is in the currency that was paid in; it is all of it, or the fee alone."""
    sign = (moved["amount"] > 0) - (moved["amount"] < 0)
    return int(dispute["amount"]) * int(sign)


def _must_be_open(dispute: Doc) -> None:
    if dispute["status"] in OVER:
        raise StripeFault(f"This dispute is already {dispute['status']}.")


def _move(dispute: Doc, paid_in: int, fee: int) -> None:
    """Take an amount in the currency that was paid in, or put it back: the balance is in rupees."""
    amount = paid_in * RATES[dispute["currency"].upper()]
    dispute["balance_transactions"].append(
        {
            "id": new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "currency": "inr",
            "fee": fee,
            "net": amount - fee,
            "reporting_category": "dispute" if amount < 0 else "dispute_reversal",
            "source": dispute["id"],
            "type": "adjustment",
        }
    )


def _save(box: Sandbox, dispute: Doc) -> None:
    box.store.put(DISPUTE, dispute["id"], dispute, created=dispute["created"], key=dispute["payment_intent"])
