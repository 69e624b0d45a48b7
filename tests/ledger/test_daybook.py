"""The day book as accountants' programs read it: beancount's own loader takes it and holds what our books hold."""

import csv
import io
import re
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from beancount import loader
from beancount.core.data import Open, Transaction
from hypothesis import given
from hypothesis import strategies as st

from shop.db import db
from shop.ledger import balances, chart, daybook, sealing
from shop.ledger.models import Side
from shop.ledger.posting import Leg, post, reverse
from shop.money import Money
from tests.cast import ARTISANS, MESSENGER, TOTE
from tests.conftest import both_databases
from tests.world import World

ON = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 6, tzinfo=UTC)


def loaded(text: str) -> list[object]:
    """Return beancount's directives; it must find nothing wrong with any."""
    directives, errors, _options = loader.load_string(text)
    assert [f"{error.source.get('lineno')}: {error.message}" for error in errors] == []
    return directives


def differences(directives: list[object], book: str = "house") -> dict[tuple[str, str], tuple[int, int]]:
    """Return (code, currency) -> (ours, theirs) wherever beancount's sums are not ours; paise."""
    theirs: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for directive in directives:
        for posting in directive.postings if isinstance(directive, Transaction) else ():
            found, code = daybook.code_of(posting.account)
            assert found == book
            theirs[code, posting.units.currency] += posting.units.number
    ours = {
        (code, currency): minor if side is Side.DEBIT else -minor
        for of_book, code, currency, side, minor in balances.trial_balance()
        if of_book == book
    }
    minors = {key: int(value * 100) for key, value in theirs.items()}
    return {
        key: (ours.get(key, 0), minors.get(key, 0))
        for key in ours.keys() | minors.keys()
        if ours.get(key, 0) != minors.get(key, 0)
    }


def bean_check(file: Path) -> str:
    """Return what beancount's own command says of a day book: nothing, if it takes it. It comes with the dev group."""
    command = [sys.executable, "-c", "from beancount.scripts.check import main; main()", str(file)]
    run = subprocess.run(command, capture_output=True, text=True)
    return run.stdout + run.stderr + (f"exit {run.returncode}" if run.returncode else "")


@pytest.mark.books_may_differ  # a fee with no story behind it
def test_bean_check_takes_the_day_book_and_not_a_bent_one(traded: World, tmp_path: Path) -> None:
    file = tmp_path / "books.beancount"
    text = export(traded, "beancount", file)

    assert bean_check(file) == ""
    bent = re.sub(r"(\d+)\.(\d\d) INR", lambda found: f"{int(found[1]) + 1}.{found[2]} INR", text, count=1)
    file.write_text(bent)
    assert "exit 1" in bean_check(file)


def export(world: World, as_format: str, path: Path) -> str:
    words = ["ledger", "export", "--format", as_format, "--output", str(path)]
    result = world.app.test_cli_runner().invoke(args=words)
    assert result.exit_code == 0, result.output
    return path.read_text()


@pytest.fixture
def traded(world: World) -> World:
    """A shop that sold in two currencies, and took an entry back."""
    world.buy(TOTE)
    world.buy(MESSENGER, gateway="stripe", currency="USD", country="US", state="NY", postcode="10001",
              shipping_method="world-tracked")  # fmt: skip
    with world.writing():
        first = post("fee:1", "story fee", [Leg("fees", "artisan:1:payable", Money(7, "INR"))],
                     effective_on=ON, at=AT, by="user:1")  # fmt: skip
        reverse(first, "fee:1:back", effective_on=ON, at=AT, by="user:1")
        sealing.seal()
    return world


@both_databases
@pytest.mark.books_may_differ  # a fee with no story behind it
def test_beancount_takes_the_day_book_and_its_sums_are_ours(traded: World, tmp_path: Path) -> None:
    directives = loaded(export(traded, "beancount", tmp_path / "books.beancount"))

    with traded.reading():
        assert differences(directives) == {}
        accounts = {(row[0], row[1]) for row in balances.trial_balance()}
        count = db.session.scalar(db.text("SELECT count(*) FROM ledger_entry"))
    opened = {daybook.code_of(each.account): each.meta["code"] for each in directives if isinstance(each, Open)}
    assert opened == {key: key[1] for key in accounts}
    transactions = [each for each in directives if isinstance(each, Transaction)]
    assert len(transactions) == count
    by_reference = {each.meta["reference"]: each for each in transactions}
    assert by_reference["fee:1"].links < by_reference["fee:1:back"].links
    assert {currency for each in transactions for currency in (each.postings[0].units.currency,)} == {"INR", "USD"}


@both_databases
@pytest.mark.books_may_differ
def test_the_day_book_as_csv_has_every_transfer_and_nobodys_name(traded: World, tmp_path: Path) -> None:
    written = export(traded, "csv", tmp_path / "books.csv")

    lines = list(csv.DictReader(io.StringIO(written)))
    with traded.reading():
        sums = db.session.execute(
            db.text("SELECT currency, sum(amount_minor) FROM ledger_transfer GROUP BY currency")
        ).all()
    assert {
        currency: sum(int(Decimal(line["amount"]) * 100) for line in lines if line["currency"] == currency)
        for currency in {line["currency"] for line in lines}
    } == {currency: int(minor) for currency, minor in sums}
    beancount = export(traded, "beancount", tmp_path / "books.beancount")
    for name in (*ARTISANS, "Asha", "Meera", "Farida", "12 Invented Lane", "asha@test.example", "98300"):
        assert name not in written
        assert name not in beancount


@pytest.mark.books_may_differ
def test_one_bent_paisa_of_the_day_book_is_refused_by_beancounts_own_check(traded: World, tmp_path: Path) -> None:
    written = export(traded, "beancount", tmp_path / "books.beancount")

    bent = (
        written.replace("7.00 INR", "8.00 INR") if "7.00 INR" in written else written.replace("0.07 INR", "0.08 INR", 1)
    )

    assert bent != written
    _directives, errors, _options = loader.load_string(bent)
    assert errors


@given(st.lists(st.text(min_size=1).filter(lambda part: ":" not in part), min_size=0, max_size=3), st.text(min_size=1))
def test_a_name_leads_back_to_its_account(parts: list[str], book: str) -> None:
    if ":" in book:
        return
    code = ":".join(["cash", *parts])

    assert daybook.code_of(daybook.name_of(book, code)) == (book, code)


def test_every_kind_of_the_chart_has_one_root() -> None:
    kinds = [*chart._DEBIT, *chart._CREDIT]

    assert sorted(kinds) == sorted(kind for kinds in chart._ROOTS.values() for kind in kinds)
    assert {chart.root_of(kind) for kind in kinds} == {"Assets", "Liabilities", "Equity", "Income", "Expenses"}
