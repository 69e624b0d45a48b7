"""The database dies in mid-checkout and comes back, or its disk is full before a gateway is asked."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from shop.db import db
from shop.engines import newest_sqlite
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.faults.buyer import Buyer
from tests.faults.conftest import Often
from tests.faults.dying import OwnPostgresql, family, limit_files
from tests.faults.house import House, open_pages, until
from tests.faults.rig import Rig, rig, survived
from tests.faults.together import at_once

pytestmark = both_databases
OURS = ("shop", "worker-1")
LONGEST_WAIT_S = 0.8


@dataclass
class Dying:
    """A house on a database that a test may kill or fill."""

    rig: Rig
    settings: dict[str, str]
    server: OwnPostgresql | None

    @property
    def log(self) -> Path:
        """The write-ahead log of a SQLite database."""
        return Path(self.settings["DATABASE_URL"].removeprefix("sqlite:///") + "-wal")

    def crash(self) -> None:
        """Kill the database: PostgreSQL's processes; of SQLite, which has none, all that write in it."""
        if self.server is None:
            self.rig.house.kill(*OURS)
            assert self.log.stat().st_size > 0, "the log was to be hot, or this proves nothing"
            return
        self.server.kill()
        self.rig.house.deaths.append("database")

    def come_back(self) -> None:
        """Start what was killed, and look at what is left."""
        if self.server is not None:
            self.server.start()
        with self.rig.app.app_context():
            for engine in db.engines.values():
                engine.dispose()
        self.rig.house.wait_until_up()
        if self.server is None:
            line = newest_sqlite().connect(str(self.log).removesuffix("-wal"))
            assert line.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            line.close()

    def fill_disk(self) -> None:
        """Let the log grow no further; PostgreSQL goes down at the first commit and waits for room."""
        if self.server is None:
            limit_files(self._writers(), self.log.stat().st_size)
        else:
            self.server.fill_log()

    def free_disk(self) -> None:
        """Make room again, and start the server that went down for want of it."""
        if self.server is None:
            limit_files(self._writers(), -1)
        else:
            self.server.kill()
            self.server.start()

    def _writers(self) -> list[int]:
        house = self.rig.house
        return [pid for name in OURS if name not in house.away for pid in family(house.running[name].pid)]


@pytest.fixture(scope="module")
def servers(media: str) -> Iterator[list[OwnPostgresql]]:
    """A PostgreSQL of these tests' own, started by the first that needs it."""
    started: list[OwnPostgresql] = []
    yield started
    for server in started:
        server.close()


@contextmanager
def dying(
    engine: str, settings: dict[str, str], servers: list[OwnPostgresql], folder: Path, media: str, seed: int
) -> Iterator[Dying]:
    """Open a house on a database that may die."""
    server = None
    if engine == "postgresql":
        if not servers:
            servers.append(OwnPostgresql(media))
        server = servers[0]
        settings = server.settings(f"dying_{time.time_ns()}")
    with rig(House({**settings, "MEDIA_URL": media}, folder), media, seed) as found:
        yield Dying(found, settings, server)


def test_a_database_that_dies_in_mid_checkout_loses_nothing(
    engine: str,
    settings: dict[str, str],
    servers: list[OwnPostgresql],
    tmp_path: Path,
    media: str,
    seed: int,
    often: Often,
) -> None:
    with dying(engine, settings, servers, tmp_path, media, seed) as found:
        for number in range(1, often(1, 4, 20) + 1):
            wait = random.Random(f"{seed}:{number}").uniform(0.1, LONGEST_WAIT_S)
            found.rig.clock.at = datetime.now(UTC).replace(microsecond=0)
            buyers = found.rig.come(f"crash-{number}")

            def act(who: int, buyers: list[Buyer] = buyers, wait: float = wait) -> None:
                if who < len(buyers):
                    buyers[who].place(TOTE)
                    return
                time.sleep(wait)
                found.crash()
                found.come_back()

            for failure in at_once(len(buyers) + 1, act):
                if failure is not None:
                    raise failure
            found.rig.pay_every_page()
            survived(found.rig, f"after the database died at {wait:.2f} s in round {number}")


def full_disk(found: Dying) -> None:
    """Buy while nothing can be written: no gateway hears of it, and when there is room the same click is one order."""
    buyer = Buyer(found.rig.house, "full@test.example", "razorpay")
    form = buyer.fill_in(TOTE)
    with found.rig.house.without("worker-1"):  # else its own commit may be the one that finds no room
        _buy_without_room(found, buyer, form)
    with found.rig.app.app_context():
        for engine in db.engines.values():
            engine.dispose()
    until(lambda: found.rig.house.up(), "the shop is up again")
    answer = buyer.post("/checkout", form)
    assert answer.status_code == 303, answer.text[:500]
    assert found.rig.orders() == 1
    found.rig.pay_every_page()
    found.rig.house.deaths.append("disk")
    survived(found.rig, "after the disk was full")


def _buy_without_room(found: Dying, buyer: Buyer, form: dict[str, str]) -> None:
    found.fill_disk()
    buyer.get("/cart")  # the shop finds the server that came back, so that it is the commit that fails
    try:
        status = buyer.session.post(
            found.rig.house.url + "/checkout", form, allow_redirects=False, timeout=30
        ).status_code
        told = open_pages(found.rig.house)
        assert told == [], f"a gateway was asked for {len(told)} pay pages though nothing could be written"
        assert status >= 500, f"the customer was told {status}"
        if found.server is None:  # who only reads needs no room
            assert requests.get(found.rig.house.url + "/products", timeout=30).status_code == 200
    finally:
        found.free_disk()


def test_with_a_full_disk_no_gateway_is_asked(
    engine: str, settings: dict[str, str], servers: list[OwnPostgresql], tmp_path: Path, media: str, seed: int
) -> None:
    with dying(engine, settings, servers, tmp_path, media, seed) as found:
        full_disk(found)


def test_control_a_gateway_that_is_asked_first_is_asked_though_nothing_is_written(
    engine: str,
    settings: dict[str, str],
    servers: list[OwnPostgresql],
    tmp_path: Path,
    media: str,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FAULTS_MUTANT", "asked-first")
    monkeypatch.setattr("tests.faults.test_dying_database.House", _MutantHouse)
    with (
        dying(engine, settings, servers, tmp_path, media, seed) as found,
        pytest.raises(AssertionError, match="though nothing could be written"),
    ):
        full_disk(found)


class _MutantHouse(House):
    """A house whose shop asks the gateway before it has written anything down."""

    def __init__(self, settings: dict[str, str], folder: Path) -> None:
        super().__init__(settings, folder, module="tests.faults.mutants")
