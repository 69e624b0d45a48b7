"""Verifying reads rows a batch at a time: the memory it takes does not grow with the books."""

import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from bench import transfers
from shop.artisans import correction_verification, earnings, royalties, savings
from shop.artisans import share_verification as shares
from shop.catalog import share_verification
from shop.db import db
from shop.money import Money
from shop.verdict import Finding
from tests.conftest import both_databases
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World

MANY = 12_000
MOST = 5_000_000  # bytes of Python at once; all rows together are half as many again
VERIFIES: tuple[Callable[[], Iterator[Finding]], ...] = (
    savings.verify,
    earnings.verify,
    correction_verification.verify,
    royalties.verify,
    shares.verify,
    share_verification.verify,
)
SAVED = """
INSERT INTO saving (artisan_id, move, amount_minor, reference, entry_id, at)
SELECT :who, 'save', 1, 'saving:' || id, id, recorded_at FROM ledger_entry WHERE kind = 'bench'
"""
EARNED = """
INSERT INTO earning (artisan_id, kind, reference, source, amount_minor, entry_id, earned_at)
SELECT :who, CASE id % 2 WHEN 0 THEN 'piece' ELSE 'design' END, reference, 'task:' || id, 1, id, recorded_at
FROM ledger_entry WHERE kind = 'bench'
"""
PROMISED = """
INSERT INTO share (unit, line, amount_minor, status, entry_id, promised_at)
SELECT 'unit:' || id, 'order-line:' || id, 1, 'pending', id, recorded_at
FROM ledger_entry WHERE kind = 'bench'
"""
DIVIDED = "INSERT INTO share_part (share_id, artisan_id, amount_minor) SELECT id, :who, 1 FROM share"


@pytest.fixture
def filled(world: World) -> World:
    """A house where one woman has earned and put aside so often, in bulk and not as the rules would have it."""
    life.earn(world, "Rina", 5)
    with world.writing() as at:
        she = artisan("Rina")
        savings.save(she, Money(1, "INR"), mark="0123456789abcdef", at=at, by=user("Rina"))
        who, debit, credit = she.id, she.payable, savings.account_of(she.id)
    with world.writing() as at:
        db.session.execute(transfers.ENTRIES, {"many": MANY, "day": transfers.DAY, "at": at, "name": "many"})
        moved = text(transfers.TRANSFERS.format(credit="CAST(:credit AS TEXT)"))
        db.session.execute(moved, {"debit": debit, "credit": credit, "name": "many"})
        for rows in (SAVED, EARNED, PROMISED, DIVIDED):
            db.session.execute(text(rows), {"who": who} if ":who" in rows else {})
    return world


@both_databases
@pytest.mark.books_may_differ
def test_what_verifying_holds_at_once_does_not_grow_with_the_rows(filled: World) -> None:
    with filled.reading():
        for verify in VERIFIES:
            tracemalloc.start()
            found = sum(1 for _finding in verify())
            _now, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert most < MOST, f"{verify.__module__}: {most:,} bytes for {found} findings"
