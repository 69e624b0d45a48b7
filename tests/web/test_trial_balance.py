"""The trial balance page: by book and currency, of any day, both sides equal, each account with its lines."""

import re
from datetime import date, timedelta

import pytest

from shop.clock import india_date
from shop.ledger.posting import Leg, post
from shop.money import Money
from tests.conftest import both_databases
from tests.world import World

pytestmark = [both_databases, pytest.mark.books_may_differ]  # bare postings, with no order behind them


def write(world: World, reference: str, minor: int, on: date, book: str = "house") -> None:
    with world.writing() as at:
        post(reference, "test", [Leg("bank", "capital", Money(minor, "INR"))], effective_on=on, at=at, by="user:1",
             book=book)  # fmt: skip


def sums(page: str) -> list[tuple[str, str]]:
    """Return both sides of each trial balance on a page."""
    rows = re.findall(r'<tr [^>]*class="sum"><td[^>]*>[^<]*</td><td[^>]*>([^<]*)</td><td[^>]*>([^<]*)</td>', page)
    return [(rows_of[0].strip(), rows_of[1].strip()) for rows_of in rows]


def test_the_books_of_any_day_and_of_each_entity_are_balanced(world: World) -> None:
    today = india_date(world.clock.now())
    write(world, "early", 10_000, today - timedelta(days=40))
    write(world, "late", 2_500, today)
    write(world, "partner:1", 700, today - timedelta(days=40), book="partner")
    farida = world.browser().sign_in("Farida")

    now = farida.get("/manager/books").text
    then = farida.get(f"/manager/books?on={today - timedelta(days=1)}").text
    before = farida.get(f"/manager/books?on={today - timedelta(days=41)}").text

    assert sums(now) == [("₹125.00", "₹125.00"), ("₹7.00", "₹7.00")], sums(now)
    assert sums(then) == [("₹100.00", "₹100.00"), ("₹7.00", "₹7.00")], sums(then)
    assert sums(before) == []
    assert "Nothing has been posted yet." in before
    assert "/manager/books/accounts/bank?currency=INR&amp;book=partner" in now
    of_partner = farida.get("/manager/books/accounts/bank?currency=INR&book=partner").text
    assert "partner:1" in of_partner
    assert "early" not in of_partner
    assert farida.get("/manager/books/accounts/bank?book=nobody").status_code == 404
    assert farida.get("/manager/books?on=soon").status_code == 200


def test_an_accounts_lines_are_paged_and_each_leads_to_its_entry(world: World) -> None:
    today = india_date(world.clock.now())
    for number in range(53):
        write(world, f"line:{number:02d}", 100, today)
    farida = world.browser().sign_in("Farida")

    first = farida.get("/manager/books/accounts/bank").text
    older = re.search(r'href="([^"]*before=\d+[^"]*)"', first)
    assert older
    second = farida.get(older[1].replace("&amp;", "&")).text

    references = re.findall(r"/manager/books/entries/(line:\d\d)", first + second)
    assert references == [f"line:{number:02d}" for number in reversed(range(53))]
    assert farida.get("/manager/books/entries/line:00").status_code == 200
