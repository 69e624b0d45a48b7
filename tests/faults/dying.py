"""Databases that die, fill up, or lose their line: a PostgreSQL of the test's own, and a wire that can be cut."""

import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests import databases
from tests.faults.house import PATIENCE_S, until

COMMIT = b"COMMIT\x00"
WIDE, PAGE, ROOM, CRUMB = 4_000_000, 8_192, 64, 700  # of PostgreSQL's log: bytes, bytes, pages, bytes


def family(pid: int) -> list[int]:
    """Return a process and all that it has started, as Linux tells it."""
    found, at = [pid], 0
    while at < len(found):
        for folder in Path(f"/proc/{found[at]}/task").glob("*"):
            with suppress(OSError):
                found += [int(child) for child in (folder / "children").read_text().split()]
        at += 1
    return found


def limit_files(pids: list[int], size: int) -> None:
    """Let some processes write no file beyond a size, as if the disk were full; -1 lifts the limit again."""
    for pid in pids:
        with suppress(ProcessLookupError):
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if size < 0 else size, hard))


class OwnPostgresql:
    """A PostgreSQL server that may be killed: no other test uses it."""

    def __init__(self, media: str) -> None:
        self.uri, server = databases.start_postgresql()
        self._server: Any = server
        databases.make_postgresql_template(self.uri, media)
        with psycopg.connect(self.uri, autocommit=True) as line:  # else the log may be full before anyone commits
            line.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
            line.execute("SELECT pg_reload_conf()")

    def settings(self, name: str) -> dict[str, str]:
        """Return the addresses of a fresh copy of the template."""
        return databases.clone_postgresql(self.uri, name)

    @property
    def processes(self) -> list[int]:
        """The server's processes, its first one first."""
        return family(self._server.get_pid())

    def kill(self) -> None:
        """End every process of the server at once, as a machine that loses its memory does."""
        pids = self.processes
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: not any(_lives(pid) for pid in pids), "the database is dead")
        # Where nobody fetches the dead, the server would take the number in its own lock files for a living one.
        for left in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (self._server.pgdata / left).unlink(missing_ok=True)

    def start(self, most: int | None = None) -> None:
        """Start the server again; it repairs itself from its log. `most`: no file of its may grow beyond that size."""
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft if most is None else most, hard))  # its processes inherit it
        try:
            self._server.ensure_postgres_running()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    def fill_log(self) -> None:
        """Leave no room for the next commit: the log's file may not grow beyond where it stands.

        The server is killed and comes back with the limit, since nobody may lay one on another user's processes.
        """
        with psycopg.connect(self.uri, autocommit=True) as line:
            while not WIDE <= (at := _offset(line)) <= 2 * WIDE:  # beyond every other file of the server
                _write(line, WIDE // 2)
        most = (at // PAGE + ROOM) * PAGE
        self.kill()
        self.start(most)
        with suppress(psycopg.OperationalError), psycopg.connect(self.uri, autocommit=True) as line:
            while (left := most - _offset(line)) > 2 * CRUMB:
                _write(line, left - CRUMB - left // 100)  # a message takes a little more than what it says

    def up(self) -> bool:
        try:
            psycopg.connect(self.uri, connect_timeout=2).close()
            return True
        except psycopg.OperationalError:
            return False

    def close(self) -> None:
        if not self.up():
            self.kill()
            self.start()
        self._server.cleanup()


def _offset(line: "psycopg.Connection[Any]") -> int:
    """Return where in its present file the log ends."""
    row = line.execute("SELECT file_offset FROM pg_walfile_name_offset(pg_current_wal_insert_lsn())").fetchone()
    assert row is not None
    return int(row[0])


def _write(line: "psycopg.Connection[Any]", size: int) -> None:
    line.execute("SELECT pg_logical_emit_message(false, 'filling', repeat('x', %s))", [size])


def _lives(pid: int) -> bool:
    """Say whether a process runs; one that has ended and was not fetched yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@dataclass
class Wire:
    """A line between the shop and PostgreSQL that is cut at one COMMIT: before the server has it, or after."""

    server: str
    port: int = 0
    cuts: int = 0
    _cut_in: int = 0
    _before: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arm(self, commit: int, *, before: bool) -> None:
        """Cut the line at a commit, 1 for the next: `before` the server has it, or before its answer is back."""
        with self._lock:
            self._cut_in, self._before = commit, before

    def disarm(self) -> None:
        """Cut nothing any more."""
        with self._lock:
            self._cut_in = 0

    def address(self, url: str) -> str:
        """Return a database's address by way of this line."""
        said = conninfo_to_dict(url)
        return f"postgresql://{said.get('user', 'postgres')}@127.0.0.1:{self.port}/{said['dbname']}"

    def _strikes(self, data: bytes) -> bool:
        if COMMIT not in data:
            return False
        with self._lock:
            if self._cut_in == 0:
                return False
            self._cut_in -= 1
            if self._cut_in > 0:
                return False
            self.cuts += 1
            return True

    def carry(self, client: socket.socket) -> None:
        """Carry one connection until an end closes it, or it is cut."""
        server, cut = self._connect(), threading.Event()

        def back() -> None:
            with suppress(OSError):
                while (data := server.recv(65_536)) and not cut.is_set():
                    client.sendall(data)
            _hang_up(client, server)

        threading.Thread(target=back, daemon=True).start()
        with suppress(OSError):
            while data := client.recv(65_536):
                if self._strikes(data):
                    cut.set()
                    if not self._before:
                        server.sendall(data)
                        time.sleep(0.05)  # it commits; nobody hears of it
                    break
                server.sendall(data)
        _hang_up(client, server)

    def _connect(self) -> socket.socket:
        said = conninfo_to_dict(self.server)
        host, port = str(said.get("host", "127.0.0.1")), int(str(said.get("port", 5432)))
        if not host.startswith("/"):
            return socket.create_connection((host, port), timeout=PATIENCE_S)
        line = socket.socket(socket.AF_UNIX)
        line.connect(f"{host}/.s.PGSQL.{port}")
        return line


def _hang_up(*lines: socket.socket) -> None:
    for line in lines:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
        line.close()


@contextmanager
def wire_to(server: str) -> Iterator[Wire]:
    """Lay a line to a server for the while."""
    wire = Wire(server)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        wire.port = int(listening.getsockname()[1])

        def listen() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    threading.Thread(target=wire.carry, args=(client,), daemon=True).start()

        threading.Thread(target=listen, daemon=True).start()
        yield wire
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
