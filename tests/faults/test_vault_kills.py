"""A rotation of the vault's keys, killed as a real process at random moments, resumed until it is done."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shop.artisans.vault import keys, records, rotation
from shop.artisans.vault.keys import Keyring
from shop.artisans.vault.looks import Leave
from shop.db import vault_session, writing
from tests.artisans.vaults import AT, NEW, OLD, ring
from tests.conftest import both_databases
from tests.faults.conftest import Often
from tests.world import World

ROOT = Path(__file__).resolve().parent.parent.parent
LONGEST_S = 60


def given(number: int) -> dict[str, str]:
    return {"legal_name": f"Invented {number}", "phone": f"+9198300{number:05d}", "upi": f"invented.{number}@invented"}


def rotate(world: World, settings: dict[str, str], folder: Path) -> "subprocess.Popen[bytes]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SHOP_")}
    command = [str(Path(sys.executable).parent / "flask"), "--app", "wsgi", "vault", "rotate", "--batch", "1"]
    environment = {**inherited, **settings, "SHOP_VAR": str(folder / "var"), "VAULT_KEY": f"{NEW},{OLD}"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def left(keyring: Keyring) -> int:
    vault_session().rollback()
    return rotation.left(vault_session(), keyring)


def opened(keyring: Keyring, numbers: range) -> list[dict[str, str]]:
    vault_session().rollback()
    return [records.get(vault_session(), keyring, Leave(number)).items() for number in numbers]


@both_databases
def test_a_rotation_killed_at_random_loses_no_record_and_ends_when_run_again(
    world: World, settings: dict[str, str], tmp_path: Path, often: Often, seed: int
) -> None:
    chance = random.Random(seed)
    numbers = range(1, often(300, 300, 3_000) + 1)
    everyone = [given(number) for number in numbers]
    both, partly = ring(NEW, OLD), 0
    with world.reading():
        with writing(vault_session) as session:
            for number in numbers:
                records.enter(session, ring(OLD), number, given(number), at=AT)
        for _ in range(often(3, 3, 30)):
            before = left(both)
            process = rotate(world, settings, tmp_path)
            until = time.monotonic() + LONGEST_S
            while left(both) == before and process.poll() is None and time.monotonic() < until:
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.05))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            partly += 0 < left(both) < before
            assert opened(both, numbers) == everyone, "both keys open every record, wherever it was cut"

        assert partly >= 2, "the process was to die in the middle of its work, or this proves nothing"
        process = rotate(world, settings, tmp_path)
        told, _ = process.communicate(timeout=LONGEST_S)
        assert process.returncode == 0, told.decode()
        assert left(both) == 0
        assert opened(ring(NEW), numbers) == everyone, "the old key is not needed any more"


def test_the_proof_sees_a_rotation_that_is_not_one_transaction_a_record(world: World) -> None:
    """The control: a wrapping written without the name of its key, as a torn write would leave it, does not open."""
    with world.reading():
        with writing(vault_session) as session:
            records.enter(session, ring(OLD), 1, given(1), at=AT)
        with writing(vault_session) as session:
            row = session.get(records.Identity, 1)
            assert row is not None
            own = records.own_key(row, ring(OLD))
            new = ring(NEW).current
            row.wrapped_key = keys.seal(new.wrapping, own, records.key_place(1, 1, new.id))
        with pytest.raises(keys.Tampered):
            opened(ring(NEW, OLD), range(1, 2))
