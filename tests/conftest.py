"""Fixtures of every test. `world` is the shop with its sandbox; `engine` chooses the database.

After every test that used a shop its books are verified and compared with the sandbox's own.
"""

import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from sandbox.server import SandboxThread
from sandbox.settings import SandboxSettings
from shop import create_app
from shop.clock import FixedClock
from shop.users import signin
from tests import databases
from tests.houses import House
from tests.world import Browser, World

both_databases = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
ALONE = ("tests/faults/", "tests/browser/", "tests/access/", "tests/test_access_matrix.py", "tests/test_backup.py")
SLOW, QUICK = signin._hasher, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # else a third of the time
NOBODY = signin._NOBODY
WITHIN = re.compile(r"OUTER JOIN \((?!SELECT)\w+ (?:AS \w+ )?(?:LEFT OUTER )?JOIN")
_postgresql: list[object] = []


def pytest_configure(config: pytest.Config) -> None:
    """Start one PostgreSQL for all workers, in the process that starts them."""
    config.addinivalue_line("markers", "books_may_differ: the test bends the books on purpose")
    signin._hasher, signin._NOBODY = QUICK, QUICK.hash("a secret that nobody has")
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


@event.listens_for(Engine, "before_cursor_execute")
def refuse_joins_within_outer_joins(connection: object, cursor: object, statement: str, *_: object) -> None:
    """Fail whatever joins to `(a JOIN b …)` from outside: SQLite reads that whole before it looks anything up."""
    assert not WITHIN.search(statement), f"a join within an outer join: {statement[:300]}"


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
def alone(request: pytest.FixtureRequest) -> bool:
    """Say whether this test has a shop of its own, since it breaks the app or leaves threads in it."""
    return request.node.path.relative_to(request.config.rootpath).as_posix().startswith(ALONE)


@pytest.fixture
def settings(
    engine: str, alone: bool, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[dict[str, str]]:
    """The addresses of this test's databases, fresh copies of the template."""
    if engine == "sqlite":
        folder = tmp_path if alone else tmp_path_factory.getbasetemp() / "house"
        yield databases.copy_sqlite(request.getfixturevalue("sqlite_template"), folder)
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"test_{uuid.uuid4().hex[:12]}" if alone else f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'only')}"
    yield databases.clone_postgresql(server, name)
    databases.drop_postgresql(server, name)


@pytest.fixture(scope="session")
def sandbox_thread(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxThread]:
    thread = SandboxThread(
        SandboxSettings(store=tmp_path_factory.mktemp("sandbox") / "sandbox.db"), deliver=_deliver, synchronous=True
    )
    with thread:
        yield thread


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


@pytest.fixture(scope="session")
def houses() -> Iterator[dict[str, House]]:
    """The shops that stay open over the tests of this worker, by engine."""
    opened: dict[str, House] = {}
    yield opened
    for house in opened.values():
        house.close()


@pytest.fixture
def app(
    settings: dict[str, str],
    engine: str,
    alone: bool,
    tmp_path: Path,
    media: str,
    sandbox_thread: SandboxThread,
    houses: dict[str, House],
) -> Iterator[Flask]:
    """The shop on a fresh database, talking to the sandbox."""
    if alone or engine not in houses:
        house = House(_open(settings, media, sandbox_thread))
        if not alone:
            houses[engine] = house
    else:
        house = houses[engine]
    app = house.app
    app.config["MAIL_FOLDER"] = str(tmp_path / "mail")
    app.config["PAPERS_URL"] = f"file://{tmp_path / 'papers'}"
    clock = FixedClock(datetime.now(UTC).replace(microsecond=0))
    app.extensions["counter"] = replace(app.extensions["counter"], clock=clock)
    with webhooks_to(app):
        yield app
    house.close()
    house.restore()


def _open(settings: dict[str, str], media: str, sandbox_thread: SandboxThread) -> Flask:
    return create_app(
        {
            **settings,
            "TESTING": True,
            "SHOP_URL": "http://localhost",
            "MEDIA_URL": media,
            "STRIPE_API_BASE": sandbox_thread.stripe_base,
            "RAZORPAY_API_BASE": sandbox_thread.razorpay_base,
        }
    )


@pytest.fixture
def world(app: Flask, sandbox_thread: SandboxThread, request: pytest.FixtureRequest) -> Iterator[World]:
    """The shop with its sandbox and clock; its books are checked against the sandbox's afterwards."""
    sandbox_thread.control.reset()
    world = World(app, sandbox_thread.control, app.extensions["counter"].clock)
    world.advance(timedelta())  # both clocks stand still from here on: a gateway refuses a page that ends too soon
    yield world
    if request.node.get_closest_marker("books_may_differ"):
        return
    world.work()
    assert world.books_breaks() == []


@pytest.fixture
def browser(world: World) -> Browser:
    """A guest's browser."""
    return world.browser()
