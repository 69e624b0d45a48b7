"""The books are verified as they stood at one moment: who saves meanwhile is no break, and her amount is in no log."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text
from structlog.testing import capture_logs

from shop import books, duties
from shop.artisans import savings
from shop.db import db
from shop.money import Money
from shop.snapshots import snapshot
from tests.conftest import both_databases
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World

HALFWAY = "FROM saving GROUP BY"  # her requests are summed here; her account is read by the next statement
MANY = 1_237


def save(world: World) -> None:
    with world.writing() as at:
        savings.save(artisan("Rina"), Money(MANY, "INR"), mark="0123456789abcdef", at=at, by=user("Rina"))


@contextmanager
def she_saves_halfway(world: World) -> Iterator[list[str]]:
    """Let her put money aside, from elsewhere, once between the two statements that are compared."""
    done: list[str] = []

    def halfway(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if HALFWAY in " ".join(statement.split()) and not done:
            done.append(statement)
            tap = threading.Thread(target=save, args=(world,))
            tap.start()
            tap.join(30)

    with world.app.app_context():
        engine = db.engine
    event.listen(engine, "after_cursor_execute", halfway)
    try:
        yield done
    finally:
        event.remove(engine, "after_cursor_execute", halfway)


def by_command(world: World) -> str:
    return world.app.test_cli_runner().invoke(args=["ledger", "verify"]).output


def by_page(world: World) -> str:
    farida = world.browser().sign_in("Farida")
    farida.post("/manager/books/verification")
    world.work()
    return farida.get("/manager/books/verification").text


def by_night(world: World) -> str:
    with world.app.app_context(), capture_logs() as logged:
        duties.verify_books()
    assert logged[-1]["event"] == "books.head"
    return str(logged)


@both_databases
@pytest.mark.parametrize("verified", [by_command, by_page, by_night])
def test_a_saving_between_two_statements_is_no_break(world: World, verified: Callable[[World], str]) -> None:
    life.earn(world, "Rina", 5)
    with she_saves_halfway(world) as done:
        told = verified(world)

    assert len(done) == 1
    assert "savings account" not in told
    assert ":savings" not in told
    with world.reading():
        assert savings.saved(artisan("Rina")).minor == MANY


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_control_without_a_snapshot_it_looks_like_a_break(world: World) -> None:
    life.earn(world, "Rina", 5)
    with she_saves_halfway(world), world.reading():
        broken = [str(finding) for _name, verify in books.FLOORS for finding in verify()]

    assert any("savings account" in line for line in broken)


@both_databases
def test_what_is_loaded_after_a_snapshot_is_of_now_and_nothing_is_written_in_one(world: World) -> None:
    life.earn(world, "Rina", 5)
    with world.reading():
        with snapshot(), snapshot():  # the inner one is the outer one
            assert savings.saved(artisan("Rina")).minor == 0
            tap = threading.Thread(target=save, args=(world,))
            tap.start()
            tap.join(30)
            assert savings.saved(artisan("Rina")).minor == 0
            with pytest.raises(Exception, match=r"read-?only"):
                db.session.execute(text("UPDATE artisan SET user_id = user_id"))
        assert savings.saved(artisan("Rina")).minor == MANY
    with world.writing():
        assert savings.saved(artisan("Rina")).minor == MANY
        level = "SHOW transaction_isolation" if db.engine.dialect.name == "postgresql" else "SELECT 'read committed'"
        assert db.session.scalar(text(level)) == "read committed", "the connection is used again as it was"


@both_databases
@pytest.mark.books_may_differ
def test_a_bent_savings_account_is_found_and_no_amount_of_hers_is_told(world: World) -> None:
    life.earn(world, "Rina", 5)
    save(world)
    with world.writing():
        hers = "(SELECT id FROM ledger_account WHERE code LIKE 'artisan:%savings')"
        db.session.execute(text(f"UPDATE ledger_balance SET minor = minor + 2 WHERE account_id = {hers}"))
    with world.reading():
        broken = [str(finding) for finding in books.findings()]

    assert len([line for line in broken if "savings" in line]) == 2, broken
    assert not [line for line in broken if str(MANY) in line or str(MANY + 2) in line]
