"""The schedule: what is slow is done once in each period, whoever asks and however often a worker is started anew."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from shop import jobs, outbox
from shop.db import db
from shop.outbox import OutboxRow
from tests.conftest import both_databases
from tests.faults.together import at_once
from tests.world import World

pytestmark = both_databases


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often each slow job runs, in place of running it."""
    counted: Counter[str] = Counter()

    def counting(kind: str) -> Any:
        return lambda: counted.update([kind])

    monkeypatch.setattr(jobs, "SLOW", {kind: (counting(kind), every) for kind, (_, every) in jobs.SLOW.items()})
    return counted


def a_worker(world: World) -> None:
    """Start a worker: it remembers nothing, and works until nothing of the schedule waits."""
    periods: dict[str, int] = {}
    while jobs.work_on_schedule(world.app, periods):
        pass


def test_a_worker_that_is_started_anew_every_few_minutes_does_all_of_it_once_in_its_period(
    world: World, ran: Counter[str]
) -> None:
    for _start in range(6):
        a_worker(world)
        world.advance(timedelta(minutes=5))
    assert set(ran) == set(jobs.SLOW), "each has its turn soon after a start"
    assert max(ran.values()) <= 2, "an hour may have begun meanwhile"

    before = Counter(ran)
    for _day in range(2):
        world.advance(timedelta(hours=24))
        a_worker(world)
    assert {kind: ran[kind] - before[kind] for kind in ran} == dict.fromkeys(jobs.SLOW, 2)


def test_several_workers_do_it_once(world: World, ran: Counter[str]) -> None:
    answers = at_once(4, lambda _number: a_worker(world))

    assert answers == [None] * 4
    assert ran == Counter(dict.fromkeys(jobs.SLOW, 1))


def test_one_that_fails_is_tried_again_in_its_period_and_keeps_no_other_back(
    world: World, ran: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = "job.verify_books"
    fails = [True]

    def at_first() -> None:
        if fails:
            fails.pop()
            raise ValueError("books that nobody can read")
        ran[kind] += 1

    monkeypatch.setitem(jobs.SLOW, kind, (at_first, jobs.SLOW[kind][1]))
    with capture_logs() as logs:
        periods: dict[str, int] = {}
        for _turn in range(2 * len(jobs.SLOW)):
            jobs.work_on_schedule(world.app, periods)
    assert [line["kind"] for line in logs if line["event"] == "job.failed"] == [kind]
    assert set(jobs.SLOW) - set(ran) == {kind}

    world.advance(timedelta(seconds=5))
    a_worker(world)
    assert ran[kind] == 1


def test_what_waited_beyond_its_period_is_left_to_the_next_one(world: World, ran: Counter[str]) -> None:
    with world.writing() as at:
        for kind in jobs.SLOW:
            outbox.enqueue(kind, f"{kind}:1", {"kind": kind, "period": 1}, at=at)

    a_worker(world)

    assert ran == Counter(dict.fromkeys(jobs.SLOW, 1))


def test_rows_behind_a_slow_one_are_held_for_longer_or_left_to_who_has_them_by_now(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.work()
    done: list[int] = []

    def slowly(payload: Any) -> None:
        done.append(payload["n"])
        if payload["n"] == 1:
            with world.writing():  # meanwhile another worker has taken the third
                db.session.execute(update(OutboxRow).where(OutboxRow.reference == "test:3").values(token="other"))

    monkeypatch.setitem(jobs.KINDS, "test", slowly)
    monkeypatch.setattr(jobs, "HELD_S", -1.0)
    with world.writing() as at:
        for number in (1, 2, 3):
            outbox.enqueue("test", f"test:{number}", {"n": number}, at=at)

    jobs.work_once(world.app)

    assert done == [1, 2]
    with world.reading():
        assert db.session.scalar(select(OutboxRow.done_at).where(OutboxRow.reference == "test:3")) is None
