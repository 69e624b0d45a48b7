"""Reads the numbers of page_versions.py at every request for a kept page, over a few connections of its own: a session
would cost ten times more.

SQLite is a file beside us and is asked for the numbers themselves. PostgreSQL is first asked for its snapshot alone,
which costs a fifth: two equal snapshots have the same transactions behind them, so the numbers that were read under
one stand under the other. Every commit that changes anything makes another snapshot.
"""

import weakref
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol, cast

import psycopg
from flask import Flask
from psycopg import pq
from sqlalchemy import event
from sqlalchemy.engine import Engine

from shop.db import db

READ = "SELECT scope, version FROM page_version WHERE scope IN (?, ?, ?)"
SNAPSHOT = b"SELECT pg_current_snapshot()"
READ_WITH_SNAPSHOT = (
    b"SELECT pg_current_snapshot(), scope, version FROM (SELECT) AS now LEFT JOIN page_version ON scope IN ($1, $2, $3)"
)


class Numbers:
    """What each scope of pages stands at; one of these for a process."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._engine: Engine | None = None
        self._asked: _Asked = _SQLite()
        self._idle: deque[tuple[int, Any]] = deque()
        self._generation = 0
        self._listeners: list[Callable[[], None]] = []
        weakref.finalize(self, _close, self._idle)

    def when_replaced(self, tell: Callable[[], None]) -> None:
        """Call back when the engine lets go of its connections: there may be another database behind them."""
        self._listeners.append(tell)

    def read(self, scopes: tuple[str, ...]) -> tuple[int, ...] | None:
        """Return the number of each scope as committed now; None if the database cannot say."""
        if not scopes:
            return ()
        generation, connection = self._take()
        try:
            found = self._asked.ask(connection, scopes)
        except self._of().dialect.loaded_dbapi.Error:
            connection.close()
            return None
        self._idle.append((generation, connection))
        return found

    def _take(self) -> tuple[int, Any]:
        while self._idle:
            with suppress(IndexError):  # another thread was quicker
                generation, connection = self._idle.pop()
                if generation == self._generation:
                    return generation, connection
                connection.close()
        return self._generation, self._open()

    def _open(self) -> Any:
        fairy = self._of().raw_connection()
        connection = fairy.driver_connection
        fairy.detach()
        self._asked.open(connection)
        return connection

    def _of(self) -> Engine:
        if self._engine is None:
            with self._app.app_context():
                self._engine = db.engine
            event.listen(self._engine, "engine_disposed", self._replaced)
            self._asked = _asked(self._engine)
        return self._engine

    def _replaced(self, engine: Engine) -> None:
        self._generation += 1
        _close(self._idle)
        self._asked = _asked(engine)
        for tell in self._listeners:
            tell()


class _Asked(Protocol):
    """How one kind of database is asked."""

    def open(self, connection: Any) -> None:
        """Make a fresh connection ready."""

    def ask(self, connection: Any, scopes: tuple[str, ...]) -> tuple[int, ...]:
        """Return the number of each scope; an error of the driver if there is no answer."""


class _SQLite:
    def open(self, connection: Any) -> None:
        """Nothing is to be made ready."""

    def ask(self, connection: Any, scopes: tuple[str, ...]) -> tuple[int, ...]:
        found = dict(connection.execute(READ, (*scopes, scopes[0])[:3]).fetchall())
        return tuple(found.get(scope, 0) for scope in scopes)


class _PostgreSQL:
    """By libpq's own calls: what the driver does around them costs more than the question."""

    def __init__(self) -> None:
        self._known: tuple[bytes | None, dict[str, int]] = (None, {})

    def open(self, connection: Any) -> None:
        connection.autocommit = True
        for name, statement in ((b"snapshot", SNAPSHOT), (b"numbers", READ_WITH_SNAPSHOT)):
            _good(connection.pgconn.prepare(name, statement), pq.ExecStatus.COMMAND_OK)

    def ask(self, connection: Any, scopes: tuple[str, ...]) -> tuple[int, ...]:
        snapshot, known = self._known
        if snapshot is None or _rows(connection, b"snapshot")[0][0] != snapshot or not known.keys() >= set(scopes):
            known = self._read(connection, scopes)
        return tuple(known[scope] for scope in scopes)

    def _read(self, connection: Any, scopes: tuple[str, ...]) -> dict[str, int]:
        """Read numbers with the snapshot under which they stand, beside what else was read under the same."""
        rows = _rows(connection, b"numbers", [scope.encode() for scope in (*scopes, scopes[0])[:3]])
        snapshot, before = rows[0][0], self._known
        found = {row[1].decode(): int(cast("bytes", row[2])) for row in rows if row[1] is not None}
        numbers = dict.fromkeys(scopes, 0) | found
        known = (before[1] if before[0] == snapshot else {}) | numbers
        self._known = (snapshot, known)
        return known


def _asked(engine: Engine) -> _Asked:
    return _PostgreSQL() if engine.dialect.name == "postgresql" else _SQLite()


def _rows(connection: Any, name: bytes, values: Sequence[bytes] = ()) -> list[list[bytes | None]]:
    answer = _good(connection.pgconn.exec_prepared(name, values), pq.ExecStatus.TUPLES_OK)
    return [[answer.get_value(row, column) for column in range(answer.nfields)] for row in range(answer.ntuples)]


def _good(answer: Any, wanted: pq.ExecStatus) -> Any:
    if answer.status != wanted:
        raise psycopg.OperationalError(answer.error_message.decode(errors="replace"))
    return answer


def _close(idle: deque[tuple[int, Any]]) -> None:
    while idle:
        with suppress(IndexError):  # another thread was quicker
            idle.pop()[1].close()
