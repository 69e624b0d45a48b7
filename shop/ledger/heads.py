"""Heads of the chain that are kept elsewhere: what even someone who may write every row cannot bend.

Whoever may write the database can change an entry and compute every link after it anew. The chain then holds within
itself, and differs from each head that had left the house before. So heads leave it: on statements, in the nightly
log, in a file that an auditor keeps. `SEQ:HASH` is one, and the rest of its line is for people.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Date, cast, func, select

from shop.db import db
from shop.ledger.models import Entry, Seal
from shop.verdict import Finding

_LETTERS = set("0123456789abcdef")


@dataclass(frozen=True)
class Head:
    """A link's number and hash, as `SEQ:HASH`."""

    seq: int
    chain: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.chain}"


def read(lines: Iterable[str]) -> list[Head]:
    """Return the heads that lines of text hold, but for comments; ValueError names a line that is none."""
    found = []
    for line in lines:
        word = line.partition("#")[0].strip()
        if not word:
            continue
        seq, _colon, chain = word.split()[0].partition(":")
        if not seq.isdecimal() or len(seq) > 18 or len(chain) != 64 or not set(chain) <= _LETTERS:
            raise ValueError(f"not a head of the chain (SEQ:HASH): {line.strip()[:80]}")
        found.append(Head(int(seq), chain))
    return found


def differing(kept: Iterable[Head]) -> Iterator[Finding]:
    """Yield every head that was kept elsewhere and is not in the chain as it stands."""
    for head in kept:
        standing = db.session.scalar(select(Seal.chain).where(Seal.seq == head.seq))
        if head.seq > 0 and standing is None:
            yield Finding("ledger", f"seal {head.seq}", f"was kept elsewhere as {head.chain[:12]}… and is gone")
        elif head.seq > 0 and standing != head.chain:
            rule = f"was kept elsewhere as {head.chain[:12]}… and is another now: what it seals, or what came before"
            yield Finding("ledger", f"seal {head.seq}", rule)


def of_days(days: int) -> list[tuple[date, Head]]:
    """Return the last link of each of the newest days (UTC) on which something was written, the newest first."""
    day = func.date(Entry.recorded_at) if db.engine.dialect.name == "sqlite" else cast(Entry.recorded_at, Date)
    last = (
        select(func.max(Seal.seq).label("seq"), day.label("day"))
        .join(Entry, Entry.id == Seal.entry_id)
        .group_by(day)
        .order_by(func.max(Seal.seq).desc())
        .limit(days)
        .subquery()
    )
    rows = db.session.execute(
        select(last.c.day, Seal.seq, Seal.chain).join(last, last.c.seq == Seal.seq).order_by(Seal.seq.desc())
    )
    return [(date.fromisoformat(str(row[0])), Head(row[1], row[2])) for row in rows]
