"""No account of hers is ever below zero, and no paisa is lost, over five hundred races for her money."""

from collections import Counter

import pytest
from sqlalchemy import Update, bindparam, update

from shop import books
from shop.artisans import purse, savings
from shop.errors import Invalid
from shop.ledger import posting
from shop.ledger.models import Balance
from shop.money import Money
from tests.conftest import both_databases
from tests.faults.conftest import Often
from tests.faults.figures import note
from tests.faults.own_money import Together, in_turn
from tests.faults.purse_races import race
from tests.faults.together import at_once
from tests.faults.unguarded import Unguarded
from tests.world import World

pytestmark = both_databases
# What two people approved is hers and leaves in any order; what she asks for twice has the money of one.
MET = (
    "payout taken", "recovery taken", "saving taken", "saving refused", "taking back taken", "taking back refused",
    "repaying taken",
)  # fmt: skip


def raced(world: World, races: int, together: Together = at_once) -> None:
    """Race so often; fail with what was below zero or lost, or with a verb that never raced."""
    counted: Counter[str] = Counter()
    broken = [odd for number in range(races) for odd in race(world, number, counted, together)]
    note("ledger.negative_balances", len(broken), n=races, seed=0)
    assert not broken, f"{len(broken)} broken: {broken[:3]}"
    print(dict(counted))
    assert not (never := [each for each in MET if not counted[each]]), f"in {races} races never: {never}"


def test_no_race_for_her_money_takes_it_below_zero(world: World, often: Often) -> None:
    raced(world, often(15, 250, 250))
    with world.reading():
        assert [str(finding) for finding in books.findings()] == []


@pytest.mark.books_may_differ
def test_control_without_the_floor_she_goes_below_zero(
    world: World, unguarded: Unguarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The condition of the UPDATE, the CHECK behind it and the look before it are all gone."""

    def unconditional() -> Update:
        balance = Balance.metadata.tables[Balance.__tablename__]
        mine = update(balance).where(balance.c.account_id == bindparam("of_account"))
        return mine.values(minor=balance.c.minor - bindparam("taken"))

    monkeypatch.setattr(posting, "_taking", unconditional)
    monkeypatch.setattr(purse, "free", lambda artisan: 10**9)
    monkeypatch.setattr(savings, "saved", lambda artisan: Money(1_200, "INR"))
    unguarded.check("ledger_balance", "not_below_zero")

    with pytest.raises(AssertionError, match=r"savings is -\d+|payable is -\d+"):
        raced(world, 2, in_turn)


def test_control_a_verb_that_is_always_refused_raced_with_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise Invalid("saving.amount")

    monkeypatch.setattr(savings, "take_back", refuse)

    with pytest.raises(AssertionError, match="taking back taken"):
        raced(world, 2)
