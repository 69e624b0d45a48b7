"""Tasks: what may follow what, who may be offered work, and at what rate."""

import pytest
from sqlalchemy import select, update

from shop.db import db
from shop.errors import Conflict, DomainError, Invalid, NotFound
from shop.production import calling_off, making, orders, tasks
from shop.production.making import Step
from shop.production.models import (
    TASK_MOVES,
    ProductionOrder,
    StepName,
    Task,
    TaskEvent,
    TaskPiece,
    TaskPieceStatus,
    TaskStatus,
)
from tests.workshop import artisan, ask, check, do, made, offer, step_of, user, variant
from tests.world import World

VERBS = {
    "accept": TaskStatus.ACCEPTED,
    "decline": TaskStatus.DECLINED,
    "withdraw": TaskStatus.WITHDRAWN,
    "start": TaskStatus.STARTED,
    "submit": TaskStatus.SUBMITTED,
}
ALLOWED = {
    ("offered", "accept"), ("offered", "decline"), ("offered", "withdraw"),
    ("accepted", "start"), ("accepted", "decline"), ("accepted", "withdraw"),
    ("started", "submit"), ("rework", "submit"),
}  # fmt: skip


@pytest.fixture
def offered(world: World) -> int:
    """The cutting of one messenger, offered to Rina."""
    return offer(world, ask(world), "stitch", "Rina")


def test_each_verb_moves_a_task_from_where_it_may_and_from_nowhere_else(world: World, offered: int) -> None:
    for status in TaskStatus:
        for verb, to in VERBS.items():
            put(world, offered, status)
            if (status.value, verb) in ALLOWED:
                do(world, offered, verb)
                assert status_of(world, offered) is to, (status, verb)
            else:
                with pytest.raises(Conflict) as refused:
                    do(world, offered, verb)
                assert refused.value.message_id == "task.moved_on"
                assert status_of(world, offered) is status, (status, verb)


def test_the_table_of_moves_has_an_end_and_no_way_out_of_it() -> None:
    ends = {status for status, targets in TASK_MOVES.items() if not targets}

    assert set(TASK_MOVES) == set(TaskStatus)
    assert ends == {TaskStatus.CHECKED, TaskStatus.DECLINED, TaskStatus.WITHDRAWN}


def test_every_move_is_noted_with_who_and_when(world: World, offered: int) -> None:
    do(world, offered, "accept", "start", "submit")

    with world.reading():
        events = db.session.scalars(select(TaskEvent).where(TaskEvent.task_id == offered).order_by(TaskEvent.id)).all()
        assert [event.status.value for event in events] == ["offered", "accepted", "started", "submitted"]
        assert [event.by for event in events] == [user("Meera").actor, *[user("Rina").actor] * 3]
        assert {event.at for event in events} == {world.clock.now()}


def test_a_declined_offer_leaves_no_reason_and_its_pieces_can_be_offered_again(world: World, offered: int) -> None:
    do(world, offered, "decline")

    with world.reading():
        order = db.session.get_one(Task, offered).order
        assert [line.pieces for line in tasks.to_assign([order])] == [1, 1]
        assert "reason" not in TaskEvent.__table__.columns
    assert offer(world, 1, "stitch", "Mala")


def test_no_more_pieces_are_offered_than_there_are(world: World) -> None:
    order = ask(world, 3)
    offer(world, order, "stitch", "Rina", 2)

    for quantity in (2, 0, -1):
        with pytest.raises(Conflict) as refused:
            offer(world, order, "stitch", "Mala", quantity)
        assert refused.value.message_id == "task.too_many"
    offer(world, order, "stitch", "Mala", 1)


def test_a_rate_may_be_higher_than_the_makings_and_never_lower(world: World) -> None:
    order = ask(world, 2)

    with pytest.raises(Invalid, match=r"task\.rate"):
        offer(world, order, "stitch", "Rina", rate=8_449)
    better = offer(world, order, "stitch", "Rina", rate=9_000)
    plain = offer(world, order, "stitch", "Mala")

    with world.reading():
        assert [db.session.get_one(Task, each).rate_minor for each in (better, plain)] == [9_000, 8_450]


def test_work_is_offered_within_a_centre_and_never_to_oneself(world: World) -> None:
    order = ask(world)

    with pytest.raises(NotFound):
        offer(world, order, "stitch", "Shila")
    with pytest.raises(Invalid, match=r"task\.own"):
        offer(world, order, "stitch", "Rina", by="Rina")


def test_a_new_making_does_not_change_work_under_way(world: World) -> None:
    order = ask(world, 2)
    before = offer(world, order, "stitch", "Rina")
    with world.writing() as at:
        product = variant("MB-MSGR").product
        written = making.write(product, [Step(StepName.STITCH, 10, 100)], at=at, by="user:1")
        making.approve(written, at=at, by="user:3")

    after = offer(world, order, "stitch", "Mala")
    newer = ask(world, reference="shelf:newer")

    with world.reading():
        assert [db.session.get_one(Task, each).rate_minor for each in (before, after)] == [8_450, 8_450]
        asked = db.session.get_one(ProductionOrder, newer)
        assert [(step.name, step.rate_minor) for step in asked.making.steps] == [(StepName.STITCH, 100)]
        with pytest.raises(NotFound):
            tasks._unassigned(asked, step_of(db.session.get_one(ProductionOrder, order), "stitch"), 1)


def test_a_step_cannot_start_before_the_one_before_it_is_accepted(world: World) -> None:
    order = ask(world, 2)
    finishing = offer(world, order, "finish", "Mala", 2)
    do(world, finishing, "accept")

    with pytest.raises(Conflict) as refused:
        do(world, finishing, "start")
    assert (refused.value.message_id, refused.value.values) == ("task.step_before", {"pieces": 2})

    made(world, order, "stitch", "Rina", 2)
    do(world, finishing, "start")


def test_a_task_is_found_through_its_own_maker_alone(world: World, offered: int) -> None:
    with world.reading():
        assert tasks.get_own(artisan("Rina"), offered).id == offered
        assert [task.id for task in tasks.of(artisan("Rina"))] == [offered]
        assert tasks.of(artisan("Mala")) == []
        with pytest.raises(NotFound):
            tasks.get_own(artisan("Mala"), offered)


def test_a_task_is_seen_by_its_centre_and_the_house_alone(world: World, offered: int) -> None:
    with world.reading():
        for name in ("Meera", "Farida", "Anita"):
            assert tasks.get_of(user(name), offered).id == offered
        with pytest.raises(NotFound):
            tasks.get_of(user("Ruma"), offered)
        assert tasks.all_of(user("Ruma")) == []


def test_pieces_are_asked_for_once_per_reference(world: World) -> None:
    first, again = ask(world, 2), ask(world, 9)

    assert first == again
    with world.reading():
        assert len(db.session.get_one(ProductionOrder, first).pieces) == 2


@pytest.mark.parametrize("quantity", [0, -1, 501])
def test_a_wrong_number_of_pieces_is_refused(world: World, quantity: int) -> None:
    with pytest.raises(Invalid):
        ask(world, quantity)


def test_calling_off_an_order_nobody_took_on_withdraws_its_offers(world: World) -> None:
    order = ask(world)
    task = offer(world, order, "stitch", "Rina")
    with world.writing() as at:
        assert calling_off.call_off(db.session.get_one(ProductionOrder, order), 5, at=at) == 1

    assert status_of(world, task) is TaskStatus.WITHDRAWN
    with pytest.raises(Conflict, match=r"production\.closed"):
        offer(world, order, "stitch", "Mala")


def test_work_that_someone_took_on_is_never_called_off(world: World) -> None:
    order = ask(world)
    task = offer(world, order, "stitch", "Rina")
    do(world, task, "accept")
    with world.writing() as at:
        assert calling_off.call_off(db.session.get_one(ProductionOrder, order), 5, at=at) == 0

    with world.reading():
        assert db.session.get_one(ProductionOrder, order).cancelled_at is None
        assert orders.has_started(["shelf:test"])


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [Step(StepName.CUT, 1, 1), Step(StepName.CUT, 2, 2)],
        [Step(StepName.CUT, 0, 1)],
        [Step(StepName.CUT, 1, 0)],
        [Step(StepName.CUT, 10_001, 1)],
        [Step(StepName.CUT, 1, 10_000_01)],
    ],
)
def test_a_making_without_sense_is_refused(world: World, steps: list[Step]) -> None:
    with pytest.raises(DomainError), world.writing() as at:
        making.write(variant("MB-MSGR").product, steps, at=at, by="user:1")


def test_a_rejected_piece_is_replaced_and_dropped_from_what_was_offered_ahead(world: World) -> None:
    order = ask(world, 2)
    ahead = offer(world, order, "finish", "Mala", 1)
    stitching = offer(world, order, "stitch", "Rina", 2)
    do(world, stitching, "accept", "start", "submit")

    check(world, stitching, passed=0, rejected=2)

    assert status_of(world, ahead) is TaskStatus.WITHDRAWN
    with world.reading():
        asked = db.session.get_one(ProductionOrder, order)
        assert [(piece.number, piece.rejected_at is not None) for piece in asked.pieces] == [
            (1, True), (2, True), (3, False), (4, False),
        ]  # fmt: skip
        assert [line.pieces for line in tasks.to_assign([asked])] == [2, 2]
        statuses = db.session.scalars(select(TaskPiece.status).where(TaskPiece.task_id == ahead)).all()
        assert statuses == [TaskPieceStatus.DROPPED]


def put(world: World, task_id: int, status: TaskStatus) -> None:
    with world.writing():
        db.session.execute(update(Task).where(Task.id == task_id).values(status=status))


def status_of(world: World, task_id: int) -> TaskStatus:
    with world.reading():
        return db.session.get_one(Task, task_id).status
