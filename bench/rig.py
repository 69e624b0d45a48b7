"""What is started to be measured: the shop on its production server, its worker, the sandbox, and both databases.

Everything that starts here ends with its `with`.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.measured import ROOT
from bench.running import free_port
from tests.databases import postgresql_settings, sqlite_settings, start_postgresql

BIN = Path(sys.executable).parent
WORKERS = 2
PATIENCE_S = 180
TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def started(command: list[str], settings: Mapping[str, str]) -> Iterator[int]:
    """Run a command of the shop beside us; give its process id. It is asked to end by SIGTERM, with its children."""
    environment = {**os.environ, **settings}
    running = subprocess.Popen(
        command, cwd=ROOT, env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=None if os.environ.get("SHOW") else subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield running.pid
    finally:
        try:
            running.send_signal(signal.SIGTERM)
            running.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait(5)


def granian(app: str, port: int, threads: int) -> list[str]:
    """Return the command that serves an app as `make run` does."""
    return [
        str(BIN / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", str(WORKERS), "--blocking-threads", str(threads), "--no-ws", "--log-level", "error", app,
    ]  # fmt: skip


def gunicorn(app: str, port: int, threads: int) -> list[str]:
    """Return the command that serves an app by gunicorn's threads, for comparison; it is not a dependency."""
    return [
        str(BIN / "gunicorn"), "--worker-class", "gthread", "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS),
        "--threads", str(threads), "--log-level", "error", app,
    ]  # fmt: skip


SERVERS = {"granian": granian, "gunicorn": gunicorn}


@contextmanager
def server(app: str, settings: Mapping[str, str], *, by: str = "granian", threads: int = 2) -> Iterator[str]:
    """Serve an app; give its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with started(SERVERS[by](app, port, threads), {"LOG_FORMAT": "json", **settings, "SHOP_URL": address}):
        wait_for(address + "/")
        yield address


def wait_for(address: str) -> None:
    """Wait until an address answers."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            got(address)
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def got(address: str) -> bytes:
    """Return what stands at an address."""
    with urllib.request.urlopen(address, timeout=10) as answer:
        content: bytes = answer.read()
        return content


@contextmanager
def sqlite() -> Iterator[dict[str, str]]:
    """Give the settings of a SQLite shop with a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-shop-", ignore_cleanup_errors=True) as folder:
        yield {**sqlite_settings(Path(folder)), "SHOP_VAR": folder}


@contextmanager
def postgresql(name: str) -> Iterator[dict[str, str]]:
    """Give the settings of a PostgreSQL shop, on a server of its own that waits for its disk as a real one does."""
    address, running = start_postgresql()
    try:
        with psycopg.connect(address, autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes"):  # which the tests leave out
                connection.execute(f"ALTER SYSTEM SET {setting} = on".encode())
            connection.execute("SELECT pg_reload_conf()")
            for suffix in ("", "_identity"):
                connection.execute(f"CREATE DATABASE {name}{suffix}".encode())
        with tempfile.TemporaryDirectory(prefix="bench-shop-", ignore_cleanup_errors=True) as folder:
            yield {**postgresql_settings(address, name), "SHOP_VAR": folder}
    finally:
        running.cleanup()


def run(arguments: list[str], settings: Mapping[str, str], *, may_fail: bool = False) -> str:
    """Run Python with some arguments for a shop and return what it printed; CalledProcessError if it failed.

    `may_fail`: what it printed is the answer, whatever its exit code says.
    """
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True
    )
    if done.returncode != 0 and not may_fail:
        print(done.stdout[-3000:] + done.stderr[-3000:], file=sys.stderr)
        done.check_returncode()
    return done.stdout


def migrated(settings: Mapping[str, str]) -> None:
    """Bring a shop's databases to the newest migration."""
    run(["-m", "flask", "--app", "wsgi", "db", "upgrade"], settings)


def cpu_seconds(root: int) -> float:
    """Return the processor time of a process and of all its children, the ended ones too; Linux alone tells."""
    children: dict[int, list[int]] = {}
    spent: dict[int, float] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        children.setdefault(int(fields[1]), []).append(int(folder.name))
        spent[int(folder.name)] = sum(map(int, fields[11:15])) / TICKS
    total, of = 0.0, [root]
    while of:
        pid = of.pop()
        total += spent.get(pid, 0.0)
        of += children.get(pid, [])
    return total


def database_process(settings: Mapping[str, str]) -> dict[str, int]:
    """Return the process of a shop's PostgreSQL server by what it is; nothing for SQLite, which has none."""
    if not settings["DATABASE_URL"].startswith("postgresql"):
        return {}
    with psycopg.connect(settings["DATABASE_URL"]) as connection:
        folder = connection.execute("SHOW data_directory").fetchone()
    assert folder
    return {"database": int((Path(folder[0]) / "postmaster.pid").read_text().split()[0])}
