"""SIGKILL of a real process at each named step, and at random moments: no paid order is lost, nobody pays twice."""

import ast
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import shop
from shop.crashpoint import POINTS
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.faults import mutants
from tests.faults.conftest import Often
from tests.faults.house import House
from tests.faults.rig import BUYERS, Rig, kill_at, rig, survived
from tests.faults.together import at_once

STEPS = [step for step in POINTS if step not in ("picture", "seal")]  # of a purchase; others have tests of their own
VICTIMS = (("shop",), ("worker-1",), ("worker-2",), ("sandbox",), ("shop", "worker-1", "worker-2"))
LONGEST_WAIT_S = 1.2


def points_in_the_code() -> list[str]:
    """Return the name of every crash point that the shop comes by."""
    found = []
    for path in Path(shop.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "crashpoint":
                [name] = node.args
                assert isinstance(name, ast.Constant), f"{path}: a crash point is named by a plain text"
                found.append(str(name.value))
    return found


def test_the_points_in_the_code_are_those_that_are_killed() -> None:
    listed = [point for step in POINTS.values() for point in step]

    assert sorted(points_in_the_code()) == sorted(listed)
    assert all(point.startswith(f"{step}.") for step, points in POINTS.items() for point in points)


@both_databases
@pytest.mark.parametrize("step", STEPS)
def test_a_killed_process_loses_nothing(
    settings: dict[str, str], tmp_path: Path, media: str, seed: int, often: Often, step: str
) -> None:
    kills = often(1, 3, 20)
    with rig(House({**settings, "MEDIA_URL": media}, tmp_path), media, seed) as found:
        for point in POINTS[step]:
            for number in range(1, kills + 1):
                kill_at(found, point, number)
                survived(found, f"after kill {number} at {point}")

        assert len(found.house.deaths) == kills * len(POINTS[step])
        assert found.orders() == BUYERS * kills * len(POINTS[step])
        if step == "outbox":
            letters = list((tmp_path / "var" / "mail").glob("*.eml"))
            assert len(letters) >= found.orders()


def kill_sometime(found: Rig, number: int) -> str:
    """Let customers buy and pay while something is killed at a random moment; return what it was."""
    dice = random.Random(f"{found.seed}:{number}")
    victims, wait = dice.choice(VICTIMS), dice.uniform(0, LONGEST_WAIT_S)
    found.clock.at = datetime.now(UTC).replace(microsecond=0)
    buyers = found.come(f"sometime-{number}")

    def act(who: int) -> None:
        if who < len(buyers):
            buyers[who].place(TOTE)
        else:
            time.sleep(wait)
            found.house.kill(*victims)

    for failure in at_once(len(buyers) + 1, act):
        if failure is not None:
            raise failure
    found.house.wait_until_up()
    found.pay_every_page()
    return f"after {' and '.join(victims)} died at {wait:.2f} s in round {number}"


@both_databases
def test_killed_at_random_moments_nothing_is_lost(
    settings: dict[str, str], tmp_path: Path, media: str, seed: int, often: Often
) -> None:
    """Server, two workers at once, and the gateways themselves; all of ours together is the database's hot log."""
    with rig(House({**settings, "MEDIA_URL": media}, tmp_path, workers=2), media, seed) as found:
        for number in range(1, often(4, 40, 200) + 1):
            survived(found, kill_sometime(found, number))


# What the test would miss if it could not fail.


@pytest.fixture
def mutant(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FAULTS_MUTANT", "random-key")
    mutants.random_key(monkeypatch.setattr)
    yield


@both_databases
def test_control_without_recovery_a_paid_order_is_lost(
    settings: dict[str, str], tmp_path: Path, media: str, seed: int
) -> None:
    house = House({**settings, "MEDIA_URL": media}, tmp_path, delivery_attempts=1)
    with rig(house, media, seed) as found:
        kill_at(found, "inbox.stored", 1)
        with pytest.raises(AssertionError, match="these paid and their orders are not paid"):
            survived(found, "control", recovery=False)


@both_databases
def test_control_with_a_worker_that_stays_dead_a_paid_order_is_lost(
    settings: dict[str, str], tmp_path: Path, media: str, seed: int
) -> None:
    house = House({**settings, "MEDIA_URL": media}, tmp_path, restart=False)
    with rig(house, media, seed) as found:
        kill_at(found, "apply.posted", 1)
        with pytest.raises(AssertionError, match="these paid and their orders are not paid"):
            survived(found, "control", recovery=False)


@both_databases
@pytest.mark.usefixtures("mutant")
def test_control_with_a_random_key_a_customer_is_charged_twice(
    settings: dict[str, str], tmp_path: Path, media: str, seed: int
) -> None:
    house = House({**settings, "MEDIA_URL": media}, tmp_path, module="tests.faults.mutants")
    with rig(house, media, seed) as found:
        kill_at(found, "send.answered", 1)
        with pytest.raises(AssertionError, match=r"these were charged twice|their orders are not paid"):
            survived(found, "control")
