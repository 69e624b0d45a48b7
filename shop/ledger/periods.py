"""Closing the books, month by month: what was said about a month stays as it was said.

A period is one calendar month, by India's days, of one book. It is closed once and in order, after a day of grace in
which what began before midnight commits. Closing seals what waits, notes the head of the chain, and keeps what stood
on each account at the month's end, so that whoever reads later begins there and not with the first entry there ever
was. Nothing is dated into it afterwards (dates.py); what comes to light later counts for the day it is recorded.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, insert, literal, select
from sqlalchemy.orm import InstrumentedAttribute

from shop.clock import india_date
from shop.db import db
from shop.errors import Conflict
from shop.ledger import dates, sealing
from shop.ledger.models import Account, Period, PeriodBalance, Side, Transfer
from shop.ledger.posting import HOUSE

GRACE = timedelta(days=1)


def close(book: str, month: date, *, at: datetime, by: str) -> Period:
    """Close a month, given by its first day, and return it: the one after the last that was closed, once it is over.

    Raises Conflict if it was closed before, if another comes first, if the book is empty, or if the month and a day
    of grace are not over. Seals whatever waits, in the same unit: to keep that short, seal before.
    """
    dates.hold_closing()
    _refuse_untimely(book, month, due(book), today=india_date(at))
    while sealing.seal(whole=True):
        pass
    seq, chain = sealing.head()
    period = Period(
        book=book, month=month, until=end_of(month), closed_at=at, closed_by=by, seal_seq=seq, chain=chain
    )  # fmt: skip
    db.session.execute(insert(PeriodBalance).from_select(["account_id", "month", "minor"], _closing(book, month)))
    db.session.add(period)
    db.session.flush()
    return period


def _refuse_untimely(book: str, month: date, next_one: date | None, *, today: date) -> None:
    if month.day != 1:
        raise ValueError(f"{month}: a month is given by its first day")
    if is_closed(month, book):
        raise Conflict("ledger.month_closed", month=month)
    if next_one is None or month != next_one:
        raise Conflict("ledger.month_order", month=month, first=next_one)
    if today <= end_of(month) + GRACE:
        raise Conflict("ledger.month_not_over", month=month, on=end_of(month) + GRACE + timedelta(days=1))


def due(book: str = HOUSE) -> date | None:
    """Return the month of a book that is to be closed next, over or not: None while nothing was ever posted."""
    until = dates.closed_until(book)
    if until is not None:
        return until + timedelta(days=1)
    first = db.session.scalar(_first_day(Transfer.debit_account_id, book))  # each transfer is on either side
    return first.replace(day=1) if first else None


def _first_day(side: InstrumentedAttribute[int], book: str) -> Select[date]:
    """Return the day of a book's first transfer: each account's own, from that side's index of days."""
    of_account = select(func.min(Transfer.effective_on)).where(side == Account.id).scalar_subquery()
    firsts = select(of_account.label("day")).where(Account.book == book).subquery()
    return select(func.min(firsts.c.day))


def is_closed(day: date, book: str = HOUSE) -> bool:
    """Say whether a day lies in a month that was closed, or before the first one."""
    until = dates.closed_until(book)
    return until is not None and day <= until


def find(month: date, book: str = HOUSE) -> Period | None:
    """Return the close of a month, given by its first day: when, by whom, with which head; None while it is open."""
    return db.session.scalars(select(Period).where(Period.book == book, Period.month == month)).one_or_none()


def closed_on(month: date, book: str = HOUSE) -> date | None:
    """Return the day on which a month was closed, or None while it is open."""
    period = find(month, book)
    return india_date(period.closed_at) if period else None


def newest(limit: int) -> Sequence[Period]:
    """Return the newest closes of every book."""
    return db.session.scalars(select(Period).order_by(Period.month.desc(), Period.book).limit(limit)).all()


def end_of(month: date) -> date:
    """Return the last day of a month."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _closing(book: str, month: date) -> Select[*tuple[Any, ...]]:
    """Return the statement of account, month and balance for each account that stands otherwise than before."""
    debits, credits = _moved(Transfer.debit_account_id, month), _moved(Transfer.credit_account_id, month)
    grown = case((Account.side == Side.DEBIT, debits - credits), else_=credits - debits)
    before = (
        select(PeriodBalance.minor)
        .where(PeriodBalance.account_id == Account.id)
        .order_by(PeriodBalance.month.desc())
        .limit(1)
        .scalar_subquery()
    )
    changed = select(Account.id.label("id"), grown.label("grown"), before.label("before"))
    moved = changed.where(Account.book == book).subquery()
    whole = func.coalesce(moved.c.before, 0) + moved.c.grown
    return select(moved.c.id, literal(month), whole).where(moved.c.grown != 0).order_by(moved.c.id)


def _moved(side: InstrumentedAttribute[int], month: date) -> ColumnElement[int]:
    """Return what moved on one side of an account within a month, read along that side's index."""
    within = (side == Account.id, Transfer.effective_on >= month, Transfer.effective_on <= end_of(month))
    return select(func.coalesce(func.sum(Transfer.amount_minor), 0)).where(*within).scalar_subquery()
