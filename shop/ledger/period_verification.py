"""Do the closed months still say what the transfers say, and does the chain still hold the head of each close?

What stood on an account at the end of each closed month is summed anew, day by day along the account's index, and
compared with what was kept then. So opening, lines and closing of a statement add up, and its closing is the next
one's opening. That nothing was dated into a month after its close is looked for along the chain (verification.py).
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from shop.db import db
from shop.ledger.chart import is_hers_alone
from shop.ledger.models import Account, Entry, Period, PeriodBalance, Seal, Side, Transfer
from shop.ledger.periods import end_of
from shop.snapshots import streamed
from shop.verdict import Finding

Months = Mapping[str, Sequence[tuple[date, date]]]  # book -> first and last day of each closed month
Groups = Iterator[tuple[int, list[Any]]]  # account -> its rows, the accounts in order


def verify() -> Iterator[Finding]:
    """Yield every close out of its order or away from the chain, and every balance that was kept and is another."""
    periods = db.session.scalars(select(Period).order_by(Period.book, Period.month)).all()
    for _book, closed in groupby(periods, key=lambda period: period.book):
        yield from _closes(list(closed))
    yield from _unsealed()
    yield from _balances({
        book: [(period.month, period.until) for period in closed]
        for book, closed in groupby(periods, key=lambda period: period.book)
    })  # fmt: skip


def _closes(closed: Sequence[Period]) -> Iterator[Finding]:
    """Yield what is wrong with the closes of one book: their order, their days, the head of the chain each kept."""
    due = closed[0].month
    for period in closed:
        row = f"{period.month:%Y-%m} of {period.book}"
        if (period.month, period.until) != (due, end_of(due)):
            yield Finding("ledger", row, "was closed out of order, or is no calendar month")
        if db.session.scalar(select(Seal.chain).where(Seal.seq == period.seal_seq)) != period.chain:
            yield Finding("ledger", row, f"was closed at link {period.seal_seq}, which is another now or gone")
        due = period.until + timedelta(days=1)


def _unsealed() -> Iterator[Finding]:
    """Yield entries that wait for a seal and are dated into a closed month: closing seals all that is in it."""
    waiting = select(Entry.id, Entry.reference).outerjoin(Seal, Seal.entry_id == Entry.id).where(Seal.seq.is_(None))
    late = waiting.subquery()
    dated_in = (
        select(late.c.reference)
        .join(Transfer, Transfer.entry_id == late.c.id)
        .join(Period, (Period.book == Transfer.book) & Transfer.effective_on.between(Period.month, Period.until))
        .distinct()
    )
    for (reference,) in streamed(dated_in):
        yield Finding("ledger", f"entry {reference}", "is dated into a closed month and was not sealed with it")


def _balances(months: Months) -> Iterator[Finding]:
    last = max((closed[-1][1] for closed in months.values()), default=None)
    if last is None:
        return
    moved = _groups(
        heapq.merge(
            _daily(Transfer.debit_account_id, last), _daily(Transfer.credit_account_id, last, sign=-1),
            key=itemgetter(0, 1),
        )
    )  # fmt: skip
    kept = _groups(
        streamed(
            select(PeriodBalance.account_id, PeriodBalance.month, PeriodBalance.minor).order_by(
                PeriodBalance.account_id, PeriodBalance.month
            )
        )
    )
    accounts = select(Account.id, Account.book, Account.code, Account.currency, Account.side).order_by(Account.id)
    days, stood = next(moved, None), next(kept, None)
    for number, book, code, currency, side in streamed(accounts):
        of_days: list[Any] = []
        of_kept: list[Any] = []
        if days is not None and days[0] == number:
            of_days, days = days[1], next(moved, None)
        if stood is not None and stood[0] == number:
            of_kept, stood = stood[1], next(kept, None)
        said, say = {row[1]: row[2] for row in of_kept}, _standing(of_days, side, months.get(book, ()))
        for month in sorted(month for month in said.keys() | say.keys() if said.get(month) != say.get(month)):
            shown = "" if is_hers_alone(code) else f": kept {said.get(month)}, summed {say.get(month)}"
            row = f"account {code} {currency}, {month:%Y-%m}"
            yield Finding("ledger", row, f"what stood at its end is not the sum of the transfers{shown}")


def _standing(days: Sequence[Any], side: Side, months: Sequence[tuple[date, date]]) -> dict[date, int]:
    """Return month -> what stood at its end, for the months at whose end it was another than before."""
    found: dict[date, int] = {}
    minor, place = 0, 0
    for month, until in months:
        before = minor
        while place < len(days) and days[place][1] <= until:
            minor += days[place][2] if side is Side.DEBIT else -days[place][2]
            place += 1
        if minor != before:
            found[month] = minor
    return found


def _daily(side: InstrumentedAttribute[int], until: date, *, sign: int = 1) -> Iterator[tuple[int, date, int]]:
    """Yield account, day and what moved on one side, in the order of that side's index, so that nothing is sorted."""
    query = (
        select(side, Transfer.effective_on, func.sum(Transfer.amount_minor))
        .where(Transfer.effective_on <= until)
        .group_by(side, Transfer.effective_on)
        .order_by(side, Transfer.effective_on)
    )
    for account_id, day, minor in streamed(query):
        yield account_id, day, sign * int(minor)


def _groups(rows: Iterator[Any]) -> Groups:
    for account_id, group in groupby(rows, key=itemgetter(0)):
        yield account_id, list(group)
