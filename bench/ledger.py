"""The figures of the books: one function a step, each yielding its figures."""

import json
from collections.abc import Iterator
from functools import partial

from bench import mutation, rig, splits
from bench.measured import Measured, gathered, in_steps

MEASURED = (
    "shop/ledger", "shop/money.py", "shop/append_only.py", "shop/guards.py", "shop/roles.py", "shop/books.py",
    "shop/bookkeeping.py", "shop/artisans/earnings.py", "shop/db.py", "shop/engines.py",
    "shop/web/artisan/passbook_reads.py", "shop/snapshots.py", "shop/payments", "shop/orders", "shop/production",
    "shop/catalog/stock.py", "shop/catalog/shelf.py", "tests/faults/simulator",
    *(
        f"shop/artisans/{name}.py"
        for name in (
            "payouts", "savings", "advances", "recoveries", "takings", "wage_periods", "deductions", "royalties",
            "purse", "shares", "corrections", "runs", "cash_box",
        )
    ),
)  # fmt: skip
TRANSFERS = 1_000_000
CLIENTS = (1, 8)
GUARDED = ("-n", "2", "-k", "not test_control")


def measure(scale: str) -> Iterator[Measured]:
    """Yield every figure of the books; one step that breaks leaves its figures missing."""
    yield from in_steps(
        (
            ("splits", split_errors),
            ("bends", partial(tests, scale, "tests/faults/test_bends.py", "bends_unnoticed")),
            ("credits", partial(tests, scale, "tests/faults/test_credits.py", "double_credits")),
            ("negative", partial(tests, scale, "tests/faults/test_purse_races.py", "negative_balances")),
            ("simulator", partial(simulator, scale)),
            ("mutation", partial(mutants, scale)),
            ("beancount", partial(tests, scale, "tests/faults/test_daybook_of_a_year.py", "beancount_differences")),
            ("posting", posting),
            ("verify", verifying),
            ("passbook", passbook),
        )
    )


def split_errors() -> Iterator[Measured]:
    """Yield by how many paise splits and carts differ from what fractions say."""
    yield Measured("split_errors", splits.errors(splits.SPLITS, splits.SEED), splits.SPLITS, splits.SEED)


def tests(scale: str, file: str, name: str) -> Iterator[Measured]:
    """Yield the figure that a file of fault tests notes, on both databases."""
    return gathered([*GUARDED, file], {name: sum}, area="ledger", SCALE=scale)


def simulator(scale: str) -> Iterator[Measured]:
    """Yield how many steps the simulator ran on both databases together, and how many seeds of it are open."""
    file = "tests/faults/test_simulator.py"
    names = {"simulator_steps": all_of, "open_seeds": sum}
    yield from gathered([*GUARDED, file], names, area="ledger", SCALE=scale)


def all_of(counts: list[int]) -> int:
    """Return the sum: of what was done, which says nothing out of a broken run (bench/measured.py tells by `sum`)."""
    return sum(counts)


def mutants(scale: str) -> Iterator[Measured]:
    """Yield how many of a hundred mutants of the books some test noticed: tried anew by a full run, else as kept."""
    if scale == "full":
        mutation.measure(list(mutation.FILES))
    yield from mutation.score()


def posting() -> Iterator[Measured]:
    """Yield the worst of four ratios: posting against a bare insert of its rows, one and eight clients, each database.

    The two take turns in short rounds, so that whatever else the machine does falls on both.
    """
    ratios = []
    with rig.sqlite() as small, rig.postgresql("posting") as large:
        for settings in (small, large):
            rig.migrated(settings)
            for clients in CLIENTS:
                ratios.append(json.loads(rig.run(["-m", "bench.posting", str(clients)], settings)))
    yield Measured(
        "posting_vs_bare_insert", round(min(each["ratio"] for each in ratios), 3), sum(r["n"] for r in ratios)
    )


def verifying() -> Iterator[Measured]:
    """Yield how fast and in how much memory a million transfers are verified, on the database that is worse at each."""
    found = []
    with rig.sqlite() as small, rig.postgresql("verifying") as large:
        for settings in (small, large):
            rig.migrated(settings)
            rig.run(["-m", "bench.transfers", str(TRANSFERS)], settings)
            found.append(json.loads(rig.run(["-m", "bench.verifying"], settings)))
    yield Measured("verify_rows_per_s", round(min(each["rows_per_s"] for each in found)), TRANSFERS)
    yield Measured("verify_memory_mb", max(each["memory_mb"] for each in found), TRANSFERS)


def passbook() -> Iterator[Measured]:
    """Yield how much longer her page and balance take at a million transfers than at a hundred: the worst of four, each
    database with no month closed and with all that are over closed.
    """
    ratios = []
    with rig.sqlite() as small, rig.postgresql("passbook") as large:
        for settings in (small, large):
            rig.migrated(settings)
            found = json.loads(rig.run(["-m", "bench.passbook"], settings))
            ratios += [found["open"]["ratio"], found["closed"]["ratio"]]
    yield Measured("passbook_growth", round(max(ratios), 3), 1_000_000)
