"""How fast pages go out, beside two yardsticks on the same server in the same minutes: Flask's bare hello, and a
bare page of 24 cards from one indexed query.

Every server is granian with two workers of two threads each; `wrk` (Debian's package) asks. Rounds are
interleaved, and a figure is a ratio of medians, so that what else a machine does falls on both sides.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import psycopg

from bench.measured import ROOT, Measured
from bench.running import free_port
from tests.databases import postgresql_settings, sqlite_settings, start_postgresql

ROUNDS = 5
SECONDS = 3
CONNECTIONS = 16
PRODUCTS, CARDS = 1_000, 24
LIST, PRODUCT = "/products", "/products/{slug}"
ENCODED = "Accept-Encoding: br"


def serving() -> Iterator[Measured]:
    """Yield how many kept pages go out for each bare hello, and made pages for each bare page of 24 cards."""
    if shutil.which("wrk") is None:
        print("wrk is missing: apt-get install wrk", file=sys.stderr)
        return
    with ExitStack() as open_now:
        hello = open_now.enter_context(server("bench.yardsticks:hello", {}))
        shops = {"sqlite": open_now.enter_context(_sqlite()), "postgres": open_now.enter_context(_postgresql())}
        for name, settings in shops.items():
            slug = _fill(settings)
            with server("wsgi:app", settings) as kept:
                rates = _rates({"hello": hello + "/", "list": kept + LIST, "product": kept + PRODUCT.format(slug=slug)})
            for page in ("list", "product"):
                yield Measured(f"cached_{page}_vs_hello_{name}", round(rates[page] / rates["hello"], 2), ROUNDS)
            if name == "sqlite":
                yield from _made(settings, hello)


def _made(settings: dict[str, str], hello: str) -> Iterator[Measured]:
    """Yield how a list that is made each time stands to the bare page, and that page to hello."""
    with server("wsgi:app", {**settings, "KEPT_PAGES_MB": "0"}) as shop:
        size = len(_get(shop + LIST))
        with server("bench.yardsticks:page", settings) as page:
            filler = (size - len(_get(page + "/"))) // CARDS
        with server("bench.yardsticks:page", {**settings, "BENCH_FILLER": str(filler)}) as page:
            bare = len(_get(page + "/"))
            assert 0.9 <= bare / size <= 1.1, f"the bare page has {bare} bytes, the list {size}"
            rates = _rates({"hello": hello + "/", "list": shop + LIST, "bare": page + "/"})
    yield Measured("uncached_list_vs_bare_page", round(rates["list"] / rates["bare"], 2), ROUNDS)
    yield Measured("bare_page_vs_hello", round(rates["bare"] / rates["hello"], 3), ROUNDS)


def _rates(addresses: dict[str, str]) -> dict[str, float]:
    """Return requests a second of each address: medians of interleaved rounds, after one to warm up."""
    found: dict[str, list[float]] = {name: [] for name in addresses}
    for turn in range(ROUNDS + 1):
        for name, address in addresses.items():
            rate = _wrk(address)
            if turn:
                found[name].append(rate)
    rates = {name: median(each) for name, each in found.items()}
    print("  requests a second: " + ", ".join(f"{name} {rate:.0f}" for name, rate in rates.items()), file=sys.stderr)
    return rates


def _wrk(address: str) -> float:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-H", ENCODED, address]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in told, told
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert rate, told
    return float(rate[1])


@contextmanager
def server(app: str, settings: dict[str, str]) -> Iterator[str]:
    """Serve an app as `make run` does; give its address."""
    port = free_port()
    command = [
        str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "2", "--blocking-threads", "2", "--no-ws", "--log-level", "error", app,
    ]  # fmt: skip
    environment = {**os.environ, **settings, "SHOP_URL": f"http://127.0.0.1:{port}", "LOG_FORMAT": "none"}
    running = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address + "/")
        yield address
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.wait(15)


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            _get(address)
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=10) as answer:
        content: bytes = answer.read()
        return content


@contextmanager
def _sqlite() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="bench-serving-") as folder:
        yield sqlite_settings(Path(folder))


@contextmanager
def _postgresql() -> Iterator[dict[str, str]]:
    address, running = start_postgresql()
    try:
        with psycopg.connect(address, autocommit=True) as connection:
            for suffix in ("", "_identity"):
                connection.execute(f"CREATE DATABASE bench_serving{suffix}".encode())
        yield postgresql_settings(address, "bench_serving")
    finally:
        running.cleanup()


def _fill(settings: dict[str, str]) -> str:
    """Migrate and fill a database; return a product's slug."""
    environment = {**os.environ, **settings}
    for command in (["-m", "flask", "--app", "wsgi", "db", "upgrade"], ["-m", "bench.products", str(PRODUCTS)]):
        subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True, capture_output=True)
    with server("wsgi:app", settings) as address:
        found = re.search(r'href="/products/([a-z0-9-]+)"', _get(address + LIST).decode())
    assert found
    return found[1]
