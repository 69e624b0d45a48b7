"""Her page and her balance with a million transfers against a hundred: `python -m bench.passbook`, for an empty shop.

Two women of one centre. The hundred transfers of one lie within the present month. The million of the other lie evenly
over three years, some 28,000 in each month, and end on the same day; so both pages show as many lines. They are asked
for in turn, by two browsers that are signed in, once while no month is closed and once with all that are over closed.
"""

import json
import re
import statistics
import sys
import time
from datetime import UTC, date, datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy import Date, bindparam, func, select, text

from shop import create_app
from shop.artisans import people
from shop.clock import india_date
from shop.db import UTCDateTime, db, writing
from shop.ledger import periods, sealing
from shop.ledger.models import Entry
from shop.ledger.posting import HOUSE, Leg, post
from shop.money import Money
from shop.users import enrolment

FEW, MANY = 100, 1_000_000
YEARS_DAYS, TO_AN_ENTRY, ROUNDS, WARM = 3 * 365, 5, 60, 5
PIN = "704153"
PAGES = ("/artisan/", "/artisan/passbook")

ENTRIES = text("""
INSERT INTO ledger_entry (reference, kind, effective_on, recorded_at, actor)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CAST(:many AS INTEGER))
SELECT CAST(:name AS TEXT) || ':' || i, 'bench', :day, :at, 'bench' FROM n
""").bindparams(bindparam("day", type_=Date()), bindparam("at", type_=UTCDateTime()))
TRANSFERS = text("""
INSERT INTO ledger_transfer (entry_id, book, currency, debit_account_id, credit_account_id, amount_minor, effective_on)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CAST(:each AS INTEGER))
SELECT ledger_entry.id, 'house', 'INR', debit.id, credit.id, 100 + ledger_entry.id % 900, ledger_entry.effective_on
FROM n JOIN ledger_entry ON ledger_entry.id > :last
JOIN ledger_account AS debit ON debit.book = 'house' AND debit.currency = 'INR' AND debit.code = 'wages:1'
JOIN ledger_account AS credit ON credit.book = 'house' AND credit.currency = 'INR' AND credit.code = :credit
""")
BALANCES = text("""
UPDATE ledger_balance SET minor = (SELECT sum(amount_minor) FROM ledger_transfer
WHERE credit_account_id = ledger_balance.account_id)
""")


def fill(today: date, at: datetime) -> None:
    """Enrol the two and write what they earned."""
    with writing():
        centre = enrolment.add_centre(
            "NORTH", "North", "Sundarbans, West Bengal", minutes_per_day=600, organisation="T"
        )
        hers = [
            people.enrol(
                name, card, PIN, "boat", centre_id=centre.id, adult_confirmed_on=date(2020, 1, 1), at=at
            ).payable
            for name, card in (("Rina", "1001"), ("Mala", "1002"))
        ]
        for code in hers:
            post(f"opening:{code}", "test", [Leg("wages:1", code, Money(1, "INR"))], effective_on=today, at=at, by="t")
    earn(hers[0], today, at, FEW)
    per_day = MANY // YEARS_DAYS
    for ago in range(YEARS_DAYS - 1, -1, -1):
        earn(hers[1], today - timedelta(days=ago), at, per_day)
    with writing() as session:
        session.execute(BALANCES)
    if db.engine.dialect.name == "postgresql":  # as its own housekeeping does sooner or later
        with writing() as session:
            session.execute(text("ANALYZE"))


def earn(code: str, day: date, at: datetime, transfers: int) -> None:
    """Write so many transfers of a day to an account, several to an entry, guards and all."""
    with writing() as session:
        last = session.scalar(select(func.max(Entry.id)))
        name, many = f"{code}:{day}", max(transfers // TO_AN_ENTRY, 1)
        session.execute(ENTRIES, {"many": many, "name": name, "day": day, "at": at})
        session.execute(TRANSFERS, {"each": TO_AN_ENTRY, "last": last, "credit": code})


def close_all(today: date, at: datetime) -> int:
    """Close every month that is over, and return how many that are."""
    sealed = 1
    while sealed:
        with writing():
            sealed = sealing.seal()
    closed = 0
    while (month := periods.due()) and periods.end_of(month) + periods.GRACE < today:
        with writing():
            periods.close(HOUSE, month, at=at, by="bench")
        closed += 1
    return closed


def signed_in(card: str) -> FlaskClient:
    """Return a browser in which she has signed in."""
    client = create_app().test_client()
    answer = client.post(
        "/artisan/sign-in", data={"card_number": card, "pin": PIN}, headers={"Origin": "http://localhost"}
    )
    assert answer.status_code == 303, answer.text
    return client


def seconds(client: FlaskClient) -> float:
    """Return how long her first page, with what she can take, and her passbook take together."""
    began = time.perf_counter()
    for page in PAGES:
        assert client.get(page).status_code == 200
    return time.perf_counter() - began


def ratio(few: FlaskClient, many: FlaskClient) -> dict[str, float]:
    """Return the ratio of medians over rounds in which each is asked in turn, and both in milliseconds."""
    lines = [len(re.findall(r'href="[^"]*/passbook/\d+"', each.get(PAGES[1]).text)) for each in (few, many)]
    assert lines[0] == lines[1], f"the pages show {lines} lines"
    rounds = [(seconds(few), seconds(many)) for _ in range(ROUNDS + WARM)][WARM:]
    medians = [statistics.median(each) for each in zip(*rounds, strict=True)]
    return {"ratio": medians[1] / medians[0], "few_ms": medians[0] * 1000, "many_ms": medians[1] * 1000}


def measure() -> dict[str, object]:
    """Fill the shop and measure it, with no month closed and with all that are over closed."""
    at = datetime.now(UTC)
    today = india_date(at)
    with create_app().app_context():
        fill(today, at)
    few, many = signed_in("1001"), signed_in("1002")
    found: dict[str, object] = {"open": ratio(few, many)}
    with create_app().app_context():
        found["months"] = close_all(today, at)
    found["closed"] = ratio(few, many)
    print(found, file=sys.stderr)
    return found


if __name__ == "__main__":
    print(json.dumps(measure()))
