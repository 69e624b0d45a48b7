"""Payout runs at one moment: two second people, one run sent twice, and a run against what a woman does herself."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shop import books
from shop.artisans import cash_box, payouts, runs, savings
from shop.artisans.cash_models import CashAct, CashActKind
from shop.artisans.models import Payout, PayoutMethod, PayoutStatus
from shop.artisans.run_models import PayoutRun
from shop.artisans.runs import Wish
from shop.clock import india_date
from shop.db import db
from shop.errors import DomainError
from shop.money import Money
from shop.users import audit
from tests.conftest import both_databases
from tests.faults.together import Gate, at_once, gated_writing
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World

pytestmark = both_databases
CASH = PayoutMethod.CASH
EARNED, SUM = 16_000, 15_000


def test_two_who_approve_and_one_who_saves_at_once_leave_what_was_promised(world: World) -> None:
    run_id, ids = proposed(world)

    def approve(name: str) -> Callable[[], object]:
        return lambda: runs.approve(runs.get_of(user(name), run_id), ids, at=world.clock.now(), by=user(name))

    def save(name: str) -> Callable[[], object]:
        asked = Money(2_000, "INR")
        return lambda: savings.save(artisan(name), asked, mark="e" * 16, at=world.clock.now(), by=user(name))

    assert together(world, [approve("Farida"), approve("Anita"), save("Rina"), save("Mala")]) == []

    for name in ("Rina", "Mala"):  # her wish came first, or the promise did: never both
        saved, status = standing(world, name)
        assert (saved, status) in ((2_000, PayoutStatus.PROPOSED), (0, PayoutStatus.APPROVED))
    assert found(world) == []


def test_the_same_run_sent_twice_at_once_leaves_the_box_once(world: World) -> None:
    run_id, ids = proposed(world)
    fill(world, 2 * SUM + 500)
    with world.writing() as at:
        runs.approve(runs.get_of(user("Farida"), run_id), ids, at=at, by=user("Farida"))

    def send(name: str, order: list[int]) -> Callable[[], object]:
        sent: dict[int, str | None] = dict.fromkeys(order)
        return lambda: runs.send(runs.get_of(user(name), run_id), sent, at=world.clock.now(), by=user(name))

    assert together(world, [send("Farida", ids), send("Anita", ids[::-1])]) == []
    with world.reading():
        assert cash_box.held(artisan("Rina").centre_id) == 500
    assert found(world) == []


def test_two_forms_of_a_run_at_once_propose_each_woman_once(world: World) -> None:
    run_id, _ids = proposed(world, mark=None)

    def propose(mark: str, names: tuple[str, ...]) -> Callable[[], object]:
        def act() -> object:
            wishes = [Wish(artisan(name).id, Money(SUM, "INR"), CASH) for name in names]
            return runs.propose(
                runs.get_of(user("Meera"), run_id), wishes, mark=mark, at=world.clock.now(), by=user("Meera")
            )

        return act

    both = ("Rina", "Mala")
    assert together(world, [propose("a" * 16, both), propose("b" * 16, both[::-1]), propose("a" * 16, both)]) == []
    with world.reading():
        assert sorted(each.artisan.work_name for each in runs.payouts_of([run_id])[run_id]) == ["Mala", "Rina"]


@pytest.mark.books_may_differ
def test_control_a_box_that_is_read_and_then_written_gives_out_more_than_it_holds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the condition in the statement that takes, two payouts leave a box that holds one."""
    run_id, ids = proposed(world)
    fill(world, SUM)
    with world.writing() as at:
        runs.approve(runs.get_of(user("Farida"), run_id), ids, at=at, by=user("Farida"))
        sent: dict[int, str | None] = dict.fromkeys(ids)
        outcome = runs.send(runs.get_of(user("Farida"), run_id), sent, at=at, by=user("Farida"))
        assert [len(outcome.done), len(outcome.refused)] == [1, 1]
        left = next(each for each in db.session.query(Payout) if each.status is PayoutStatus.APPROVED)
        monkeypatch.setattr(cash_box, "_write", lambda *_given, **_more: None)
        payouts.record_sent(left, bank_reference=None, at=at, by=user("Farida"))
    assert any("the books say" in each for each in found(world))


@pytest.mark.books_may_differ
def test_control_who_does_not_ask_what_is_free_promises_what_she_saved(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id, ids = proposed(world)
    monkeypatch.setattr(payouts, "free", lambda _artisan: EARNED)
    with world.writing() as at:
        savings.save(artisan("Rina"), Money(2_000, "INR"), mark="e" * 16, at=at, by=user("Rina"))
        runs.approve(runs.get_of(user("Farida"), run_id), ids, at=at, by=user("Farida"))

    assert standing(world, "Rina") == (2_000, PayoutStatus.APPROVED)  # the state that the race above never reaches


def proposed(world: World, mark: str | None = "0" * 16) -> tuple[int, list[int]]:
    """Let Rina and Mala earn ₹160 each, and a run propose ₹150 to both."""
    for name in ("Rina", "Mala"):
        life.earn(world, name, EARNED // 800)
    with world.writing() as at:
        today = india_date(at)
        begun = runs.begin(artisan("Rina").centre_id, today, today, least=Money(0, "INR"), at=at, by=user("Meera"))
        if mark is None:
            return begun.id, []
        wishes = [Wish(artisan(name).id, Money(SUM, "INR"), CASH) for name in ("Rina", "Mala")]
        return begun.id, runs.propose(begun, wishes, mark=mark, at=at, by=user("Meera")).done


def fill(world: World, minor: int) -> None:
    with world.writing() as at:
        here, all_of_it = artisan("Rina").centre_id, Money(minor, "INR")
        act = cash_box.propose(here, CashActKind.OPEN, all_of_it, bank_reference=None, note="", at=at, by=user("Meera"))
        cash_box.see(act, at=at, by=user("Farida"))


def together(world: World, acts: list[Callable[[], object]]) -> list[str]:
    """Let all begin their units at one moment; return what went wrong beside refusals, a deadlock above all."""
    gate = Gate(len(acts))

    def unit(number: int) -> None:
        with world.app.app_context(), suppress(DomainError), gated_writing(gate)():
            acts[number]()

    return [repr(each) for each in at_once(len(acts), unit) if each is not None]


def standing(world: World, name: str) -> tuple[int, PayoutStatus]:
    with world.reading():
        she = artisan(name)
        payout = db.session.query(Payout).filter_by(artisan_id=she.id).one()
        return savings.saved(she).minor, payout.status


def found(world: World) -> list[str]:
    with world.reading():
        return [str(each) for each in books.findings()]


def open_while_cash_leaves(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let a second person see the first count while a payout in cash leaves; return what does not hold then."""
    run_id, ids = proposed(world)
    with world.writing() as at:
        runs.approve(runs.get_of(user("Farida"), run_id), ids, at=at, by=user("Farida"))
        here, counted = artisan("Rina").centre_id, Money(SUM, "INR")
        act = cash_box.propose(here, CashActKind.OPEN, counted, bank_reference=None, note="", at=at, by=user("Meera"))
        act_id = act.id
    left, opened, record = threading.Event(), threading.Event(), audit.record

    def recorded(act: str, about: str, **told: Any) -> None:
        record(act, about, **told)
        if act == "payouts.send":
            left.set()
            opened.wait(1)

    monkeypatch.setattr(audit, "record", recorded)
    monkeypatch.setattr(cash_box, "audit", SimpleNamespace(record=lambda *_given, **_told: None))  # waits for no head

    def leave() -> None:
        with world.writing() as at:
            payouts.record_sent(db.session.get_one(Payout, ids[0]), bank_reference=None, at=at, by=user("Farida"))

    def see() -> None:
        left.wait(30)
        with world.writing() as at:
            cash_box.see(db.session.get_one(CashAct, act_id), at=at, by=user("Farida"))
        opened.set()

    broken = [repr(each) for each in at_once(2, lambda each: (leave, see)[each]()) if each is not None]
    return broken + found(world)


def test_a_box_that_is_opened_as_cash_leaves_holds_what_the_books_say(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert open_while_cash_leaves(world, monkeypatch) == []


@pytest.mark.books_may_differ
def test_control_cash_that_leaves_without_the_centre_is_in_no_book(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cash_box, "_hold_unopened", lambda _centre_id: None)

    odd = open_while_cash_leaves(world, monkeypatch)

    one_writer = world.app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
    assert [("the books say" in each) for each in odd] == ([] if one_writer else [True])


def test_two_runs_that_share_a_day_do_not_both_begin(world: World) -> None:
    today = india_date(world.clock.now())

    def begin(days: int) -> Callable[[], object]:
        first, least = today - timedelta(days=days), Money(0, "INR")
        return lambda: runs.begin(
            artisan("Rina").centre_id, first, today, least=least, at=world.clock.now(), by=user("Meera")
        )

    assert together(world, [begin(days) for days in range(4)]) == []
    with world.reading():
        assert db.session.query(PayoutRun).count() == 1
