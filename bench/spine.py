"""Everything that issue 2 wants measured, the quick ones first."""

from collections.abc import Iterator
from functools import partial

from bench import running, structure
from bench.measured import Measured, gathered, in_steps


def measure(scale: str) -> Iterator[Measured]:
    """Yield every figure of the spine; one step that breaks leaves its figures missing."""
    yield from in_steps(
        (
            ("structure", structure.measure),
            ("statements", statements),
            ("bad input", bad_input),
            ("journeys", journeys),
            ("make run", running.measure_run),
            ("faults", partial(faults, "full" if scale == "full" else "ci")),
            ("make test", running.measure_test),
        )
    )


def statements() -> Iterator[Measured]:
    """Yield how many statements pages and a checkout take, the larger of both databases."""
    names = dict.fromkeys(("statements_list", "statements_product", "statements_checkout"), max)
    return gathered(["-p", "tests.conftest", "bench/measure_statements.py"], names)


def bad_input() -> Iterator[Measured]:
    """Yield how many bad inputs got another answer than they should, or changed something."""
    return gathered(["-n", "2", "-p", "tests.conftest", "bench/measure_bad_input.py"], {"unexpected_answers": sum})


def journeys() -> Iterator[Measured]:
    """Yield how often the books broke over all journeys."""
    return gathered(["-n", "2", "-p", "bench.books_counter", "tests/journeys"], {"books_breaks": sum})


def faults(scale: str) -> Iterator[Measured]:
    """Yield what races and killed processes did to orders and money."""
    names = dict.fromkeys(("oversold", "lost_paid_orders", "double_charges"), sum)
    return gathered(["-n", "2", "tests/faults"], names, SCALE=scale)
