"""Payout runs: once per centre and period, woman by woman, two people, and nothing twice."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shop import books
from shop.artisans import runs, savings
from shop.artisans.models import Payout, PayoutMethod, PayoutStatus
from shop.artisans.run_models import PayoutRun
from shop.artisans.runs import Outcome, Wish
from shop.clock import india_date
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.money import Money
from tests.conftest import both_databases
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World

PIECES = {"Rina": 5, "Mala": 10}  # at ₹8
MARK = "0123456789abcdef"
CASH, BANK = PayoutMethod.CASH, PayoutMethod.BANK


@pytest.fixture
def earned(world: World) -> World:
    for name, pieces in PIECES.items():
        life.earn(world, name, pieces)
    return world


@both_databases
def test_a_run_proposes_what_can_go_says_why_the_rest_cannot_and_loses_nothing(earned: World) -> None:
    with earned.writing() as at:
        savings.save(artisan("Mala"), Money(1_000, "INR"), mark=MARK, at=at, by=user("Mala"))
    run_id = begin(earned)

    outcome = propose(earned, run_id, Rina=4_000, Mala=8_000)

    assert [str(why.message_id) for why in outcome.refused.values()] == ["payout.amount"]
    assert standing(earned, run_id) == [("Rina", 4_000, PayoutStatus.PROPOSED)]
    again = propose(earned, run_id, Rina=4_000, Mala=7_000)  # the same form, put right for one
    assert (len(again.done), again.refused) == (1, {})
    assert propose(earned, run_id, mark="f" * 16, Rina=4_000).refused.popitem()[1].message_id == "payout.one_open"
    assert sorted(each[0] for each in standing(earned, run_id)) == ["Mala", "Rina"]

    with pytest.raises(Refused, match=r"run\.two_people"):
        approve(earned, run_id, by="Meera")
    first = ids(earned, run_id)
    assert approve(earned, run_id, by="Farida", out=first[:1]).done == first
    with earned.reading():
        approved = db.session.get_one(PayoutRun, run_id)
        assert approved.approved_by == user("Farida").actor
    assert {status for *_, status in standing(earned, run_id)} == {PayoutStatus.WITHDRAWN, PayoutStatus.APPROVED}

    outcome = send(earned, run_id, {first[1]: ""})
    assert [why.message_id for why in outcome.refused.values()] == ["payout.bank_reference"]
    assert send(earned, run_id, {first[1]: "UTR-77"}).done == [first[1]]
    again = send(earned, run_id, {first[1]: "UTR-77"})
    assert (again.done, again.refused) == ([], {})  # the same form twice
    for moved_on in (send(earned, run_id, {first[1]: "UTR-78"}), send(earned, run_id, {first[0]: ""}),
                     approve(earned, run_id, by="Anita", these=first[:1])):  # fmt: skip
        assert [why.message_id for why in moved_on.refused.values()] == ["payout.moved_on"]
    assert approve(earned, run_id, by="Anita", these=first[:1], out=first[:1]).refused == {}
    changed = propose(earned, run_id, Rina=3_900)
    assert [why.message_id for why in changed.refused.values()] == ["run.done"]
    with earned.reading():
        assert db.session.get_one(Payout, first[1]).bank_reference == "UTR-77"
        assert [str(each) for each in books.findings()] == []


def test_a_period_is_run_once_and_continued(earned: World) -> None:
    run_id = begin(earned)
    assert begin(earned, by="Farida") == run_id
    today = india_date(earned.clock.now())
    for first, last, error in (
        (today - timedelta(days=3), today - timedelta(days=2), Conflict),  # shares days with the first
        (today, today + timedelta(days=1), Invalid),
        (today, today - timedelta(days=1), Invalid),
        (today - timedelta(days=31), today, Invalid),
    ):
        with pytest.raises(error):
            begin(earned, first, last)


def test_a_run_pays_the_women_of_its_centre_and_not_less_than_its_least(earned: World) -> None:
    run_id = begin(earned, least=3_000)

    assert propose(earned, run_id, Rina=2_999).refused.popitem()[1].message_id == "run.least"
    with pytest.raises(NotFound):
        propose(earned, run_id, Shila=4_000)
    with pytest.raises(NotFound):
        approve(earned, run_id, by="Farida", these=[99_999])


@both_databases
@pytest.mark.books_may_differ
def test_control_the_database_and_verify_hold_what_the_verbs_hold(earned: World) -> None:
    run_id = begin(earned)
    propose(earned, run_id, Rina=4_000)

    with pytest.raises(IntegrityError), earned.writing():
        db.session.execute(text("UPDATE payout_run SET approved_by = proposed_by, approved_at = proposed_at"))
    with earned.writing():
        elsewhere = user("Shila").centre_id
        db.session.execute(text("UPDATE payout_run SET centre_id = :centre"), {"centre": elsewhere})
    with earned.reading():
        assert [str(each) for each in books.findings()] == [
            f"artisans: payout run {run_id}: payout {ids(earned, run_id)[0]} is not of its centre"
        ]


def begin(
    world: World, first: date | None = None, last: date | None = None, *, least: int = 100, by: str = "Meera"
) -> int:
    today = india_date(world.clock.now())
    period = (first or today - timedelta(days=6), last or today)
    with world.writing() as at:
        centre_id = artisan("Rina").centre_id
        return runs.begin(centre_id, *period, least=Money(least, "INR"), at=at, by=user(by)).id


def propose(world: World, run_id: int, *, mark: str = MARK, by: str = "Meera", **sums: int) -> Outcome:
    with world.writing() as at:
        wishes = [
            Wish(artisan(name).id, Money(minor, "INR"), BANK if name == "Mala" else CASH)
            for name, minor in sums.items()
        ]
        return runs.propose(runs.get_of(user(by), run_id), wishes, mark=mark, at=at, by=user(by))


def approve(
    world: World, run_id: int, *, by: str, these: list[int] | None = None, out: list[int] | None = None
) -> Outcome:
    chosen = ids(world, run_id) if these is None else these
    with world.writing() as at:
        return runs.approve(runs.get_of(user(by), run_id), chosen, out=out or [], at=at, by=user(by))


def send(world: World, run_id: int, sent: dict[int, str | None]) -> Outcome:
    with world.writing() as at:
        return runs.send(runs.get_of(user("Farida"), run_id), sent, at=at, by=user("Farida"))


def ids(world: World, run_id: int) -> list[int]:
    with world.reading():
        return sorted(each.id for each in runs.payouts_of([run_id])[run_id])


def standing(world: World, run_id: int) -> list[tuple[str, int, PayoutStatus]]:
    with world.reading():
        found = runs.payouts_of([run_id])[run_id]
        return [(each.artisan.work_name, each.amount_minor, each.status) for each in found]
