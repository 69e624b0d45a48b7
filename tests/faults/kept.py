"""A shop and its gateways as they stood at a moment, to go back to as often as a test wants to tell what follows."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from sandbox.server import SandboxThread
from shop.db import db
from tests.houses import House
from tests.world import World


class Kept:
    """A copy of the shop's own database and of everything that the gateways know."""

    def __init__(self, world: World, gateways: SandboxThread) -> None:
        self._house, self._gateways = House(world.app), gateways
        with world.reading():
            url = db.engine.url
            self._database, self._is_file = str(url.database), db.engine.dialect.name == "sqlite"
        with self._all_left():
            self._copy(self._database, self._kept)
        self._told = gateways.store.keep()

    @property
    def _kept(self) -> str:
        return f"{self._database}.kept" if self._is_file else f"{self._database}_kept"

    def go_back(self) -> None:
        """Let the shop and its gateways stand as they did."""
        with self._all_left():
            self._copy(self._kept, self._database)
        self._gateways.store.go_back(self._told)

    def forget(self) -> None:
        """Take the copy away."""
        if not self._is_file:
            with _server() as server:
                server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(self._kept)))

    @contextmanager
    def _all_left(self) -> Iterator[None]:
        """Within, nobody is connected: SQLite's log is in its file by then, and PostgreSQL copies only so."""
        self._house.close()
        yield
        self._house.close()

    def _copy(self, one: str, other: str) -> None:
        if self._is_file:
            for left in (f"{other}-wal", f"{other}-shm"):
                Path(left).unlink(missing_ok=True)
            assert not Path(f"{one}-wal").exists(), "somebody is still connected"
            shutil.copy(one, other)
            return
        with _server() as server:
            old, new = sql.Identifier(one), sql.Identifier(other)
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(new))
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(new, old))


def _server() -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(os.environ["TEST_DATABASE_URL"], autocommit=True)
