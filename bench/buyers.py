"""Buyers who do nothing but buy: some threads, each with a connection kept open to the shop and one to the gateways.

One checkout is what a browser sends from a product's page to the gateway's: POST to the bag, the form, POST of the
form, the page that leads to the gateway, and the press on Pay there. She closes the window then, so that the shop
learns of her payment by its webhook alone.

It is plain `http.client` without a cookie jar or a parser of pages, so that buyers do not take the processor from
the shop they measure: checkouts.py prints what they took.
"""

import http.client
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
PAY_PAGE = re.compile(r'http-equiv="refresh" content="\d+; url=([^"]+)"')
GATEWAYS = ("razorpay", "stripe")
PLACE = {"country": "IN", "state": "West Bengal", "postcode": "700019"}
ADDRESS = {
    **PLACE,
    "phone": "+91 98300 12345",
    "name": "Asha Sen",
    "line1": "12 Invented Lane",
    "line2": "",
    "city": "Kolkata",
    "shipping_method": "india-standard",
}
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True)
class Answer:
    """What came back of one request."""

    status: int
    headers: http.client.HTTPMessage
    text: str


class Buyer:
    """One buyer: she has no cookie before her first piece, and none of the one before her."""

    def __init__(self, shop: str, gateways: str) -> None:
        self.shop = http.client.HTTPConnection(urlsplit(shop).netloc, timeout=60)
        self.gateways = http.client.HTTPConnection(urlsplit(gateways).netloc, timeout=60)

    def buy(self, number: int, sku: str) -> str:
        """Buy one piece and pay it; return the order's number. AssertionError at an answer that is not expected."""
        answer = _sent(self.shop, "POST", "/cart/lines", {"sku": sku, "quantity": "1"}, expected=303)
        cookie = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
        for more in answer.headers.get_all("Set-Cookie", [])[1:]:
            cookie["Cookie"] += "; " + more.partition(";")[0]
        page = _sent(self.shop, "GET", "/checkout?" + urlencode(PLACE), headers=cookie)
        form = {
            **dict(HIDDEN.findall(page.text)),
            **ADDRESS,
            "email": f"buyer-{number}@bench.example",
            "payment_method": GATEWAYS[number % len(GATEWAYS)],
        }
        placed = _sent(self.shop, "POST", "/checkout", form, headers=cookie, expected=303)
        page = _sent(self.shop, "GET", placed.headers["Location"], headers=cookie)
        pay_page = PAY_PAGE.search(page.text)
        assert pay_page, "no pay page"
        _sent(self.gateways, "POST", urlsplit(pay_page[1]).path, {"do": "pay"}, expected=303)
        return placed.headers["Location"].split("/")[2]


def _sent(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    form: dict[str, str] | None = None,
    *,
    headers: dict[str, str] | None = None,
    expected: int = 200,
) -> Answer:
    body = None if form is None else urlencode(form)
    connection.request(method, path, body, {**(FORM if form is not None else {}), **(headers or {})})
    response = connection.getresponse()
    answer = Answer(response.status, response.headers, response.read().decode())
    assert answer.status == expected, f"{method} {path}: {answer.status} {answer.text[:300]}"
    return answer


def buy_all(shop: str, gateways: str, numbers: Sequence[int], skus: Sequence[str], *, at_once: int) -> list[str]:
    """Let some buyers at once make so many checkouts, and return the orders' numbers; raises what one of them met."""
    waiting = iter(numbers)
    taking = threading.Lock()
    orders: list[str] = []
    met: list[Exception] = []

    def run() -> None:
        buyer = Buyer(shop, gateways)
        while not met:
            with taking:
                number = next(waiting, None)
            if number is None:
                return
            try:
                orders.append(buyer.buy(number, skus[number % len(skus)]))
            except Exception as error:
                met.append(error)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if met:
        raise met[0]
    return orders
