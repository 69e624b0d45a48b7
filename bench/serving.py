"""How fast pages go out, beside two yardsticks on the same server in the same minutes: Flask's bare hello, and a
bare page of 24 cards from one indexed query.

Every server is granian with two workers of two threads each; `wrk` (Debian's package) asks. Rounds are
interleaved, and a figure is a ratio of medians, so that what else a machine does falls on both sides.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median

from bench import rig
from bench.measured import Measured

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
        hello = open_now.enter_context(rig.server("bench.yardsticks:hello", {}))
        shops = {
            "sqlite": open_now.enter_context(rig.sqlite()),
            "postgres": open_now.enter_context(rig.postgresql("bench_serving")),
        }
        for name, settings in shops.items():
            slug = fill(settings)
            with rig.server("wsgi:app", settings) as kept:
                found = rates({"hello": hello + "/", "list": kept + LIST, "product": kept + PRODUCT.format(slug=slug)})
            for page in ("list", "product"):
                yield Measured(f"cached_{page}_vs_hello_{name}", round(found[page] / found["hello"], 2), ROUNDS)
            if name == "sqlite":
                yield from _made(settings, hello)


def _made(settings: dict[str, str], hello: str) -> Iterator[Measured]:
    """Yield how a list that is made each time stands to the bare page, and that page to hello."""
    with rig.server("wsgi:app", {**settings, "KEPT_PAGES_MB": "0"}) as shop:
        size = len(rig.got(shop + LIST))
        with rig.server("bench.yardsticks:page", settings) as page:
            filler = (size - len(rig.got(page + "/"))) // CARDS
        with rig.server("bench.yardsticks:page", {**settings, "BENCH_FILLER": str(filler)}) as page:
            bare = len(rig.got(page + "/"))
            assert 0.9 <= bare / size <= 1.1, f"the bare page has {bare} bytes, the list {size}"
            found = rates({"hello": hello + "/", "list": shop + LIST, "bare": page + "/"})
    yield Measured("uncached_list_vs_bare_page", round(found["list"] / found["bare"], 2), ROUNDS)
    yield Measured("bare_page_vs_hello", round(found["bare"] / found["hello"], 3), ROUNDS)


def rates(addresses: dict[str, str], rounds: int = ROUNDS) -> dict[str, float]:
    """Return requests a second of each address: medians of interleaved rounds, after one to warm up."""
    found: dict[str, list[float]] = {name: [] for name in addresses}
    for turn in range(rounds + 1):
        for name, address in addresses.items():
            rate = _wrk(address)
            if turn:
                found[name].append(rate)
    medians = {name: median(each) for name, each in found.items()}
    print("  requests a second: " + ", ".join(f"{name} {rate:.0f}" for name, rate in medians.items()), file=sys.stderr)
    return medians


def _wrk(address: str) -> float:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-H", ENCODED, address]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in told, told
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert rate, told
    return float(rate[1])


def fill(settings: dict[str, str]) -> str:
    """Migrate and fill a database; return a product's slug."""
    rig.migrated(settings)
    rig.run(["-m", "bench.products", str(PRODUCTS)], settings)
    with rig.server("wsgi:app", settings) as address:
        found = re.search(r'href="/products/([a-z0-9-]+)"', rig.got(address + LIST).decode())
    assert found
    return found[1]
