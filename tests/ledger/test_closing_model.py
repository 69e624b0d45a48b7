"""Random postings, late facts and closes against a list of moves that a reader can keep in his head.

After every close each balance that was kept, and each balance of any day, is the sum of that list; and the statement of
a closed month reads byte for byte as it did on the day of its close, whatever comes later.
"""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from shop.db import db
from shop.errors import Conflict
from shop.ledger import balances, period_verification, periods, statements, verification
from shop.ledger.chart import has_floor, side_of
from shop.ledger.models import Account, PeriodBalance, Side
from shop.ledger.posting import BelowZero, Leg, post
from shop.money import Money
from tests.conftest import both_databases
from tests.world import World

pytestmark = [both_databases, pytest.mark.books_may_differ]
CODES = ("bank", "capital", "wages:1", "artisan:1:payable", "artisan:1:in-transit")
START = date(2026, 3, 1)
RUNS = itertools.count(1)
posting = st.builds(
    lambda ago, codes, minor: Posting(ago, codes[0], codes[1], minor),
    st.integers(0, 75),
    st.permutations(CODES),
    st.integers(1, 500),
)
waiting = st.integers(1, 25)  # days
closing = st.none()
days = st.lists(st.one_of(posting, posting, waiting, closing), min_size=4, max_size=18)


@dataclass(frozen=True)
class Posting:
    """What happened so many days ago, from one account to another."""

    ago: int
    debit: str
    credit: str
    minor: int


@dataclass
class Model:
    """What was posted, as day, account and what moved on its own side; and what is closed."""

    today: date = START
    moves: list[tuple[date, str, int]] = field(default_factory=list)
    closed: date | None = None  # the last day
    read: dict[tuple[str, date], bytes] = field(default_factory=dict)

    def at_end(self, code: str, day: date) -> int:
        return sum(minor for on, moved, minor in self.moves if moved == code and on <= day)

    def day_of(self, on: date) -> date:
        late = on.replace(day=1) < self.today.replace(day=1) and self.closed is not None and on <= self.closed
        return self.today if late else on


@given(steps=days)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_closed_months_say_what_the_moves_say_and_never_otherwise_again(
    world: World, steps: list[Posting | int | None]
) -> None:
    book, model = f"run-{next(RUNS)}", Model()
    for number, step in enumerate([*steps, 70, None, None]):
        if isinstance(step, Posting):
            put(world, book, model, f"{book}:{number}", step)
        elif step is not None:
            model.today += timedelta(days=step)
        else:
            close(world, book, model)
    with world.reading():
        compare(book, model)
        assert [str(each) for verify in (verification.verify, period_verification.verify) for each in verify()] == []


def put(world: World, book: str, model: Model, reference: str, step: Posting) -> None:
    codes, minor = (step.debit, step.credit), step.minor
    happened, leg = model.today - timedelta(days=step.ago), Leg(step.debit, step.credit, Money(minor, "INR"))
    grown = {code: minor if (side_of(code) is Side.DEBIT) == (code == codes[0]) else -minor for code in codes}
    fits = all(model.at_end(code, date.max) + grown[code] >= 0 for code in codes if has_floor(code))
    try:
        with world.writing():
            post(reference, "test", [leg], effective_on=happened, at=noon(model), by="t", book=book)
    except BelowZero:
        assert not fits
        return
    assert fits
    model.moves += [(model.day_of(happened), code, grown[code]) for code in codes]


def close(world: World, book: str, model: Model) -> None:
    """Close the next month if it is over, and read its statements; nothing changes otherwise."""
    with world.reading():
        month = periods.due(book)
    first = min((on for on, _code, _minor in model.moves), default=None)
    expected = model.closed + timedelta(days=1) if model.closed else first and first.replace(day=1)
    assert month == expected
    if month is None:
        return
    if model.today <= periods.end_of(month) + timedelta(days=1):
        with pytest.raises(Conflict, match="month_not_over"), world.writing():
            periods.close(book, month, at=noon(model), by="t")
        return
    with world.writing():
        periods.close(book, month, at=noon(model), by="t")
    model.closed = periods.end_of(month)
    with world.reading():
        compare(book, model)
        model.read |= {(code, month): told(book, code, month) for code in CODES}


def compare(book: str, model: Model) -> None:
    """Hold the books against the model: what was kept, what stood on any day, and what was read of closed months."""
    kept = select(Account.code, PeriodBalance.month, PeriodBalance.minor)
    rows = db.session.execute(kept.join(Account, Account.id == PeriodBalance.account_id).where(Account.book == book))
    for code, month, minor in rows:
        assert minor == model.at_end(code, periods.end_of(month)), (code, month)
    for code in CODES:
        assert balances.derived(code, book=book).minor == model.at_end(code, date.max)
        for day in {on for on, _code, _minor in model.moves} | {model.today, START}:
            assert balances.at_end(code, day, book=book).minor == model.at_end(code, day), (code, day)
    for (code, month), said in model.read.items():
        assert told(book, code, month) == said, f"{code} of {month} reads otherwise than when it was closed"


def told(book: str, code: str, month: date) -> bytes:
    statement = statements.of_month(code, month, book=book)
    assert statement.closing == statements.of_month(code, periods.end_of(month) + timedelta(days=1), book=book).opening
    return repr(statement).encode() + str(statement.closing).encode()


def noon(model: Model) -> datetime:
    return datetime(model.today.year, model.today.month, model.today.day, 6, 30, tzinfo=UTC)
