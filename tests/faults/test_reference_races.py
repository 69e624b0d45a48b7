"""One reference of the bank for two payments at one moment: one of them leaves, however each was typed."""

from collections.abc import Callable

import pytest

from shop import books
from shop.artisans import advances, cash_box, payouts, references
from shop.artisans.advance_models import Advance, AdvanceReason
from shop.artisans.cash_models import CashActKind
from shop.artisans.models import Payout, PayoutMethod
from shop.clock import india_date
from shop.db import db
from shop.money import Money
from tests.conftest import both_databases
from tests.faults.together import Gate, at_once
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World

pytestmark = both_databases
BANK = PayoutMethod.BANK
TYPED = ("utr 00-12", "UTR0012", "Utr  0012")


@pytest.fixture
def ready(world: World) -> World:
    """A payout to Rina, an advance to Mala, both approved and by bank, and an open cash box."""
    life.earn(world, "Rina", 3)
    with world.writing() as at:
        payout = payouts.propose(artisan("Rina"), Money(1_000, "INR"), BANK, at=at, by=user("Meera"))
        payouts.approve(payout, at=at, by=user("Farida"))
        terms = (Money(3_000, "INR"), Money(1_000, "INR"), AdvanceReason.TOOLS, BANK)
        given = advances.propose(artisan("Mala"), *terms, agreed_on=india_date(at), at=at, by=user("Meera"))
        advances.approve(given, at=at, by=user("Farida"))
        opened = cash_box.propose(
            centre(), CashActKind.OPEN, Money(500, "INR"), bank_reference=None, note="", at=at, by=user("Meera")
        )
        cash_box.see(opened, at=at, by=user("Farida"))
    return world


def centre() -> int:
    return artisan("Rina").centre_id


def acts(world: World) -> list[Callable[[], object]]:
    """The three kinds of payment, each under the same number, typed otherwise."""

    def pay() -> None:
        with world.writing() as at:
            payouts.record_sent(db.session.get_one(Payout, 1), bank_reference=TYPED[0], at=at, by=user("Farida"))

    def give() -> None:
        with world.writing() as at:
            advances.record_paid(db.session.get_one(Advance, 1), bank_reference=TYPED[1], at=at, by=user("Farida"))

    def bring() -> None:
        sum_of_money = Money(700, "INR")
        with world.writing() as at:
            cash_box.propose(
                centre(), CashActKind.BRING, sum_of_money, bank_reference=TYPED[2], note="", at=at, by=user("Meera")
            )

    return [pay, give, bring]


def refused_at_once(world: World) -> list[str]:
    """Do all three at once; return what was refused of them, and what the books say of it."""
    told = acts(world)
    answers = at_once(len(told), lambda number: told[number]())
    with world.reading():
        found = [str(each) for each in books.findings()]
    return [f"{type(each).__name__}: {each.args[0]}" for each in answers if isinstance(each, Exception)] + found


ONCE = ["Conflict: payout.bank_reference_used"] * 2


def test_one_of_three_leaves_and_the_others_are_told(ready: World) -> None:
    assert refused_at_once(ready) == ONCE


@pytest.mark.books_may_differ
def test_control_a_reference_that_no_row_holds_stands_for_all_three_and_verify_finds_it(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the row each of them leaves, at one moment on PostgreSQL and one after the other on SQLite."""
    with ready.reading():
        gate = Gate(3) if db.engine.dialect.name == "postgresql" else None

    def claim(*_: object) -> bool:
        if gate:
            gate.wait()
        return True

    monkeypatch.setattr(references, "_claim", claim)

    found = refused_at_once(ready)
    assert found != ONCE
    assert sum("has a reference of the bank that stands for another" in each for each in found) == 3
