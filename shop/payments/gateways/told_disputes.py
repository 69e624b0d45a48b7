"""Disputes as the two gateways tell them in webhooks and in their lists, each in its own shape.

Stripe says in `balance_transactions` what it took and put back, with its fee, in the account's own currency; an early
inquiry (`warning_…`) takes nothing. Razorpay takes the money when a dispute is lost, or, where an account is run so,
at once (`amount_deducted`), and asks no fee in the message. Sources: the two vendors' reference of the dispute.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shop.payments.dispute_models import DisputeStatus
from shop.payments.gateways import DisputeSeen, moment

OPENED, ANSWERED = DisputeStatus.OPENED, DisputeStatus.ANSWERED
WON, LOST, CLOSED = DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.CLOSED
STRIPE_KINDS = frozenset(
    f"charge.dispute.{what}" for what in ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")
)
RAZORPAY_KINDS = frozenset(
    f"payment.dispute.{what}" for what in ("created", "under_review", "action_required", "won", "lost", "closed")
)
_STRIPE = {
    "warning_needs_response": OPENED,
    "warning_under_review": ANSWERED,
    "warning_closed": CLOSED,
    "needs_response": OPENED,
    "under_review": ANSWERED,
    "won": WON,
    "lost": LOST,
    "prevented": CLOSED,
}
_RAZORPAY = {"open": OPENED, "under_review": ANSWERED, "won": WON, "lost": LOST, "closed": CLOSED}
_INQUIRIES = ("retrieval", "fraud")


def of_stripe(
    told: Mapping[str, Any], *, at: datetime, event: str = "", live: bool | None = None, account: str | None = None
) -> DisputeSeen:
    """Return a dispute as Stripe tells it at a moment, in an event of a kind or in its list.

    KeyError for a status that we do not know.
    """
    moved = told.get("balance_transactions") or []
    fees = [each for each in moved if each["fee"] > 0]
    due = (told.get("evidence_details") or {}).get("due_by")
    return DisputeSeen(
        ref=told["id"],
        payment_ref=str(told["payment_intent"]),
        status=_STRIPE[told["status"]],
        reason=str(told["reason"]),
        amount_minor=told["amount"],
        currency=str(told["currency"]).upper(),
        opened_at=moment(told["created"]),
        at=at,
        due_at=moment(due) if due else None,
        taken=event.endswith("funds_withdrawn") or any(each["amount"] < 0 for each in moved),
        returned=event.endswith("funds_reinstated") or any(each["amount"] > 0 for each in moved),
        is_inquiry=str(told["status"]).startswith("warning"),
        fee_minor=sum(each["fee"] for each in fees),
        fee_currency=str(fees[0]["currency"]).upper() if fees else "INR",
        fee_back_minor=-sum(each["fee"] for each in moved if each["fee"] < 0),
        live=bool(told.get("livemode")) if live is None else live,
        account=account,
    )


def of_razorpay(told: Mapping[str, Any], *, at: datetime, account: str | None = None) -> DisputeSeen:
    """Return a dispute as Razorpay tells it at a moment, in an event or in its list.

    KeyError for a status that we do not know.
    """
    status = _RAZORPAY[told["status"]]
    due = told.get("respond_by")
    return DisputeSeen(
        ref=told["id"],
        payment_ref=told["payment_id"],
        status=status,
        reason=str(told.get("reason_code") or ""),
        amount_minor=told["amount"],
        currency=str(told["currency"]),
        opened_at=moment(told["created_at"]),
        at=at,
        due_at=moment(due) if due else None,
        taken=bool(told.get("amount_deducted")) or status is LOST,
        returned=status in (WON, CLOSED),
        is_inquiry=told.get("phase") in _INQUIRIES,
        account=account,
    )
