"""Sealing: a chain of hashes over entries, written behind the posting by a single sealer.

`seal()` takes every entry without a seal (never "up to the highest id": on PostgreSQL ids commit
out of order) and links it to the one before. The chain covers surrogate ids, amounts and dates,
no names, so erasing a person breaks nothing. It proves what happened since the last head that was
kept elsewhere; the fingerprints let verify name the one transfer that was bent.

The day that a late fact happened on is hashed where there is one, and leaves no trace where there is none: so every
link that was written before entries had such a day still follows from the one before it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select, text

from shop.crashpoint import crashpoint
from shop.db import db
from shop.ledger.models import Entry, Seal, Transfer

GENESIS = "0" * 64
SEAL_LOCK = 7_270_001  # advisory lock key on PostgreSQL; the registry of keys is this line
BATCH = 5_000  # transfers in one writing unit
LATE = 10_000  # ids: by how many an entry may commit after a younger one and still be sealed within seconds


class SealedRow(NamedTuple):
    """One transfer with its entry, as the chain reads them."""

    entry_id: int
    reference: str
    kind: str
    effective_on: date
    recorded_at: datetime
    actor: str
    reverses_id: int | None
    happened_on: date | None
    transfer_id: int
    book: str
    currency: str
    debit_account_id: int
    credit_account_id: int
    amount_minor: int


OF_ENTRY = SealedRow._fields.index("transfer_id")  # so many columns are the entry's, the others its transfer's
SEALED_COLUMNS = (
    Entry.id,
    Entry.reference,
    Entry.kind,
    Entry.effective_on,
    Entry.recorded_at,
    Entry.actor,
    Entry.reverses_id,
    Entry.happened_on,
    Transfer.id,
    Transfer.book,
    Transfer.currency,
    Transfer.debit_account_id,
    Transfer.credit_account_id,
    Transfer.amount_minor,
)


def seal(*, whole: bool = False) -> int:
    """Seal a batch of entries that have no seal yet and return how many; run inside a writing unit, until it is none.

    It looks at the last LATE ids before the newest sealed one and at all after it, so that it costs the same however
    long the books are. `whole` looks at every entry: what committed later still than that is found then.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEAL_LOCK})
    seq, chain = db.session.execute(select(Seal.seq, Seal.chain).order_by(Seal.seq.desc()).limit(1)).one_or_none() or (
        0,
        GENESIS,
    )
    newest = 0 if whole else db.session.scalar(select(func.max(Seal.entry_id))) or 0
    unsealed = (
        select(*SEALED_COLUMNS)
        .join(Transfer, Transfer.entry_id == Entry.id)
        .outerjoin(Seal, Seal.entry_id == Entry.id)
        .where(Seal.seq.is_(None), Entry.id > newest - LATE)
        .order_by(Entry.id, Transfer.id)
    )
    rows = [SealedRow._make(row) for row in db.session.execute(unsealed.limit(BATCH))]
    if len(rows) == BATCH:  # the last entry may be cut: leave it for the next round, or read the only one whole
        uncut = [row for row in rows if row.entry_id != rows[-1].entry_id]
        only = unsealed.where(Entry.id == rows[-1].entry_id)
        rows = uncut or [SealedRow._make(row) for row in db.session.execute(only)]
    seals = []
    for entry_id, transfers in entries(rows):
        seq, chain = seq + 1, link(chain, transfers)
        seals.append({"seq": seq, "entry_id": entry_id, "chain": chain, "fingerprints": fingerprints(transfers)})
    if seals:
        db.session.execute(insert(Seal), seals)
        crashpoint("seal.linked")
    return len(seals)


def entries(rows: Iterable[SealedRow]) -> Iterator[tuple[int, list[SealedRow]]]:
    """Group rows that come in entry order."""
    for entry_id, group in groupby(rows, key=lambda row: row.entry_id):
        yield entry_id, list(group)


def link(chain: str, transfers: list[SealedRow]) -> str:
    """Return the hash of the link before and of one entry with its transfers."""
    return link_of(chain, map(canonical, transfers))


def link_of(chain: str, texts: Iterable[str]) -> str:
    """Return the hash of the link before and of the texts of one entry's transfers."""
    return hashlib.sha256((chain + "".join(texts)).encode()).hexdigest()


def canonical(row: SealedRow) -> str:
    """Return one transfer with its entry as the text that is hashed, the same on both databases."""
    return transfer_text(entry_text(row[:OF_ENTRY]), row[OF_ENTRY:])


def entry_text(parts: Sequence[Any]) -> str:
    """Return an entry's columns, in the order of SealedRow, as the beginning of each of its transfers' texts."""
    number, reference, kind, on, at, actor, reverses_id, happened_on = parts
    written = f"{number}\x1f{reference}\x1f{kind}\x1f{on.isoformat()}\x1f{at.isoformat()}\x1f{actor}\x1f{reverses_id}"
    return written if happened_on is None else f"{written}\x1f{happened_on.isoformat()}"


def transfer_text(entry: str, parts: Sequence[object]) -> str:
    """Return a transfer's columns, in the order of SealedRow, behind the text of its entry."""
    number, book, currency, debit, credit, amount = parts
    return f"{entry}\x1f{number}\x1f{book}\x1f{currency}\x1f{debit}\x1f{credit}\x1f{amount}\x1e"


def fingerprints(transfers: list[SealedRow]) -> str:
    """Return `id:hash` of each transfer, so that a broken link can name the one that was bent."""
    return ",".join(f"{row.transfer_id}:{fingerprint(row)}" for row in transfers)


def fingerprint(row: SealedRow) -> str:
    """Return a short hash of one transfer with its entry."""
    return fingerprint_of(canonical(row))


def fingerprint_of(written: str) -> str:
    """Return a short hash of one transfer's text."""
    return hashlib.sha256(written.encode()).hexdigest()[:12]


def head() -> tuple[int, str]:
    """Return the number and hash of the newest link, for keeping outside the house."""
    row = db.session.execute(select(Seal.seq, Seal.chain).order_by(Seal.seq.desc()).limit(1)).one_or_none()
    return (row[0], row[1]) if row else (0, GENESIS)


def unsealed() -> int:
    """Return how many entries wait for a seal."""
    return tail()[0]


def tail() -> tuple[int, datetime | None]:
    """Return how many entries wait for a seal, and when the oldest of them was written."""
    query = select(func.count(), func.min(Entry.recorded_at)).outerjoin(Seal, Seal.entry_id == Entry.id)
    row = db.session.execute(query.select_from(Entry).where(Seal.seq.is_(None))).one()
    return row[0], row[1]
