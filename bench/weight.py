"""What pages weigh and how still they stand, in a real browser over the whole demo; how long its year takes to load.

Bytes are those on the wire, from the first request until `load`, at 360 × 640 with nothing scrolled, once
the worker has drawn every picture.
"""

import re
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urldefrag, urljoin, urlsplit

from playwright.sync_api import Browser, Page

from bench import rig
from bench.demo_shop import Shop, chromium, demo
from bench.measured import Measured
from bench.running import free_port

NOBODY = "http://127.0.0.1:1"  # while a demo loads, no shop hears of it
PHONE = {"width": 360, "height": 640}
BEFORE = ("", "/bn", "/hi")
PAGES = ("/", "/products", "/cart", "/stories", "/why-buy", "/contact")
MOVED = 0.001  # pages that shift more are told
SHIFTS = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => list.getEntries().forEach(e => { if (!e.hadRecentInput) sum += e.value; }))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 300);
})"""


def weight() -> Iterator[Measured]:
    """Yield bytes by kind, layout shift, requests elsewhere and dead links."""
    with demo() as shop, chromium() as browser:
        links, dead = _crawl(shop)
        product = next(link for link in links if "/products/" in link)
        first = _load(browser, shop, "/products")
        kinds = first.kinds
        yield Measured("list_kb", _kb(sum(kinds.values())))
        yield Measured("list_kb_without_pictures_and_fonts", _kb(sum(kinds.values()) - kinds["Image"] - kinds["Font"]))
        for name, kind in (("js_kb", "Script"), ("css_kb", "Stylesheet"), ("fonts_kb", "Font")):
            yield Measured(name, _kb(kinds[kind]))
        yield Measured("artisan_first_load_kb", _kb(sum(_load(browser, shop, "/artisan/sign-in").kinds.values())))
        seen = [_load(browser, shop, before + path) for before in BEFORE for path in (*PAGES, product)]
        for page in seen:
            if page.shift > MOVED:
                print(f"  moves: {page.path} {page.shift:.4f}", file=sys.stderr)
        yield Measured("cls", round(max(page.shift for page in [*seen, first]), 4), len(seen) + 1)
        yield Measured("foreign_requests", sum(page.foreign for page in [*seen, first]), len(seen) + 1)
        yield Measured("dead_links", len(dead), len(links))
    for link, status in dead.items():
        print(f"  dead: {link} {status}", file=sys.stderr)


class _Loaded:
    """What one page's first load brought: bytes by kind of resource, layout shift, requests to other hosts."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.kinds: Counter[str] = Counter()
        self.shift = 0.0
        self.foreign = 0


def _load(browser: Browser, shop: Shop, path: str) -> _Loaded:
    context = browser.new_context(viewport=PHONE, device_scale_factor=2, is_mobile=True)  # type of a small phone
    page = context.new_page()
    found, kinds = _Loaded(path), {}
    session = context.new_cdp_session(page)
    session.send("Network.enable")

    def asked(event: dict[str, object]) -> None:
        kinds[event["requestId"]] = event["type"]
        request = event["request"]
        assert isinstance(request, dict)
        host = urlsplit(request["url"]).netloc
        found.foreign += bool(host) and host != urlsplit(shop.base).netloc

    session.on("Network.requestWillBeSent", asked)
    session.on(
        "Network.loadingFinished",
        lambda event: found.kinds.update({str(kinds[event["requestId"]]): int(event["encodedDataLength"])}),
    )
    page.goto(shop.base + path, wait_until="load")
    found.shift = _shift(page)
    context.close()
    return found


def _shift(page: Page) -> float:
    moved = page.evaluate(SHIFTS)
    assert isinstance(moved, int | float)
    return float(moved)


def _kb(count: int) -> float:
    return round(count / 1000, 1)


def _crawl(shop: Shop) -> tuple[list[str], dict[str, int]]:
    """Follow every link of ours from the home page in each language; return the links and those that are dead."""
    waiting, known, dead = ["/", "/bn/", "/hi/"], {"/", "/bn/", "/hi/"}, {}
    while waiting and len(known) < 3_000:
        path = waiting.pop()
        status, body = _get(shop.base + path)
        if status >= 400:
            dead[path] = status
        for link in re.findall(r'(?:href|src)="([^"#][^"]*)"', body):
            address = urldefrag(urljoin(shop.base + path, link.replace("&amp;", "&")))[0]
            own = address.removeprefix(shop.base)
            if (
                address.startswith(shop.base + "/")
                and own not in known
                and not re.search(r"[?&](after|sort|colour)=", own)
            ):
                known.add(own)
                waiting.append(own)
    return sorted(known), dead


def _get(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            is_page = "html" in answer.headers.get("Content-Type", "")
            return answer.status, answer.read().decode() if is_page else ""
    except urllib.error.HTTPError as error:
        return error.code, ""


def demo_load() -> Iterator[Measured]:
    """Yield how long `demo load` takes on an empty machine, and in what the gateways' books differ from ours then."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    flask = ["-m", "flask", "--app", "wsgi"]
    with tempfile.TemporaryDirectory(prefix="bench-demo-") as folder:
        ours = {"SHOP_VAR": folder, "STRIPE_API_BASE": f"{base}/stripe", "RAZORPAY_API_BASE": f"{base}/razorpay"}
        books = ["--shop-url", NOBODY, "--store", f"{folder}/sandbox.db"]
        with rig.started([sys.executable, "-m", "sandbox", "--port", str(port), *books], ours):
            rig.wait_for(f"{base}/_sandbox/healthz")
            began = time.monotonic()
            rig.run([*flask, "demo", "load", "--upgrade"], ours)
            yield Measured("demo_load_s", round(time.monotonic() - began, 1))
            told = rig.run([*flask, "payments", "reconcile", "--days", "400", "--only-look"], ours, may_fail=True)
    found = re.search(r"(\d+) differences", told)
    assert found, told
    yield Measured("reconcile_differences", int(found[1]))
