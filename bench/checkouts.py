"""How many whole checkouts a second the shop takes on two processor cores, with everything it needs beside it.

One checkout is a piece into the bag, the form, the order, the payment at our sandbox of Stripe or Razorpay in turn,
over HTTP and the gateways' own SDKs, and the webhook, until the order is paid. On the same two cores stand the
server with its workers, the worker that applies webhooks and writes mails, the sandbox, the buyers, and PostgreSQL.
Rounds of both databases follow each other in turn. A rate counts from the first piece until the last order is paid;
then the books are asked: a run in which one order is not paid exactly once, or in which `ledger verify` or
`payments reconcile` finds anything, has no figure.
"""

import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import median

from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine

from bench import rig
from bench.buyers import buy_all
from bench.measured import Measured
from bench.running import free_port
from bench.stocked import skus
from sandbox.client import SandboxControl
from shop.engines import engine_options, normal_url

ROUNDS = 5
EACH = 200
BUYERS = 8
THREADS = 4
COURIERS = 4
CORES = 2
PATIENCE_S = 120
PAID = "SELECT count(*) FROM orders WHERE status = 'paid'"
WAITING = "SELECT count(*) FROM outbox WHERE done_at IS NULL AND gave_up_at IS NULL AND kind = 'mail'"


@dataclass
class Stall:
    """A shop that is open: where it and its gateways are, its database, and its processes by what they are."""

    shop: str
    gateways: str
    settings: dict[str, str]
    processes: dict[str, int]
    rates: list[float] = field(default_factory=list)
    cpu_ms: dict[str, list[float]] = field(default_factory=dict)
    sold: int = 0

    def engine(self) -> Engine:
        """Return a way to look into its database from outside."""
        url = normal_url(self.settings["DATABASE_URL"])
        return create_engine(url, **engine_options(url))

    def spent(self) -> dict[str, float]:
        """Return the processor seconds of each process since it began, and those of the buyers, who are us."""
        own = resource.getrusage(resource.RUSAGE_SELF)
        return {
            **{name: rig.cpu_seconds(pid) for name, pid in self.processes.items()},
            "buyers": own.ru_utime + own.ru_stime,
        }


def checkouts() -> Iterator[Measured]:
    """Yield checkouts a second on each database: the median of rounds after one to warm up."""
    with ExitStack() as open_now:
        open_now.enter_context(_two_cores())
        stalls = {
            "sqlite": open_now.enter_context(_stall(open_now.enter_context(rig.sqlite()))),
            "postgres": open_now.enter_context(_stall(open_now.enter_context(rig.postgresql("bench_checkouts")))),
        }
        for turn in range(ROUNDS + 1):
            for stall in stalls.values():
                _round(stall, warm=not turn)
        for name, stall in stalls.items():
            _tell(name, stall)
            _whole(stall)
            yield Measured(f"checkouts_per_s_{name}", round(median(stall.rates), 1), ROUNDS * EACH)


def _round(stall: Stall, *, warm: bool) -> None:
    before, began = stall.spent(), time.perf_counter()
    numbers = range(stall.sold, stall.sold + EACH)
    buy_all(stall.shop, stall.gateways, numbers, skus(), at_once=BUYERS)
    stall.sold += EACH
    _wait(stall, PAID, stall.sold)
    took = time.perf_counter() - began
    _wait(stall, WAITING, 0)
    if warm:
        return
    stall.rates.append(EACH / took)
    for name, seconds in stall.spent().items():
        stall.cpu_ms.setdefault(name, []).append(1000 * (seconds - before[name]) / EACH)


def _wait(stall: Stall, question: str, wanted: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    engine = stall.engine()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while (found := connection.execute(text(question)).scalar_one()) != wanted:
            assert time.monotonic() < deadline, f"{question}: {found}, not {wanted}"
            time.sleep(0.02)
    engine.dispose()


def _whole(stall: Stall) -> None:
    """Raise unless every order was paid exactly once and the shop's books, and the gateways', say the same."""
    with stall.engine().connect() as connection:
        counted = connection.execute(text("SELECT status, count(*) AS number FROM orders GROUP BY status"))
        orders = {row.status: row.number for row in counted}
        captured, times, minor = connection.execute(
            text("SELECT count(DISTINCT attempt_id), count(*), sum(amount_minor) FROM capture")
        ).one()
        asked = connection.execute(text("SELECT sum(total_minor) FROM orders")).scalar_one()
    assert orders == {"paid": stall.sold}, f"orders are {orders}, {stall.sold} were bought"
    assert (captured, times, minor) == (stall.sold, stall.sold, asked), "an order was not paid exactly once"
    theirs = SandboxControl(stall.gateways).books()["payments"]
    assert len(theirs) == stall.sold and sum(each["amount"] for each in theirs) == asked, "the gateways tell otherwise"
    for verify in (["ledger", "verify"], ["payments", "reconcile", "--only-look"]):
        rig.run(["-m", "flask", "--app", "wsgi", *verify], stall.settings)


def _tell(name: str, stall: Stall) -> None:
    spent = {each: median(found) for each, found in stall.cpu_ms.items()}
    told = ", ".join(f"{each} {ms:.1f}" for each, ms in spent.items())
    print(
        f"  {name}: {', '.join(f'{rate:.1f}' for rate in stall.rates)} checkouts a second; "
        f"processor ms of each: {sum(spent.values()):.1f} ({told})",
        file=sys.stderr,
    )


@contextmanager
def _stall(settings: dict[str, str]) -> Iterator[Stall]:
    """Open a shop that has something to sell, with its worker and its gateways."""
    rig.migrated(settings)
    rig.run(["-m", "bench.stocked"], settings)
    sandbox, shop = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    settings = {
        **settings,
        "SHOP_URL": shop,
        "STRIPE_API_BASE": f"{sandbox}/stripe",
        "RAZORPAY_API_BASE": f"{sandbox}/razorpay",
        "LOG_FORMAT": "json",
    }
    commands = {
        "gateways": [
            sys.executable,
            "-m",
            "sandbox",
            "--port",
            sandbox.rpartition(":")[2],
            "--shop-url",
            shop,
            "--couriers",
            str(COURIERS),
        ],
        "shop": rig.granian("wsgi:app", int(shop.rpartition(":")[2]), THREADS),
        "worker": [sys.executable, "-m", "flask", "--app", "wsgi", "jobs", "run"],
    }
    with ExitStack() as running:
        processes = {name: running.enter_context(rig.started(command, settings)) for name, command in commands.items()}
        processes |= rig.database_process(settings)
        rig.wait_for(f"{shop}/readyz")
        rig.wait_for(sandbox)
        yield Stall(shop, sandbox, settings, processes)


@contextmanager
def _two_cores() -> Iterator[None]:
    """Keep this process, and what it starts, to two cores, where the system lets us choose."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:CORES])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
