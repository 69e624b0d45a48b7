"""Razorpay's disputes: the money is taken when one is lost, or at once where the account is run so; no fee is told."""

from sandbox.ids import new_id
from sandbox.razorpay_gateway.errors import RazorpayFault, no_such_id
from sandbox.razorpay_gateway.events import emit
from sandbox.razorpay_gateway.lists import PAYMENT
from sandbox.state import Sandbox
from sandbox.store import Doc

DISPUTE = "razorpay.dispute"
_THREE_DAYS = 3 * 24 * 3600
OVER = {"won", "lost", "closed"}


def open_dispute(
    box: Sandbox, payment_id: str, amount: int | None, moment: int, *, inquiry: bool, at_onset: bool
) -> Doc:
    """The bank of a customer asks a payment back, or only asks about it (a retrieval)."""
    payment = box.store.get(PAYMENT, payment_id)
    if payment is None:
        raise no_such_id()
    if payment["status"] not in {"captured", "refunded"}:
        raise RazorpayFault("The payment status should be captured for action to be taken")
    asked = amount or payment["amount"]
    dispute: Doc = {
        "id": new_id("disp", 14),
        "entity": "dispute",
        "payment_id": payment_id,
        "amount": asked,
        "currency": payment["currency"],
        "amount_deducted": asked if at_onset and not inquiry else 0,
        "reason_code": "goods_or_services_not_received_or_partially_received",
        "reason_description": "The customer says that nothing came.",
        "respond_by": moment + _THREE_DAYS,
        "status": "open",
        "phase": "retrieval" if inquiry else "chargeback",
        "comments": None,
        "created_at": moment,
    }
    _tell(box, dispute, "created", moment)
    return dispute


def answer_dispute(box: Sandbox, dispute: Doc, moment: int) -> Doc:
    """The merchant has sent evidence on the dashboard, and the bank looks at it."""
    _must_be_open(dispute)
    _tell(box, dispute | {"status": "under_review"}, "under_review", moment)
    return dispute | {"status": "under_review"}


def close_dispute(box: Sandbox, dispute: Doc, moment: int, outcome: str) -> Doc:
    """The bank decides: `lost` takes the money, `won` puts back what was taken; a retrieval only ends."""
    _must_be_open(dispute)
    if dispute["phase"] == "retrieval":
        outcome = "closed"
    dispute |= {"status": outcome, "amount_deducted": dispute["amount"] if outcome == "lost" else 0}
    _tell(box, dispute, outcome, moment)
    return dispute


def _must_be_open(dispute: Doc) -> None:
    if dispute["status"] in OVER:
        raise RazorpayFault(f"The dispute is already {dispute['status']}")


def _tell(box: Sandbox, dispute: Doc, what: str, moment: int) -> None:
    box.store.put(DISPUTE, dispute["id"], dispute, created=dispute["created_at"], key=dispute["payment_id"])
    payment = box.store.get(PAYMENT, dispute["payment_id"])
    assert payment is not None
    emit(box, f"payment.dispute.{what}", moment, payment=payment, dispute=dispute)
