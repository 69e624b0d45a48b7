"""How a database is opened: which SQLite library, which pragmas and options, and what a transaction may do.

SQLite is told `query_only` and PostgreSQL signs in with read-only transactions, so that a transaction writes only where
`writing` (db.py) asked for it. On SQLite those who write wait in a fair queue behind a file lock, because SQLite's own
waiting starves some.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DisconnectionError

from shop.errors import Unavailable

SQLITE_OLDEST = (3, 51, 3)  # earlier libraries can corrupt a WAL database under several processes
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "recursive_triggers": 1,
    "trusted_schema": 0,
    "secure_delete": 1,  # what is erased is overwritten in the file
    "busy_timeout": 10_000,
    "mmap_size": 0,
}
LOCK_TIMEOUT_S = 10.0
IDLE_S = 3.0
ALONE = "alone"  # the execution option of a connection that runs one statement and no more


def newest_sqlite() -> ModuleType:
    """Return the newest SQLite DB-API on this machine; refuse one that can corrupt a database."""
    import sqlite3

    modules: list[ModuleType] = [sqlite3]
    try:
        import pysqlite3.dbapi2 as bundled

        modules.append(bundled)
    except ImportError:
        pass
    best = max(modules, key=lambda module: module.sqlite_version_info)
    if best.sqlite_version_info < SQLITE_OLDEST:
        raise RuntimeError(
            f"SQLite {best.sqlite_version} is too old: 3.51.3 or newer is needed, since earlier ones can "
            "corrupt a database that several processes write. Install pysqlite3, or use PostgreSQL."
        )
    return best


def normal_url(url: str) -> str:
    """Return a database address with the driver this shop uses."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def engine_options(url: str) -> dict[str, Any]:
    """Return the engine's options for an address: our SQLite library, or read-only PostgreSQL.

    An error of the database never repeats the values of its statement, which may be someone's.
    """
    options: dict[str, Any] = {"hide_parameters": True}
    if url.startswith("sqlite"):
        return {**options, "module": newest_sqlite()}
    guards = "-c default_transaction_read_only=on -c lock_timeout=8000 -c timezone=UTC"
    pool = {"pool_size": 12, "max_overflow": 20, "pool_use_lifo": True}  # the last one used has its plans ready
    return {**options, **pool, "connect_args": {"options": guards}}


def wire(engine: Engine) -> None:
    """Make transactions on this engine read unless `writing` was asked for."""
    if engine.dialect.name == "sqlite":
        _wire_sqlite(engine)
    else:
        _ask_idle_connections(engine)

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            raw: Any = connection.connection.driver_connection
            # said within BEGIN itself; None is what the connection signed in with: read-only
            raw.read_only = False if connection.get_execution_options().get("writing") else None


def _ask_idle_connections(engine: Engine) -> None:
    """Ask a connection whether it still stands before it is used, if it lay unused: the pool opens another if not.

    One that was used a moment ago is not asked: a question before every transaction is a fifth of all there are.
    """

    @event.listens_for(engine, "checkin")
    def put_back(dbapi_connection: object, record: Any) -> None:
        record.info["idle_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def take(dbapi_connection: Any, record: Any, proxy: object) -> None:
        since = record.info.get("idle_since")
        if since is None or time.monotonic() - since < IDLE_S:
            return
        try:
            engine.dialect.do_ping(dbapi_connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error


def _wire_sqlite(engine: Engine) -> None:
    if engine.url.database not in (None, "", ":memory:"):
        Path(str(engine.url.database)).parent.mkdir(parents=True, exist_ok=True)

    @event.listens_for(engine, "connect")
    def connect(dbapi_connection: Any, record: object) -> None:
        dbapi_connection.isolation_level = None  # BEGIN is sent below, never by the driver
        for name, value in PRAGMAS.items():
            dbapi_connection.execute(f"PRAGMA {name}={value}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = bool(connection.get_execution_options().get("writing"))
        raw: Any = connection.connection.driver_connection  # every transaction comes by here: no need for the long way
        raw.execute("PRAGMA query_only=OFF" if writes else "PRAGMA query_only=ON")
        if not connection.get_execution_options().get(ALONE):  # one statement is a transaction by itself
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def assert_pragmas(engine: Engine) -> None:
    """Raise unless a fresh SQLite connection holds every pragma we rely on."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        for name, wanted in PRAGMAS.items():
            found = connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            if found is not None and str(found).lower() != str(wanted):
                raise RuntimeError(f"SQLite pragma {name} is {found!r}, not {wanted!r}")


def scrub(engine: Engine, table: str) -> None:
    """Let nothing of a table's erased rows stay behind in the database's own files.

    SQLite overwrites them (`secure_delete`) once its log is emptied; PostgreSQL when the table is vacuumed.
    """
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.rollback()
            connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET default_transaction_read_only = off")
        try:
            connection.exec_driver_sql(f"VACUUM {table}")
        finally:
            connection.exec_driver_sql("SET default_transaction_read_only = on")


class _FileLock:
    """A fair queue in front of BEGIN IMMEDIATE; one open file per thread."""

    def __init__(self) -> None:
        self._local = threading.local()

    def _file(self, path: str) -> int:
        files: dict[str, int] = self._local.__dict__.setdefault("files", {})
        if path not in files:
            files[path] = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        return files[path]

    @contextmanager
    def held(self, path: str) -> Iterator[None]:
        file = self._file(path)
        deadline = time.monotonic() + LOCK_TIMEOUT_S
        pause = 0.0005
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Unavailable("shop.busy") from None
                time.sleep(pause)
                pause = min(pause * 1.5, 0.01)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)


_file_lock = _FileLock()


def _sqlite_path(engine: Engine) -> str | None:
    if engine.dialect.name != "sqlite":
        return None
    name = engine.url.database
    return None if name in (None, "", ":memory:") else _lock_beside(str(name))


@cache
def _lock_beside(database: str) -> str:
    return str(Path(database).resolve()) + ".lock"


@contextmanager
def held_lock(engine: Engine) -> Iterator[None]:
    """Hold back every writing unit of a SQLite database; nothing on PostgreSQL, which needs no such lock."""
    path = _sqlite_path(engine)
    if path is None:
        yield
        return
    with _file_lock.held(path):
        yield
