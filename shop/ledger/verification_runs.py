"""Runs of the verification, kept: the night's or one that was asked for, and its breaks, of which the first are kept.

A run that finds ten thousand breaks says so by their number; whoever mends the books asks for another when the first
two hundred are gone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from shop import outbox
from shop.db import adding, db, run
from shop.ledger.verification_models import VerificationBreak, VerificationRun
from shop.verdict import Finding

KEPT = 200  # breaks of a run
STALE = timedelta(hours=26)  # a night and what it may take
JOB = "books.verify"


@dataclass
class Found:
    """What a run finds, counted as it comes: the first are kept, the others only counted."""

    kept: list[Finding] = field(default_factory=list)
    broken: int = 0

    def count(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Yield the findings on, counting each and keeping the first."""
        for finding in findings:
            self.broken += 1
            if len(self.kept) < KEPT:
                self.kept.append(finding)
            yield finding


@dataclass(frozen=True)
class Over:
    """What a run went over: how many lists and transfers, up to which head of the chain, and what nobody claims."""

    lists: int
    transfers: int
    seal_seq: int
    chain: str
    unclaimed_pieces: int
    unclaimed_minor: int


def record(found: Found, over: Over, *, began_at: datetime, ended_at: datetime, asked_by: str | None) -> int:
    """Keep a run with its first breaks and return its number."""
    told = {"began_at": began_at, "ended_at": ended_at, "asked_by": asked_by, "broken": found.broken}
    number = int(run(adding(VerificationRun, "id"), {**asdict(over), **told}).scalar_one())
    rows = [
        {"run_id": number, "floor": each.floor[:40], "row": each.row[:200], "rule": each.rule[:300]}
        for each in found.kept
    ]
    if rows:
        run(adding(VerificationBreak), rows)
    return number


def find_newest() -> VerificationRun | None:
    """Return the newest run, or None before the first."""
    return db.session.scalars(select(VerificationRun).order_by(VerificationRun.id.desc()).limit(1)).one_or_none()


def is_stale(newest: VerificationRun, *, at: datetime) -> bool:
    """Say whether the newest run is older than a night may take."""
    return newest.ended_at < at - STALE


def ask(*, at: datetime, by: str) -> None:
    """Ask the worker for a run; while one is asked for, this asks for no other."""
    if is_asked():
        return
    newest = find_newest()
    after = newest.id if newest else 0
    outbox.enqueue(JOB, f"{JOB}:{after}:{at:%Y-%m-%dT%H:%M}", {"by": by}, at=at)


def is_asked() -> bool:
    """Say whether a run was asked for and is not done."""
    return outbox.undone(JOB) > 0
