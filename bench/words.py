"""What is left in English where a reader chose Bengali or Hindi: every visible text of the pages that visitors,
customers and artisans see, and of every mail that the demo's year has sent.

A text counts if it has letters and none of its language's, once its proper names are left out. What a person
wrote herself (her address, her note) is hers and is invented in letters that count.
"""

import http.cookiejar
import re
import sqlite3
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import Message
from html.parser import HTMLParser
from json import loads

from flask import g
from sqlalchemy import event
from sqlalchemy.orm.attributes import set_committed_value

from bench.demo_shop import CUSTOMER, STATE, Shop, demo
from bench.measured import Measured
from shop import create_app
from shop.demo.people import ARTISANS, DOMAIN, PASSWORD
from shop.orders.models import Order
from shop.orders.tickets import Ticket
from shop.web.language import PREFIXES
from shop.web.letters import write_letter
from tests.databases import sqlite_settings

LETTERS = {"bn": re.compile("[\u0985-\u09b9]"), "hi": re.compile("[\u0904-\u0939]")}
TOLD = ("alt", "aria-label", "placeholder", "title", "label")
SILENT = {"script", "style", "template", "code", "address"}  # codes, and addresses as they were written
# Whoever buys here writes her own address in her own letters.
HERS = {"bn": {"name": "আশা সেন", "line1": "১২ মনগড়া গলি", "city": "কলকাতা"},
        "hi": {"name": "आशा सेन", "line1": "12 मनगढ़ंत गली", "city": "कोलकाता"}}  # fmt: skip
LONE = {"input", "img", "br", "meta", "link", "hr", "source", "wbr", "rect", "use", "path", "line"}
# What is written alike in every language: names (of a story too, that was told in Bengali alone), codes, addresses,
# units of the metric system.
NAMES = re.compile(
    r"Missing Bags|Razorpay|Stripe|India Post|Shapla|Jui|Togor|Beli|Malati"
    r"|\b(?:UPI|PIN|PDF|GST|GSTIN|HSN|SKU|INR|USD|EUR|GBP|OFL)\b"
    r"|এক রঙে এক ছাঁচ|বাংলা|हिन्दी|English|খাতা|\b(?:MB|R|T)-[0-9A-Z-]+|\b[0-9A-Z]{4,}(?:-[0-9A-Z]+)+\b"
    r"|\S+@\S+|https?://\S+|\d+(?:cm|mm|kg|g)\b|\b(?:cm|mm|kg|g)\b"
)


class _Texts(HTMLParser):
    """Collects what a page shows or says; the switch names each language in its own script, so it is left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.links: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in LONE:
            self._open.append((tag, tag in SILENT or "hreflang" in given))
        self.found += [value for name in TOLD if (value := given.get(name))]
        if tag == "meta" and given.get("name") == "description":
            self.found.append(given.get("content") or "")
        if tag == "input" and given.get("type") in ("submit", "button"):
            self.found.append(given.get("value") or "")
        if tag == "a":
            self.links.append(given.get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        while any(name == tag for name, _ in self._open) and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(silent for _, silent in self._open):
            self.found.append(data)


def left_in_english(html: str, language: str) -> list[str]:
    """Return the texts of a page that have letters but none of the language's."""
    page = _Texts()
    page.feed(html)
    texts = (" ".join(text.split()) for text in page.found)
    return [
        text for text in texts if re.search(r"[^\W\d_]", NAMES.sub("", text)) and not LETTERS[language].search(text)
    ]


class Reader:
    """A reader with cookies of her own; every page she opens is looked through."""

    def __init__(self, shop: Shop, language: str, found: dict[str, str]) -> None:
        self.shop, self.language, self.found = shop, language, found
        self.pages = 0
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)

    def open(self, path: str, given: dict[str, str] | None = None) -> tuple[str, str]:
        """Open a page, or send a form; return where it led and the page."""
        data = urllib.parse.urlencode(given).encode() if given is not None else None
        request = urllib.request.Request(self.shop.base + path, data, {"Sec-Fetch-Site": "same-origin"})
        try:
            answer = self._opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            here = answer.url.removeprefix(self.shop.base)
            if "html" not in answer.headers.get("Content-Type", ""):
                return here, ""
            html = answer.read().decode()
        self.pages += 1
        for text in left_in_english(html, self.language):
            self.found.setdefault(text, f"{self.language} {here}")
        return here, html

    def follow(self, start: str, within: str, most: int = 400) -> None:
        """Open every page that links lead to, from a first one."""
        waiting, known = [start], {start}
        while waiting and len(known) < most:
            here, html = self.open(waiting.pop())
            page = _Texts()
            page.feed(html)
            for link in page.links:
                path = urllib.parse.urldefrag(urllib.parse.urljoin(here, link))[0]
                if re.match(within, path) and path not in known and not re.search(r"[?&]|/return$", path):
                    known.add(path)
                    waiting.append(path)


def words() -> Iterator[Measured]:
    """Yield how many texts are left in English, in Bengali and in Hindi; each is told with where it was first seen."""
    found: dict[str, str] = {}
    pages = 0
    with demo() as shop:
        for language in PREFIXES:
            for walk in (_visitor, _customer, _artisan):
                reader = Reader(shop, language, found)
                walk(reader, f"/{language}")
                pages += reader.pages
            pages += _mails(shop, language, found)
    for text, where in sorted(found.items(), key=lambda pair: pair[1]):
        print(f"  {where}: {text[:120]}", file=sys.stderr)
    yield Measured("untranslated", len(found), pages)


def _visitor(reader: Reader, before: str) -> None:
    """Read all public pages, and those of a bag, a checkout with its errors, an order, a search, a letter."""
    reader.follow(before + "/", rf"{before}/(?!artisan|manager|account)")
    for path in (
        "/search?q=tote",
        "/search?q=xqzxqz",
        "/products?ready=now&trade=kantha",
        "/nowhere",
        "/products?after=x",
    ):
        reader.open(before + path)
    reader.open(before + "/contact", {"name": "", "email": "", "text": ""})
    for sku in ("MB-KALKA-TOTE-IND", *_skus(reader, before)):
        reader.open(before + "/cart/lines", {"sku": sku, "quantity": "1", "currency": "INR"})
    reader.open(before + "/checkout")
    reader.open(before + "/checkout", {"country": "IN"})
    place = CUSTOMER | HERS[reader.language] | {"line2": "", "state": STATE, "country": "IN", "note": ""}
    _, page = reader.open(before + "/checkout", place | {"show": "delivery"})
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    way = {"shipping_method": next(iter(re.findall(r'name="shipping_method" value="([^"]+)"', page)), "")}
    paying, _ = reader.open(before + "/checkout", place | hidden | way | {"payment_method": "razorpay"})
    reader.open(re.sub(r"/pay$", "", paying))


def _skus(reader: Reader, before: str) -> list[str]:
    """Return something of two colours that is on the shelf."""
    _, page = reader.open(before + "/products/kalka-tote")
    return re.findall(r'name="sku" value="([^"]+)"', page)


def _customer(reader: Reader, before: str) -> None:
    """Read the doors, and what is behind them."""
    for path in ("/login", "/account", "/account/new"):
        reader.open(before + path)
    reader.open(before + "/login", {"email": f"asha@{DOMAIN}", "password": "not this one"})
    reader.open(before + "/login", {"email": f"asha@{DOMAIN}", "password": PASSWORD})
    reader.follow(before + "/account", rf"{before}/(?:account|orders)")


def _artisan(reader: Reader, before: str) -> None:
    """Read an artisan's pages, from the door on."""
    _, card, pin, *_ = ARTISANS[0]
    reader.open(before + "/artisan/sign-in")
    reader.open(before + "/artisan/sign-in", {"card_number": card})
    reader.open(before + "/artisan/sign-in", {"card_number": card, "pin": "000001"})
    reader.open(before + "/artisan/sign-in", {"card_number": card, "pin": pin})
    reader.follow(before + "/artisan/", rf"{before}/artisan/(?!say)")


def _mails(shop: Shop, language: str, found: dict[str, str]) -> int:
    """Write every mail of the demo's year once more, as if its order had been placed in this language."""
    with closing(sqlite3.connect(f"file:{shop.folder / 'shop.db'}?mode=ro", uri=True)) as books:
        asked = [loads(row[0]) for row in books.execute("SELECT payload FROM outbox WHERE kind = 'mail'")]
    app = create_app({**sqlite_settings(shop.folder), "SHOP_URL": shop.base})
    kinds: Counter[str] = Counter()
    with _all_in(language):
        for each in [*asked, *({"template": name, "values": {}} for name in ("account_no_link", "account_notice"))]:
            with app.app_context():
                g.language = language
                letter = write_letter(each["template"], CUSTOMER["email"], each["values"] | {"language": language})
            if letter is not None:
                kinds[each["template"]] += 1
                for text in left_in_english(_html(letter), language):
                    found.setdefault(text, f"{language} mail {each['template']}")
    return sum(kinds.values())


def _html(letter: Message) -> str:
    [part] = [each for each in letter.walk() if each.get_content_type() == "text/html"]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


@contextmanager
def _all_in(language: str) -> Iterator[None]:
    """Let every order and letter that is read be one in this language, for the while."""

    def told(loaded: Order | Ticket, _context: object) -> None:
        set_committed_value(loaded, "language", language)

    for kind in (Order, Ticket):
        event.listen(kind, "load", told)
    try:
        yield
    finally:
        for kind in (Order, Ticket):
            event.remove(kind, "load", told)
