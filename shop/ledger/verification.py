"""Does every row of the books still say what it said when it was written?

Each finding names the floor, the row and the rule. The chain is read in batches by its numbers, never held together;
sums are the database's own.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from shop.db import db
from shop.ledger.chart import UnknownAccount, has_floor, is_hers_alone, side_of
from shop.ledger.models import Account, Balance, Entry, Period, Seal, Side, Transfer
from shop.ledger.sealing import GENESIS, OF_ENTRY, SealedRow, entry_text, fingerprint_of, link_of, transfer_text
from shop.snapshots import streamed
from shop.verdict import Finding

LINKS = 2_000  # read at a time
_SEALS, _ENTRIES, _TRANSFERS = (model.metadata.tables[model.__tablename__] for model in (Seal, Entry, Transfer))
_OF_ENTRY = [_ENTRIES.c[name] for name in SealedRow._fields[1:OF_ENTRY]]
_OF_TRANSFER = [_TRANSFERS.c[name] for name in SealedRow._fields[OF_ENTRY + 1 :]]
_SEALED: Select[*tuple[Any, ...]] = (
    select(_SEALS.c.seq, _SEALS.c.chain, _SEALS.c.fingerprints, _SEALS.c.entry_id, _ENTRIES.c.id, *_OF_ENTRY)
    .outerjoin(_ENTRIES, _ENTRIES.c.id == _SEALS.c.entry_id)
    .where(_SEALS.c.seq > bindparam("after"))
    .order_by(_SEALS.c.seq)
    .limit(LINKS)
)
_MOVED: Select[*tuple[Any, ...]] = (
    select(_TRANSFERS.c.entry_id, _TRANSFERS.c.id, *_OF_TRANSFER)
    .join(_SEALS, _SEALS.c.entry_id == _TRANSFERS.c.entry_id)
    .where(_SEALS.c.seq > bindparam("after"), _SEALS.c.seq <= bindparam("until"))
    .order_by(_SEALS.c.seq, _TRANSFERS.c.id)
)


def verify() -> Iterator[Finding]:
    """Yield every break of the chain, of a stored balance, or of the shape of an entry or a transfer."""
    yield from _chain()
    yield from _balances()
    yield from _shapes()


def _chain() -> Iterator[Finding]:
    """Follow the chain from its first link; plain rows of the tables, since there are as many as the books are long."""
    connection = db.session.connection()
    closes = deque(db.session.execute(select(Period.seal_seq, Period.book, Period.until).order_by(Period.seal_seq)))
    closed: dict[str, date] = {}  # book -> the day up to which it was closed when a link was made
    chain, seq = GENESIS, 0
    while links := connection.execute(_SEALED, {"after": seq}).all():
        moved: defaultdict[int, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
        for transfer in connection.execute(_MOVED, {"after": seq, "until": links[-1][0]}).all():
            moved[transfer[0]].append(transfer)
        for row in links:
            while closes and closes[0][0] < row[0]:
                _seq, book, until = closes.popleft()
                closed[book] = max(until, closed.get(book, until))
            if row[0] != seq + 1:
                yield Finding("ledger", f"seal {row[0]}", "the chain has a gap before this link")
            else:
                yield from _link(chain, row, moved[row[3]])
            if closed and any(row[7] is not None and row[7] <= closed.get(each[2], date.min) for each in moved[row[3]]):
                yield Finding("ledger", f"entry {row[5]}", "is dated into a month that was closed before it was sealed")
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
    otherwise = Transfer.effective_on != Entry.effective_on
    misshapen = (
        select(Transfer.id, Entry.id, Transfer.amount_minor, otherwise)
        .outerjoin(Entry, Entry.id == Transfer.entry_id)
        .outerjoin(debit, _belongs(debit, Transfer.debit_account_id))
        .outerjoin(credit, _belongs(credit, Transfer.credit_account_id))
        .where(or_(Entry.id.is_(None), debit.id.is_(None), credit.id.is_(None), Transfer.amount_minor <= 0, otherwise))
    )
    for transfer_id, entry_id, amount, is_otherwise in streamed(misshapen):
        if entry_id is None:
            yield Finding("ledger", f"transfer {transfer_id}", "belongs to no entry")
        elif amount <= 0:
            yield Finding("ledger", f"transfer {transfer_id}", "moves nothing, or less")
        elif is_otherwise:
            yield Finding("ledger", f"transfer {transfer_id}", "is dated otherwise than its entry")
        else:
            yield Finding(
                "ledger", f"transfer {transfer_id}", "an account of it is gone, or of another book or currency"
            )


def _belongs(account: type[Account], column: Any) -> ColumnElement[bool]:
    return and_(account.id == column, account.book == Transfer.book, account.currency == Transfer.currency)
