"""Fixtures of the fault tests: how much is tried, and the seed, which a failing test prints."""

import os
from collections.abc import Callable, Iterator

import pytest

from tests.faults.figures import OF_CONTROL, note_control
from tests.faults.unguarded import Unguarded
from tests.world import World

Often = Callable[[int, int, int], int]


@pytest.fixture(scope="session")
def scale() -> str:
    """`ci`, `default` or `full`: how often everything is tried."""
    return os.environ.get("SCALE", "ci")


@pytest.fixture(scope="session")
def often(scale: str) -> Often:
    """Choose how often something is tried: `make faults`, `make figures`, or either with SCALE=full."""
    place = ("ci", "default", "full").index(scale)
    return lambda ci, default, full: (ci, default, full)[place]


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


@pytest.fixture(autouse=True)
def only_what_is_guarded_is_measured(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A control breaks something on purpose: what it finds is no figure, only whether it found it is."""
    if is_control(request.node):
        monkeypatch.setenv(OF_CONTROL, "yes")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Note for the figures which controls did not fail by their own assertion."""
    report = yield
    if is_control(item) and report.when == "call":
        note_control(int(report.failed))
    return report


def is_control(item: pytest.Item) -> bool:
    """Say whether a test takes a guard away and expects its twin to fail."""
    return item.name.startswith("test_control_")
