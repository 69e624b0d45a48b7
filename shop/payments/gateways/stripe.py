"""Stripe by Checkout Sessions: the customer pays on Stripe's own page.

Quirks held here: StripeObject is no dict; a webhook's payload is parsed only after its signature; a
500 that came after the effect is what its idempotency key answers for a day, so the page is looked for
before it is asked for again; sessions cannot be searched by our key; a list stops at a hundred rows;
local-currency pricing is off, since our prices are set per currency. Its own retry has jitter.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

import requests
import stripe

from shop.payments.gateways import (
    PATIENCE,
    RETRIES,
    BadSignature,
    GatewayRefused,
    GatewayUnknown,
    Notice,
    Page,
    PageRequest,
    Patience,
    PaymentSeen,
    RefundSeen,
    SettlementSeen,
    Signed,
    stripe_answers,
)

stripe.enable_telemetry = False  # it would write a file in the home folder and tell timings
PAGE_SIZE = 100
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
    account = stripe_answers.OWN

    def __init__(
        self, *, secret_key: str, webhook_secrets: tuple[str, ...], api_base: str, patience: Patience = PATIENCE
    ) -> None:
        self.live = secret_key.startswith(("sk_live_", "rk_live_"))
        self._secrets = webhook_secrets
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": api_base},
            max_network_retries=RETRIES,
            http_client=stripe.RequestsClient(timeout=(patience.connect_s, patience.read_s), session=_StayingSession()),
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
        return [stripe_answers.intent(intent.to_dict(), key=session.client_reference_id, page_ref=ref)]

    def find_page(self, key: str, since: datetime) -> Page | None:
        """Sessions cannot be searched by our key, so the recent ones are walked through."""
        recent = self._all(self._client.v1.checkout.sessions.list, {"created": {"gte": int(since.timestamp())}})
        session = next((session for session in recent if session["client_reference_id"] == key), None)
        return Page(ref=session["id"], url=session["url"] or "") if session else None

    def payments_between(self, since: datetime, until: datetime) -> Iterator[PaymentSeen]:
        found = self._all(self._client.v1.payment_intents.list, {"created": _span(since, until)})
        yield from map(stripe_answers.intent, found)

    def with_key(self, seen: PaymentSeen) -> PaymentSeen:
        return seen  # its metadata tell the key wherever it is listed

    def refunds_between(self, since: datetime, until: datetime) -> Iterator[RefundSeen]:
        found = self._all(self._client.v1.refunds.list, {"created": _span(since, until)})
        yield from map(stripe_answers.refund, found)

    def settlements_between(self, since: datetime, until: datetime) -> Iterator[SettlementSeen]:
        """What is in a payout, Stripe knows of automatic ones alone; of another the lines are none."""
        for payout in self._all(self._client.v1.payouts.list, {"status": "paid", "arrival_date": _span(since, until)}):
            inside = {"payout": payout["id"], "expand": ["data.source"]}
            rows = self._all(self._client.v1.balance_transactions.list, inside) if payout["automatic"] else ()
            yield stripe_answers.settlement(payout, rows)

    def refund(self, payment_ref: str, amount_minor: int, key: str) -> RefundSeen:
        params: Any = {"payment_intent": payment_ref, "amount": amount_minor, "metadata": {"refund": key}}
        made = self._ask(lambda: self._client.v1.refunds.create(params, {"idempotency_key": f"refund-{key}"}))
        return stripe_answers.refund(made.to_dict())

    def find_refund(self, payment_ref: str, key: str) -> RefundSeen | None:
        found = self._all(self._client.v1.refunds.list, {"payment_intent": payment_ref})
        return next((seen for seen in map(stripe_answers.refund, found) if seen.key == key), None)

    def check(self, body: bytes, headers: Mapping[str, str]) -> Signed:
        signature = headers.get("Stripe-Signature", "")
        for number, secret in enumerate(self._secrets, 1):
            if self._signed(body, signature, secret):
                return Signed("", number)
        raise BadSignature

    def parse(self, body: bytes, event_id: str) -> Notice:
        return stripe_answers.notice(body)

    def _signed(self, body: bytes, signature: str, secret: str) -> bool:
        try:
            stripe.WebhookSignature.verify_header(body.decode(), signature, secret, stripe.Webhook.DEFAULT_TOLERANCE)
        except (stripe.SignatureVerificationError, ValueError):
            return False
        return True

    def _all(self, listing: Callable[[Any], Any], asked: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Yield every row of a list as a dict, page by page."""
        params = {**asked, "limit": PAGE_SIZE}
        while True:
            page = self._ask(partial(listing, params))
            for row in page.data:
                yield row.to_dict()
            if not page.has_more:
                return
            params = {**params, "starting_after": page.data[-1].id}

    def _ask(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except REFUSALS as error:
            raise GatewayRefused(error.user_message or str(error)) from error
        except (stripe.StripeError, ValueError) as error:
            raise GatewayUnknown(str(error)) from error


def _span(since: datetime, until: datetime) -> dict[str, int]:
    return {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
