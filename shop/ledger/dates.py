"""On which day an event is dated, and what holds that inside the database itself.

Two clocks: `recorded_at` is when an entry was written, `effective_on` the day it counts for. Nothing is ever dated into
a month that was closed, so a fact that comes late counts for the day it is recorded and keeps the day it happened on.
A trigger refuses whatever comes past `post`, and a transfer that is dated otherwise than its entry.

On PostgreSQL a late posting and a close could pass each other: each would not see what the other has not committed.
So whoever dates into an ended month holds a lock together with all others who do, and a close holds it alone. SQLite's
writing unit is alone anyway.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from typing import LiteralString

from sqlalchemy import Connection, Select, bindparam, func, select, text

from shop.clock import india_date
from shop.db import db, run
from shop.ledger.models import Period

PERIOD_LOCK = 7_270_002  # advisory lock key on PostgreSQL, beside the sealer's
LATE_LOCK: LiteralString = "SELECT pg_advisory_xact_lock_shared(:key)"
CLOSING_LOCK: LiteralString = "SELECT pg_advisory_xact_lock(:key)"
NAME = "ledger_transfer_dated"
CLOSED = "SELECT 1 FROM ledger_period WHERE book = NEW.book AND until >= NEW.effective_on"
OF_ENTRY = "SELECT effective_on FROM ledger_entry WHERE id = NEW.entry_id"
BODY = f"""
BEGIN
  IF NEW.effective_on < date_trunc('month', now() AT TIME ZONE 'Asia/Kolkata') THEN
    PERFORM pg_advisory_xact_lock_shared({PERIOD_LOCK});
  END IF;
  IF EXISTS ({CLOSED}) THEN
    RAISE EXCEPTION 'the month is closed: % of the book %', NEW.effective_on, NEW.book;
  END IF;
  IF NEW.effective_on IS DISTINCT FROM ({OF_ENTRY}) THEN
    RAISE EXCEPTION 'a transfer is dated as its entry is, not %', NEW.effective_on;
  END IF;
  RETURN NEW;
END
"""
ON_POSTGRESQL = (
    f"CREATE TRIGGER {NAME} BEFORE INSERT ON ledger_transfer FOR EACH ROW EXECUTE FUNCTION ledger_transfer_dated()"
)
ON_SQLITE = (
    f"CREATE TRIGGER {NAME} BEFORE INSERT ON ledger_transfer BEGIN "
    f"SELECT RAISE(ABORT, 'the month is closed') WHERE EXISTS ({CLOSED}); "
    f"SELECT RAISE(ABORT, 'a transfer is dated as its entry is') WHERE NEW.effective_on IS NOT ({OF_ENTRY}); END"
)


def create(dialect: str, execute: Callable[[str], object]) -> None:
    """Create the trigger through `execute(sql)`."""
    if dialect == "postgresql":
        execute(f"CREATE OR REPLACE FUNCTION ledger_transfer_dated() RETURNS trigger LANGUAGE plpgsql AS $${BODY}$$")
    execute(statements(dialect)[NAME])


def statements(dialect: str) -> Mapping[str, str]:
    """Return the trigger's name and what creates it, as the database keeps it."""
    return {NAME: ON_SQLITE if dialect == "sqlite" else ON_POSTGRESQL}


def missing(connection: Connection) -> list[str]:
    """Return the trigger's name if it does not stand as it was created: dropped, switched off, or with another body."""
    if connection.dialect.name == "sqlite":
        written = text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = :name")
        return [] if connection.scalar(written, {"name": NAME}) == ON_SQLITE else [NAME]
    standing = text(  # type 7: before, insert, each row; a qual is a WHEN that may never hold
        "SELECT prosrc FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid WHERE tgenabled IN ('O', 'A') "
        "AND tgname = :name AND tgrelid = to_regclass('ledger_transfer') AND tgtype = 7 AND tgqual IS NULL"
    )
    return [] if connection.scalar(standing, {"name": NAME}) == BODY else [NAME]


def open_day(day: date, *, at: datetime, book: str) -> tuple[date, date | None]:
    """Return the day an event is dated on, and the day it happened on if that is another one.

    Only a month that has ended can be closed, so nothing is asked about a day of the month of `at`.
    """
    today = india_date(at)
    if (day.year, day.month) >= (today.year, today.month):
        return day, None
    if db.engine.dialect.name == "postgresql":
        run(text(LATE_LOCK), {"key": PERIOD_LOCK})
    until = closed_until(book)
    return (day, None) if until is None or day > until else (today, day)


def hold_closing() -> None:
    """Wait until nobody dates into an ended month, and let nobody begin to before the present unit ends."""
    if db.engine.dialect.name == "postgresql":
        run(text(CLOSING_LOCK), {"key": PERIOD_LOCK})


def closed_until(book: str) -> date | None:
    """Return the last day of the last closed month of a book, or None."""
    until: date | None = run(_closed_until(), {"of_book": book}).scalar()
    return until


@cache
def _closed_until() -> Select[date]:
    return select(func.max(Period.until)).where(Period.book == bindparam("of_book"))
