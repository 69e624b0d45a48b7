"""The simulator: whatever is drawn of every verb of money, books, her page and the gateways agree with a model."""

import time
from pathlib import Path

import pytest

from shop.db import db
from tests import databases
from tests.conftest import both_databases
from tests.faults.simulator.running import Run
from tests.world import World


@pytest.fixture
def run(world: World, engine: str, settings: dict[str, str], request: pytest.FixtureRequest) -> Run:
    """Machines that begin each with a fresh copy of this test's database."""
    if engine == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        folder = Path(settings["DATABASE_URL"].removeprefix("sqlite:///")).parent
        return Run(world, lambda: databases.copy_sqlite(template, folder) and None)
    server = request.getfixturevalue("postgresql_server")
    name = settings["DATABASE_URL"].partition("?")[0].rsplit("/", 1)[1]

    def fresh() -> None:
        databases.drop_postgresql(server, name)
        databases.clone_postgresql(server, name)

    return Run(world, fresh)


@both_databases
def test_try(run: Run) -> None:
    t = time.time()
    try:
        run.block(int(__import__("os").environ.get("S","1")), runs=20, steps=60)
    finally:
        print(run.counted, time.time() - t)
