"""On PostgreSQL the shop signs in as a role that may add to the books and read them, and works all the same."""

import uuid
from collections.abc import Iterator
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from shop import create_app, guards
from shop.db import db
from shop.guards import GROWING
from shop.ledger import sealing
from tests import databases
from tests.cast import TOTE
from tests.sharing import bought_and_made, rule
from tests.world import World

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
PAST = "UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"
POWERS = (
    "SET session_replication_role = replica",
    "ALTER TABLE ledger_transfer DISABLE TRIGGER ledger_transfer_no_change",
    "DROP TRIGGER ledger_transfer_no_change ON ledger_transfer",
    "ALTER TABLE ledger_transfer DROP CONSTRAINT fk_ledger_transfer_debit",
    "CREATE TRIGGER mine BEFORE INSERT ON ledger_transfer FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "DROP TABLE ledger_seal",
    "CREATE TABLE another (id integer)",
    "UPDATE alembic_version SET version_num = '0001'",
)


@pytest.fixture
def role() -> str:
    return f"shop_{uuid.uuid4().hex[:10]}"


@pytest.fixture
def settings(postgresql_server: str, role: str) -> Iterator[dict[str, str]]:
    """A shop whose address names a role that the command has made."""
    name = f"test_{role}"
    owner = databases.clone_postgresql(postgresql_server, name)
    scheme, _, rest = owner["DATABASE_URL"].partition("://")
    shop = f"{scheme}://{role}:se%2Fcret@{rest.rpartition('@')[2]}"
    app = create_app({**owner, "DATABASE_URL": owner["DATABASE_URL"], "TESTING": True})
    app.config["DATABASE_URL"] = shop
    for _ in range(2):  # it may be run again
        told = app.test_cli_runner().invoke(args=["ledger", "role", "--owner-url", owner["DATABASE_URL"]])
        assert told.exit_code == 0, told.output
        assert "cret" not in told.output
    with app.app_context():
        assert guards.powers()[0] == "is a superuser", "the owner of this server"
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    yield {**owner, "DATABASE_URL": shop}
    databases.drop_postgresql(postgresql_server, name)
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))  # a right on a parameter
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def test_the_shop_sells_makes_and_pays_as_a_role_that_cannot_bend_its_books(world: World, role: str) -> None:
    """Its hot paths first: bought and paid, cancelled and refunded, made and earned, sealed and verified."""
    with world.reading():
        assert db.session.scalar(text("SELECT current_user")) == role
        assert guards.powers() == []
    world.buy(TOTE)
    link = world.buy(TOTE, gateway="stripe")
    assert world.browser().post(f"{link}/cancellation").status_code in (303, 200)
    rule(world)
    bought_and_made(world)
    world.look_at_gateways()
    with world.writing():
        assert sealing.seal() > 0
    told = world.app.test_cli_runner().invoke(args=["ledger", "verify"])
    assert told.exit_code == 0, told.output
    assert "warning" not in told.output

    for table in GROWING:
        column = next(each.name for each in db.metadatas[None].tables[table].columns if not each.primary_key)
        for statement in PAST:
            _refused(world, statement.format(table, column))
    for statement in POWERS:
        _refused(world, statement)


def _refused(world: World, statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"InsufficientPrivilege|insufficient|permission|owner"), world.writing():
        db.session.execute(text(statement))
        raise AssertionError(f"went through: {statement}")


def test_verify_says_when_the_shop_signs_in_as_one_who_could_bend_its_books(
    world: World, postgresql_server: str
) -> None:
    with psycopg.connect(databases._named(postgresql_server, str(_database(world))), autocommit=True) as owner:
        owner.execute(sql.SQL("GRANT UPDATE ON ledger_seal TO {}").format(sql.Identifier(_role(world))))

    told = world.app.test_cli_runner().invoke(args=["ledger", "verify"])
    ready = world.app.test_client().get("/readyz").json

    assert told.exit_code == 0, told.output
    assert "warning: the role of DATABASE_URL may change or empty tables of the books." in told.output
    assert ready["ready"] is True
    assert "may change or empty" in ready["warnings"]["shop"]


def _database(world: World) -> str:
    with world.app.app_context():
        return str(db.engine.url.database)


def _role(world: World) -> str:
    with world.app.app_context():
        return str(db.engine.url.username)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("ALTER ROLE {} SUPERUSER", "is a superuser"),
        ("GRANT postgres TO {}", "owns tables of the books"),
        ("GRANT SET ON PARAMETER session_replication_role TO {}", "may switch triggers off"),
    ],
)
def test_a_role_that_could_bend_the_books_all_the_same_is_refused(
    world: World, postgresql_server: str, given: LiteralString, told: str
) -> None:
    owner = databases._named(postgresql_server, str(_database(world)))
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(sql.SQL(given).format(sql.Identifier(_role(world))))

    answer = world.app.test_cli_runner().invoke(args=["ledger", "role", "--owner-url", owner])

    assert answer.exit_code == 1
    assert told in answer.output
