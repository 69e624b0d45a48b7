"""Takes guards of the database away, so that a negative control can show that its test would notice."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, text

from shop.db import db
from tests.world import World


@dataclass
class Unguarded:
    """One test's database, whose guards may be removed; it is thrown away afterwards."""

    world: World

    def check(self, table: str, constraint: str) -> None:
        """Drop a CHECK; on SQLite, where one cannot be dropped, let all of them be ignored."""
        with self.world.app.app_context():
            if db.engine.dialect.name == "sqlite":
                event.listen(db.engine, "begin", _ignore_checks)
                return
        self._run(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{constraint}")

    def index(self, name: str) -> None:
        """Drop a unique index."""
        self._run(f"DROP INDEX {name}")

    def _run(self, statement: str) -> None:
        with self.world.writing():
            db.session.execute(text(statement))


def _ignore_checks(connection: Any) -> None:
    connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
