"""Does every row of the books still say what it said when it was written?

Each finding names the floor, the row and the rule. The chain is read in batches by its numbers, never held together;
sums are the database's own.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from shop.db import db
from shop.ledger.chart import UnknownAccount, has_floor, is_hers_alone, side_of
from shop.ledger.models import Account, Balance, Entry, Seal, Side, Transfer
from shop.ledger.sealing import GENESIS, OF_ENTRY, SEALED_COLUMNS, entry_text, fingerprint_of, link_of, transfer_text
from shop.snapshots import streamed
from shop.verdict import Finding

LINKS = 2_000  # read at a time
_LINK = (Seal.seq, Seal.chain, Seal.fingerprints, Seal.entry_id)
_SEALED: Select[*tuple[Any, ...]] = (
    select(*_LINK, *SEALED_COLUMNS[:OF_ENTRY]).outerjoin(Entry, Entry.id == Seal.entry_id).order_by(Seal.seq)
)
_MOVED: Select[*tuple[Any, ...]] = (
    select(Transfer.entry_id, *SEALED_COLUMNS[OF_ENTRY:])
    .join(Seal, Seal.entry_id == Transfer.entry_id)
    .order_by(Seal.seq, Transfer.id)
)


def verify() -> Iterator[Finding]:
    """Yield every break of the chain, of a stored balance, or of the shape of an entry or a transfer."""
    yield from _chain()
    yield from _balances()
    yield from _shapes()


def _chain() -> Iterator[Finding]:
    chain, seq = GENESIS, 0
    while links := db.session.execute(_SEALED.where(Seal.seq > seq).limit(LINKS)).all():
        until = links[-1].seq
        moved: dict[int, list[Row[*tuple[Any, ...]]]] = {}
        for transfer in db.session.execute(_MOVED.where(Seal.seq > seq, Seal.seq <= until)):
            moved.setdefault(transfer[0], []).append(transfer)
        for row in links:
            if row[0] != seq + 1:
                yield Finding("ledger", f"seal {row[0]}", "the chain has a gap before this link")
            else:
                yield from _link(chain, row, moved.get(row[3], []))
            chain, seq = row[1], row[0]


def _link(chain: str, row: Row[*tuple[Any, ...]], transfers: Sequence[Row[*tuple[Any, ...]]]) -> Iterator[Finding]:
    """Yield what is wrong with one link: its number, hash, fingerprints and entry's number, then the entry."""
    if row[4] is None:
        yield Finding("ledger", f"entry {row[3]}", f"was sealed as link {row[0]} and is gone")
        return
    if not transfers:
        yield Finding("ledger", f"entry {row[3]}", f"was sealed as link {row[0]} and has lost its transfers")
        return
    entry = entry_text(row[4:])
    texts = [transfer_text(entry, transfer[1:]) for transfer in transfers]
    if link_of(chain, texts) != row[1]:
        yield from _bent(row, transfers, texts)


def _bent(
    row: Row[*tuple[Any, ...]], transfers: Sequence[Row[*tuple[Any, ...]]], texts: Sequence[str]
) -> Iterator[Finding]:
    """Name what a broken link holds. Fingerprints only say where to look; the link is what proves it."""
    reference, kept = row[5], dict(part.partition(":")[::2] for part in row[2].split(","))
    bent = [
        transfer[1]
        for transfer, written in zip(transfers, texts, strict=True)
        if kept.pop(str(transfer[1]), None) != fingerprint_of(written)
    ]
    for transfer_id in bent:
        yield Finding("ledger", f"transfer {transfer_id} of {reference}", "is not what was sealed")
    for gone in kept:
        yield Finding("ledger", f"transfer {gone} of {reference}", "was sealed and is gone")
    if not bent and not kept:
        yield Finding("ledger", f"seal {row[0]}", "the link does not follow from the one before")


def _balances() -> Iterator[Finding]:
    debits, credits = _sums(Transfer.debit_account_id), _sums(Transfer.credit_account_id)
    minor = func.coalesce(debits.c.minor, 0) - func.coalesce(credits.c.minor, 0)
    query = (
        select(
            Account.code,
            Account.currency,
            Account.side,
            Balance.minor,
            case((Account.side == Side.DEBIT, minor), else_=-minor),
        )
        .outerjoin(Balance, Balance.account_id == Account.id)
        .outerjoin(debits, debits.c.id == Account.id)
        .outerjoin(credits, credits.c.id == Account.id)
        .order_by(Account.id)
    )
    for code, currency, side, stored, derived in streamed(query):
        row = f"account {code} {currency}"
        try:
            if side is not side_of(code):
                yield Finding("ledger", row, f"stands on the {side} side, the chart says {side_of(code)}")
        except UnknownAccount:
            yield Finding("ledger", row, "is not in the chart")
            continue
        if has_floor(code) and (stored or 0) != derived:
            sums = ("", "") if is_hers_alone(code) else (f" {stored or 0}", f" {derived}")
            yield Finding("ledger", row, f"stored balance{sums[0]} is not the sum of its transfers{sums[1]}")
        if not has_floor(code) and stored is not None:
            yield Finding("ledger", row, "has a stored balance but no floor")


def _sums(column: InstrumentedAttribute[int]) -> Subquery:
    """Return what moved on one side of each account; grouped along the index, so that nothing has to be sorted."""
    return select(column.label("id"), func.sum(Transfer.amount_minor).label("minor")).group_by(column).subquery()


def _shapes() -> Iterator[Finding]:
    bare = select(Entry.reference).outerjoin(Transfer, Transfer.entry_id == Entry.id).where(Transfer.id.is_(None))
    for (reference,) in streamed(bare):
        yield Finding("ledger", f"entry {reference}", "has no transfer")
    debit, credit = aliased(Account), aliased(Account)
    misshapen = (
        select(Transfer.id, Entry.id, Transfer.amount_minor)
        .outerjoin(Entry, Entry.id == Transfer.entry_id)
        .outerjoin(debit, _belongs(debit, Transfer.debit_account_id))
        .outerjoin(credit, _belongs(credit, Transfer.credit_account_id))
        .where(or_(Entry.id.is_(None), debit.id.is_(None), credit.id.is_(None), Transfer.amount_minor <= 0))
    )
    for transfer_id, entry_id, amount in streamed(misshapen):
        if entry_id is None:
            yield Finding("ledger", f"transfer {transfer_id}", "belongs to no entry")
        elif amount <= 0:
            yield Finding("ledger", f"transfer {transfer_id}", "moves nothing, or less")
        else:
            yield Finding(
                "ledger", f"transfer {transfer_id}", "an account of it is gone, or of another book or currency"
            )


def _belongs(account: type[Account], column: Any) -> ColumnElement[bool]:
    return and_(account.id == column, account.book == Transfer.book, account.currency == Transfer.currency)
