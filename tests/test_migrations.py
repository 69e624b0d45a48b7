"""One history of migrations for both databases, equal to the models, and what the books' triggers must be."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Connection, Engine, inspect, select, text

from shop import append_only, guards, page_versions
from shop.db import db
from shop.engines import PRAGMAS, SQLITE_OLDEST, newest_sqlite
from shop.ledger import dates
from shop.ledger.models import Transfer
from shop.ledger.posting import Leg, post
from shop.money import Money
from tests.conftest import both_databases
from tests.world import World

ROOT = Path(__file__).resolve().parent.parent
GROWING = set(guards.GROWING)
FOLDER = ROOT / "migrations" / "versions"


def test_history_is_one_line_with_one_head_and_numbered_files() -> None:
    script = ScriptDirectory(str(ROOT / "migrations"))
    revisions = [revision.revision for revision in reversed(list(script.walk_revisions()))]

    assert revisions == [f"{number:04d}" for number in range(1, len(revisions) + 1)]
    assert [path.name[:4] for path in sorted(FOLDER.glob("*.py"))] == revisions
    assert script.get_heads() == [revisions[-1]]


@both_databases
def test_the_head_is_what_the_models_say(app: Flask) -> None:
    with app.app_context():
        for bind, engine in db.engines.items():
            with engine.connect() as connection:
                context = MigrationContext.configure(connection, opts={"compare_type": True})

                assert compare_metadata(context, db.metadatas[bind]) == [], bind


@both_databases
def test_each_database_says_by_itself_at_which_migration_it_stands(app: Flask) -> None:
    head = ScriptDirectory(str(ROOT / "migrations")).get_current_head()
    with app.app_context():
        assert set(db.engines) == {None, "identity"}
        assert db.engines[None].url != db.engines["identity"].url
        for engine in db.engines.values():
            assert versions(engine) == [head]
        vault, shop = (set(inspect(db.engines[bind]).get_table_names()) for bind in ("identity", None))

    assert vault == {"alembic_version", "identity", "tombstone"}
    assert vault & shop == {"alembic_version"}


@both_databases
def test_the_triggers_at_head_are_the_written_list(app: Flask) -> None:
    with app.app_context():
        assert triggers_of(db.engine) == written_list(db.engine)
        growing = {name.rpartition("_no_")[0] for name in triggers_of(db.engine) if "_no_" in name}
        assert growing == GROWING


@pytest.mark.books_may_differ
@both_databases
def test_going_down_to_nothing_and_up_again_with_rows_leaves_the_same_house(world: World) -> None:
    world.buy("MB-TOTE-IND")
    with world.reading():
        before = shape(db.engine)

    with quiet(world.app):
        downgrade(revision="base")
        assert tables(db.engine) == {"alembic_version"}
        assert versions(db.engine) == versions(db.engines["identity"]) == []
        upgrade()
        assert shape(db.engine) == before
        assert triggers_of(db.engine) == written_list(db.engine)


@both_databases
def test_the_books_of_a_house_built_again_only_grow(world: World) -> None:
    with quiet(world.app):
        downgrade(revision="base")
        upgrade()
    with world.writing() as at:
        post("opening", "opening", [Leg("bank", "capital", Money(100, "INR"))], effective_on=at.date(), at=at, by="t")

    with pytest.raises(Exception, match="the books only grow"), world.writing():
        db.session.execute(text("UPDATE ledger_transfer SET amount_minor = 99"))
    with world.reading():
        assert db.session.scalars(select(Transfer.amount_minor)).all() == [100]


def test_the_sqlite_library_is_new_enough_and_every_pragma_holds_on_a_fresh_connection(app: Flask) -> None:
    assert newest_sqlite().sqlite_version_info >= SQLITE_OLDEST

    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()
            with engine.connect() as connection:
                found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in PRAGMAS}
            assert found == {**PRAGMAS, "mmap_size": found["mmap_size"]}
            assert found["mmap_size"] in (0, None)


@both_databases
def test_a_transaction_that_only_reads_cannot_write(app: Flask) -> None:
    with app.app_context(), pytest.raises(Exception, match=r"readonly|read-only"):
        db.session.execute(text("UPDATE stock SET on_hand = on_hand + 1"))


@both_databases
def test_a_naive_moment_is_refused_before_it_reaches_the_database(world: World) -> None:
    with pytest.raises(Exception, match="naive datetime"), world.writing() as at:
        naive = at.replace(tzinfo=None)
        post("naive", "opening", [Leg("bank", "capital", Money(1, "INR"))], effective_on=at.date(), at=naive, by="t")


def versions(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


def triggers_of(engine: Engine) -> list[str]:
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[engine.dialect.name]
    with engine.connect() as connection:
        return sorted(connection.execute(text(query)).scalars())


def written_list(engine: Engine) -> list[str]:
    """Return the triggers that there have to be: what only grows, its days, and what public pages are made of."""
    dated = dates.statements(engine.dialect.name)
    return sorted([*append_only.expected(engine.dialect.name, GROWING), *dated, *page_versions.expected()])


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def shape(engine: Engine) -> dict[str, object]:
    """Return every table with its columns, keys, indexes and checks."""
    with engine.connect() as connection:
        return {name: _table(connection, name) for name in sorted(inspect(connection).get_table_names())}


def _table(connection: Connection, name: str) -> dict[str, object]:
    seen = inspect(connection)
    return {
        "columns": [(c["name"], str(c["type"]), c["nullable"]) for c in seen.get_columns(name)],
        "checks": sorted(str(c["name"]) for c in seen.get_check_constraints(name)),
        "uniques": sorted(str(c["name"]) for c in seen.get_unique_constraints(name)),
        "indexes": sorted(str(i["name"]) for i in seen.get_indexes(name)),
        "foreign": sorted(str(f["name"]) for f in seen.get_foreign_keys(name)),
    }


@contextmanager
def quiet(app: Flask) -> Iterator[None]:
    """Open the app for a migration, whose own connections must find no other one open."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with app.app_context():
        db.session.remove()
        yield
