"""The simulator: whatever is drawn of every verb of money, the books, her page and the gateways agree with a model.

The model (simulator/model.py) is written from design.md's table of events and earning rules and asks the shop for no
amount. Its rules stand in a class a floor; a new verb is one function there. `SCALE=full` draws ten times as much.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from shop.artisans import cash_box, royalties, runs, shares, story_reviews, takings
from shop.artisans.cash_models import CashAct, CashKind
from shop.artisans.models import Artisan
from shop.artisans.run_models import PayoutRun
from shop.ledger import periods, posting
from shop.ledger.posting import Leg
from shop.money import Money
from shop.production import checks
from tests import databases
from tests.conftest import both_databases
from tests.faults.conftest import Often
from tests.faults.figures import note
from tests.faults.simulator.house import Machine
from tests.faults.simulator.running import RUNS, Run, keep_seed, kept_seeds
from tests.faults.simulator.stage import is_rule
from tests.world import World

pytestmark = pytest.mark.books_may_differ  # the machine compares them itself, and a last payment may be unheard
BLOCKS = {"sqlite": (1, 11, 105), "postgresql": (1, 6, 60)}  # a step costs PostgreSQL twice as long
ENOUGH = 50  # blocks after which everything of the table must have happened
MANY = 6  # blocks after which every rule must have been drawn
BOUND = 4_000
UNASKED = ("pay", "webhooks_are_lost", "what_comes_next_dies")  # which ask nothing of the shop
RULES = tuple(sorted(name for name in dir(Machine) if is_rule(getattr(Machine, name))))
TABLE = (  # what the table of design.md calls an event, as the books call it
    "capture", "parcel shipped", "refund", "settlement", "piece accepted", "piece accepted.reversal", "share of a sale",
    "share released", "share of a sale.reversal", "payout sent", "payout settled", "payout failed", "advance paid",
    "advance paid.reversal", "advance recovered", "advance repaid", "saved", "saving taken back", "saving given back",
    "chargeback", "chargeback won", "chargeback of an advance", "story fee", "design royalty", "deduction taken",
    "deduction taken.reversal", "cash open", "cash bring", "cash take", "cash count",
)  # fmt: skip


@pytest.fixture
def run(world: World, engine: str, settings: dict[str, str], request: pytest.FixtureRequest) -> Run:
    """Machines that begin each with a fresh copy of this test's database."""
    if engine == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        folder = Path(settings["DATABASE_URL"].removeprefix("sqlite:///")).parent

        def copied() -> None:
            databases.copy_sqlite(template, folder)

        return Run(world, copied)
    server = request.getfixturevalue("postgresql_server")
    name = settings["DATABASE_URL"].partition("?")[0].rsplit("/", 1)[1]

    def cloned() -> None:
        databases.drop_postgresql(server, name)
        databases.clone_postgresql(server, name)

    return Run(world, cloned)


def drawn(run: Run, seed: int, **more: int) -> None:
    """Run a block; note its steps, and its seed as an open one if it fails, which is kept in the tree."""
    before = run.counted["steps"]
    try:
        run.block(seed, **more)
    except Exception as error:
        note("ledger.open_seeds", 1, n=1, seed=seed)
        keep_seed(seed, error)
        raise
    steps = run.counted["steps"] - before
    note("ledger.simulator_steps", steps, n=steps, seed=seed)
    note("ledger.open_seeds", 0, n=1, seed=seed)


@both_databases
def test_seeds_that_once_failed(run: Run) -> None:
    for seed in kept_seeds():
        drawn(run, seed)


@both_databases
def test_books_her_page_and_the_gateways_agree_with_the_model(run: Run, engine: str, seed: int, often: Often) -> None:
    blocks = often(*BLOCKS[engine])
    for number in range(blocks):
        drawn(run, seed + number, runs=often(RUNS // 2, RUNS, RUNS))

    print(dict(run.counted))
    assert run.counted["torn"] and run.counted["refused"] and run.counted["compared with the gateways"]
    never = [kind for kind in TABLE if not run.counted[f"entry: {kind}"]]
    print(f"never happened in {run.counted['steps']} steps: {never}")
    unused = [name for name in RULES if not run.counted[f"rule: {name}"]]
    vain = [name for name in RULES if name not in UNASKED and not run.counted[f"done: {name}"]]
    print(f"never drawn: {unused}; never taken by the shop: {vain}")
    if blocks >= MANY:
        assert not unused, f"never drawn in {run.counted['steps']} steps: {unused}"
    if blocks >= ENOUGH:
        assert not vain, f"never taken by the shop in {run.counted['steps']} steps: {vain}"
        assert run.counted["late facts of a closed month"]
        assert not never, f"never happened in {run.counted['steps']} steps: {never}"


# A rule of the shop is broken on purpose: the machine finds it, by the comparison itself and in bounded steps.


def found_within(run: Run, seed: int, steps: int, says: str, *, begun: str = "") -> None:
    """Draw until the machine disagrees; fail if it has not done so within so many steps."""
    with pytest.raises(AssertionError, match=says):
        while run.counted["steps"] < steps:
            run.block(seed + run.counted["steps"], begun=begun)
        pytest.fail(f"nothing was found in {run.counted['steps']} steps")


def test_control_a_share_that_loses_a_paisa_is_found(run: Run, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def downwards(minor: int, weights: list[int]) -> list[int]:
        return [minor * weight // sum(weights) for weight in weights]

    monkeypatch.setattr(shares, "split", downwards)
    found_within(run, seed, BOUND, "the books, the model")


def test_control_a_piece_credited_twice_is_found(run: Run, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    once = checks.earnings.credit_all

    def twice(artisan: Artisan, amount: Money, *, references: Sequence[str], **more: Any) -> None:
        once(artisan, amount, references=references, **more)
        once(artisan, amount, references=[f"{each}:again" for each in references], **more)

    monkeypatch.setattr(checks.earnings, "credit_all", twice)
    found_within(run, seed, BOUND, "the books, the model")


def test_control_a_reversal_that_is_a_paisa_short_is_found(
    run: Run, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = posting._mirrored

    def short(entry_id: int) -> list[Leg]:
        first, *others = whole(entry_id)
        return [Leg(first.debit, first.credit, Money(max(first.amount.minor - 1, 1), "INR")), *others]

    monkeypatch.setattr(posting, "_mirrored", short)
    found_within(run, seed, BOUND, "the books, the model")


def test_control_a_month_that_closes_before_it_is_over_is_found(
    run: Run, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(periods, "GRACE", timedelta(days=-40))
    found_within(run, seed, BOUND, "was taken, though the rules refuse it")


def test_control_a_story_fee_that_is_a_paisa_short_is_found(
    run: Run, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    credit = story_reviews.earnings.credit

    def short(artisan: Artisan, amount: Money, **more: Any) -> None:
        credit(artisan, Money(amount.minor - 1, "INR"), **more)

    monkeypatch.setattr(story_reviews.earnings, "credit", short)
    found_within(run, seed, BOUND, "the books, the model")


def test_control_a_royalty_that_loses_a_paisa_is_found(run: Run, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def downwards(minor: int, parts: Mapping[int, int]) -> dict[int, int]:
        return {each: minor * part // 10_000 for each, part in parts.items()}

    monkeypatch.setattr(royalties, "divide", downwards)
    found_within(run, seed, BOUND, "the books, the model", begun="designed")


def test_control_a_deduction_that_is_left_out_is_found(run: Run, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takings, "choose", lambda ready, room, wages: [])
    found_within(run, seed, BOUND, "the books, the model", begun="payday")


def test_control_a_box_that_keeps_a_paisa_too_much_is_found(
    run: Run, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = cash_box._line_of

    def more(act: CashAct, kind: CashKind, minor: int, *rest: Any) -> None:
        write(act, kind, minor + 1, *rest)

    monkeypatch.setattr(cash_box, "_line_of", more)
    found_within(run, seed, BOUND, "the box holds", begun="box")


def test_control_a_run_that_forgets_which_forms_came_is_found(
    run: Run, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    once, marks = runs.propose, count()

    def forgetful(going: PayoutRun, wishes: Sequence[runs.Wish], *, mark: str, **more: Any) -> runs.Outcome:
        return once(going, wishes, mark=f"{next(marks):016x}", **more)

    monkeypatch.setattr(runs, "propose", forgetful)
    found_within(run, seed, BOUND, "again: ", begun="run")
