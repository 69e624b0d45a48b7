"""What Stripe's answers and webhooks say, as our own plain values.

Currencies come in small letters. A balance transaction is told in the currency that is paid out, whatever
the customer paid in; its `amount` is before the fee, and the fee names its tax among its details. An event
of an account that is connected to ours names that account; one of our own names none.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from shop.payments.gateways import LineKind, LineSeen, Notice, PaymentSeen, RefundSeen, SettlementSeen, moment
from shop.payments.gateways import told_disputes as disputes

OWN = "own"
PAID = ("checkout.session.completed", "checkout.session.async_payment_succeeded")
REFUNDS = ("refund.updated", "refund.failed", "refund.created")
CAME_TO_NOTHING = ("failed", "canceled")  # what it took out of the balance, its failure_balance_transaction puts back
KINDS = {
    "charge": LineKind.PAYMENT,
    "payment": LineKind.PAYMENT,
    "refund": LineKind.REFUND,
    "payment_refund": LineKind.REFUND,
    "stripe_fee": LineKind.FEE,
    "tax_fee": LineKind.FEE,
}


def notice(body: bytes) -> Notice:
    """Return what a webhook says."""
    event = json.loads(body)
    thing, kind, event_id = event["data"]["object"], str(event["type"]), str(event["id"])
    live, account = bool(event.get("livemode")), str(event.get("account") or OWN)
    if kind in PAID and thing.get("payment_status") == "paid":
        return Notice(event_id, kind, payment=session(thing, live=live, account=account))
    if kind in REFUNDS:
        return Notice(event_id, kind, refund=replace(refund(thing), live=live, account=account))
    if kind in disputes.STRIPE_KINDS:
        seen = disputes.of_stripe(thing, at=moment(event["created"]), event=kind, live=live, account=account)
        return Notice(event_id, kind, dispute=seen)
    return Notice(event_id, kind)


def intent(said: Mapping[str, Any], key: str | None = None, page_ref: str | None = None) -> PaymentSeen:
    """Return a PaymentIntent; `key` and `page_ref` are those of its session, where it was told with it."""
    return PaymentSeen(
        ref=said["id"],
        key=key or (said.get("metadata") or {}).get("attempt"),
        amount_minor=said["amount_received"] or 0,
        currency=str(said["currency"]).upper(),
        captured=said["status"] == "succeeded",
        live=bool(said.get("livemode")),
        at=moment(said["created"]),
        page_ref=page_ref,
    )


def intent_of_session(said: Mapping[str, Any], page_ref: str) -> PaymentSeen | None:
    """Return what was paid in a session that tells its PaymentIntent whole; None before anyone tried to pay."""
    paid = said["payment_intent"]
    if paid is None or isinstance(paid, str):
        return None
    return intent(paid, key=said["client_reference_id"], page_ref=page_ref)


def session(said: Mapping[str, Any], *, live: bool, account: str) -> PaymentSeen:
    """Return the payment of a Checkout Session that is paid."""
    return PaymentSeen(
        ref=str(said["payment_intent"]),
        key=said.get("client_reference_id"),
        amount_minor=said["amount_total"],
        currency=str(said["currency"]).upper(),
        captured=True,
        live=live,
        at=moment(said["created"]),
        page_ref=str(said["id"]),
        account=account,
    )


def refund(said: Mapping[str, Any]) -> RefundSeen:
    """Return a refund."""
    return RefundSeen(
        ref=said["id"],
        key=(said.get("metadata") or {}).get("refund"),
        payment_ref=str(said.get("payment_intent") or ""),
        amount_minor=said["amount"],
        currency=str(said["currency"]).upper(),
        done=said["status"] == "succeeded",
        failed=said["status"] in ("failed", "canceled"),
        at=moment(said["created"]) if said.get("created") else None,
    )


def settlement(said: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> SettlementSeen:
    """Return a payout with the balance transactions that are in it, its own left out; asked for by hand, as one sum.

    The row that puts one back that failed (`payout_failure`) is in a later one, as what that failed one was.
    """
    trace, at, back = said.get("trace_id"), moment(said["arrival_date"]), said.get("failure_balance_transaction")
    back_at = moment(back["created"]) if isinstance(back, dict) else at
    inside = [line for line in map(_line, rows) if line.about != said["id"]]
    whole = LineSeen(said["id"], LineKind.SUM, None, said["amount"], 0, 0, at)
    return SettlementSeen(
        ref=said["id"],
        bank_ref=str(trace.get("value") or "") if isinstance(trace, dict) else "",
        amount_minor=said["amount"],
        currency=str(said["currency"]).upper(),
        at=at,
        lines=inside if said.get("automatic") else [whole],
        failed_at=back_at if said["status"] in CAME_TO_NOTHING else None,
    )


def _line(row: Mapping[str, Any]) -> LineSeen:
    kind = KINDS.get(row["type"], LineKind.OTHER)
    details = row.get("fee_details") or []
    return LineSeen(
        ref=row["id"],
        kind=kind,
        about=_about(kind, row.get("source")),
        gross_minor=row["amount"],
        fee_minor=row["fee"],
        fee_tax_minor=sum(part["amount"] for part in details if part["type"] == "tax"),
        at=moment(row["created"]),
    )


def _about(kind: LineKind, source: Any) -> str | None:
    """Return the payment or refund of a line; its source is an object where it was asked to be one."""
    if not isinstance(source, dict):
        return source if isinstance(source, str) else None
    return source.get("payment_intent") if kind is LineKind.PAYMENT else source.get("id")
