"""Reading the books as they stood at one moment, and however many rows they have.

Sums that are compared with each other must be of the same moment, or what is written between two statements looks like
a break. On SQLite every transaction that reads is of one moment; PostgreSQL is asked for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Row, Select
from sqlalchemy.orm import Session

from shop.db import UNIT, db

AT_A_TIME = 2_000  # rows
SNAPSHOT = "snapshot"  # where a session notes that it reads in one


@contextmanager
def snapshot() -> Iterator[Session]:
    """Read everything inside as it stood at one moment, whoever writes meanwhile, and write nothing.

    Inside another snapshot, or a writing unit with its own changes, it reads what that one sees. What was loaded before
    is expired, and what was loaded inside at its end; changes made before raise RuntimeError.
    """
    session = db.session()
    if SNAPSHOT in session.info or UNIT in session.info:
        yield session
        return
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("changes were made before the snapshot")
    session.rollback()
    one_moment = {} if db.engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    session.info[SNAPSHOT] = session.connection(execution_options=one_moment)
    try:
        yield session
    finally:
        del session.info[SNAPSHOT]
        session.rollback()


def streamed(query: Select[*tuple[Any, ...]]) -> Iterator[Row[*tuple[Any, ...]]]:
    """Yield the rows of a query, read a batch at a time and never held together; nothing may come along in a join."""
    with db.session.execute(query, execution_options={"yield_per": AT_A_TIME}) as rows:  # closed if nobody reads on
        yield from rows
