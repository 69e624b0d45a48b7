"""A long month of her passbook in pages, and a closed one: each page adds up, and no line is lost or shown twice."""

import re
from datetime import date, timedelta

import pytest

from shop.artisans.models import Artisan
from shop.clock import india_date
from shop.db import db
from shop.ledger import dates, periods
from shop.ledger.posting import HOUSE, Leg, post
from shop.money import Money
from shop.web.artisan import passbook_reads
from tests.conftest import both_databases
from tests.web import artisan_life as life
from tests.web.test_artisan_money import sums
from tests.world import World

pytestmark = [both_databases, pytest.mark.books_may_differ]  # earnings with no work behind them
DAYS = (3, 3, 4, 4, 4, 9, 20, 20, 20, 20, 20, 20, 20, 28)  # seven on one day: more than a page


def earned(world: World, number: int, on: date, rupees: int) -> None:
    with world.writing() as at:
        hers = db.session.get_one(Artisan, life.artisan("Rina").id)
        legs = [Leg("wages:1", hers.payable, Money(rupees * 100, "INR"))]
        post(f"earned:{number}", "test", legs, effective_on=on, at=at, by="t")


@pytest.fixture
def month(world: World) -> date:
    """The month before the last: what she earned in it and before it, on the days above, one rupee more each time."""
    last = india_date(world.clock.now()).replace(day=1) - timedelta(days=1)
    month = (last.replace(day=1) - timedelta(days=1)).replace(day=1)
    earned(world, 0, month - timedelta(days=5), 50)
    for number, day in enumerate(DAYS, start=1):
        earned(world, number, month.replace(day=day), number)
    return month


def pages_of(world: World, month: date) -> list[list[float]]:
    """Return the sums on each page of a month, each read on from the one before."""
    rina = world.browser().sign_in_artisan("Rina")
    address, pages = f"/artisan/passbook?month={month:%Y-%m}", []
    while True:
        page = rina.get(address).text
        pages.append(sums(page))
        older = re.search(r'href="(/artisan/passbook\?month=[\d-]+&amp;before=\d+)"', page)
        if older is None:
            return pages
        address = older[1].replace("&amp;", "&")


def test_a_long_month_is_read_in_pages_that_each_add_up(
    world: World, month: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = pages_of(world, month)
    monkeypatch.setattr(passbook_reads, "PAGE", 4)
    closing, *rest = pages_of(world, month)
    first, later = closing, rest

    assert whole == [[50 + sum(range(1, 15)), *range(14, 0, -1), 50]]
    stands, shown = first[0], []
    for lines, opening in [(first[1:-1], first[-1]), *((page[:-1], page[-1]) for page in later)]:
        assert stands - sum(lines) == opening
        stands, shown = opening, [*shown, *lines]
    assert shown == list(range(14, 0, -1)) and stands == 50
    assert [len(lines) for lines in (first[1:-1], *(page[:-1] for page in later))] == [1, 4, 4, 3, 2], "days are whole"


@pytest.mark.parametrize("before", ["0", "1", "99999999", "x", "-3"])
def test_a_page_that_begins_nowhere_in_her_month_is_its_first(world: World, month: date, before: str) -> None:
    rina = world.browser().sign_in_artisan("Rina")
    address = f"/artisan/passbook?month={month:%Y-%m}"

    assert sums(rina.get(f"{address}&before={before}").text) == sums(rina.get(address).text)


def test_a_closed_month_stays_as_it_was_and_what_comes_late_says_of_which_day_it_is(world: World, month: date) -> None:
    today = india_date(world.clock.now())
    with world.writing() as at:
        for _ in range(2):
            due = periods.due()
            assert due
            periods.close(HOUSE, due, at=at, by="user:1")
    assert periods_closed(world) == periods.end_of(month)
    before = pages_of(world, month)
    earned(world, 99, month.replace(day=20), 7)

    assert pages_of(world, month) == before
    rina = world.browser().sign_in_artisan("Rina")
    page = rina.get(f"/artisan/passbook?month={today:%Y-%m}").text
    assert sums(page) == [before[0][0] + 7, 7, before[0][0]]
    line = re.search(r'href="(/artisan/passbook/\d+)"', page)
    assert line
    assert "20" in rina.get(line[1]).text.translate(str.maketrans("০১২৩৪৫৬৭৮৯", "0123456789"))
    farida = world.browser().sign_in("Farida")
    books = farida.get("/manager/books").text
    with world.reading():
        period = periods.find(month)
        assert period and f"{period.seal_seq}:{period.chain}" in books
    told = world.app.test_cli_runner().invoke(args=["ledger", "months"]).output
    assert f"{month:%Y-%m} of house" in told.splitlines()[0]


def periods_closed(world: World) -> date | None:
    with world.reading():
        return dates.closed_until(HOUSE)
