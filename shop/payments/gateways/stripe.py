"""Stripe by Checkout Sessions: the customer pays on Stripe's own page.

Quirks held here: StripeObject is no dict; a webhook's payload is parsed only after its signature; a
500 that came after the effect is what its idempotency key answers for a day, so the page is looked for
before it is asked for again; sessions cannot be searched by our key; a list stops at a hundred rows;
local-currency pricing is off, since our prices are set per currency; a session names its methods, since one
switched on in the dashboard could take days to be paid. A session captures what its customer's bank authorises.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import stripe

from shop.payments.gateways import (
    MISREAD,
    PATIENCE,
    BadSignature,
    DisputeSeen,
    GatewayRefused,
    GatewayUnknown,
    Notice,
    Page,
    PageRequest,
    Patience,
    PaymentSeen,
    Read,
    RefundSeen,
    SettlementSeen,
    Signed,
    stripe_answers,
    told_disputes,
    understood,
)
from shop.payments.gateways.patient import PatientSession

stripe.enable_telemetry = False  # it would write a file in the home folder and tell timings
PAGE_SIZE = 100
CLOCKS_APART = timedelta(minutes=10)  # ours may be ahead of theirs
FAILS_WITHIN = timedelta(days=14)  # Stripe says five business days after it was told as paid
REFUSALS = (
    stripe.InvalidRequestError,
    stripe.CardError,
    stripe.AuthenticationError,
    stripe.PermissionError,
    stripe.IdempotencyError,
)


Row = Mapping[str, Any]


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
            max_network_retries=0,  # the session asks once more
            http_client=stripe.RequestsClient(session=PatientSession(patience, api_base)),
        )

    def open_page(self, request: PageRequest) -> Page:
        metadata = {"attempt": request.key}
        params: Any = {
            "mode": "payment",
            "payment_method_types": ["card"],  # what shop/payments/offers.py says of it
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
        key: Any = {"idempotency_key": f"page-{request.key}"}
        return self._ask(partial(self._client.v1.checkout.sessions.create, params, key), _page)

    def close_page(self, ref: str) -> None:
        with suppress(GatewayRefused):  # it is paid or ended already; the caller looks next
            self._ask(lambda: self._client.v1.checkout.sessions.expire(ref), dict)

    def payments_of_page(self, ref: str, key: str) -> list[PaymentSeen]:
        whole: Any = {"expand": ["payment_intent"]}
        telling = partial(stripe_answers.intent_of_session, page_ref=ref)
        paid = self._ask(partial(self._client.v1.checkout.sessions.retrieve, ref, whole), telling)
        return [paid] if paid is not None else []

    def capture(self, payment_ref: str, amount_minor: int, currency: str) -> PaymentSeen:
        """Return the payment as it stands: a session of ours captures by itself, so there is nothing to ask for."""
        return self.get_payment(payment_ref)

    def get_payment(self, ref: str) -> PaymentSeen:
        return self._ask(partial(self._client.v1.payment_intents.retrieve, ref), stripe_answers.intent)

    def get_refund(self, ref: str) -> RefundSeen:
        return self._ask(partial(self._client.v1.refunds.retrieve, ref), stripe_answers.refund)

    def find_page(self, key: str, since: datetime) -> Page | None:
        """Sessions cannot be searched by our key, so the recent ones are walked through."""
        asked = {"created": {"gte": int((since - CLOCKS_APART).timestamp())}}
        recent = self._all(self._client.v1.checkout.sessions.list, asked, dict)
        return next((understood(_page, each) for each in recent if each.get("client_reference_id") == key), None)

    def payments_between(self, since: datetime, until: datetime) -> Iterator[PaymentSeen]:
        asked = {"created": _span(since, until)}
        yield from self._all(self._client.v1.payment_intents.list, asked, stripe_answers.intent)

    def with_key(self, seen: PaymentSeen) -> PaymentSeen:
        return seen  # its metadata tell the key wherever it is listed

    def refunds_between(self, since: datetime, until: datetime) -> Iterator[RefundSeen]:
        yield from self._all(self._client.v1.refunds.list, {"created": _span(since, until)}, stripe_answers.refund)

    def disputes_between(self, since: datetime, until: datetime, *, at: datetime) -> Iterator[DisputeSeen]:
        telling = partial(told_disputes.of_stripe, at=at)
        yield from self._all(self._client.v1.disputes.list, {"created": _span(since, until)}, telling)

    def settlements_between(self, since: datetime, until: datetime) -> Iterator[SettlementSeen]:
        """What is in a payout, Stripe knows of automatic ones alone; another is one sum.

        "You control the timing and amount of manual payouts, so Stripe can't identify which transactions are included"
        (Stripe, Payout reconciliation, 2026); the filter by payout is for automatic ones likewise. "Some payouts that
        fail might initially show as paid, then change to failed" (The Payout object, 2026), so those are looked for
        longer.
        """
        for payout in self._payouts("paid", since, until):
            yield self._whole(payout)
        for status in stripe_answers.CAME_TO_NOTHING:
            for payout in self._payouts(status, since - FAILS_WITHIN, until):
                yield self._whole(payout)

    def _payouts(self, status: str, since: datetime, until: datetime) -> Iterator[Row]:
        asked = {"status": status, "arrival_date": _span(since, until), "expand": ["data.failure_balance_transaction"]}
        return self._all(self._client.v1.payouts.list, asked, dict)

    def _whole(self, payout: Row) -> SettlementSeen:
        inside = {"payout": payout.get("id"), "expand": ["data.source"]}
        rows: list[Row] = []
        if payout.get("automatic"):
            rows = list(self._all(self._client.v1.balance_transactions.list, inside, dict))
        return understood(partial(stripe_answers.settlement, payout), rows)

    def refund(self, payment_ref: str, amount_minor: int, key: str) -> RefundSeen:
        params: Any = {"payment_intent": payment_ref, "amount": amount_minor, "metadata": {"refund": key}}
        once: Any = {"idempotency_key": f"refund-{key}"}
        return self._ask(partial(self._client.v1.refunds.create, params, once), stripe_answers.refund)

    def find_refund(self, payment_ref: str, key: str) -> RefundSeen | None:
        found = self._all(self._client.v1.refunds.list, {"payment_intent": payment_ref}, stripe_answers.refund)
        return next((seen for seen in found if seen.key == key), None)

    def check(self, body: bytes, headers: Mapping[str, str]) -> Signed:
        signature = headers.get("Stripe-Signature", "")
        if not signature.isascii():  # the SDK compares it as text, which Python refuses for other letters
            raise BadSignature
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

    def _all(self, listing: Callable[[Any], Any], asked: Row, read: Callable[[Row], Read]) -> Iterator[Read]:
        """Yield every row of a list, page by page."""
        params = {**asked, "limit": PAGE_SIZE}
        while True:
            page = self._ask(partial(listing, params), dict)
            rows = understood(_rows, page)
            yield from (understood(read, row) for row in rows)
            if not page.get("has_more") or not rows:
                return
            params = {**params, "starting_after": rows[-1].get("id")}

    def _ask(self, call: Callable[[], Any], read: Callable[[Row], Read]) -> Read:
        """Ask, and read the answer as a plain dict, which a StripeObject is not."""
        try:
            answer = call().to_dict()
        except REFUSALS as error:
            raise GatewayRefused(error.user_message or str(error)) from error
        except (stripe.StripeError, *MISREAD) as error:
            raise GatewayUnknown(f"{type(error).__name__} {error}") from error
        return understood(read, answer)


def _page(session: Row) -> Page:
    return Page(ref=session["id"], url=session["url"] or "")


def _rows(page: Row) -> list[Row]:
    return list(page["data"])


def _span(since: datetime, until: datetime) -> dict[str, int]:
    return {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
