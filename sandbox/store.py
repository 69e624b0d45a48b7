"""Documents in one SQLite file: small, survives a restart, one writer at a time.

One connection behind one lock is enough: a sandbox serves one shop, and the lock is also what makes
"check, then change" safe when forty requests arrive at once.
"""

import json
import sqlite3
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Doc = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL,
    created INTEGER NOT NULL, key TEXT, due INTEGER, body TEXT NOT NULL, UNIQUE (kind, id));
CREATE INDEX IF NOT EXISTS document_key ON document (kind, key, seq);
CREATE INDEX IF NOT EXISTS document_created ON document (kind, created, seq);
CREATE INDEX IF NOT EXISTS document_due ON document (due) WHERE due IS NOT NULL;
"""

_PUT = """
INSERT INTO document (kind, id, created, key, due, body) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (kind, id) DO UPDATE SET key = excluded.key, due = excluded.due, body = excluded.body
"""


class Store:
    """Keeps documents by kind and id, newest first by their own date."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(str(path or ":memory:"), check_same_thread=False, isolation_level=None, timeout=1)
        # A second sandbox on the same file would have its own lock and break the books: keep it out.
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; may be nested, the outermost one commits."""
        with self._lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")

    def get(self, kind: str, id: str) -> Doc | None:
        """A fresh copy of one document, or None."""
        rows = self._rows("SELECT body FROM document WHERE kind = ? AND id = ?", (kind, id))
        return rows[0] if rows else None

    def put(
        self, kind: str, id: str, body: Doc, *, created: int = 0, key: str | None = None, due: int | None = None
    ) -> None:
        """Insert or replace one document; its date and place in the order stay as first written."""
        with self._lock:
            self._db.execute(_PUT, (kind, id, created, key, due, json.dumps(body)))

    def by_key(self, kind: str, key: str) -> list[Doc]:
        """All documents under a key, oldest first."""
        return self._rows("SELECT body FROM document WHERE kind = ? AND key = ? ORDER BY seq", (kind, key))

    def first_by_key(self, kind: str, key: str, but: Collection[str] = ()) -> Doc | None:
        """The oldest document under a key but for some ids, or None."""
        others = f"AND id NOT IN ({', '.join('?' * len(but))})" if but else ""
        sql = f"SELECT body FROM document WHERE kind = ? AND key = ? {others} ORDER BY seq LIMIT 1"
        rows = self._rows(sql, (kind, key, *but))
        return rows[0] if rows else None

    def all(self, kind: str) -> list[Doc]:
        """All documents of a kind in the order they were written."""
        return self._rows("SELECT body FROM document WHERE kind = ? ORDER BY seq", (kind,))

    def due(self, kind: str, moment: int) -> list[Doc]:
        """Documents whose due moment has come, earliest first."""
        return self._rows("SELECT body FROM document WHERE due <= ? AND kind = ? ORDER BY due, seq", (moment, kind))

    def any_due(self, moment: int) -> bool:
        """Whether the moment of any document has come."""
        with self._lock:
            found = self._db.execute("SELECT EXISTS (SELECT 1 FROM document WHERE due <= ?)", (moment,)).fetchone()
        return bool(found[0])

    def position(self, kind: str, id: str) -> tuple[int, int] | None:
        """Where a document stands in the newest-first order, for cursors."""
        with self._lock:
            row = self._db.execute("SELECT created, seq FROM document WHERE kind = ? AND id = ?", (kind, id)).fetchone()
        return (row[0], row[1]) if row else None

    def newest(
        self,
        kind: str,
        *,
        limit: int,
        skip: int = 0,
        key: str | None = None,
        status: str | None = None,
        since: int | None = None,
        until: int | None = None,
        after: tuple[int, int] | None = None,
    ) -> list[Doc]:
        """A page of documents, newest first; `since` and `until` are inclusive, `after` is a cursor."""
        clauses, values = ["kind = ?"], [kind]  # type: tuple[list[str], list[Any]]
        for clause, value in (
            ("key = ?", key),
            ("json_extract(body, '$.status') = ?", status),
            ("created >= ?", since),
            ("created <= ?", until),
        ):
            if value is not None:
                clauses.append(clause)
                values.append(value)
        if after is not None:
            clauses.append("(created, seq) < (?, ?)")
            values.extend(after)
        where = " AND ".join(clauses)
        return self._rows(
            f"SELECT body FROM document WHERE {where} ORDER BY created DESC, seq DESC LIMIT ? OFFSET ?",
            (*values, limit, skip),
        )

    def clear(self) -> None:
        """Forget everything."""
        with self.transaction():
            self._db.execute("DELETE FROM document")

    def keep(self) -> list[tuple[Any, ...]]:
        """A copy of everything, to go back to."""
        with self._lock:
            return self._db.execute("SELECT * FROM document ORDER BY seq").fetchall()

    def go_back(self, kept: list[tuple[Any, ...]]) -> None:
        """Know again what was known, and nothing else."""
        with self.transaction():
            self._db.execute("DELETE FROM document")
            self._db.executemany("INSERT INTO document VALUES (?, ?, ?, ?, ?, ?, ?)", kept)

    def close(self) -> None:
        """Close the file; the store is of no use afterwards."""
        with self._lock:
            self._db.close()

    def _rows(self, sql: str, values: tuple[Any, ...]) -> list[Doc]:
        with self._lock:
            return [json.loads(row[0]) for row in self._db.execute(sql, values).fetchall()]
