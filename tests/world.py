"""The world of a test: the shop, the sandbox beside it, a clock that both follow, and browsers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from sandbox.client import SandboxControl
from shop import books, duties, jobs, phases
from shop.clock import FixedClock
from shop.db import db, writing
from shop.ledger import balances
from shop.orders.models import Order
from shop.payments.models import Attempt
from shop.users.models import User
from tests import cast

ADDRESS = {
    "email": "asha@test.example",
    "phone": "+91 98300 12345",
    "name": "Asha Sen",
    "line1": "12 Invented Lane",
    "line2": "",
    "city": "Kolkata",
    "state": "West Bengal",
    "postcode": "700019",
    "country": "IN",
    "shipping_method": "india-standard",
}
ABROAD = {
    **ADDRESS,
    "phone": "+44 20 7946 0018",
    "city": "Bristol",
    "state": "",
    "postcode": "BS1 4DJ",
    "country": "GB",
    "shipping_method": "world-tracked",
}


class Browser:
    """A browser: it keeps cookies, says where its posts come from, and carries a form's token."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.token: str | None = None

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def post(self, path: str, data: Any = None, **options: Any) -> TestResponse:
        headers = {"Sec-Fetch-Site": "same-origin", **options.pop("headers", {})}
        if self.token and isinstance(data, dict | None):
            data = {"csrf_token": self.token, **(data or {})}
        return self.client.post(path, data=data, headers=headers, **options)

    def sign_in(self, name: str) -> "Browser":
        """Sign in as a member of staff of the cast."""
        answer = self.post("/login", {"email": f"{name.lower()}@test.example", "password": cast.PASSWORD})
        assert answer.status_code == 303, answer.text
        return self._with_token("/step-up")

    def sign_in_customer(self, name: str = "Asha") -> "Browser":
        """Sign in as a customer of the cast."""
        answer = self.post("/login", {"email": f"{name.lower()}@test.example", "password": cast.PASSWORD})
        assert answer.status_code == 303, answer.text
        return self._with_token("/step-up")

    def sign_in_artisan(self, name: str) -> "Browser":
        """Sign in as an artisan of the cast, card first, then PIN."""
        card, pin, _, _ = cast.ARTISANS[name]
        answer = self.post("/artisan/sign-in", {"card_number": card, "pin": pin})
        assert answer.status_code == 303, answer.text
        return self._with_token("/artisan/mine")

    def renew_token(self, path: str) -> None:
        """Read a page's token once more, after a step-up has exchanged the sign-in."""
        self._with_token(path)

    def _with_token(self, path: str) -> "Browser":
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path).text)
        assert found, f"no token on {path}"
        self.token = found[1]
        return self


@dataclass
class World:
    """Everything a journey needs, with the verbs a person has."""

    app: Flask
    sandbox: SandboxControl
    clock: FixedClock
    unexplained: dict[tuple[str, str], int] = field(default_factory=dict)

    def browser(self) -> Browser:
        return Browser(self.app)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Open the database for looking, apart from any request."""
        with self.app.app_context():
            yield

    @contextmanager
    def writing(self) -> Iterator[datetime]:
        """Open a writing unit at the present moment, apart from any request."""
        with self.app.app_context(), writing():
            yield self.clock.now()

    def advance(self, by: timedelta) -> None:
        """Let time pass, here and at the gateways."""
        self.clock.advance(by)
        self.sandbox.set_clock(int(self.clock.now().timestamp()), frozen=True)

    def work(self) -> None:
        """Let the worker do everything that is due."""
        for _ in range(100):  # a demo has a hundred pictures, two a round
            self.sandbox.flush()
            if not jobs.work_once(self.app):
                return
        raise AssertionError("the worker never comes to rest")

    def add_to_cart(self, browser: Browser, sku: str, quantity: int = 1, currency: str = "INR") -> TestResponse:
        return browser.post("/cart/lines", {"sku": sku, "quantity": str(quantity), "currency": currency})

    def checkout_form(self, browser: Browser, **fields: str) -> dict[str, str]:
        """Return the checkout form as a browser would send it, hidden inputs of the page included."""
        given = {**ADDRESS, **fields}
        query = "?" + urlencode({name: given[name] for name in ("country", "state", "postcode")})
        page = browser.get("/checkout" + query).text
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        return {**hidden, **given}

    def place(self, browser: Browser, gateway: str = "razorpay", **fields: str) -> TestResponse:
        """Fill in the checkout form and send it."""
        form = self.checkout_form(browser, **fields)
        return browser.post("/checkout", {**form, "payment_method": gateway})

    def buy(self, sku: str, quantity: int = 1, gateway: str = "razorpay", *, pay: bool = True, **fields: str) -> str:
        """Buy as a guest; return the address of the order's page."""
        browser = self.browser()
        currency = fields.pop("currency", "INR")
        assert self.add_to_cart(browser, sku, quantity, currency).status_code == 303
        answer = self.place(browser, gateway, **fields)
        assert answer.status_code == 303, answer.text
        link = answer.location.removesuffix("/pay")
        if pay:
            self.pay(link)
        return link

    def pay(self, link: str, outcome: str = "ok") -> None:
        """Pay on the gateway's page, let its webhook come and the worker apply it."""
        attempt = self.attempts(link)[-1]
        assert attempt.page_ref
        self.sandbox.pay(attempt.gateway, attempt.page_ref, outcome)
        self.work()

    def order(self, link: str) -> Order:
        """Return the order of a link, as it stands now, detached."""
        number = link.split("/orders/")[1].split("/")[0]
        with self.reading():
            order = db.session.scalars(select(Order).where(Order.number == number)).one()
            db.session.expunge(order)
            return order

    def attempts(self, link: str) -> list[Attempt]:
        """Return the attempts of an order's link, oldest first, detached."""
        order = self.order(link)
        with self.reading():
            found = db.session.scalars(select(Attempt).where(Attempt.order_id == order.id).order_by(Attempt.id))
            attempts = list(found.unique())
            db.session.expunge_all()
            return attempts

    def user(self, name: str) -> User:
        """Return a person of the cast in the present session."""
        return db.session.scalars(select(User).where(User.name == name)).one()

    def books_breaks(self) -> list[str]:
        """Return everything in which our books break a rule or differ from the sandbox's own."""
        with self.reading():
            broken = [str(finding) for finding in books.findings()]
        return broken + [
            f"{where}: the gateway holds {theirs}, our books say {ours}"
            for where, (theirs, ours) in self.net().items()
            if ours != theirs
        ]

    def net(self) -> dict[str, tuple[int, int]]:
        """Return "gateway currency" -> what the gateway holds for us by its own books, and by ours, in minor units."""
        books_of, found = self.sandbox.books(), {}
        with self.reading():
            for gateway in ("stripe", "razorpay"):
                for currency in ("INR", "USD", "EUR", "GBP"):
                    sums = books_of[gateway].get(currency, {"captured": 0, "refunded": 0})
                    gone = sum(sums.get(name, 0) for name in ("refunded", "settled", "withdrawn"))
                    theirs = sums["captured"] - gone - self.unexplained.get((gateway, currency), 0)
                    ours = balances.derived(f"gateway:{gateway}:clearing", currency).minor
                    found[f"{gateway} {currency}"] = (theirs, ours)
        return found

    def net_difference(self) -> int:
        """Return by how much our books and the gateways' own differ, without sign, in minor units of each currency."""
        return sum(abs(theirs - ours) for theirs, ours in self.net().values())

    def look_at_gateways(self) -> None:
        """Run what the worker's schedule runs: recover, lapse, reconcile."""
        with self.app.app_context():
            counter = self.app.extensions["counter"]
            phases.recover(counter, shop_url=self.app.config["SHOP_URL"])
            phases.lapse(counter)
            duties.reconcile()
        self.work()
