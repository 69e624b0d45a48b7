"""Reading the books: balances, statements and the trial balance."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import Select, Subquery, bindparam, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from shop.db import db
from shop.ledger.models import Account, Balance, Entry, Side, Transfer
from shop.ledger.posting import HOUSE
from shop.money import Money


@dataclass(frozen=True)
class Line:
    """One line of a statement: what moved, signed in the account's own direction."""

    transfer_id: int
    entry_id: int
    reference: str
    kind: str
    effective_on: date
    recorded_at: datetime
    minor: int
    other_account: str


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
    """Return an account's balance summed from its transfers."""
    account = db.session.execute(
        select(Account.id, Account.side).where(Account.book == book, Account.code == code, Account.currency == currency)
    ).one_or_none()
    if account is None:
        return Money(0, currency)
    signed = case((Transfer.debit_account_id == account.id, Transfer.amount_minor), else_=-Transfer.amount_minor)
    debit = db.session.scalar(
        select(func.coalesce(func.sum(signed), 0)).where(
            or_(Transfer.debit_account_id == account.id, Transfer.credit_account_id == account.id)
        )
    )
    minor = int(debit or 0)
    return Money(minor if account.side is Side.DEBIT else -minor, currency)


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
        query = query.join(Entry, Entry.id == Transfer.entry_id).where(Entry.effective_on <= until)
    return query.subquery()


def lines(
    code: str, currency: str = "INR", *, book: str = HOUSE, limit: int = 50, before: int | None = None
) -> list[Line]:
    """Return an account's newest lines first; `before` is a transfer id to page from."""
    other, own = aliased(Account), aliased(Account)
    grows_by_debit = own.side == Side.DEBIT
    is_debit = Transfer.debit_account_id == own.id
    signed = case((is_debit == grows_by_debit, Transfer.amount_minor), else_=-Transfer.amount_minor)
    query = (
        select(
            Transfer.id,
            Entry.id,
            Entry.reference,
            Entry.kind,
            Entry.effective_on,
            Entry.recorded_at,
            signed,
            other.code,
        )
        .join(own, or_(Transfer.debit_account_id == own.id, Transfer.credit_account_id == own.id))
        .join(
            other,
            other.id == case((is_debit, Transfer.credit_account_id), else_=Transfer.debit_account_id),
        )
        .join(Entry, Entry.id == Transfer.entry_id)
        .where(own.book == book, own.code == code, own.currency == currency)
        .order_by(Transfer.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Transfer.id < before)
    return [Line(*row) for row in db.session.execute(query)]
