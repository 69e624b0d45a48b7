"""What makes a table append-only inside the database itself.

Every migration that recreates such a table must call `create` again: a batch recreate on SQLite
drops a table's triggers without a word. `tests/test_migrations.py` compares the triggers at head
with `expected` on both databases.

SQLite: `INSERT OR REPLACE` deletes without firing delete triggers unless `recursive_triggers` is on
(asserted at start), so a re-used id is refused by a trigger of its own as well. PostgreSQL: row
triggers do not see TRUNCATE, a statement trigger does.
"""

from collections.abc import Callable, Iterable, Mapping

_VERBS = {"sqlite": ("no_update", "no_delete", "no_reuse"), "postgresql": ("no_change", "no_truncate")}


def expected(dialect: str, tables: Iterable[str]) -> list[str]:
    """Return the names of the triggers that hold these tables."""
    return sorted(f"{table}_{verb}" for table in tables for verb in _VERBS[dialect])


def create(dialect: str, execute: Callable[[str], object], tables: Mapping[str, str]) -> None:
    """Create the triggers of tables, given as table -> name of its key, through `execute(sql)`."""
    if dialect == "sqlite":
        for table, key in tables.items():
            for statement in _sqlite(table, key):
                execute(statement)
        return
    execute(
        "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the books only grow: % of % is refused', TG_OP, TG_TABLE_NAME; END $$"
    )
    for table in tables:
        execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()"
        )
        execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        )


def _sqlite(table: str, key: str) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, 'the books only grow: {table}'); END"
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_reuse BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) {refuse}",
    ]
