"""The database: one session, reading by default, writing when an edge says so.

A transaction that only reads cannot write: SQLite is told `query_only`, PostgreSQL signs in with
read-only transactions. An edge that changes something opens `writing()`, which begins IMMEDIATE on
SQLite behind a file lock (SQLite's own waiting is unfair and starves clients) and READ WRITE on
PostgreSQL, and commits at its end. Domain code uses `db.session` and never commits.

The identity vault is a second database with a session of its own, `vault_session`, bound to that
database alone: one commit never spans both. `writing()` opens the shop's unit, `writing(vault_session)`
the vault's; either refuses what was meant for the other, since the other only reads.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
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
    Row,
    String,
    Update,
    insert,
)
from sqlalchemy.dialects.postgresql import Insert as PostgreSQLInsert
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import Insert as SQLiteInsert
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from shop.engines import ALONE, held_lock

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

UNIT = "unit"  # where a session notes the connection of its writing unit, so that nothing has to look it up

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
    connection: Connection = session.info.get(UNIT) or session.connection()
    return connection.execute(statement, values)


def read(statement: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
    """Return the rows of a statement that only reads: in the present transaction, or else in one of its own.

    A page that reads plain rows and nothing else needs no session, whose opening and closing costs as much again.
    """
    session = db.session()
    if session.in_transaction():
        return session.connection().execute(statement, values).all()
    with db.engine.connect() as connection:
        return connection.execution_options(**{ALONE: True}).execute(statement, values).all()


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
def reading(of: Callable[[], Session] = db.session) -> Iterator[Session]:
    """Read beforehand what a writing unit will need; what was loaded inside is let go of and stays as it was read."""
    before = set(session := of())
    yield session
    for loaded in set(session) - before:
        if loaded in session:  # one takes along what belongs to it
            session.expunge(loaded)
    session.rollback()


@contextmanager
def _unit(session: Session) -> Iterator[None]:
    try:
        session.info[UNIT] = session.connection(execution_options={"writing": True})
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(UNIT, None)
