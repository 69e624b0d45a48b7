"""What moved on one account, line by line: its newest lines, or a month with what stood before and after.

The lines of each side are read along that side's index of days and put together, so a page costs the same however many
there are. Once a month is closed its statement never reads otherwise again: nothing can be dated into it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Subquery, and_, func, or_, select, union_all

from shop.db import db
from shop.ledger import balances
from shop.ledger.balances import Standing
from shop.ledger.models import Account, Entry, Side, Transfer
from shop.ledger.posting import HOUSE


@dataclass(frozen=True)
class Line:
    """One line of a statement: what moved, signed in the account's own direction."""

    transfer_id: int
    entry_id: int
    reference: str
    kind: str
    effective_on: date
    happened_on: date | None
    recorded_at: datetime
    minor: int
    other_account: str


@dataclass(frozen=True)
class Statement:
    """One month of one account, the newest line first: what stood before it, what moved, and so what stood after it."""

    month: date
    opening: int
    lines: Sequence[Line]

    @property
    def closing(self) -> int:
        """Return what stood at the end of the month."""
        return self.opening + sum(line.minor for line in self.lines)


def lines(
    code: str, currency: str = "INR", *, book: str = HOUSE, limit: int = 50, before: int | None = None
) -> list[Line]:
    """Return an account's newest lines first; `before` is a transfer id to page from."""
    account = balances.find_account(code, currency, book=book)
    return _lines(moves(account, before=before, limit=limit)) if account else []


def of_month(code: str, month: date, currency: str = "INR", *, book: str = HOUSE) -> Statement:
    """Return the statement of an account over a month, given by its first day."""
    account = balances.find_account(code, currency, book=book)
    opening = balances.at_end(code, month - timedelta(days=1), currency, book=book).minor
    after = (month + timedelta(days=32)).replace(day=1)
    rows = _lines(moves(account, since=month, until=after - timedelta(days=1))) if account else []
    return Statement(month, opening, rows)


def moves(
    account: Standing,
    *,
    since: date | None = None,
    until: date | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> Subquery:
    """Return the newest moves of an account as rows of id, entry, day, other account and what moved on its own side.

    They are of the days from `since` to `until`, or older than the transfer `before`; in no order, at most `limit`.
    """
    sides = (Transfer.debit_account_id, Transfer.credit_account_id)
    parts = []
    for side, other in (sides, sides[::-1]):
        grows = (side is Transfer.debit_account_id) == (account.side is Side.DEBIT)
        signed = Transfer.amount_minor if grows else -Transfer.amount_minor
        query = select(
            Transfer.id, Transfer.entry_id, Transfer.effective_on, other.label("other_id"), signed.label("minor")
        ).where(side == account.id)
        if since is not None:
            query = query.where(Transfer.effective_on >= since)
        if until is not None:
            query = query.where(Transfer.effective_on <= until)
        if before is not None:
            day = select(Transfer.effective_on).where(Transfer.id == before).scalar_subquery()
            older = or_(Transfer.effective_on < day, and_(Transfer.effective_on == day, Transfer.id < before))
            query = query.where(Transfer.effective_on <= day, older)
        newest = query.order_by(Transfer.effective_on.desc(), Transfer.id.desc())
        parts.append(select((newest if limit is None else newest.limit(limit)).subquery()))
    both = union_all(*parts).subquery()
    if limit is None:
        return both
    return select(both).order_by(both.c.effective_on.desc(), both.c.id.desc()).limit(limit).subquery()


def is_within(account: Standing, transfer_id: int, since: date, until: date) -> bool:
    """Say whether a transfer is a move of an account on one of the days from `since` to `until`."""
    own = or_(Transfer.debit_account_id == account.id, Transfer.credit_account_id == account.id)
    day = db.session.scalar(select(Transfer.effective_on).where(Transfer.id == transfer_id, own))
    return day is not None and since <= day <= until


def sum_from(account: Standing, transfer_id: int, until: date) -> int:
    """Return what moved on an account from one of its own moves, that one included, up to the end of a day."""
    day = db.session.scalars(select(Transfer.effective_on).where(Transfer.id == transfer_id)).one()
    same_day = moves(account, since=day, until=day)
    of_day = select(func.coalesce(func.sum(same_day.c.minor), 0)).where(same_day.c.id >= transfer_id)
    return int(db.session.scalar(of_day) or 0) + balances.moved(account, after=day, until=until)


def _lines(moved: Subquery) -> list[Line]:
    query = (
        select(
            moved.c.id,
            Entry.id,
            Entry.reference,
            Entry.kind,
            Entry.effective_on,
            Entry.happened_on,
            Entry.recorded_at,
            moved.c.minor,
            Account.code,
        )
        .join(Entry, Entry.id == moved.c.entry_id)
        .join(Account, Account.id == moved.c.other_id)
        .order_by(moved.c.effective_on.desc(), moved.c.id.desc())
    )
    return [Line(*row) for row in db.session.execute(query)]
