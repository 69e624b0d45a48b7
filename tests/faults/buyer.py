"""A customer of a house, with a browser."""

import re
import time
from typing import Any

import requests

from tests.faults.house import PATIENCE_S, PAUSE_S, House
from tests.world import ADDRESS

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Buyer:
    """A customer with a browser who does not give up while the shop is down."""

    def __init__(self, house: House, email: str, gateway: str) -> None:
        self.house, self.email, self.gateway = house, email, gateway
        self.session = requests.Session()
        self.session.headers["Sec-Fetch-Site"] = "same-origin"
        self.link: str | None = None

    def get(self, path: str) -> requests.Response:
        return self._ask("GET", path)

    def post(self, path: str, data: dict[str, str]) -> requests.Response:
        return self._ask("POST", path, data=data)

    def _ask(self, method: str, path: str, **more: Any) -> requests.Response:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                answer = self.session.request(method, self.house.url + path, allow_redirects=False, timeout=15, **more)
                if answer.status_code < 500:
                    return answer
            except requests.RequestException:
                pass
            assert time.monotonic() < deadline, f"{method} {path} got no answer"
            time.sleep(PAUSE_S)

    def fill_in(self, sku: str) -> dict[str, str]:
        """Put one piece into the bag and return the checkout form as it would be sent."""
        self.post("/cart/lines", {"sku": sku, "quantity": "1", "currency": "INR"})
        page = self.get("/checkout?country=IN&shipping_method=india-standard").text
        return {**dict(HIDDEN.findall(page)), **ADDRESS, "email": self.email, "payment_method": self.gateway}

    def place(self, sku: str) -> None:
        """Buy one piece as far as the gateway's page; a click that got no answer is clicked again."""
        answer = self.post("/checkout", self.fill_in(sku))
        assert answer.status_code == 303, f"{self.email}: {answer.status_code}\n{answer.text[:2000]}"
        self.link = answer.headers["Location"].removesuffix("/pay")

    def cancel(self) -> None:
        """Cancel the order, which gives the money back."""
        assert self.post(f"{self.link}/cancellation", {}).status_code in (303, 409)
