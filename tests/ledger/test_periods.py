"""A month of the books is closed once, in order, after it is over; nothing is dated into it afterwards."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from shop import append_only
from shop.db import db
from shop.errors import Conflict
from shop.ledger import dates, period_verification, periods, sealing, verification
from shop.ledger.models import APPEND_ONLY, Account, PeriodBalance, Seal, Transfer
from shop.ledger.posting import HOUSE, Leg, find_entry, post
from shop.money import Money
from tests.conftest import both_databases
from tests.world import World

pytestmark = [both_databases, pytest.mark.books_may_differ]  # bare postings, with no order or task behind them
AUGUST, SEPTEMBER, OCTOBER = date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)
SECOND_OF_OCTOBER = datetime(2026, 10, 1, 18, 30, tzinfo=UTC)  # midnight in India


def write(reference: str, on: date, minor: int = 500, *, at: datetime | None = None, book: str = HOUSE) -> int:
    moment = at or datetime(on.year, on.month, on.day, 6, tzinfo=UTC)
    legs = [Leg("bank", "capital", Money(minor, "INR")), Leg("wages:1", "artisan:7:payable", Money(minor // 10, "INR"))]
    return post(reference, "test", legs, effective_on=on, at=moment, by="user:1", book=book)


@pytest.fixture
def summer(world: World) -> World:
    """A house with entries of August and September, none of them sealed."""
    with world.writing():
        write("august", date(2026, 8, 31))
        write("september:1", SEPTEMBER)
        write("september:2", date(2026, 9, 30), 700)
        write("october", OCTOBER, 90)
    return world


def close(world: World, month: date, at: datetime = SECOND_OF_OCTOBER, book: str = HOUSE) -> None:
    with world.writing():
        periods.close(book, month, at=at, by="user:1")


def test_a_month_is_closed_once_and_in_order_and_only_when_it_and_a_day_are_over(summer: World) -> None:
    early = datetime(2026, 10, 1, 18, 29, tzinfo=UTC)
    for month, at, why in (
        (SEPTEMBER, SECOND_OF_OCTOBER, "ledger.month_order"),
        (date(2026, 7, 1), SECOND_OF_OCTOBER, "ledger.month_order"),
        (AUGUST, SECOND_OF_OCTOBER, None),
        (AUGUST, SECOND_OF_OCTOBER, "ledger.month_closed"),
        (SEPTEMBER, early, "ledger.month_not_over"),
        (SEPTEMBER, SECOND_OF_OCTOBER, None),
        (OCTOBER, SECOND_OF_OCTOBER, "ledger.month_not_over"),
    ):
        if why is None:
            close(summer, month, at)
            continue
        with pytest.raises(Conflict, match=why):
            close(summer, month, at)

    with summer.reading():
        assert (dates.closed_until(HOUSE), periods.due()) == (date(2026, 9, 30), OCTOBER)
        assert [periods.is_closed(day) for day in (date(2026, 7, 1), date(2026, 9, 30), OCTOBER)] == [True, True, False]
        assert (periods.closed_on(AUGUST), periods.closed_on(OCTOBER)) == (date(2026, 10, 2), None)
        assert (periods.due("another"), dates.closed_until("another")) == (None, None)


def test_an_empty_book_has_nothing_to_close_and_each_book_is_closed_by_itself(summer: World) -> None:
    with pytest.raises(Conflict, match="month_order"):
        close(summer, AUGUST, book="another")
    with summer.writing():
        write("theirs", date(2026, 8, 5), book="another")
    close(summer, AUGUST, book="another")

    with summer.reading():
        assert (dates.closed_until("another"), dates.closed_until(HOUSE)) == (date(2026, 8, 31), None)
    with summer.writing():
        write("ours", date(2026, 8, 6), at=SECOND_OF_OCTOBER)
    with summer.reading():
        assert day_of("ours") == (date(2026, 8, 6), None)


def test_closing_seals_what_waits_and_keeps_the_head_and_what_stood_on_each_account(summer: World) -> None:
    close(summer, AUGUST)
    close(summer, SEPTEMBER)

    with summer.reading():
        assert sealing.unsealed() == 0
        period = periods.find(SEPTEMBER)
        assert period and (period.until, period.closed_by) == (date(2026, 9, 30), "user:1")
        assert db.session.scalar(select(Seal.chain).where(Seal.seq == period.seal_seq)) == period.chain
        kept = select(Account.code, PeriodBalance.month, PeriodBalance.minor).join(
            Account, Account.id == PeriodBalance.account_id
        )
        assert {tuple(row) for row in db.session.execute(kept)} == {
            *((code, AUGUST, 500) for code in ("bank", "capital")),
            *((code, AUGUST, 50) for code in ("wages:1", "artisan:7:payable")),
            *((code, SEPTEMBER, 1_700) for code in ("bank", "capital")),
            *((code, SEPTEMBER, 170) for code in ("wages:1", "artisan:7:payable")),
        }


def test_a_late_fact_counts_for_the_day_it_is_recorded_and_keeps_the_day_it_happened_on(summer: World) -> None:
    with summer.writing():
        write("before", date(2026, 8, 30), at=SECOND_OF_OCTOBER)
    close(summer, AUGUST)
    with summer.writing():
        write("late", date(2026, 8, 30), at=SECOND_OF_OCTOBER)
        write("late in an open month", date(2026, 9, 30), at=SECOND_OF_OCTOBER)
        write("before", date(2026, 8, 30), at=SECOND_OF_OCTOBER)

    with summer.reading():
        assert day_of("before") == (date(2026, 8, 30), None)
        assert day_of("late") == (date(2026, 10, 2), date(2026, 8, 30))
        assert day_of("late in an open month") == (date(2026, 9, 30), None)


def test_the_database_refuses_what_is_dated_into_a_closed_month_or_otherwise_than_its_entry(summer: World) -> None:
    close(summer, AUGUST)
    columns = "entry_id, book, currency, debit_account_id, credit_account_id, amount_minor, effective_on"

    def bare(reference: str, day: str) -> str:
        return (
            f"INSERT INTO ledger_transfer ({columns}) SELECT entry_id, book, currency, debit_account_id, "
            f"credit_account_id, 1, {day} FROM ledger_transfer WHERE entry_id = "
            f"(SELECT id FROM ledger_entry WHERE reference = '{reference}')"
        )

    for statement, why in (
        (bare("august", "effective_on"), "the month is closed"),
        (bare("october", "'2026-08-31'"), "the month is closed"),
        (bare("october", "'2026-10-02'"), "dated as its entry"),
    ):
        with pytest.raises(DatabaseError, match=why), summer.writing():
            db.session.execute(text(statement))
    with pytest.raises(DatabaseError, match="the month is closed"), summer.writing():
        write("by a clock that is slow", date(2026, 8, 31))  # its own day is in the closed month
    with summer.writing():
        db.session.execute(text(bare("october", "effective_on")))


def test_an_ordinary_posting_asks_nothing_about_months(summer: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dates, "closed_until", lambda _book: pytest.fail("asked the database"))
    with summer.writing():
        write("today", date(2026, 10, 2), at=SECOND_OF_OCTOBER)
        write("yesterday", date(2026, 10, 1), at=SECOND_OF_OCTOBER)


def day_of(reference: str) -> tuple[date, date | None]:
    entry = find_entry(reference)
    assert entry
    days = set(db.session.scalars(select(Transfer.effective_on).where(Transfer.entry_id == entry.id)))
    assert days == {entry.effective_on}
    return entry.effective_on, entry.happened_on


# What verify finds of it. Each test drops the guards and bends one thing.


def bent(world: World, statement: str) -> list[str]:
    """Bend closed books past their guards, and return what verify says; August and September are closed."""
    close(world, AUGUST)
    close(world, SEPTEMBER)
    with world.reading():
        assert found() == []
    with world.writing():
        dialect = db.engine.dialect.name
        for name in [*append_only.expected(dialect, APPEND_ONLY), dates.NAME]:
            table = "ledger_transfer" if name == dates.NAME else name.partition("_no_")[0]
            db.session.execute(text(f"DROP TRIGGER {name}{f' ON {table}' if dialect == 'postgresql' else ''}"))
        db.session.execute(text(statement))
    with world.reading():
        return found()


def found() -> list[str]:
    return [str(finding) for verify in (verification.verify, period_verification.verify) for finding in verify()]


BENDS = {
    "UPDATE ledger_period_balance SET minor = minor + 1 WHERE minor = 1700 AND account_id = "
    "(SELECT id FROM ledger_account WHERE code = 'bank')": [
        "ledger: account bank INR, 2026-09: what stood at its end is not the sum of the transfers: "
        "kept 1701, summed 1700"
    ],
    "DELETE FROM ledger_period_balance WHERE month = '2026-08-01' AND account_id = "
    "(SELECT id FROM ledger_account WHERE code = 'bank')": [
        "ledger: account bank INR, 2026-08: what stood at its end is not the sum of the transfers: "
        "kept None, summed 500"
    ],
    "INSERT INTO ledger_period_balance (account_id, month, minor) SELECT id, '2026-10-01', 5 FROM ledger_account "
    "WHERE code = 'bank'": [
        "ledger: account bank INR, 2026-10: what stood at its end is not the sum of the transfers: kept 5, summed None"
    ],
    "UPDATE ledger_period SET chain = replace(chain, substr(chain, 1, 1), 'z') WHERE month = '2026-09-01'": [
        "ledger: 2026-09 of house: was closed at link 4, which is another now or gone"
    ],
    "UPDATE ledger_period SET until = '2026-09-29' WHERE month = '2026-09-01'": [
        "ledger: 2026-09 of house: was closed out of order, or is no calendar month",
        *(
            f"ledger: account {code} INR, 2026-09: what stood at its end is not the sum of the transfers: "
            f"kept {kept}, summed {summed}"
            for code, kept, summed in (
                ("artisan:7:payable", 170, 100), ("bank", 1700, 1000), ("capital", 1700, 1000), ("wages:1", 170, 100),
            )
        ),
    ],
    "DELETE FROM ledger_period WHERE month = '2026-08-01'": [],
}  # fmt: skip


@pytest.mark.parametrize("statement", BENDS)
def test_a_close_that_was_bent_past_its_guards_is_found(summer: World, statement: str) -> None:
    said = bent(summer, statement)

    assert said, "went unnoticed"
    if BENDS[statement]:
        assert sorted(said) == sorted(BENDS[statement])


@pytest.mark.parametrize("sealed", [False, True])
def test_what_was_dated_into_a_closed_month_past_its_guard_is_found(summer: World, sealed: bool) -> None:
    slipped = (
        "INSERT INTO ledger_transfer "
        "(entry_id, book, currency, debit_account_id, credit_account_id, amount_minor, effective_on) "
        "SELECT (SELECT max(id) FROM ledger_entry), book, currency, debit_account_id, credit_account_id, 1, "
        "'2026-08-09' FROM ledger_transfer WHERE id = (SELECT min(id) FROM ledger_transfer)"
    )
    close(summer, AUGUST)
    close(summer, SEPTEMBER)
    with summer.writing():
        dialect = db.engine.dialect.name
        on = " ON ledger_transfer" if dialect == "postgresql" else ""
        db.session.execute(text(f"DROP TRIGGER {dates.NAME}{on}"))
        entry = (
            "INSERT INTO ledger_entry (reference, kind, effective_on, recorded_at, actor) SELECT 'slipped', kind, "
            "'2026-08-09', recorded_at, actor FROM ledger_entry WHERE reference = 'august'"
        )
        db.session.execute(text(entry))
        db.session.execute(text(slipped))
        if sealed:
            sealing.seal(whole=True)

    with summer.reading():
        said = found()
    why = "before it was sealed" if sealed else "was not sealed with it"
    assert [line for line in said if line.startswith("ledger: entry slipped") and line.endswith(why)]
    assert [line for line in said if line.startswith("ledger: account bank INR, 2026-08")]
