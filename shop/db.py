"""The database: one session, reading by default, writing when an edge says so.

A transaction that only reads cannot write: SQLite is told `query_only`, PostgreSQL signs in with
read-only transactions. An edge that changes something opens `writing()`, which begins IMMEDIATE on
SQLite behind a file lock (SQLite's own waiting is unfair and starves clients) and READ WRITE on
PostgreSQL, and commits at its end. Domain code uses `db.session` and never commits.

The identity vault is a second database with a session of its own, `vault_session`, bound to that
database alone: one commit never spans both. `writing()` opens the shop's unit, `writing(vault_session)`
the vault's; either refuses what was meant for the other, since the other only reads.
"""

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, g
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    CursorResult,
    DateTime,
    Delete,
    Dialect,
    Executable,
    Insert,
    Integer,
    MetaData,
    String,
    Update,
    event,
    insert,
)
from sqlalchemy.dialects.postgresql import Insert as PostgreSQLInsert
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import Insert as SQLiteInsert
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

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

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What every table shares: the naming of constraints."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"autoflush": True})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def vault_session() -> Session:
    """Return this application context's session over the identity vault's database, and over no other."""
    if "vault_session" not in g:
        g.vault_session = Session(bind=db.engines["identity"])
    session: Session = g.vault_session
    return session


def init_vault(app: Flask) -> None:
    """Close the vault's session with the context that opened it."""

    @app.teardown_appcontext
    def close(error: BaseException | None) -> None:
        session: Session | None = g.pop("vault_session", None)
        if session is not None:
            session.close()


class UTCDateTime(TypeDecorator[datetime]):
    """An aware UTC moment. A naive one is refused; SQLite stores it without the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}")
        moment = value if value.tzinfo is UTC else value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Minor(TypeDecorator[int]):
    """Integer minor units; anything but an int is refused before it reaches the database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        if value is not None and type(value) is not int:
            raise TypeError(f"minor units are whole numbers, not {value!r}")
        return value


def status_column(kind: type[StrEnum]) -> "StatusType":
    """Return the column type of a status: text that must be one of the enum's values."""
    return StatusType(kind)


class StatusType(TypeDecorator[Any]):
    """A StrEnum stored as its value; an unknown text in the database raises."""

    impl = String(32)
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else self.kind(value)


def one_of(column: str, kind: type[StrEnum]) -> CheckConstraint:
    """Return the CHECK that holds a status column to its enum's values."""
    values = ", ".join(f"'{member.value}'" for member in kind)
    return CheckConstraint(f"{column} IN ({values})", name=f"{column}_known")


BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite's rowid alias must be INTEGER


def upsert(model: type[Base]) -> PostgreSQLInsert | SQLiteInsert:
    """Return an INSERT that knows ON CONFLICT, which both databases spell alike."""
    return insert_postgresql(model) if db.engine.dialect.name == "postgresql" else insert_sqlite(model)


def changed(statement: Update | Delete, session: Session | None = None) -> int:
    """Run one UPDATE or DELETE and return how many rows it changed; loaded objects are left as they are."""
    by = db.session() if session is None else session
    result = by.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount


def run(statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None) -> Any:
    """Run a statement of the hot units in the present transaction; what waits in the session is written before it.

    Such a statement is put together once (`@cache`) and is given its values here: putting it together anew costs
    more than the database takes to answer it.
    """
    session = db.session()
    session.flush()
    return session.connection().execute(statement, values)


@cache
def adding(model: type[Base], *returned: str) -> Insert:
    """Return the INSERT of a table by columns, for `run`; `returned` are the columns that it tells."""
    table = model.metadata.tables[model.__tablename__]
    statement = insert(table)
    return statement.returning(*(table.c[name] for name in returned)) if returned else statement


def adding_once(model: type[Base], *keys: str, returned: tuple[str, ...] = ("id",)) -> Executable:
    """Return the INSERT of a table for `run` that adds nothing, and tells nothing, where one of its keys stands."""
    return _adding_once(db.engine.dialect.name, model, keys, returned)


@cache
def _adding_once(dialect: str, model: type[Base], keys: tuple[str, ...], returned: tuple[str, ...]) -> Executable:
    table = model.metadata.tables[model.__tablename__]
    statement = insert_postgresql(table) if dialect == "postgresql" else insert_sqlite(table)
    return statement.on_conflict_do_nothing(index_elements=keys or None).returning(
        *(table.c[name] for name in returned)
    )


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
    return None if name in (None, "", ":memory:") else str(Path(str(name)).resolve()) + ".lock"


@contextmanager
def held_lock(engine: Engine) -> Iterator[None]:
    """Hold back every writing unit of a SQLite database; nothing on PostgreSQL, which needs no such lock."""
    path = _sqlite_path(engine)
    if path is None:
        yield
        return
    with _file_lock.held(path):
        yield


@contextmanager
def writing(of: Callable[[], Session] = db.session) -> Iterator[Session]:
    """Open a writing unit of one database: commit at its end, roll back on any exception.

    What was loaded before is expired, since it was read outside the lock. Changes made before the
    unit are a mistake and raise RuntimeError.
    """
    session = of()
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("changes were made before the writing unit")
    session.rollback()
    with held_lock(cast("Engine", session.get_bind())), _unit(session):
        yield session


@contextmanager
def _unit(session: Session) -> Iterator[None]:
    try:
        session.connection(execution_options={"writing": True})
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
