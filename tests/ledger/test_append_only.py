"""The books only grow: the database itself refuses every way to change or lose a row."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from shop.db import db
from shop.ledger import periods, sealing
from shop.ledger.models import APPEND_ONLY
from shop.ledger.posting import HOUSE, Leg, post
from shop.money import Money
from tests.conftest import both_databases
from tests.world import World

ON = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 6, tzinfo=UTC)

EVERYWHERE = [
    "UPDATE ledger_transfer SET amount_minor = amount_minor + 1",
    "UPDATE ledger_transfer SET debit_account_id = credit_account_id, credit_account_id = debit_account_id",
    "UPDATE ledger_entry SET effective_on = '2020-01-01'",
    "UPDATE ledger_entry SET reference = 'other' WHERE reference = 'one'",
    "UPDATE ledger_account SET code = 'artisan:8:payable' WHERE code = 'artisan:7:payable'",
    "UPDATE ledger_account SET side = 'debit'",
    "UPDATE ledger_seal SET chain = 'x'",
    "UPDATE ledger_period SET until = '2026-09-30'",
    "UPDATE ledger_period_balance SET minor = minor + 1",
    "DELETE FROM ledger_period",
    "DELETE FROM ledger_period_balance",
    "INSERT INTO ledger_period (book, month, until, closed_at, closed_by, seal_seq, chain) "
    "SELECT book, month, until, closed_at, 'x', seal_seq, chain FROM ledger_period",
    "DELETE FROM ledger_transfer",
    "DELETE FROM ledger_entry",
    "DELETE FROM ledger_account",
    "DELETE FROM ledger_seal",
    "INSERT INTO ledger_account (id, book, code, currency, side) SELECT id, book, 'bank', 'USD', side "
    "FROM ledger_account WHERE code = 'bank'",
    "INSERT INTO ledger_seal (seq, entry_id, chain, fingerprints) SELECT seq, entry_id, 'x', 'x' FROM ledger_seal",
    "INSERT INTO ledger_account (book, code, currency, side) SELECT book, code, currency, side FROM ledger_account "
    "WHERE true ON CONFLICT (book, code, currency) DO UPDATE SET side = 'debit'",
]
ON_SQLITE = [
    "INSERT OR REPLACE INTO ledger_transfer SELECT id, entry_id, book, currency, debit_account_id, "
    "credit_account_id, 1, effective_on FROM ledger_transfer",
    "REPLACE INTO ledger_entry (reference, kind, effective_on, recorded_at, actor) "
    "VALUES ('one', 'bent', '2026-01-01', '2026-01-01', 'x')",
    "INSERT OR REPLACE INTO ledger_entry SELECT id, reference, 'bent', effective_on, recorded_at, actor, reverses_id, "
    "happened_on FROM ledger_entry",
    "INSERT OR REPLACE INTO ledger_account (book, code, currency, side) VALUES ('house', 'bank', 'INR', 'credit')",
    "INSERT OR REPLACE INTO ledger_period SELECT id, book, month, until, closed_at, 'x', seal_seq, chain "
    "FROM ledger_period",
    "REPLACE INTO ledger_period_balance (account_id, month, minor) SELECT account_id, month, 1 "
    "FROM ledger_period_balance",
    "INSERT OR REPLACE INTO ledger_seal SELECT seq, entry_id, 'x', 'x' FROM ledger_seal",
    "REPLACE INTO ledger_seal (seq, entry_id, chain, fingerprints) SELECT 99, entry_id, 'x', 'x' FROM ledger_seal",
    "UPDATE OR REPLACE ledger_transfer SET amount_minor = 1",
    "INSERT INTO ledger_entry (id, reference, kind, effective_on, recorded_at, actor) SELECT id, 'two', kind, "
    "effective_on, recorded_at, actor FROM ledger_entry",
    "INSERT INTO ledger_entry (reference, kind, effective_on, recorded_at, actor) VALUES ('one', 'x', '2026-01-01', "
    "'2026-01-01', 'x') ON CONFLICT (reference) DO UPDATE SET kind = 'bent'",
]
ON_POSTGRESQL = [
    *(f"TRUNCATE {table} CASCADE" for table in APPEND_ONLY),
    "INSERT INTO ledger_entry (reference, kind, effective_on, recorded_at, actor) "
    "VALUES ('one', 'x', now(), now(), 'x') ON CONFLICT (reference) DO UPDATE SET kind = 'bent'",
    "INSERT INTO ledger_entry (id, reference, kind, effective_on, recorded_at, actor) "
    "SELECT id, 'two', kind, effective_on, recorded_at, actor FROM ledger_entry",
    "MERGE INTO ledger_transfer USING ledger_entry ON entry_id = ledger_entry.id "
    "WHEN MATCHED THEN UPDATE SET amount_minor = 1",
]


@pytest.fixture
def written(world: World) -> World:
    """A house with two sealed entries and a closed month."""
    with world.writing():
        legs = [Leg("bank", "capital", Money(500, "INR")), Leg("wages:1", "artisan:7:payable", Money(47, "INR"))]
        post("one", "test", legs, effective_on=ON, at=AT, by="user:1")
        sealing.seal()
        post("august", "test", legs, effective_on=date(2026, 8, 2), at=AT, by="user:1")
        periods.close(HOUSE, date(2026, 8, 1), at=AT, by="user:1")
    return world


@both_databases
def test_no_statement_changes_or_loses_a_row_of_the_books(written: World, engine: str) -> None:
    before = list(rows(written))

    for statement in [*EVERYWHERE, *(ON_SQLITE if engine == "sqlite" else ON_POSTGRESQL)]:
        with pytest.raises(DatabaseError), written.writing():
            db.session.execute(text(statement))
            raise AssertionError(f"went through: {statement}")
        assert list(rows(written)) == before, statement


def test_the_refusal_of_a_change_says_why(written: World) -> None:
    with pytest.raises(DatabaseError, match="the books only grow: ledger_transfer"), written.writing():
        db.session.execute(text("DELETE FROM ledger_transfer"))


def test_without_recursive_triggers_a_re_used_id_is_still_refused(written: World) -> None:
    before = list(rows(written))
    with pytest.raises(DatabaseError, match="the books only grow"), written.app.app_context():
        connection = db.engine.raw_connection()
        try:
            connection.execute("PRAGMA query_only=OFF")
            connection.execute("PRAGMA recursive_triggers=OFF")
            try:
                connection.execute("INSERT OR REPLACE INTO ledger_transfer SELECT * FROM ledger_transfer")
            except Exception as error:
                raise DatabaseError("", None, error) from error
        finally:
            connection.execute("PRAGMA recursive_triggers=ON")
            connection.close()

    assert list(rows(written)) == before


def rows(world: World) -> Iterator[tuple[object, ...]]:
    with world.reading():
        for table in APPEND_ONLY:
            yield from (tuple(row) for row in db.session.execute(text(f"SELECT * FROM {table} ORDER BY 1")))
