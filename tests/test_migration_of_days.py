"""Migration 0024 with rows: each transfer gets its day, and once a day is part of a link nothing takes it back."""

from datetime import UTC, date, datetime

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, inspect, select, text

from shop.db import db
from shop.ledger import periods, verification
from shop.ledger.models import Entry, Transfer
from shop.ledger.posting import HOUSE, Leg, post
from shop.money import Money
from tests.conftest import both_databases
from tests.test_migrations import quiet
from tests.world import World

pytestmark = [both_databases, pytest.mark.books_may_differ]
AUGUST = date(2026, 8, 1)


def days() -> list[tuple[str, date, bool]]:
    of = select(Entry.reference, Transfer.effective_on, Transfer.effective_on == Entry.effective_on)
    rows = db.session.execute(of.join(Entry, Entry.id == Transfer.entry_id).order_by(Transfer.id))
    return [(reference, day, bool(alike)) for reference, day, alike in rows]


def test_days_come_with_the_migration_and_stay_once_a_month_is_closed(world: World) -> None:
    at = datetime(2026, 10, 2, 6, tzinfo=UTC)
    with world.writing():
        for day in (3, 9, 9, 30):
            legs = [Leg("bank", "capital", Money(day, "INR")), Leg("wages:1", "artisan:7:payable", Money(1, "INR"))]
            reference = f"of {day}, {db.session.scalar(select(func.count(Entry.id)))}"
            post(reference, "test", legs, effective_on=AUGUST.replace(day=day), at=at, by="user:1")
    with world.reading():
        before = days()

    with quiet(world.app):
        downgrade(revision="0023")
        assert "effective_on" not in {it["name"] for it in inspect(db.engine).get_columns("ledger_transfer")}
        upgrade()
        of_column = {it["name"]: it["nullable"] for it in inspect(db.engine).get_columns("ledger_transfer")}
        assert of_column["effective_on"] is False
    with world.reading():
        assert days() == before and len(before) == 8 and all(alike for *_, alike in before)
        assert [str(each) for each in verification.verify()] == []

    with world.writing():
        periods.close(HOUSE, AUGUST, at=at, by="user:1")
        legs = [Leg("bank", "capital", Money(5, "INR"))]
        post("late", "test", legs, effective_on=AUGUST, at=at, by="user:1")
    with quiet(world.app), pytest.raises(SystemExit):  # nothing of it is done, nor of what came after
        downgrade(revision="0023")
    with quiet(world.app), db.engine.connect() as connection:
        assert "slip" in inspect(connection).get_table_names()
        kept = "SELECT count(*) FROM ledger_entry WHERE happened_on IS NOT NULL"
        assert connection.scalar(text(kept)) == 1
