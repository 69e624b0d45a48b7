"""Fills a database with entries in bulk, guards and all: what the books cost at a million transfers.

    DATABASE_URL=… IDENTITY_DATABASE_URL=… .venv/bin/python -m bench.transfers 1000000

Rows are made by the database itself, in the shape that posting gives them; triggers, keys and CHECKs see each.
"""

import sys
from datetime import UTC, date, datetime

from sqlalchemy import Date, bindparam, text

from shop import create_app
from shop.db import UTCDateTime, writing
from shop.ledger import sealing
from shop.ledger.posting import Event as Posted
from shop.ledger.posting import Leg, post_all
from shop.money import Money

MAKERS = 300
LEGS = (("bank", "capital"), ("wages:1", "artisan:{maker}:payable"), ("bank", "sales"))
AT = datetime(2026, 1, 1, tzinfo=UTC)
DAY = AT.date()

ENTRIES = text("""
INSERT INTO ledger_entry (reference, kind, effective_on, recorded_at, actor)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CAST(:many AS INTEGER))
SELECT CAST(:name AS TEXT) || ':' || i, 'bench', :day, :at, 'bench' FROM n
""").bindparams(bindparam("day", type_=Date()), bindparam("at", type_=UTCDateTime()))
TRANSFERS = """
INSERT INTO ledger_transfer (entry_id, book, currency, debit_account_id, credit_account_id, amount_minor, effective_on)
SELECT ledger_entry.id, 'house', 'INR', debit.id, credit.id, 100 + ledger_entry.id % 900, ledger_entry.effective_on
FROM ledger_entry
JOIN ledger_account AS debit ON debit.book = 'house' AND debit.currency = 'INR' AND debit.code = CAST(:debit AS TEXT)
JOIN ledger_account AS credit ON credit.book = 'house' AND credit.currency = 'INR' AND credit.code = {credit}
WHERE ledger_entry.kind = 'bench' AND ledger_entry.reference LIKE CAST(:name AS TEXT) || ':%'
"""
BALANCES = """
UPDATE ledger_balance SET minor = (SELECT sum(amount_minor) FROM ledger_transfer
WHERE credit_account_id = ledger_balance.account_id)
"""


def fill(transfers: int, *, makers: int = MAKERS, day: date = DAY, name: str = "bench") -> None:
    """Write so many transfers in entries of three, evenly to so many makers; nothing is sealed yet."""
    with writing():
        _open(makers, name)
    with writing() as session:
        session.execute(ENTRIES, {"many": transfers // len(LEGS), "day": day, "at": AT, "name": name})
        for debit, credit in LEGS:
            head, _, tail = credit.partition("{maker}")
            maker = f"CAST(:head AS TEXT) || (ledger_entry.id % {makers} + 1) || CAST(:tail AS TEXT)"
            values = {"debit": debit, "name": name, "head": head}
            if tail:
                session.execute(text(TRANSFERS.format(credit=maker)), {**values, "tail": tail})
            else:
                session.execute(text(TRANSFERS.format(credit="CAST(:head AS TEXT)")), values)
        session.execute(text(BALANCES))


def seal() -> int:
    """Seal all of it and return how many links there are."""
    while True:
        with writing():
            if not sealing.seal():
                return sealing.head()[0]


def _open(makers: int, name: str) -> None:
    one = Money(100, "INR")
    events = [
        Posted(f"{name}-opening:{number}", "opening", [Leg(d, c.format(maker=number), one) for d, c in LEGS])
        for number in range(1, makers + 1)
    ]
    post_all(events, effective_on=AT.date(), at=AT, by="bench")


if __name__ == "__main__":
    with create_app().app_context():
        fill(int(sys.argv[1]))
        print(f"{seal()} links")
