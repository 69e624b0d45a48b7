"""What Razorpay's answers and webhooks say, as our own plain values.

A payment that was captured and one that was only ever authorised are both `refunded` in the end: `captured`
tells which, and a refund of the latter (Razorpay's auto-refund) is none of ours. Empty notes come as a list,
and a link's payment names the link only in its description ("#" and the link's number). In the settlement
report `credit` and `debit` are net of the fee, and the fee holds the tax on it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from shop.payments.gateways import LineKind, LineSeen, Notice, PaymentSeen, RefundSeen, SettlementSeen, moment
from shop.payments.gateways import told_disputes as disputes

TAKEN = ("payment.captured", "payment.authorized")
REFUNDS = ("refund.processed", "refund.failed", "refund.created")
KINDS = {"payment": LineKind.PAYMENT, "refund": LineKind.REFUND}


def notice(body: bytes, event_id: str) -> Notice:
    """Return what a webhook says."""
    event = json.loads(body)
    kind, payload, account = str(event["event"]), event["payload"], event.get("account_id")
    if kind == "payment_link.paid":
        link = payload["payment_link"]["entity"]
        told = {"key": link["reference_id"], "page_ref": link["id"], "account": account}
        return Notice(event_id, kind, payment=payment(payload["payment"]["entity"], **told))
    if kind in TAKEN:  # all that is told when money comes after its link has closed, or waits to be captured
        seen = payment(payload["payment"]["entity"], account=account)
        return Notice(event_id, kind, payment=seen if seen.key or seen.page_ref else None)
    if kind in REFUNDS and not _is_of_uncaptured(payload):
        return Notice(event_id, kind, refund=replace(refund(payload["refund"]["entity"]), account=account))
    if kind in disputes.RAZORPAY_KINDS:
        seen_at, dispute = moment(event["created_at"]), payload["dispute"]["entity"]
        return Notice(event_id, kind, dispute=disputes.of_razorpay(dispute, at=seen_at, account=account))
    return Notice(event_id, kind)


def payment(
    said: Mapping[str, Any], key: str | None = None, page_ref: str | None = None, account: str | None = None
) -> PaymentSeen:
    """Return a payment; `key` and `page_ref` are those of its link, where it was told with it."""
    described = str(said.get("description") or "")
    return PaymentSeen(
        ref=said["id"],
        key=key or _note(said, "attempt"),
        amount_minor=said["amount"],
        currency=str(said["currency"]),
        captured=said["status"] == "captured" or (said["status"] == "refunded" and bool(said.get("captured"))),
        authorized=said["status"] == "authorized",
        live=None,
        at=moment(said["created_at"]),
        page_ref=page_ref or (f"plink_{described[1:]}" if described.startswith("#") else None),
        account=account,
    )


def refund(said: Mapping[str, Any]) -> RefundSeen:
    """Return a refund."""
    return RefundSeen(
        ref=said["id"],
        key=_note(said, "refund"),
        payment_ref=said["payment_id"],
        amount_minor=said["amount"],
        currency=str(said["currency"]),
        done=said["status"] == "processed",
        failed=said["status"] == "failed",
        at=moment(said["created_at"]) if said.get("created_at") else None,
    )


def settlement(said: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> SettlementSeen:
    """Return a settlement with the rows of the report that belong to it; it is always paid in rupees."""
    at = moment(said["created_at"])
    return SettlementSeen(
        ref=said["id"],
        bank_ref=str(said.get("utr") or ""),
        amount_minor=said["amount"],
        currency="INR",
        at=at,
        lines=[_line(row, at) for row in rows],
    )


def _line(row: Mapping[str, Any], at: datetime) -> LineSeen:
    fee, kind = row.get("fee") or 0, KINDS.get(row["type"], LineKind.OTHER)
    disputed = row.get("dispute_id") if kind is LineKind.OTHER else None  # a payment's own row may name its dispute too
    return LineSeen(
        ref=str(row["entity_id"]),
        kind=kind,
        about=str(disputed or row["entity_id"]),
        gross_minor=(row.get("credit") or 0) - (row.get("debit") or 0) + fee,
        fee_minor=fee,
        fee_tax_minor=row.get("tax") or 0,
        at=moment(row["settled_at"]) if row.get("settled_at") else at,
    )


def _is_of_uncaptured(payload: Mapping[str, Any]) -> bool:
    """Say whether a refund is Razorpay's own, of a payment whose money never came to anybody."""
    paid = (payload.get("payment") or {}).get("entity") or {}
    return paid.get("captured") is False


def _note(said: Mapping[str, Any], name: str) -> str | None:
    notes = said.get("notes")
    return notes.get(name) if isinstance(notes, dict) else None
