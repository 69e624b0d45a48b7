"""Razorpay by Payment Links: the customer pays on Razorpay's own page, UPI included.

Quirks held here: the SDK has no time-out of its own, prints to stdout on errors, shares mutable
default arguments, wants text where a body is bytes, raises TypeError for a missing signature and a
JSON error for an HTML answer, and its errors carry a description but no status. A link has no
idempotency key, but its `reference_id` is unique: we look for it before and after asking.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import razorpay
import requests
from razorpay.errors import BadRequestError, GatewayError, ServerError, SignatureVerificationError

from shop.payments.gateways import (
    CONNECT_TIMEOUT_S,
    READ_TIMEOUT_S,
    BadSignature,
    GatewayRefused,
    GatewayUnknown,
    Notice,
    Page,
    PageRequest,
    PaymentSeen,
    RefundSeen,
)
from shop.payments.gateways import told_disputes as disputes

PAGE_SIZE = 100
CAPTURED = ("captured", "refunded")  # a refunded payment was captured first


class _PatientSession(requests.Session):
    """A session that always has a time-out, and that no answer sends to another address."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", (CONNECT_TIMEOUT_S, READ_TIMEOUT_S))
        kwargs["allow_redirects"] = False
        return super().request(*args, **kwargs)


class RazorpayGateway:
    """The Razorpay adapter."""

    name = "razorpay"

    def __init__(self, *, key_id: str, key_secret: str, webhook_secrets: tuple[str, ...], api_base: str) -> None:
        self.live = key_id.startswith("rzp_live_")
        self._secrets = webhook_secrets
        self._client = razorpay.Client(session=_PatientSession(), auth=(key_id, key_secret), base_url=api_base)

    def open_page(self, request: PageRequest) -> Page:
        asked = {
            "amount": request.amount_minor,
            "currency": request.currency,
            "accept_partial": False,
            "reference_id": request.key,
            "description": request.description,
            "customer": {"name": request.name, "email": request.email, "contact": request.phone},
            "notify": {"sms": False, "email": False},
            "reminder_enable": False,
            "expire_by": int(request.expires_at.timestamp()),
            "callback_url": request.return_url,
            "callback_method": "get",
            "notes": {"attempt": request.key},
        }
        try:
            link = self._ask(lambda: self._client.payment_link.create(asked))
        except GatewayRefused:
            known = self.find_page(request.key, request.expires_at)  # the first asking had its effect
            if known is None:
                raise
            return known
        return Page(ref=link["id"], url=link["short_url"])

    def close_page(self, ref: str) -> None:
        with suppress(GatewayRefused):  # it is paid or ended already; the caller looks next
            self._ask(lambda: self._client.payment_link.cancel(ref))

    def payments_of_page(self, ref: str, key: str) -> list[PaymentSeen]:
        link = self._ask(lambda: self._client.payment_link.fetch(ref))
        refs = [payment["payment_id"] for payment in link.get("payments") or []]
        return [_payment(self._ask(partial(self._client.payment.fetch, ref)), key=key) for ref in refs]

    def find_page(self, key: str, since: datetime) -> Page | None:
        found = self._ask(lambda: self._client.payment_link.all({"reference_id": key}))
        link = next((link for link in found.get("payment_links") or [] if link["reference_id"] == key), None)
        return Page(ref=link["id"], url=link["short_url"]) if link else None

    def payments_between(self, since: datetime, until: datetime) -> Iterator[PaymentSeen]:
        asked = {"from": int(since.timestamp()), "to": int(until.timestamp()), "count": PAGE_SIZE, "skip": 0}
        while True:
            items = self._ask(partial(self._client.payment.all, dict(asked)))["items"]
            for item in items:
                seen = _payment(item)
                yield seen if seen.key or not seen.captured else _payment(item, key=self._key_of(seen.ref))
            if len(items) < PAGE_SIZE:
                return
            asked["skip"] += PAGE_SIZE

    def refund(self, payment_ref: str, amount_minor: int, key: str) -> RefundSeen:
        asked = {"amount": amount_minor, "notes": {"refund": key}}
        headers = {"X-Refund-Idempotency": f"refund-{key}"}
        return _refund(self._ask(lambda: self._client.payment.refund(payment_ref, asked, headers=headers)))

    def find_refund(self, payment_ref: str, key: str) -> RefundSeen | None:
        found = self._ask(lambda: self._client.payment.fetch_multiple_refund(payment_ref, {}))
        return next((seen for seen in map(_refund, found["items"]) if seen.key == key), None)

    def read(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        signature = headers.get("X-Razorpay-Signature", "")
        if not any(self._signed(body, signature, secret) for secret in self._secrets):
            raise BadSignature
        return self.parse(body, headers.get("X-Razorpay-Event-Id", ""))

    def parse(self, body: bytes, event_id: str) -> Notice:
        event = json.loads(body)
        kind, payload = str(event["event"]), event["payload"]
        event_id = event_id or f"none-{event.get('created_at', 0)}-{kind}"
        if kind == "payment_link.paid":
            key = payload["payment_link"]["entity"]["reference_id"]
            return Notice(event_id, kind, payment=_payment(payload["payment"]["entity"], key=key))
        if kind == "payment.captured":  # all that is told when money comes after its link has closed
            seen = _payment(payload["payment"]["entity"])
            return Notice(event_id, kind, payment=seen if seen.key or seen.page_ref else None)
        if kind in ("refund.processed", "refund.failed", "refund.created"):
            return Notice(event_id, kind, refund=_refund(payload["refund"]["entity"]))
        if kind in disputes.RAZORPAY_KINDS:
            return Notice(event_id, kind, dispute=disputes.of_razorpay(event))
        return Notice(event_id, kind)

    def _signed(self, body: bytes, signature: str, secret: str) -> bool:
        if not signature.isascii():
            return False
        try:
            self._client.utility.verify_webhook_signature(body.decode(), signature, secret)
        except (SignatureVerificationError, TypeError, ValueError):
            return False
        return True

    def _key_of(self, payment_ref: str) -> str | None:
        found = self._ask(lambda: self._client.payment_link.all({"payment_id": payment_ref}))
        return next((str(link["reference_id"]) for link in found.get("payment_links") or []), None)

    def _ask(self, call: Callable[[], Any]) -> Any:
        try:
            answer = call()
        except BadRequestError as error:
            raise GatewayRefused(str(error)) from error
        except (GatewayError, ServerError, requests.RequestException, ValueError) as error:
            raise GatewayUnknown(str(error)) from error
        if not isinstance(answer, dict):
            raise GatewayUnknown(f"an answer of type {type(answer).__name__}")
        return answer


def _payment(payment: Mapping[str, Any], key: str | None = None) -> PaymentSeen:
    notes = payment.get("notes")
    noted = notes.get("attempt") if isinstance(notes, dict) else None  # empty notes come as a list
    return PaymentSeen(
        ref=payment["id"],
        key=key or noted,
        amount_minor=payment["amount"],
        currency=str(payment["currency"]),
        captured=payment["status"] in CAPTURED,
        live=None,
        at=datetime.fromtimestamp(payment["created_at"], UTC),
        page_ref=f"plink_{said[1:]}" if (said := str(payment.get("description") or "")).startswith("#") else None,
    )


def _refund(refund: Mapping[str, Any]) -> RefundSeen:
    notes = refund.get("notes")
    return RefundSeen(
        ref=refund["id"],
        key=notes.get("refund") if isinstance(notes, dict) else None,
        payment_ref=refund["payment_id"],
        amount_minor=refund["amount"],
        currency=str(refund["currency"]),
        done=refund["status"] == "processed",
        failed=refund["status"] == "failed",
    )
