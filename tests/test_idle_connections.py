"""A connection that lay unused is asked before it is used again; one that was used a moment ago is not."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from shop import engines
from shop.db import db
from tests.world import World

on_postgresql = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


def _end_all_others(world: World) -> None:
    """Put a connection into the pool and let the server end it, as a restart does."""
    with world.reading():
        assert db.session.scalar(text("SELECT 1")) == 1
    with world.app.app_context():
        raw = db.engine.dialect.loaded_dbapi.connect(db.engine.url.set(drivername="postgresql").render_as_string(False))
        raw.autocommit = True
        raw.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        raw.close()


@on_postgresql
def test_one_that_was_ended_while_it_lay_idle_is_replaced(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "IDLE_S", 0)
    _end_all_others(world)
    with world.reading():
        assert db.session.scalar(text("SELECT 1")) == 1


@on_postgresql
def test_without_the_question_it_breaks_once_and_then_stands(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "IDLE_S", 3600)
    _end_all_others(world)
    with pytest.raises(OperationalError), world.reading():
        db.session.scalar(text("SELECT 1"))
    with world.reading():
        assert db.session.scalar(text("SELECT 1")) == 1
