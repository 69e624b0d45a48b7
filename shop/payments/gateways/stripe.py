"""Stripe by Checkout Sessions: the customer pays on Stripe's own page.

Quirks held here: StripeObject is no dict; a webhook's payload is parsed only after its signature;
a 500 that came after the effect is what its idempotency key answers for a day, so the page is looked
for before it is asked for again; local-currency pricing is off, since our prices are set per currency.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import requests
import stripe

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

RETRIES = 1
stripe.enable_telemetry = False  # it would write a file in the home folder and tell timings


REFUSALS = (
    stripe.InvalidRequestError,
    stripe.CardError,
    stripe.AuthenticationError,
    stripe.PermissionError,
    stripe.IdempotencyError,
)


class _StayingSession(requests.Session):
    """A session that no answer sends to another address."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(*args, **{**kwargs, "allow_redirects": False})


class StripeGateway:
    """The Stripe adapter."""

    name = "stripe"

    def __init__(self, *, secret_key: str, webhook_secrets: tuple[str, ...], api_base: str) -> None:
        self.live = secret_key.startswith(("sk_live_", "rk_live_"))
        self._secrets = webhook_secrets
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": api_base},
            max_network_retries=RETRIES,
            http_client=stripe.RequestsClient(timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S), session=_StayingSession()),
        )

    def open_page(self, request: PageRequest) -> Page:
        metadata = {"attempt": request.key}
        params: Any = {
            "mode": "payment",
            "adaptive_pricing": {"enabled": False},
            "client_reference_id": request.key,
            "customer_email": request.email,
            "expires_at": int(request.expires_at.timestamp()),
            "success_url": request.return_url,
            "cancel_url": request.cancel_url,
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata, "description": request.description},
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": request.currency.lower(),
                        "unit_amount": line.minor,
                        "product_data": {"name": line.name},
                    },
                }
                for line in request.lines
            ],
        }
        session = self._ask(
            lambda: self._client.v1.checkout.sessions.create(params, {"idempotency_key": f"page-{request.key}"})
        )
        return Page(ref=session.id, url=session.url or "")

    def close_page(self, ref: str) -> None:
        with suppress(GatewayRefused):  # it is paid or ended already; the caller looks next
            self._ask(lambda: self._client.v1.checkout.sessions.expire(ref))

    def payments_of_page(self, ref: str, key: str) -> list[PaymentSeen]:
        session = self._ask(lambda: self._client.v1.checkout.sessions.retrieve(ref, {"expand": ["payment_intent"]}))
        intent = session.payment_intent
        if intent is None or isinstance(intent, str):
            return []
        return [_intent(intent.to_dict(), key=session.client_reference_id)]

    def find_page(self, key: str, since: datetime) -> Page | None:
        """Sessions cannot be searched by our key, so the recent ones are walked through."""
        params: Any = {"created": {"gte": int(since.timestamp())}, "limit": 100}
        while True:
            found = self._ask(partial(self._client.v1.checkout.sessions.list, params))
            for session in found.data:
                if session.client_reference_id == key:
                    return Page(ref=session.id, url=session.url or "")
            if not found.has_more:
                return None
            params = {**params, "starting_after": found.data[-1].id}

    def payments_between(self, since: datetime, until: datetime) -> Iterator[PaymentSeen]:
        params: Any = {"created": {"gte": int(since.timestamp()), "lte": int(until.timestamp())}, "limit": 100}
        pages = self._ask(partial(self._client.v1.payment_intents.list, params))
        while True:
            yield from (_intent(intent.to_dict()) for intent in pages.data)
            if not pages.has_more:
                return
            params = {**params, "starting_after": pages.data[-1].id}
            pages = self._ask(partial(self._client.v1.payment_intents.list, params))

    def refund(self, payment_ref: str, amount_minor: int, key: str) -> RefundSeen:
        params: Any = {"payment_intent": payment_ref, "amount": amount_minor, "metadata": {"refund": key}}
        made = self._ask(lambda: self._client.v1.refunds.create(params, {"idempotency_key": f"refund-{key}"}))
        return _refund(made.to_dict())

    def find_refund(self, payment_ref: str, key: str) -> RefundSeen | None:
        found = self._ask(lambda: self._client.v1.refunds.list({"payment_intent": payment_ref, "limit": 100}))
        return next((seen for seen in (_refund(r.to_dict()) for r in found.data) if seen.key == key), None)

    def read(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        signature = headers.get("Stripe-Signature", "")
        if not any(self._signed(body, signature, secret) for secret in self._secrets):
            raise BadSignature
        return self.parse(body, "")

    def parse(self, body: bytes, event_id: str) -> Notice:
        event = json.loads(body)
        thing = event["data"]["object"]
        kind, event_id = str(event["type"]), str(event["id"])
        if kind == "checkout.session.completed" and thing.get("payment_status") == "paid":
            return Notice(event_id, kind, payment=_session(thing, live=bool(event.get("livemode"))))
        if kind in ("refund.updated", "refund.failed", "refund.created"):
            return Notice(event_id, kind, refund=_refund(thing))
        if kind in disputes.STRIPE_KINDS:
            return Notice(event_id, kind, dispute=disputes.of_stripe(event))
        return Notice(event_id, kind)

    def _signed(self, body: bytes, signature: str, secret: str) -> bool:
        try:
            stripe.WebhookSignature.verify_header(body.decode(), signature, secret, stripe.Webhook.DEFAULT_TOLERANCE)
        except (stripe.SignatureVerificationError, ValueError):
            return False
        return True

    def _ask(self, call: Any) -> Any:
        try:
            return call()
        except REFUSALS as error:
            raise GatewayRefused(error.user_message or str(error)) from error
        except (stripe.StripeError, ValueError) as error:
            raise GatewayUnknown(str(error)) from error


def _intent(intent: Mapping[str, Any], key: str | None = None) -> PaymentSeen:
    return PaymentSeen(
        ref=intent["id"],
        key=key or (intent.get("metadata") or {}).get("attempt"),
        amount_minor=intent["amount_received"] or 0,
        currency=str(intent["currency"]).upper(),
        captured=intent["status"] == "succeeded",
        live=bool(intent.get("livemode")),
        at=datetime.fromtimestamp(intent["created"], UTC),
    )


def _session(session: Mapping[str, Any], *, live: bool) -> PaymentSeen:
    return PaymentSeen(
        ref=str(session["payment_intent"]),
        key=session.get("client_reference_id"),
        amount_minor=session["amount_total"],
        currency=str(session["currency"]).upper(),
        captured=True,
        live=live,
        at=datetime.fromtimestamp(session["created"], UTC),
    )


def _refund(refund: Mapping[str, Any]) -> RefundSeen:
    return RefundSeen(
        ref=refund["id"],
        key=(refund.get("metadata") or {}).get("refund"),
        payment_ref=str(refund.get("payment_intent") or ""),
        amount_minor=refund["amount"],
        currency=str(refund["currency"]).upper(),
        done=refund["status"] == "succeeded",
        failed=refund["status"] in ("failed", "canceled"),
    )
