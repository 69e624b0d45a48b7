"""One sealer at a time, and one that dies in the middle: the chain has no gap, no fork and no entry twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from shop.db import db
from shop.ledger import sealing, verification
from shop.ledger.models import Seal
from shop.ledger.posting import Event, Leg, post_all
from shop.money import Money
from tests.conftest import both_databases
from tests.faults.together import Gate, at_once, gated_writing
from tests.world import World

pytestmark = pytest.mark.books_may_differ
ON, AT = date(2026, 11, 20), datetime(2026, 11, 20, 6, tzinfo=UTC)
SEALERS, ENTRIES = 8, 40


@pytest.fixture
def unsealed(world: World) -> World:
    """A house whose forty entries wait for a seal."""
    legs = [Leg("bank", "capital", Money(500, "INR"))]
    with world.writing():
        events = [Event(f"event:{number}", "test", legs) for number in range(ENTRIES)]
        post_all(events, effective_on=ON, at=AT, by="user:1")
    return world


def eight_sealers(world: World) -> None:
    """Seal at one moment from eight sides: one does it, the others find nothing to do."""
    gate = Gate(SEALERS)

    def seal(number: int) -> int:
        with world.app.app_context(), gated_writing(gate)():
            return sealing.seal()

    answers = at_once(SEALERS, seal)

    failed = [each for each in answers if isinstance(each, Exception)]
    assert not failed, f"{len(failed)} of {SEALERS} sealers failed"
    assert sorted(int(each) for each in answers if not isinstance(each, Exception)) == [0] * (SEALERS - 1) + [ENTRIES]
    whole(world)


def whole(world: World) -> None:
    """Every entry has one link, the links have no gap, and the chain holds."""
    with world.reading():
        assert db.session.execute(select(func.count(), func.max(Seal.seq))).one() == (ENTRIES, ENTRIES)
        assert sealing.unsealed() == 0
        assert [str(finding) for finding in verification.verify()] == []


@both_databases
def test_of_eight_sealers_one_seals_and_nobody_fails(unsealed: World) -> None:
    eight_sealers(unsealed)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_control_without_the_lock_sealers_meet(unsealed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of the chain refuses the second: no fork even then, but its round is lost.

    All have read the last link before the first writes the next: nobody's luck decides whether they meet.
    """
    read, entries = Gate(SEALERS), sealing.entries

    def after_all_have_read(rows: Iterable[sealing.SealedRow]) -> Iterator[tuple[int, list[sealing.SealedRow]]]:
        read.wait()
        return entries(rows)

    monkeypatch.setattr(sealing, "text", lambda _statement: text("SELECT CAST(:key AS integer)"))
    monkeypatch.setattr(sealing, "entries", after_all_have_read)

    with pytest.raises(AssertionError, match=r"7 of 8 sealers failed"):
        eight_sealers(unsealed)

    whole(unsealed)


@both_databases
def test_a_sealer_that_dies_in_the_middle_leaves_no_gap(
    unsealed: World, settings: dict[str, str], tmp_path: Path
) -> None:
    armed = tmp_path / "crashpoint"
    armed.write_text("seal.linked")
    environment = {**os.environ, **settings, "SHOP_VAR": str(tmp_path), "SHOP_CRASHPOINT_FILE": str(armed)}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "ledger", "seal"]

    died = subprocess.run(command, env=environment, capture_output=True, text=True)

    assert died.returncode == -signal.SIGKILL
    assert not armed.exists()
    with unsealed.reading():
        assert db.session.scalar(select(func.count()).select_from(Seal)) == 0
    again = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert f"{ENTRIES} entries sealed" in again.stdout, again.stderr
    whole(unsealed)


@both_databases
def test_an_entry_that_commits_long_after_a_younger_one_is_sealed_all_the_same(
    unsealed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quick look goes back so many ids; the nightly one, and the command's, look at all."""
    monkeypatch.setattr(sealing, "BATCH", 3)
    with unsealed.writing():
        db.session.execute(text("INSERT INTO ledger_seal (seq, entry_id, chain, fingerprints) "
                                "SELECT 1, max(id), 'x', 'x:y' FROM ledger_entry"))  # fmt: skip
        monkeypatch.setattr(sealing, "LATE", 5)
        assert sealing.seal() == 2
        monkeypatch.setattr(sealing, "LATE", 0)
        assert sealing.seal() == 0
        assert sealing.seal(whole=True) == 2
