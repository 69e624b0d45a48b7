"""The outbox: asked once, leased to one worker at a time, tried again later, and given up in the end."""

import re
from datetime import timedelta

import pytest

from shop import jobs, outbox
from shop.db import db
from shop.outbox import LEASE, MOST_TRIES, Claim, OutboxRow
from tests.conftest import both_databases
from tests.world import World

pytestmark = both_databases


@pytest.fixture
def world(world: World) -> World:
    """A shop whose worker has done all that the cast left to do."""
    world.work()
    return world


def test_the_same_thing_is_asked_once(world: World) -> None:
    ask(world, "mail:1")
    ask(world, "mail:1", payload={"other": True})

    (claim,) = claims(world)
    assert (claim.kind, claim.payload, claim.tries) == ("test", {"n": 1}, 1)


def test_a_leased_row_is_no_other_workers_until_the_lease_ends(world: World) -> None:
    ask(world, "mail:1")
    (first,) = claims(world)
    assert claims(world) == []

    world.advance(LEASE)
    (second,) = claims(world)

    assert (second.id, second.tries) == (first.id, 2)
    assert second.token != first.token


def test_one_who_lost_her_lease_cannot_mark_the_row(world: World) -> None:
    ask(world, "mail:1")
    (slow,) = claims(world)
    world.advance(LEASE)
    (quick,) = claims(world)

    assert finish(world, slow) is False
    assert put_back(world, slow) is False
    assert finish(world, quick) is True
    assert finish(world, quick) is False
    assert claims(world) == []


def test_what_failed_comes_back_later_each_time(world: World) -> None:
    ask(world, "mail:1")
    for tries in range(1, 4):
        (claim,) = claims(world)
        assert claim.tries == tries
        assert put_back(world, claim)
        world.advance(timedelta(seconds=2**tries) - timedelta(seconds=1))
        assert claims(world) == []
        world.advance(timedelta(seconds=1))


def test_what_fails_for_ever_is_given_up_with_its_error(world: World) -> None:
    ask(world, "mail:1")
    for _ in range(MOST_TRIES):
        (claim,) = claims(world)
        assert put_back(world, claim, "no such host")
        world.advance(timedelta(hours=1))

    assert claims(world) == []
    with world.reading():
        row = db.session.scalars(db.select(OutboxRow).where(OutboxRow.reference == "mail:1")).one()
        assert row.gave_up_at is not None
        assert (row.tries, row.last_error) == (MOST_TRIES, "no such host")


def test_the_oldest_due_rows_come_first_and_those_to_come_wait(world: World) -> None:
    ask(world, "later", after=timedelta(hours=1))
    ask(world, "second", after=timedelta(seconds=-1))
    ask(world, "first", after=timedelta(seconds=-2))

    with world.writing() as at:
        assert outbox.oldest_due(at=at) == at - timedelta(seconds=2)
    assert len(claims(world, limit=1)) == 1
    assert len(claims(world)) == 1
    assert claims(world) == []


def test_one_failing_row_does_not_stop_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def work(payload: dict[str, object]) -> None:
        if payload["n"] == 1:
            raise RuntimeError("broken")
        done.append(payload["n"])

    monkeypatch.setitem(jobs.KINDS, "test", work)
    for number in (1, 2, 3):
        ask(world, f"mail:{number}", payload={"n": number})
    world.work()

    assert done == [2, 3]
    with world.reading():
        row = db.session.scalars(db.select(OutboxRow).where(OutboxRow.reference == "mail:1")).one()
        assert row.done_at is None and re.match(r"RuntimeError at .*test_outbox\.py:\d+:", row.last_error)


@pytest.mark.parametrize(("quick_s", "marked_before"), [(60.0, 0), (0.0, 1)])
def test_quick_rows_are_marked_together_and_a_slow_one_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch, quick_s: float, marked_before: int
) -> None:
    seen = []

    def work(payload: dict[str, object]) -> None:
        seen.append(2 - outbox.undone("test"))
        db.session.rollback()

    monkeypatch.setitem(jobs.KINDS, "test", work)
    monkeypatch.setattr(jobs, "QUICK_S", quick_s)
    ask(world, "mail:1")
    ask(world, "mail:2")
    world.work()

    assert seen == [0, marked_before]
    with world.reading():
        assert outbox.undone("test") == 0


def ask(
    world: World, reference: str, *, payload: dict[str, object] | None = None, after: timedelta = timedelta()
) -> None:
    with world.writing() as at:
        outbox.enqueue("test", reference, payload or {"n": 1}, at=at + after)


def claims(world: World, limit: int = 10) -> list[Claim]:
    with world.writing() as at:
        return outbox.claim(limit, at=at)


def finish(world: World, claim: Claim) -> bool:
    with world.writing() as at:
        return outbox.finish(claim, at=at)


def put_back(world: World, claim: Claim, error: str = "broken") -> bool:
    with world.writing() as at:
        return outbox.put_back(claim, error, at=at)
