"""Fixtures of the fault tests: how much is tried, and the seed, which a failing test prints."""

import os

import pytest

from tests.faults.unguarded import Unguarded
from tests.world import World


@pytest.fixture(scope="session")
def scale() -> str:
    """`ci` or `full`: how often everything is tried."""
    return os.environ.get("SCALE", "ci")


@pytest.fixture
def seed() -> int:
    """The seed of this test's choices; captured output of a failing test shows it."""
    chosen = int(os.environ.get("FAULTS_SEED", "20261122"))
    print(f"seed {chosen}: FAULTS_SEED={chosen} make faults")
    return chosen


@pytest.fixture
def unguarded(world: World) -> Unguarded:
    """What takes the database's own guards away, for negative controls."""
    return Unguarded(world)
