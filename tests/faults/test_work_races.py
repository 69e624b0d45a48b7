"""Races on what is made, counted and paid: many at once come to one result, each test notices its guard missing."""

import itertools
import secrets
from collections import Counter as Tally
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import func, select

from shop.artisans import earnings, payouts
from shop.artisans.models import Artisan, Earning, Payout, PayoutMethod
from shop.catalog import stock
from shop.clock import india_date
from shop.db import db
from shop.errors import DomainError
from shop.money import Money
from shop.production import checks, orders, tasks
from shop.production.models import Task
from shop.users.models import User
from tests.cast import MESSENGER
from tests.conftest import both_databases
from tests.faults.together import Gate, at_once, gated_writing
from tests.faults.unguarded import Unguarded
from tests.world import World

pytestmark = both_databases


# One check recorded by two people.


def submitted_task(world: World) -> int:
    """Return a task of one messenger that Rina has handed in."""
    world.buy(MESSENGER)
    with world.writing() as at:
        meera, rina = world.user("Meera"), world.user("Rina")
        order = orders.open_of(meera)[0]
        artisan = db.session.scalars(select(Artisan).where(Artisan.user_id == rina.id)).one()
        task = tasks.offer(order, order.making.steps[0], artisan, 1, due_on=india_date(at), at=at, by=meera)
        for verb in (tasks.accept, tasks.start, tasks.submit):
            verb(task, at=at, by=rina)
        return task.id


def eight_checks(world: World) -> None:
    """Record one check eight times at one moment, by two people: the piece is credited once."""
    task_id = submitted_task(world)
    gate = Gate(8)

    def check(number: int) -> str:
        with world.app.app_context(), gated_writing(gate)():
            try:
                by = world.user(("Meera", "Anita")[number % 2])
                task = db.session.get_one(Task, task_id)
                checks.record(task, passed=1, rework=0, rejected=0, at=world.clock.now(), by=by)
            except DomainError as error:
                return type(error).__name__
            return "recorded"

    answers = at_once(8, check)

    with world.reading():
        credited = db.session.scalars(select(Earning.amount_minor)).all()
        artisan = db.session.scalars(select(Artisan).where(Artisan.work_name == "Rina")).one()
        payable = earnings.can_take(artisan).minor
    assert len(credited) == 1, f"one piece was credited {len(credited)} times"
    assert payable == credited[0]
    assert Tally(map(str, answers)) == {"recorded": 1, "Conflict": 7}, answers


def test_one_check_recorded_eight_times_credits_once(world: World) -> None:
    eight_checks(world)


@pytest.mark.books_may_differ
def test_control_a_check_without_status_and_reference_credits_more_than_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    credit_all = earnings.credit_all

    def record(task: Task, *, at: Any, by: User, **counts: int) -> None:
        checks.accept(task, task.pieces[:1], at=at, by=by.actor)

    def credit_anew(*args: Any, references: Sequence[str], **more: Any) -> None:
        anew = [f"{reference}:{secrets.token_hex(4)}" for reference in references]
        credit_all(*args, references=anew, **more)

    monkeypatch.setattr(checks, "record", record)
    monkeypatch.setattr(earnings, "credit_all", credit_anew)

    with pytest.raises(AssertionError, match=r"one piece was credited 8 times"):
        eight_checks(world)


# Two payouts proposed at once.


def earned(world: World, minor: int = 50_000) -> int:
    """Let Rina have earned something; return her artisan's id."""
    with world.writing() as at:
        rina = db.session.scalars(select(Artisan).where(Artisan.work_name == "Rina")).one()
        earnings.credit(rina, Money(minor, "INR"), reference="race:earned", source="race", at=at, by="user:1")
        return rina.id


def two_proposals(world: World) -> None:
    """Propose two payouts to one artisan at one moment: one stands, the other is told why not."""
    artisan_id = earned(world)
    gate = Gate(2)

    def propose(number: int) -> str:
        with world.app.app_context():
            try:
                with gated_writing(gate)():
                    artisan = db.session.get_one(Artisan, artisan_id)
                    by = world.user(("Farida", "Anita")[number])
                    payouts.propose(artisan, Money(50_000, "INR"), PayoutMethod.BANK, at=world.clock.now(), by=by)
            except DomainError as error:
                return error.message_id
            return "proposed"

    answers = at_once(2, propose)

    with world.reading():
        standing = db.session.scalar(select(func.count(Payout.id)))
    assert standing == 1, f"{standing} payouts stand for one artisan"
    assert sorted(map(str, answers)) == ["payout.one_open", "proposed"], answers


def test_two_payouts_proposed_at_once_are_one(world: World) -> None:
    two_proposals(world)


def test_control_without_the_index_and_the_look_there_are_two_payouts(
    world: World, monkeypatch: pytest.MonkeyPatch, unguarded: Unguarded
) -> None:
    unguarded.index("uq_payout_one_open")
    monkeypatch.setattr(payouts, "OPEN", ())

    with pytest.raises(AssertionError, match=r"2 payouts stand for one artisan"):
        two_proposals(world)


# One correction of a shelf sent twice.


def two_corrections(world: World) -> None:
    """Correct a shelf twice at one moment under one reference: it counts once."""
    with world.reading():
        variant_id = db.session.scalars(select(stock.Stock.variant_id).order_by(stock.Stock.variant_id)).first()
    gate = Gate(2)

    def correct(number: int) -> None:
        with world.app.app_context(), gated_writing(gate)():
            stock.adjust(variant_id, 1, "found", "race:found", at=world.clock.now(), by="user:1")

    at_once(2, correct)  # the slower one finds it done, or is refused by the unique reference

    with world.reading():
        like = stock.StockMovement.reference.like("race:found%")
        moved = db.session.scalar(select(func.count()).select_from(stock.StockMovement).where(like))
    assert moved == 1, f"one correction counted {moved} times"


def test_two_corrections_of_one_shelf_under_one_reference_count_once(world: World) -> None:
    two_corrections(world)


def test_control_a_correction_without_its_reference_counts_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    number, adjust = itertools.count(1), stock.adjust

    def adjust_anew(variant_id: int, change: int, reason: str, reference: str, **more: Any) -> None:
        adjust(variant_id, change, reason, f"{reference}:{next(number)}", **more)

    monkeypatch.setattr(stock, "adjust", adjust_anew)

    with pytest.raises(AssertionError, match=r"one correction counted 2 times"):
        two_corrections(world)
