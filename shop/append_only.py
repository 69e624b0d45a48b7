"""What makes a table append-only inside the database itself.

Every migration that recreates such a table must call `create` again: a batch recreate on SQLite
drops a table's triggers without a word. `tests/test_migrations.py` compares the triggers at head
with `expected` on both databases.

SQLite: `INSERT OR REPLACE` deletes without firing delete triggers unless `recursive_triggers` is on
(asserted at start), so a re-used id is refused by a trigger of its own as well. PostgreSQL: row
triggers do not see TRUNCATE, a statement trigger does.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Connection

REFUSES = " BEGIN RAISE EXCEPTION 'the books only grow: % of % is refused', TG_OP, TG_TABLE_NAME; END "
_SCHEMA = re.compile(r"\b(ON|FUNCTION) \w+\.")
_VERBS = {"sqlite": ("no_update", "no_delete", "no_reuse"), "postgresql": ("no_change", "no_truncate")}


def expected(dialect: str, tables: Iterable[str]) -> list[str]:
    """Return the names of the triggers that hold these tables."""
    return sorted(f"{table}_{verb}" for table in tables for verb in _VERBS[dialect])


def create(dialect: str, execute: Callable[[str], object], tables: Mapping[str, str]) -> None:
    """Create the triggers of tables, given as table -> name of its key, through `execute(sql)`."""
    if dialect == "postgresql":
        execute(f"CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $${REFUSES}$$")
    for statement in statements(dialect, tables).values():
        execute(statement)


def statements(dialect: str, tables: Mapping[str, str]) -> dict[str, str]:
    """Return the triggers' names and what creates each, as the database keeps it."""
    made = _sqlite if dialect == "sqlite" else _postgresql
    return {name: statement for table, key in tables.items() for name, statement in made(table, key)}


def missing(connection: Connection, tables: Mapping[str, str]) -> list[str]:
    """Return the triggers that do not stand as they were created: dropped, switched off, or with another body."""
    wanted = statements(connection.dialect.name, tables)
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        standing = {name for name, sql in rows if wanted.get(name) == sql}
        return sorted(wanted.keys() - standing)
    rows = connection.exec_driver_sql(
        "SELECT tgname, pg_get_triggerdef(pg_trigger.oid), prosrc FROM pg_trigger "
        "JOIN pg_proc ON pg_proc.oid = tgfoid WHERE tgenabled IN ('O', 'A') AND tgrelid IN "
        "(SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace)"
    )
    standing = {name for name, sql, body in rows if body == REFUSES and _bare(sql) == _bare(wanted.get(name, ""))}
    return sorted(wanted.keys() - standing)


def _bare(statement: str) -> str:
    """Return a statement without what PostgreSQL says in another way: the schema, and the order of events."""
    return _SCHEMA.sub(r"\1 ", statement).replace("BEFORE DELETE OR UPDATE", "BEFORE UPDATE OR DELETE")


def _postgresql(table: str, key: str) -> list[tuple[str, str]]:
    refuse = "EXECUTE FUNCTION ledger_refuse()"
    return [
        (
            f"{table}_no_change",
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}",
        ),
        (
            f"{table}_no_truncate",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
        ),
    ]


def _sqlite(table: str, key: str) -> list[tuple[str, str]]:
    refuse = f"BEGIN SELECT RAISE(ABORT, 'the books only grow: {table}'); END"
    reused = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"
    return [
        (f"{table}_no_update", f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}"),
        (f"{table}_no_delete", f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}"),
        (f"{table}_no_reuse", f"CREATE TRIGGER {table}_no_reuse BEFORE INSERT ON {table} {reused} {refuse}"),
    ]
