"""A late posting and a close never pass each other: one waits for the other, whichever came first.

Without the lock, on PostgreSQL, the close keeps a balance that lacks what was dated into its month at that moment.
"""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text

from shop.db import db
from shop.ledger import dates, period_verification, periods, verification
from shop.ledger.models import Entry
from shop.ledger.posting import HOUSE, Leg, post
from shop.money import Money
from tests.conftest import both_databases
from tests.world import World

pytestmark = pytest.mark.books_may_differ
AUGUST, AT = date(2026, 8, 1), datetime(2026, 9, 20, 6, tzinfo=UTC)
LATE_ON = date(2026, 8, 30)
A_MOMENT_S, PATIENCE_S = 1.0, 30.0


@pytest.fixture
def august(world: World) -> Iterator[World]:
    """A house with one entry of August."""
    with world.writing():
        put("august", AUGUST)
    yield world


def put(reference: str, on: date) -> None:
    post(reference, "test", [Leg("bank", "capital", Money(500, "INR"))], effective_on=on, at=AT, by="user:1")


def post_late() -> None:
    put("late", LATE_ON)


def close() -> None:
    periods.close(HOUSE, AUGUST, at=AT, by="user:1")


def meet(world: World, first: Callable[[], None], second: Callable[[], None], *, moment_s: float = A_MOMENT_S) -> bool:
    """Do one thing and hold it before its commit, begin the other, then let go; say whether the second one waited.

    It has so long to end without the first: where it should not wait at all, as long as a slow machine may need.
    """
    done, go = threading.Event(), threading.Event()
    failed: list[BaseException] = []

    def run(act: Callable[[], None], *, held: bool) -> None:
        try:
            with world.app.app_context(), world.writing():
                act()
                if held:
                    done.set()
                    go.wait(2 * PATIENCE_S)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(act,), kwargs={"held": act is first}) for act in (first, second)]
    threads[0].start()
    assert done.wait(PATIENCE_S)
    threads[1].start()
    threads[1].join(moment_s)
    waited = threads[1].is_alive()
    go.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert not failed, failed
    return waited


def found(world: World) -> list[str]:
    with world.reading():
        return [str(finding) for verify in (verification.verify, period_verification.verify) for finding in verify()]


def late_entry(world: World) -> tuple[date, date | None]:
    with world.reading():
        entry = db.session.scalars(select(Entry).where(Entry.reference == "late")).one()
        return entry.effective_on, entry.happened_on


@both_databases
def test_a_close_waits_for_a_late_posting_and_counts_it(august: World) -> None:
    assert meet(august, post_late, close)

    assert late_entry(august) == (LATE_ON, None)
    assert found(august) == []


@both_databases
def test_a_late_posting_waits_for_a_close_and_counts_for_the_day_it_is_recorded(august: World) -> None:
    assert meet(august, close, post_late)

    assert late_entry(august) == (AT.date(), LATE_ON)
    assert found(august) == []


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize("first", ["posting", "close"])
def test_control_without_the_lock_they_pass_each_other(
    august: World, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    no_lock = "SELECT CAST(:key AS integer)"
    monkeypatch.setattr(dates, "LATE_LOCK", no_lock)
    monkeypatch.setattr(dates, "CLOSING_LOCK", no_lock)
    unlocked = dates.BODY.replace("PERFORM pg_advisory_xact_lock_shared", "PERFORM abs")
    assert unlocked != dates.BODY
    with august.writing():
        db.session.execute(
            text(
                f"CREATE OR REPLACE FUNCTION ledger_transfer_dated() RETURNS trigger LANGUAGE plpgsql AS $${unlocked}$$"
            )
        )

    pair = (post_late, close) if first == "posting" else (close, post_late)
    waited = meet(august, *pair, moment_s=PATIENCE_S)

    assert not waited
    assert [line for line in found(august) if "closed month" in line or "month that was closed" in line]


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_the_database_itself_makes_them_wait_where_a_posting_does_not_ask(
    august: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unit that was paused since the month's last evening asks nothing: its day and its moment are of that month."""
    monkeypatch.setattr(dates, "LATE_LOCK", "SELECT CAST(:key AS integer)")
    passed = datetime(2026, 8, 30, 6, tzinfo=UTC)

    def post_paused() -> None:
        legs = [Leg("bank", "capital", Money(500, "INR"))]
        post("late", "test", legs, effective_on=LATE_ON, at=passed, by="user:1")

    assert meet(august, post_paused, close)
    assert found(august) == []
