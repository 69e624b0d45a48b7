"""Fixtures of every test. `world` is the shop with its sandbox; `engine` chooses the database.

After every test that used a shop its books are verified and compared with the sandbox's own.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

from sandbox.server import SandboxThread
from sandbox.settings import SandboxSettings
from shop import create_app
from shop.clock import FixedClock
from shop.db import db
from shop.phases import Counter
from tests import databases
from tests.world import Browser, World

both_databases = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
_postgresql: list[object] = []


def pytest_configure(config: pytest.Config) -> None:
    """Start one PostgreSQL for all workers, in the process that starts them."""
    config.addinivalue_line("markers", "books_may_differ: the test bends the books on purpose")
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    if not os.environ.get("TEST_DATABASE_URL"):
        uri, server = databases.start_postgresql()
        os.environ["TEST_DATABASE_URL"] = uri
        _postgresql.append(server)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say plainly that browser tests were left out, which -q would hide from the header."""
    known = any(shutil.which(name) for name in ("chromium", "google-chrome", "chromium-browser"))
    if not known and not os.environ.get("REQUIRE_BROWSER"):
        terminalreporter.write_line("Chromium is not installed, so the browser tests were left out.", yellow=True)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where FAIL_ON_SKIP is set, a skipped test is a failed run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("FAIL_ON_SKIP") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = 1


def pytest_unconfigure(config: pytest.Config) -> None:
    for server in _postgresql:
        server.cleanup()


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """The database of this test: SQLite, unless the test asks for both."""
    return getattr(request, "param", "sqlite")


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the pictures of this worker's tests lie."""
    folder = tmp_path_factory.getbasetemp() / "media"
    return f"file://{folder}"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, media: str) -> Path:
    return databases.make_sqlite_template(tmp_path_factory.mktemp("template"), media)


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory, media: str) -> str:
    """The address of a PostgreSQL that holds the template; made once, under a lock, for all workers."""
    import fcntl

    server = os.environ["TEST_DATABASE_URL"]
    folder = tmp_path_factory.getbasetemp().parent
    with (folder / "postgresql.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        drawn = folder / "media-of-the-template"  # its rows name files that only one worker has drawn
        databases.make_postgresql_template(server, f"file://{drawn}")
        if drawn.exists():
            shutil.copytree(drawn, urlsplit(media).path, dirs_exist_ok=True)
    return server


@pytest.fixture
def settings(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The addresses of this test's own databases."""
    if engine == "sqlite":
        yield databases.copy_sqlite(request.getfixturevalue("sqlite_template"), tmp_path)
        return
    server = request.getfixturevalue("postgresql_server")
    name, found = databases.clone_postgresql(server)
    yield found
    databases.drop_postgresql(server, name)


@pytest.fixture(scope="session")
def sandbox_thread(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxThread]:
    thread = SandboxThread(
        SandboxSettings(store=tmp_path_factory.mktemp("sandbox") / "sandbox.db"), deliver=_deliver, synchronous=True
    )
    with thread:
        yield thread


class _Compiled(BytecodeCache):
    """Templates compiled once a process; the key carries the hash of the source."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if found := self.known.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


_templates = _Compiled()
_delivered_to: list[Flask] = []


@contextmanager
def webhooks_to(app: Flask) -> Iterator[None]:
    """Let the sandbox's webhooks reach this shop for the while."""
    _delivered_to.append(app)
    try:
        yield
    finally:
        _delivered_to.remove(app)


def _deliver(path: str, headers: dict[str, str], body: bytes) -> int:
    """Hand a webhook to the shop of the test that runs."""
    if not _delivered_to:
        return 503
    return _delivered_to[-1].test_client().post(path, data=body, headers=headers).status_code


@pytest.fixture
def app(settings: dict[str, str], tmp_path: Path, media: str, sandbox_thread: SandboxThread) -> Iterator[Flask]:
    """The shop on a database of its own, talking to the sandbox."""
    app = create_app(
        {
            **settings,
            "TESTING": True,
            "SHOP_URL": "http://localhost",
            "MEDIA_URL": media,
            "MAIL_FOLDER": str(tmp_path / "mail"),
            "PAPERS_URL": f"file://{tmp_path / 'papers'}",
            "STRIPE_API_BASE": sandbox_thread.stripe_base,
            "RAZORPAY_API_BASE": sandbox_thread.razorpay_base,
        }
    )
    app.jinja_env.bytecode_cache = _templates  # each test has an app of its own; compiling for each costs most of it
    clock = FixedClock(datetime.now(UTC).replace(microsecond=0))
    app.extensions["counter"] = Counter(app.extensions["counter"].gateways, clock)
    with webhooks_to(app):
        yield app
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def world(app: Flask, sandbox_thread: SandboxThread, request: pytest.FixtureRequest) -> Iterator[World]:
    """The shop with its sandbox and clock; its books are checked against the sandbox's afterwards."""
    sandbox_thread.control.reset()
    sandbox_thread.control.reset_clock()
    world = World(app, sandbox_thread.control, app.extensions["counter"].clock)
    yield world
    if request.node.get_closest_marker("books_may_differ"):
        return
    world.work()
    assert world.books_breaks() == []


@pytest.fixture
def browser(world: World) -> Browser:
    """A guest's browser."""
    return world.browser()
