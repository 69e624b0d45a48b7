"""The check: what passes is hers at once, once, at the rate she was offered; what fails costs her nothing."""

import pytest
from sqlalchemy import event, select

from shop.artisans import earnings
from shop.artisans.models import Earning
from shop.catalog.models import Stock, Unit
from shop.db import db
from shop.errors import Conflict, Invalid, Refused
from shop.ledger import balances
from shop.production import checks
from shop.production.models import ProductionOrder, Task, TaskPieceStatus, TaskStatus
from tests.conftest import both_databases
from tests.workshop import artisan, ask, check, do, made, offer, variant
from tests.world import World


@both_databases
def test_a_piece_that_passes_its_last_step_is_hers_and_lies_in_stock_with_its_makers(world: World) -> None:
    order = ask(world)
    made(world, order, "stitch", "Rina")
    made(world, order, "finish", "Mala")

    with world.reading():
        assert (earned("Rina"), earned("Mala")) == (8_450, 1_350)
        assert balances.derived("wages:1").minor == 9_800
        unit = db.session.scalars(select(Unit).where(Unit.variant_id == variant("MB-MSGR").id)).one()
        makers = {(maker.step, maker.artisan_id, maker.earned_minor) for maker in unit.makers}
        assert makers == {("stitch", artisan("Rina").id, 8_450), ("finish", artisan("Mala").id, 1_350)}
        assert db.session.get_one(Stock, variant("MB-MSGR").id).on_hand == 1
        assert db.session.get_one(ProductionOrder, order).finished_at == world.clock.now()


@both_databases
def test_what_is_sent_back_and_passes_later_is_credited_once(world: World) -> None:
    task = submitted(world, 3)

    check(world, task, passed=2, rework=1)
    assert state(world, task) == (TaskStatus.REWORK, ["accepted", "accepted", "rework"], 2 * 8_450)

    do(world, task, "submit")
    check(world, task, passed=1)
    assert state(world, task) == (TaskStatus.CHECKED, ["accepted"] * 3, 3 * 8_450)
    with world.reading():
        references = db.session.scalars(select(Earning.reference).order_by(Earning.id)).all()
        assert references == [f"task:{task}:piece:{number}" for number in (1, 2, 3)]


@both_databases
def test_a_rejected_piece_earns_nothing_takes_nothing_and_is_made_anew(world: World) -> None:
    order = ask(world)
    task = offer(world, order, "stitch", "Rina")
    do(world, task, "accept", "start", "submit")
    check(world, task, passed=0, rejected=1)
    assert state(world, task) == (TaskStatus.CHECKED, ["rejected"], 0)

    made(world, order, "stitch", "Mala")
    made(world, order, "finish", "Mala")

    with world.reading():
        assert (earned("Rina"), earned("Mala")) == (0, 8_450 + 1_350)
        assert [p.finished_at is not None for p in db.session.get_one(ProductionOrder, order).pieces] == [False, True]


def test_what_is_sent_back_twice_and_lost_in_the_end_earns_nothing(world: World) -> None:
    task = submitted(world, 1)
    for _ in range(2):
        check(world, task, passed=0, rework=1)
        do(world, task, "submit")
    check(world, task, passed=0, rejected=1)

    assert state(world, task) == (TaskStatus.CHECKED, ["rejected"], 0)


def test_her_rate_is_the_one_she_was_offered(world: World) -> None:
    order = ask(world)

    made(world, order, "stitch", "Rina", rate=9_100)

    with world.reading():
        assert earned("Rina") == 9_100


def test_a_task_is_checked_once(world: World) -> None:
    task = submitted(world, 1)
    check(world, task, passed=1)

    with pytest.raises(Conflict):
        check(world, task, passed=1)
    assert state(world, task)[2] == 8_450


def test_nobody_checks_her_own_work(world: World) -> None:
    task = submitted(world, 1)

    with pytest.raises(Refused, match=r"check\.own"):
        check(world, task, passed=1, by="Rina")
    assert state(world, task) == (TaskStatus.SUBMITTED, ["open"], 0)


@pytest.mark.parametrize("counts", [(0, 0, 0), (1, 0, 0), (3, 0, 0), (1, 1, 1), (-1, 3, 0), (3, -1, 0), (2, 1, -1)])
def test_a_check_must_add_up_to_what_was_handed_in(world: World, counts: tuple[int, int, int]) -> None:
    task = submitted(world, 2)

    with pytest.raises(Invalid) as refused:
        check(world, task, *counts)
    assert (refused.value.message_id, refused.value.values) == ("check.count", {"pieces": 2})
    assert state(world, task) == (TaskStatus.SUBMITTED, ["open", "open"], 0)


@pytest.mark.parametrize("counts", [(0, 1, 0), (0, 0, 1)])
def test_a_piece_is_not_sent_back_or_lost_without_saying_why(world: World, counts: tuple[int, int, int]) -> None:
    task = submitted(world, 1)

    with pytest.raises(Invalid, match=r"check\.cause"):
        check(world, task, *counts, cause=False)


@pytest.mark.parametrize("verbs", [(), ("accept",), ("accept", "start")])
def test_what_was_not_handed_in_is_not_checked(world: World, verbs: tuple[str, ...]) -> None:
    task = offer(world, ask(world), "stitch", "Rina")
    do(world, task, *verbs)

    with pytest.raises(Conflict):
        check(world, task, passed=1)


@pytest.mark.books_may_differ
def test_verify_finds_a_piece_that_was_accepted_and_never_credited(world: World) -> None:
    task = submitted(world, 1)
    with world.writing():
        db.session.get_one(Task, task).pieces[0].status = TaskPieceStatus.ACCEPTED

    with world.reading():
        assert [str(each) for each in checks.verify()] == [
            f"production: task:{task}:piece:1: was accepted and never credited"
        ]


@pytest.mark.books_may_differ
def test_verify_finds_an_earning_that_says_more_than_the_books(world: World) -> None:
    task = submitted(world, 1)
    check(world, task, passed=1)
    with world.writing():
        db.session.scalars(select(Earning)).one().amount_minor += 1

    with world.reading():
        assert [str(each) for each in [*earnings.verify(), *checks.verify()]] == [
            f"artisans: earning task:{task}:piece:1: says 8451, the books say 8450",
            f"production: task:{task}:piece:1: rate 8450, credited 8451",
        ]


@pytest.mark.books_may_differ
def test_verify_finds_an_earning_that_is_another_womans_in_the_books(world: World) -> None:
    task = submitted(world, 1)
    check(world, task, passed=1)
    with world.writing():
        earned = db.session.scalars(select(Earning)).one()
        hers = earned.artisan_id
        earned.artisan_id = hers + 1

    with world.reading():
        assert [str(each) for each in earnings.verify()] == [
            f"artisans: earning task:{task}:piece:1: is artisan {hers + 1}'s, the books credit artisan:{hers}:payable"
        ]


def test_a_check_of_many_pieces_asks_the_database_no_more_often_than_one_of_two(world: World) -> None:
    few, many = (_statements_of_check(world, pieces, f"shelf:{pieces}") for pieces in (2, 12))

    assert many <= few + 2


def _statements_of_check(world: World, pieces: int, reference: str) -> int:
    task = offer(world, ask(world, pieces, reference=reference), "stitch", "Rina", pieces)
    do(world, task, "accept", "start", "submit")
    seen: list[object] = []

    def count(*told: object) -> None:
        seen.append(told)

    with world.reading():
        event.listen(db.engine, "before_cursor_execute", count)
        try:
            check(world, task, passed=pieces)
        finally:
            event.remove(db.engine, "before_cursor_execute", count)
    return len(seen)


def submitted(world: World, quantity: int) -> int:
    """Return the id of Rina's stitching of some messengers, handed in."""
    task = offer(world, ask(world, quantity), "stitch", "Rina", quantity)
    do(world, task, "accept", "start", "submit")
    return task


def earned(name: str) -> int:
    return earnings.can_take(artisan(name)).minor


def state(world: World, task_id: int) -> tuple[TaskStatus, list[str], int]:
    with world.reading():
        task = db.session.get_one(Task, task_id)
        return task.status, [piece.status.value for piece in task.pieces], earned("Rina")
