"""Everything that issue 4 wants measured: one function a step, each yielding its figures."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from bench.measured import Measured, gathered, in_steps

MEASURED = (
    "shop/payments", "shop/ledger", "shop/orders", "shop/catalog/shelf.py", "shop/catalog/stock.py", "shop/db.py",
    "shop/duties.py", "shop/engines.py", "shop/jobs.py", "shop/outbox.py", "shop/phases.py", "shop/web/webhooks.py",
)  # fmt: skip
FAULTS = tuple(
    f"tests/faults/test_{name}.py"
    for name in (
        "five_hundred", "events", "kills", "dying_database", "cut_at_commit", "forged", "order_races", "outage",
    )
)  # fmt: skip
GUARDED = ("-k", "not test_control")
DEATHS = tuple(f"tests/faults/test_{name}.py" for name in ("kills", "dying_database", "cut_at_commit"))
# As crashpoint.py has them.
OF_A_PURCHASE = ("prepare", "send", "settle", "inbox", "apply", "look", "capture", "refund", "outbox")
Gather = Callable[[list[int]], int]


def measure(scale: str) -> Iterator[Measured]:
    """Yield every figure of payments; one step that breaks leaves its figures missing.

    Each step also compares our books with the gateways' own after each of its tests: one figure, the sum of all.
    """
    steps = (
        ("webhooks", webhooks),
        ("books", partial(books, scale)),
        ("oversold", partial(faults, scale, "five_hundred", {"oversold": sum})),
        *((name, partial(orders_of_events, scale, arguments)) for name, arguments in mixings(scale).items()),
        ("forged", partial(faults, scale, "forged", {"forged_accepted": sum})),
        ("races", partial(faults, scale, "order_races", {"duplicate_attempts": sum, "over_refunded": sum})),
        ("outage", partial(faults, scale, "outage", {"unrecovered": sum})),
        *((name, partial(kills, scale, arguments)) for name, arguments in deaths(scale).items()),
        ("controls", partial(controls, scale)),
    )
    yield from in_steps(steps)


def run(scale: str, arguments: list[str], names: Mapping[str, Gather]) -> Iterator[Measured]:
    """Run tests at a scale, with the comparison of both sides' books after each of them."""
    counted = {**names, "net_difference": sum}
    beside = ["-n", "2", "--dist", "worksteal", "-p", "bench.net_counter"]
    yield from gathered([*beside, *arguments], counted, area="payments", SCALE=scale)


def webhooks() -> Iterator[Measured]:
    """Yield how long it takes from a webhook's signature until it is stored, on the slower database."""
    arguments = ["-p", "tests.conftest", "bench/measure_webhooks.py"]
    return gathered(arguments, {"webhook_ms": max}, area="payments")


def books(scale: str) -> Iterator[Measured]:
    """Yield by how much both sides' books differ after every test of payments and every journey."""
    return run(scale, ["tests/payments", "tests/journeys/test_buying.py", "tests/journeys/test_share_of_a_sale.py"], {})


def faults(scale: str, name: str, names: Mapping[str, Gather]) -> Iterator[Measured]:
    """Yield the figures that one file of fault tests notes."""
    return run(scale, [*GUARDED, f"tests/faults/test_{name}.py"], names)


def mixings(scale: str) -> dict[str, list[str]]:
    """Return step -> what pytest is given for it: one, and of a full run, which takes an hour a database, one each."""
    file = "tests/faults/test_events.py"
    if scale != "full":
        return {"events": [*GUARDED, file]}
    mixed = {f"events:{engine}": ["-k", f"test_shuffled and {engine}", file] for engine in ("sqlite", "postgresql")}
    return mixed | {"events:orders": ["-k", "test_every_order", file]}


def orders_of_events(scale: str, arguments: list[str]) -> Iterator[Measured]:
    """Yield to how many different books the same events came, told in other orders."""
    return run(scale, arguments, {"ledger_hashes": max})


def deaths(scale: str) -> dict[str, list[str]]:
    """Return step -> what pytest is given for it: one, and of a full run, which takes more than an hour, one each."""
    if scale != "full":
        return {"kills": [*GUARDED, *DEATHS]}
    killed = {name: ["-k", f"test_a_killed_process and {name}", DEATHS[0]] for name in OF_A_PURCHASE}
    rest = {"random": ["-k", "test_killed_at_random", DEATHS[0]]}
    rest |= {"database": [*GUARDED, DEATHS[1]], "commit": [*GUARDED, DEATHS[2]]}
    return {f"kills:{name}": arguments for name, arguments in (killed | rest).items()}


def kills(scale: str, arguments: list[str]) -> Iterator[Measured]:
    """Yield what kills, dead databases and cut lines did to orders and money, and how long it took to heal."""
    names = {"lost_paid_orders": sum, "double_charges": sum, "recovery_periods": max}
    return run(scale, arguments, names)


def controls(scale: str) -> Iterator[Measured]:
    """Yield how many tests did not notice that their guard was taken away."""
    arguments = ["-n", "2", "-k", "test_control", *FAULTS]
    return gathered(arguments, {"controls_missed": sum}, area="payments", SCALE=scale)
