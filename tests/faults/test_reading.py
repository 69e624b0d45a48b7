"""Reading is the default: what has not opened a writing unit cannot write, on either database."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, event, text, update
from sqlalchemy.exc import DBAPIError

from shop.catalog.models import Stock
from shop.db import db, writing
from shop.web.access import public
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.world import World

pytestmark = both_databases
REFUSED = r"readonly database|read-only transaction"


def spoil() -> str:
    """A view that writes where it should only read."""
    db.session.execute(update(Stock).values(reserved=0))
    db.session.commit()
    return "written"


@pytest.fixture
def spoiled(world: World) -> Callable[[], str]:
    """Add a page that writes; return how to open it."""
    world.app._got_first_request = False
    world.app.add_url_rule("/spoil", view_func=public(spoil))
    return lambda: world.browser().get("/spoil").text


def test_a_page_that_only_reads_cannot_write(world: World, spoiled: Callable[[], str]) -> None:
    with pytest.raises(DBAPIError, match=REFUSED):
        spoiled()


def test_after_a_writing_unit_the_same_connection_only_reads_again(world: World) -> None:
    with world.app.app_context():
        for _ in range(3):
            with writing():
                db.session.execute(update(Stock).values(reserved=Stock.reserved))
            with pytest.raises(DBAPIError, match=REFUSED):
                db.session.execute(update(Stock).values(reserved=Stock.reserved))
            db.session.rollback()


@pytest.mark.parametrize("statement", ["DELETE FROM outbox", "CREATE TABLE spoil (id INTEGER)", "DROP TABLE stock"])
def test_no_statement_slips_past_the_guard(world: World, statement: str) -> None:
    with world.reading(), pytest.raises(DBAPIError, match=REFUSED):
        db.session.execute(text(statement))


def test_changes_made_before_a_unit_are_a_mistake(world: World) -> None:
    with world.reading():
        stock = db.session.get_one(Stock, 1)
        stock.reserved = 1
        with pytest.raises(RuntimeError, match="before the writing unit"), writing():
            pass
        db.session.rollback()


def test_pages_answer_while_a_writer_holds_the_lock(world: World) -> None:
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    with world.writing():
        db.session.execute(update(Stock).values(reserved=Stock.reserved))
        for path in ("/", "/products", "/products/kalka-tote", "/cart", "/checkout"):
            assert browser.get(path).status_code == 200


def cannot_write(world: World) -> None:
    """The rule's body, run with the guard and without it."""
    with world.app.app_context(), pytest.raises(DBAPIError, match=REFUSED):
        spoil()


def test_a_job_that_only_reads_cannot_write(world: World) -> None:
    cannot_write(world)


def test_control_without_the_guard_reading_code_writes(world: World) -> None:
    with world.app.app_context():
        event.listen(db.engine, "begin", _let_everything_write)

    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        cannot_write(world)


def _let_everything_write(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    connection.exec_driver_sql("PRAGMA query_only=OFF" if sqlite else "SET TRANSACTION READ WRITE")
