"""The books as the office reads them: the trial balance, one account, one entry. A rupee can be followed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select

from shop.clock import india_date
from shop.db import db
from shop.errors import NotFound
from shop.ledger import balances, posting, sealing
from shop.ledger.balances import Line
from shop.ledger.chart import kind_of
from shop.ledger.models import Account, Entry, Seal, Side
from shop.ledger.posting import Leg
from shop.web.manager.reads.names import actors


@dataclass(frozen=True)
class Kind:
    """All accounts of one kind, in one currency, with their sum."""

    name: str
    side: Side
    accounts: Sequence[tuple[str, int]]

    @property
    def minor(self) -> int:
        """Return what they hold together, on their own side."""
        return sum(minor for _code, minor in self.accounts)


@dataclass(frozen=True)
class Trial:
    """The trial balance of one currency."""

    currency: str
    kinds: Sequence[Kind]

    def total(self, side: str) -> int:
        """Return the sum of one side; a balance below zero counts on the other."""
        signed = [(kind.side.value, minor) for kind in self.kinds for _code, minor in kind.accounts]
        own = sum(minor for own_side, minor in signed if own_side == side and minor > 0)
        return own - sum(minor for own_side, minor in signed if own_side != side and minor < 0)


@dataclass(frozen=True)
class BooksPage:
    """Trial balances, the seal, and the newest entries."""

    trials: Sequence[Trial]
    seal: int
    head: str
    unsealed: int
    entries: Sequence[Entry]


def books_page() -> BooksPage:
    """Return the state of the books."""
    seq, chain = sealing.head()
    newest = db.session.scalars(select(Entry).order_by(Entry.id.desc()).limit(20))
    return BooksPage(_trials(), seq, chain, sealing.unsealed(), list(newest))


def _trials() -> list[Trial]:
    rows = [row for row in balances.trial_balance() if row[4]]
    rows.sort(key=lambda row: (row[2] != "INR", row[2], row[3] is not Side.DEBIT, kind_of(row[1]), row[1]))
    return [Trial(currency, _kinds(list(group))) for currency, group in groupby(rows, key=lambda row: row[2])]


def _kinds(rows: Sequence[tuple[str, str, str, Side, int]]) -> list[Kind]:
    by_kind = groupby(rows, key=lambda row: (row[3], kind_of(row[1])))
    return [Kind(name, side, [(row[1], row[4]) for row in group]) for (side, name), group in by_kind]


@dataclass(frozen=True)
class AccountPage:
    """One account with its newest lines."""

    code: str
    currency: str
    side: Side
    minor: int
    lines: Sequence[Line]
    older: int | None


LINES = 50


def account_page(code: str, currency: str, before: int | None) -> AccountPage:
    """Return one account; NotFound if it never moved in that currency."""
    query = select(Account.side).where(
        Account.book == posting.HOUSE, Account.code == code, Account.currency == currency
    )
    side = db.session.scalar(query)
    if side is None:
        raise NotFound("books.unknown")
    found = balances.lines(code, currency, limit=LINES + 1, before=before)
    lines = found[:LINES]
    older = lines[-1].transfer_id if len(found) > LINES else None
    return AccountPage(code, currency, side, balances.derived(code, currency).minor, lines, older)


@dataclass(frozen=True)
class EntryPage:
    """One entry: what moved, from where to where, who wrote it, and its link in the chain."""

    entry: Entry
    legs: Sequence[Leg]
    by: str
    seal: int | None
    reverses: str | None
    reversed_by: str | None
    late: bool


def entry_page(reference: str) -> EntryPage:
    """Return one entry by its reference; NotFound if there is none."""
    entry = posting.find_entry(reference)
    if entry is None:
        raise NotFound("books.unknown")
    back = db.session.scalar(select(Entry.reference).where(Entry.reverses_id == entry.id))
    first = db.session.scalar(select(Entry.reference).where(Entry.id == entry.reverses_id))
    return EntryPage(
        entry,
        posting.legs_of(entry.id),
        actors([entry.actor])[entry.actor],
        db.session.scalar(select(Seal.seq).where(Seal.entry_id == entry.id)),
        first if entry.reverses_id else None,
        back,
        india_date(entry.recorded_at) != entry.effective_on,
    )
