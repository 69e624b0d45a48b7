"""One sandbox for each test, and the real SDKs pointed at it."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import razorpay
import requests
import stripe

from sandbox.server import SandboxThread
from sandbox.settings import SandboxSettings

Hook = tuple[str, dict[str, str], bytes]


class Inbox(list[Hook]):
    """Takes webhooks in place of a shop; `answer` is the status it gives."""

    answer = 200

    def __call__(self, path: str, headers: dict[str, str], body: bytes) -> int:
        self.append((path, headers, body))
        return self.answer

    def types(self) -> list[str]:
        """The events taken, in order."""
        bodies = [json.loads(body) for _, _, body in self]
        return [body.get("type") or body["event"] for body in bodies]


class Session(requests.Session):
    """Razorpay's client has no time-out of its own."""

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", 10)
        return super().request(method, url, *args, **kwargs)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def sandbox(inbox: Inbox) -> Iterator[SandboxThread]:
    settings = SandboxSettings(fault_seconds=0.3, delivery_backoff=0.01, delivery_attempts=3)
    with SandboxThread(settings, deliver=inbox, synchronous=True) as running:
        yield running


@pytest.fixture
def stripe_client(sandbox: SandboxThread) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_sandbox", base_addresses={"api": sandbox.stripe_base}, max_network_retries=0)


@pytest.fixture
def razorpay_client(sandbox: SandboxThread) -> Iterator[razorpay.Client]:
    with Session() as session:
        yield razorpay.Client(
            session=session, auth=("rzp_test_sandbox", "sandbox_secret"), base_url=sandbox.razorpay_base
        )


@pytest.fixture
def new_session(stripe_client: stripe.StripeClient) -> Callable[..., Any]:
    """Creates a Checkout Session for an order."""

    def create(reference: str = "MB-1", amount: int = 125_000, currency: str = "inr", **options: Any) -> Any:
        extra = options.pop("params", {})
        params = {
            "mode": "payment",
            "client_reference_id": reference,
            "customer_email": "mina@example.org",
            "line_items": [
                {
                    "price_data": {
                        "currency": currency,
                        "unit_amount": amount,
                        "product_data": {"name": "Kantha tote"},
                    },
                    "quantity": 1,
                }
            ],
            "metadata": {"order": reference, "attempt": "1"},
            "payment_intent_data": {"metadata": {"order": reference}},
            "success_url": "http://shop.test/done?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://shop.test/cart",
            **extra,
        }
        return stripe_client.v1.checkout.sessions.create(params=params, options=options or None)

    return create


@pytest.fixture
def new_link(razorpay_client: razorpay.Client) -> Callable[..., Any]:
    """Creates a Payment Link for an order."""

    def create(
        reference: str = "MB-1", amount: int = 125_000, currency: str = "INR", headers: Any = None, **extra: Any
    ) -> Any:
        params = {
            "amount": amount,
            "currency": currency,
            "accept_partial": False,
            "reference_id": reference,
            "description": "Kantha tote",
            "customer": {"name": "Mina", "email": "mina@example.org", "contact": "+919000000000"},
            "notify": {"sms": False, "email": False},
            "reminder_enable": False,
            "expire_by": int(time.time()) + 31 * 60,
            "callback_url": "http://shop.test/done?via=razorpay",
            "callback_method": "get",
            "notes": {"order": reference},
            **extra,
        }
        return razorpay_client.payment_link.create(params, headers=headers or {})

    return create
