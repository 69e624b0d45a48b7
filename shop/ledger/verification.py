"""Does every row of the books still say what it said when it was written?

Each finding names the floor, the row and the rule. Rows are streamed, never held together.
"""

from collections.abc import Iterator

from sqlalchemy import case, func, select

from shop.db import db
from shop.ledger.chart import UnknownAccount, has_floor, side_of
from shop.ledger.models import Account, Balance, Entry, Seal, Side, Transfer
from shop.ledger.sealing import GENESIS, SEALED_COLUMNS, SealedRow, fingerprint, link
from shop.verdict import Finding


def verify() -> Iterator[Finding]:
    """Yield every break of the chain, of a stored balance, or of an entry's shape."""
    yield from _chain()
    yield from _missing_seals()
    yield from _balances()
    yield from _shapes()


def _chain() -> Iterator[Finding]:
    query = (
        select(Seal.seq, Seal.chain, Seal.fingerprints, *SEALED_COLUMNS)
        .join(Entry, Entry.id == Seal.entry_id)
        .join(Transfer, Transfer.entry_id == Entry.id)
        .order_by(Seal.seq, Transfer.id)
    )
    chain, seq = GENESIS, 0
    group: list[SealedRow] = []
    seal: tuple[int, str, str] | None = None
    for row in db.session.execute(query, execution_options={"yield_per": 5_000}):
        if seal is not None and row[0] != seal[0]:
            yield from _link(chain, seq, seal, group)
            chain, seq, group = seal[1], seal[0], []
        seal = (row[0], row[1], row[2])
        group.append(SealedRow._make(row[3:]))
    if seal is not None:
        yield from _link(chain, seq, seal, group)


def _link(chain: str, seq: int, seal: tuple[int, str, str], group: list[SealedRow]) -> Iterator[Finding]:
    if seal[0] != seq + 1:
        yield Finding("ledger", f"seal {seal[0]}", "the chain has a gap before this link")
        return
    if link(chain, group) == seal[1]:
        return
    kept = dict(part.split(":") for part in seal[2].split(","))
    bent = [row for row in group if kept.pop(str(row.transfer_id), None) != fingerprint(row)]
    for row in bent:
        yield Finding("ledger", f"transfer {row.transfer_id} of {row.reference}", "is not what was sealed")
    for transfer_id in kept:
        yield Finding("ledger", f"transfer {transfer_id} of {group[0].reference}", "was sealed and is gone")
    if not bent and not kept:  # fingerprints only name what was bent; the link is what proves it
        yield Finding("ledger", f"seal {seal[0]}", "the link does not follow from the one before")


def _missing_seals() -> Iterator[Finding]:
    """A sealed entry whose transfers are all gone never joins above, so it is looked for here."""
    empty = (
        select(Seal.seq, Seal.entry_id)
        .outerjoin(Transfer, Transfer.entry_id == Seal.entry_id)
        .where(Transfer.id.is_(None))
    )
    for seq, entry_id in db.session.execute(empty):
        yield Finding("ledger", f"entry {entry_id}", f"was sealed as link {seq} and has lost its transfers")


def _balances() -> Iterator[Finding]:
    moved = (
        select(Transfer.debit_account_id.label("id"), Transfer.amount_minor.label("minor"))
        .union_all(select(Transfer.credit_account_id, -Transfer.amount_minor))
        .subquery()
    )
    sums = select(moved.c.id, func.sum(moved.c.minor).label("minor")).group_by(moved.c.id).subquery()
    query = (
        select(
            Account.code,
            Account.currency,
            Account.side,
            Balance.minor,
            func.coalesce(case((Account.side == Side.DEBIT, sums.c.minor), else_=-sums.c.minor), 0),
        )
        .outerjoin(Balance, Balance.account_id == Account.id)
        .outerjoin(sums, sums.c.id == Account.id)
        .order_by(Account.id)
    )
    for code, currency, side, stored, derived in db.session.execute(query):
        row = f"account {code} {currency}"
        try:
            if side is not side_of(code):
                yield Finding("ledger", row, f"stands on the {side} side, the chart says {side_of(code)}")
        except UnknownAccount:
            yield Finding("ledger", row, "is not in the chart")
            continue
        if has_floor(code) and (stored or 0) != derived:
            yield Finding("ledger", row, f"stored balance {stored or 0} is not the sum of its transfers {derived}")
        if not has_floor(code) and stored is not None:
            yield Finding("ledger", row, "has a stored balance but no floor")


def _shapes() -> Iterator[Finding]:
    bare = select(Entry.reference).outerjoin(Transfer, Transfer.entry_id == Entry.id).where(Transfer.id.is_(None))
    for reference in db.session.scalars(bare):
        yield Finding("ledger", f"entry {reference}", "has no transfer")
