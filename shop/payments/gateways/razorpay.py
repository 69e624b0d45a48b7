"""Razorpay by Payment Links: the customer pays on Razorpay's own page, UPI included.

Quirks held here: the SDK has no time-out of its own, prints to stdout on errors, brings its own list of
certificates, shares mutable default arguments, wants text where a body is bytes, raises TypeError for a
missing signature and a JSON error for an HTML answer, gives text for an empty answer, and its errors carry
a description but no status: so 409 ("still at it") and 429 look like a refusal. A link has no idempotency
key, but its `reference_id` is unique: we look for it before and after asking. Its lists give ten rows
unless told otherwise, and a list of payments names the link's key nowhere. A link names the payment that
paid it alone; those that wait to be captured are told by its order. What nobody captured Razorpay gives
back with a refund of its own making, which is none of ours: no money had come.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from typing import Any

import razorpay
import requests
from razorpay.errors import BadRequestError, GatewayError, ServerError, SignatureVerificationError

from shop.clock import INDIA
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
    razorpay_answers,
    told_disputes,
    understood,
)
from shop.payments.gateways.patient import PatientSession

PAGE_SIZE = 100
VERSION = version("razorpay")
IN_BETWEEN = (409, 429)  # it works at the same already, or wants us slower: neither says no
CARDS_ONLY = {"card": "1", "upi": "0", "netbanking": "0", "wallet": "0"}  # what a foreign bank can use
Row = Mapping[str, Any]


class _Unclear(Exception):
    """An answer, or none, that says nothing of what happened. Not one of requests' own: those the SDK would print."""


class _TellingSession(PatientSession):
    """A session that tells what the SDK would drop or trip over, and trusts this machine's certificates."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        try:
            answer = super().request(*args, **{**kwargs, "verify": self.verify})
        except requests.RequestException as error:
            raise _Unclear(type(error).__name__) from error
        if answer.status_code in IN_BETWEEN or answer.status_code >= 500:
            raise _Unclear(f"status {answer.status_code}")
        try:
            answer.json()
        except ValueError as error:
            raise _Unclear(f"status {answer.status_code}, and no JSON") from error
        return answer


class RazorpayGateway:
    """The Razorpay adapter."""

    name = "razorpay"

    def __init__(
        self,
        *,
        key_id: str,
        key_secret: str,
        webhook_secrets: tuple[str, ...],
        api_base: str,
        account: str = "",
        patience: Patience = PATIENCE,
    ) -> None:
        self.live = key_id.startswith("rzp_live_")
        self.account = account
        self._secrets = webhook_secrets
        session = _TellingSession(patience, api_base)
        self._client = razorpay.Client(session=session, auth=(key_id, key_secret), base_url=api_base)
        self._client._get_version = lambda: VERSION  # the SDK would look it up among all packages at every request

    def open_page(self, request: PageRequest) -> Page:
        asked: dict[str, Any] = {
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
        if request.currency != "INR":
            asked["options"] = {"checkout": {"method": CARDS_ONLY}}
        try:
            return self._ask(lambda: self._client.payment_link.create(asked), _page)
        except GatewayRefused:
            known = self.find_page(request.key, request.expires_at)  # the first asking had its effect
            if known is None:
                raise
            return known

    def close_page(self, ref: str) -> None:
        with suppress(GatewayRefused):  # it is paid or ended already; the caller looks next
            self._ask(lambda: self._client.payment_link.cancel(ref), dict)

    def payments_of_page(self, ref: str, key: str) -> list[PaymentSeen]:
        telling = partial(razorpay_answers.payment, key=key, page_ref=ref)
        refs, order = self._ask(lambda: self._client.payment_link.fetch(ref), _payments_of_link)
        if order:
            tried = self._ask(lambda: self._client.order.payments(order), _items)
            return [understood(telling, each) for each in tried]
        return [self._ask(partial(self._client.payment.fetch, payment), telling) for payment in refs]

    def capture(self, payment_ref: str, amount_minor: int, currency: str) -> PaymentSeen:
        asking = partial(self._client.payment.capture, payment_ref, amount_minor, {"currency": currency})
        try:
            return self.with_key(self._ask(asking, razorpay_answers.payment))
        except GatewayRefused:  # captured before, another sum, or its time is over: the payment itself says which
            return self.get_payment(payment_ref)

    def get_payment(self, ref: str) -> PaymentSeen:
        return self.with_key(self._ask(lambda: self._client.payment.fetch(ref), razorpay_answers.payment))

    def get_refund(self, ref: str) -> RefundSeen:
        return self._ask(lambda: self._client.refund.fetch(ref), razorpay_answers.refund)

    def find_page(self, key: str, since: datetime) -> Page | None:
        links = self._ask(lambda: self._client.payment_link.all({"reference_id": key}), _links)
        return next((_page(link) for link in links if link["reference_id"] == key), None)

    def payments_between(self, since: datetime, until: datetime) -> Iterator[PaymentSeen]:
        yield from self._all(self._client.payment.all, _span(since, until), razorpay_answers.payment)

    def with_key(self, seen: PaymentSeen) -> PaymentSeen:
        if seen.key is not None:
            return seen
        links = self._ask(lambda: self._client.payment_link.all({"payment_id": seen.ref}), _links)
        link = next(iter(links), None)
        return replace(seen, key=str(link["reference_id"]), page_ref=link["id"]) if link else seen

    def refunds_between(self, since: datetime, until: datetime) -> Iterator[RefundSeen]:
        for seen in self._all(self._client.refund.all, _span(since, until), razorpay_answers.refund):
            if seen.key is not None or self._was_captured(seen.payment_ref):
                yield seen

    def disputes_between(self, since: datetime, until: datetime, *, at: datetime) -> Iterator[DisputeSeen]:
        telling = partial(told_disputes.of_razorpay, at=at)
        yield from self._all(self._client.dispute.all, _span(since, until), telling)

    def settlements_between(self, since: datetime, until: datetime) -> Iterator[SettlementSeen]:
        """The report is one of days in India, so each day that the span touches is read."""
        sent = [each for each in self._all(self._client.settlement.all, _span(since, until), dict) if _was_sent(each)]
        rows: dict[str, list[Row]] = defaultdict(list)
        day, last = since.astimezone(INDIA).date(), until.astimezone(INDIA).date()
        while sent and day <= last:
            asked = {"year": day.year, "month": day.month, "day": day.day}
            for row in self._all(self._client.settlement.report, asked, dict):
                rows[str(row.get("settlement_id"))].append(row)
            day += timedelta(days=1)
        for each in sent:
            yield understood(partial(razorpay_answers.settlement, each), rows[str(each.get("id"))])

    def refund(self, payment_ref: str, amount_minor: int, key: str) -> RefundSeen:
        asked = {"amount": amount_minor, "notes": {"refund": key}}
        headers = {"X-Refund-Idempotency": f"refund-{key}"}
        asking = partial(self._client.payment.refund, payment_ref, asked, headers=headers)
        return self._ask(asking, razorpay_answers.refund)

    def find_refund(self, payment_ref: str, key: str) -> RefundSeen | None:
        asking = partial(self._client.payment.fetch_multiple_refund, payment_ref)
        return next((seen for seen in self._all(asking, {}, razorpay_answers.refund) if seen.key == key), None)

    def check(self, body: bytes, headers: Mapping[str, str]) -> Signed:
        signature = headers.get("X-Razorpay-Signature", "")
        for number, secret in enumerate(self._secrets, 1):
            if self._signed(body, signature, secret):
                named = headers.get("X-Razorpay-Event-Id", "")  # outside the signature, so a body may come without
                return Signed(named or f"body-{hashlib.sha256(body).hexdigest()[:48]}", number)
        raise BadSignature

    def parse(self, body: bytes, event_id: str) -> Notice:
        return razorpay_answers.notice(body, event_id)

    def _signed(self, body: bytes, signature: str, secret: str) -> bool:
        if not signature.isascii():
            return False
        try:
            self._client.utility.verify_webhook_signature(body.decode(), signature, secret)
        except (SignatureVerificationError, TypeError, ValueError):
            return False
        return True

    def _was_captured(self, payment_ref: str) -> bool:
        return self._ask(lambda: self._client.payment.fetch(payment_ref), razorpay_answers.payment).captured

    def _all(
        self, asking: Callable[[dict[str, Any]], Any], asked: Mapping[str, Any], read: Callable[[Row], Read]
    ) -> Iterator[Read]:
        """Yield every row of a list, page by page; each page is asked for by a dict of its own."""
        skip = 0
        while True:
            rows = self._ask(partial(asking, {**asked, "count": PAGE_SIZE, "skip": skip}), _items)
            yield from (understood(read, row) for row in rows)
            if len(rows) < PAGE_SIZE:
                return
            skip += PAGE_SIZE

    def _ask(self, call: Callable[[], Any], read: Callable[[Any], Read]) -> Read:
        try:
            answer = call()
        except BadRequestError as error:
            raise GatewayRefused(str(error)) from error
        except (_Unclear, GatewayError, ServerError, *MISREAD) as error:
            raise GatewayUnknown(f"{type(error).__name__} {error}") from error
        if not isinstance(answer, dict):
            raise GatewayUnknown(f"an answer of type {type(answer).__name__}")
        return understood(read, answer)


def _page(link: Row) -> Page:
    return Page(ref=link["id"], url=link["short_url"])


def _links(answer: Row) -> list[Row]:
    return list(answer.get("payment_links") or [])


def _payments_of_link(link: Row) -> tuple[list[str], str]:
    """Return the payments that a link names, and its order, where anyone has tried to pay it."""
    return [payment["payment_id"] for payment in link.get("payments") or []], str(link.get("order_id") or "")


def _items(answer: Row) -> list[Row]:
    return list(answer["items"])


def _span(since: datetime, until: datetime) -> dict[str, int]:
    return {"from": int(since.timestamp()), "to": int(until.timestamp())}


def _was_sent(settlement: Row) -> bool:
    return bool(settlement.get("status") == "processed")
