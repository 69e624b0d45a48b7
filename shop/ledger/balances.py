"""Reading the books: balances of now and of any day, and the trial balance.

No balance is summed from the first entry there ever was. It begins at the end of the last month that was closed, or,
for an account that has a stored balance, goes back from that: whichever is nearer to the day. Both read along the
index of the account's days, so what they cost grows with what moved meanwhile and not with the books.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute

from shop.db import db
from shop.ledger.models import Account, Balance, Period, PeriodBalance, Side, Transfer
from shop.ledger.posting import HOUSE
from shop.money import Money


def stored(code: str, currency: str = "INR", *, book: str = HOUSE) -> Money:
    """Return the stored balance of an account with a floor; zero if it was never moved."""
    minor = db.session.scalar(_stored(), {"of_book": book, "of_code": code, "of_currency": currency})
    return Money(minor or 0, currency)


@cache
def _stored() -> Select[int]:
    whose = (Account.book == bindparam("of_book"), Account.code == bindparam("of_code"))
    of_account = select(Balance.minor).join(Account, Account.id == Balance.account_id)
    return of_account.where(*whose, Account.currency == bindparam("of_currency"))


def stored_many(codes: list[str], currency: str = "INR", *, book: str = HOUSE) -> dict[str, int]:
    """Return the stored balances of several accounts in minor units; zero where never moved."""
    rows = db.session.execute(
        select(Account.code, Balance.minor)
        .join(Account, Account.id == Balance.account_id)
        .where(Account.book == book, Account.code.in_(codes), Account.currency == currency)
    )
    return dict.fromkeys(codes, 0) | {row[0]: row[1] for row in rows}


def derived(code: str, currency: str = "INR", *, book: str = HOUSE) -> Money:
    """Return an account's balance from its transfers: what stood at the last close, and what moved since."""
    account = find_account(code, currency, book=book)
    return Money(_forwards(account, None) if account else 0, currency)


def at_end(code: str, day: date, currency: str = "INR", *, book: str = HOUSE) -> Money:
    """Return an account's balance as it stood at the end of a day; zero if it was never moved."""
    account = find_account(code, currency, book=book)
    return Money(stood_at(account, day) if account else 0, currency)


def stood_at(account: "Standing", day: date) -> int:
    """Return what stood on an account at the end of a day, in minor units."""
    if account.stored is not None and _is_nearer_to_now(account, day):
        return _backwards(account, day)
    return _forwards(account, day)


@dataclass(frozen=True)
class Standing:
    """An account, its stored balance if it has a floor, and the days on which it moved first and last."""

    id: int
    book: str
    side: Side
    stored: int | None
    first_on: date | None
    last_on: date | None


def find_account(code: str, currency: str = "INR", *, book: str = HOUSE) -> Standing | None:
    """Return an account as it stands, or None if it was never opened."""
    found = db.session.execute(_account(), {"of_book": book, "of_code": code, "of_currency": currency}).one_or_none()
    if found is None:
        return None
    account_id, book_of, side, minor, *days = found
    firsts, lasts = ([day for day in pair if day is not None] for pair in (days[:2], days[2:]))
    return Standing(account_id, book_of, side, minor, min(firsts, default=None), max(lasts, default=None))


@cache
def _account() -> Select[*tuple[Any, ...]]:
    sides = (Transfer.debit_account_id, Transfer.credit_account_id)
    days = [
        select(of(Transfer.effective_on)).where(side == Account.id).scalar_subquery()
        for of in (func.min, func.max)
        for side in sides
    ]
    whose = (Account.book == bindparam("of_book"), Account.code == bindparam("of_code"))
    query = select(Account.id, Account.book, Account.side, Balance.minor, *days)
    with_balance = query.outerjoin(Balance, Balance.account_id == Account.id)
    return with_balance.where(*whose, Account.currency == bindparam("of_currency"))


def moved(account: Standing, *, after: date | None = None, until: date | None = None) -> int:
    """Return what moved on an account after one day up to and including another, on its own side."""
    debits, credits = db.session.execute(_moved(after is not None, until is not None), {
        "of_account": account.id, **({"after": after} if after else {}), **({"until": until} if until else {})
    }).one()  # fmt: skip
    grown = int(debits) - int(credits)
    return grown if account.side is Side.DEBIT else -grown


@cache
def _moved(after: bool, until: bool) -> Select[int, int]:
    def of_side(side: InstrumentedAttribute[int]) -> ColumnElement[int]:
        query = select(func.coalesce(func.sum(Transfer.amount_minor), 0)).where(side == bindparam("of_account"))
        if after:
            query = query.where(Transfer.effective_on > bindparam("after"))
        if until:
            query = query.where(Transfer.effective_on <= bindparam("until"))
        return query.scalar_subquery()

    return select(of_side(Transfer.debit_account_id), of_side(Transfer.credit_account_id))


def _backwards(account: Standing, day: date) -> int:
    """Return the stored balance less what moved since a day, both of one statement: they are of the same moment."""
    minor, debits, credits = db.session.execute(_since(), {"of_account": account.id, "after": day}).one()
    grown = int(debits) - int(credits)
    return int(minor) - (grown if account.side is Side.DEBIT else -grown)


@cache
def _since() -> Select[int, int, int]:
    stored_now = select(Balance.minor).where(Balance.account_id == bindparam("of_account")).scalar_subquery()
    return select(stored_now, *_moved(True, False).selected_columns)


def _is_nearer_to_now(account: Standing, day: date) -> bool:
    """Say whether fewer days lie between a day and the account's last move than between the last close and the day."""
    if account.last_on is None or account.last_on <= day:
        return True
    closed = _closed_until(account.book, day) or account.first_on or day
    return account.last_on - day < day - closed


def _forwards(account: Standing, day: date | None) -> int:
    """Return what stood at the last close up to a day, and what moved since; of now if no day is given."""
    closed = _closed_until(account.book, day)
    if closed is None:
        return moved(account, until=day)
    kept = select(PeriodBalance.minor).where(PeriodBalance.account_id == account.id, PeriodBalance.month <= closed)
    stood = db.session.scalar(kept.order_by(PeriodBalance.month.desc()).limit(1)) or 0
    return stood if closed == day else stood + moved(account, after=closed, until=day)


def _closed_until(book: str, day: date | None) -> date | None:
    """Return the last day of the last month that was closed and is over by the end of a day."""
    closed = select(func.max(Period.until)).where(Period.book == book)
    return db.session.scalar(closed if day is None else closed.where(Period.until <= day))


def accounts_like(pattern: str, *, book: str = HOUSE) -> list[tuple[str, str]]:
    """Return (code, currency) of every account whose code fits a pattern of SQL's LIKE, sorted."""
    found = select(Account.code, Account.currency).where(Account.book == book, Account.code.like(pattern))
    return [(row[0], row[1]) for row in db.session.execute(found.order_by(Account.code, Account.currency))]


def trial_balance(until: date | None = None) -> list[tuple[str, str, str, Side, int]]:
    """Return (book, code, currency, side, minor) for every account there is, as it stood at the end of a day."""
    debits, credits = _sums(Transfer.debit_account_id, until), _sums(Transfer.credit_account_id, until)
    rows = db.session.execute(
        select(
            Account.book,
            Account.code,
            Account.currency,
            Account.side,
            func.coalesce(debits.c.minor, 0),
            func.coalesce(credits.c.minor, 0),
        )
        .outerjoin(debits, debits.c.id == Account.id)
        .outerjoin(credits, credits.c.id == Account.id)
        .order_by(Account.book, Account.code, Account.currency)
    )
    return [
        (book, code, currency, side, int(debit - credit) if side is Side.DEBIT else int(credit - debit))
        for book, code, currency, side, debit, credit in rows
    ]


def _sums(column: InstrumentedAttribute[int], until: date | None) -> Subquery:
    """Return what moved on one side of each account, in all or up to a day that it took effect on."""
    query = select(column.label("id"), func.sum(Transfer.amount_minor).label("minor")).group_by(column)
    if until is not None:
        query = query.where(Transfer.effective_on <= until)
    return query.subquery()
