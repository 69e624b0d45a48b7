"""Posting: once per reference, balanced, never below zero, reversed once."""

from datetime import UTC, date, datetime

import pytest

from shop.db import db
from shop.errors import Conflict
from shop.ledger import balances, statements
from shop.ledger.chart import UnknownAccount
from shop.ledger.models import APPEND_ONLY, Entry, Side, Transfer
from shop.ledger.posting import BelowZero, Event, Leg, ReferenceReused, find_entry, legs_of, post, post_all, reverse
from shop.money import Money
from tests.conftest import both_databases
from tests.world import World

pytestmark = [both_databases, pytest.mark.books_may_differ]  # bare postings, with no order or task behind them

AT = datetime(2026, 11, 20, 6, tzinfo=UTC)
ON = date(2026, 11, 20)


def rupees(minor: int) -> Money:
    return Money(minor, "INR")


def write(reference: str, *legs: Leg, kind: str = "test") -> int:
    return post(reference, kind, legs, effective_on=ON, at=AT, by="user:1")


def test_one_event_is_posted_once_however_often_it_is_asked(world: World) -> None:
    with world.writing():
        first = write("capture:1", Leg("bank", "capital", rupees(500)))
    with world.writing():
        again = write("capture:1", Leg("bank", "capital", rupees(500)))

    assert first == again
    assert count(world) == (1, 1)


def test_a_reference_that_stands_with_other_transfers_is_a_mistake_and_posts_nothing(world: World) -> None:
    with world.writing():
        write("capture:1", Leg("bank", "capital", rupees(500)))

    for other in (Leg("bank", "capital", rupees(501)), Leg("bank", "sales", rupees(500))):
        with pytest.raises(ReferenceReused, match="capture:1"), world.writing():
            write("capture:1", other)
    with pytest.raises(ReferenceReused), world.writing():
        write("capture:1", Leg("bank", "capital", rupees(500)), kind="another")
    assert count(world) == (1, 1)


def test_two_events_of_one_moment_with_one_reference_are_a_mistake_and_post_nothing(world: World) -> None:
    same = [Event("task:1:piece:1", "test", [Leg("wages:1", "artisan:7:payable", rupees(minor))]) for minor in (1, 2)]

    for events in (same, [same[0], same[0]]):
        with pytest.raises(ValueError, match="one reference"), world.writing():
            post_all(events, effective_on=ON, at=AT, by="user:1")
    assert count(world) == (0, 0)


def test_events_posted_together_are_each_posted_once_and_one_that_differs_undoes_them_all(world: World) -> None:
    def earned(piece: int, minor: int = 300) -> Event:
        return Event(f"task:1:piece:{piece}", "test", [Leg("wages:1", "artisan:7:payable", rupees(minor))])

    with world.writing():
        write("task:1:piece:2", Leg("wages:1", "artisan:7:payable", rupees(300)))
    with world.writing():
        ids = post_all([earned(1), earned(2), earned(3)], effective_on=ON, at=AT, by="user:1")
        again = post_all([earned(3), earned(1)], effective_on=ON, at=AT, by="user:1")

    assert again == [ids[2], ids[0]]
    assert len(set(ids)) == 3
    with pytest.raises(ReferenceReused, match="piece:2"), world.writing():
        post_all([earned(4), earned(2, minor=301)], effective_on=ON, at=AT, by="user:1")
    assert count(world) == (3, 3)
    with world.reading():
        assert balances.stored("artisan:7:payable") == rupees(900)


def test_an_account_with_a_floor_never_goes_below_zero_and_nothing_is_posted(world: World) -> None:
    with world.writing():
        write("earned", Leg("wages:1", "artisan:7:payable", rupees(500)))

    with pytest.raises(BelowZero) as refused, world.writing():
        write(
            "too much",
            Leg("wages:1", "artisan:8:payable", rupees(100)),
            Leg("artisan:7:payable", "artisan:7:in-transit", rupees(501)),
        )

    assert refused.value.values == {"account": "artisan:7:payable"}
    assert count(world) == (1, 1)
    with world.reading():
        assert balances.stored_many(["artisan:7:payable", "artisan:8:payable"]) == {
            "artisan:7:payable": 500,
            "artisan:8:payable": 0,
        }


def test_an_account_with_a_floor_may_be_emptied_to_the_last_paisa(world: World) -> None:
    with world.writing():
        write("earned", Leg("wages:1", "artisan:7:payable", rupees(500)))
        write("sent", Leg("artisan:7:payable", "artisan:7:in-transit", rupees(500)))

    with world.reading():
        assert balances.stored("artisan:7:payable") == rupees(0)
        assert balances.stored("artisan:7:in-transit") == rupees(500)


def test_what_one_event_gives_and_takes_is_weighed_together(world: World) -> None:
    with world.writing():
        write(
            "through",
            Leg("artisan:7:payable", "artisan:7:in-transit", rupees(300)),
            Leg("wages:1", "artisan:7:payable", rupees(300)),
        )

    with world.reading():
        assert balances.stored("artisan:7:in-transit") == rupees(300)


def test_a_reversal_mirrors_an_entry_once(world: World) -> None:
    with world.writing():
        entry = write("wrong", Leg("wages:1", "artisan:7:payable", rupees(500)), Leg("bank", "sales", rupees(9)))
    with world.writing():
        mirror = reverse(entry, "wrong:reversed", effective_on=ON, at=AT, by="user:1")
        assert reverse(entry, "wrong:reversed", effective_on=ON, at=AT, by="user:1") == mirror

    with world.reading():
        assert legs_of(mirror) == [Leg("artisan:7:payable", "wages:1", rupees(500)), Leg("sales", "bank", rupees(9))]
        assert db.session.get_one(Entry, mirror).reverses_id == entry
        assert all(minor == 0 for *_, minor in balances.trial_balance())
    with pytest.raises(Conflict, match=r"ledger\.reversed"), world.writing():
        reverse(entry, "wrong:reversed again", effective_on=ON, at=AT, by="user:1")


def test_what_was_spent_cannot_be_reversed_away(world: World) -> None:
    with world.writing():
        entry = write("earned", Leg("wages:1", "artisan:7:payable", rupees(500)))
        write("sent", Leg("artisan:7:payable", "artisan:7:in-transit", rupees(200)))

    with pytest.raises(BelowZero), world.writing():
        reverse(entry, "earned:reversed", effective_on=ON, at=AT, by="user:1")
    assert count(world) == (2, 2)


@pytest.mark.parametrize(
    "legs",
    [
        [],
        [Leg("bank", "capital", Money(0, "INR"))],
        [Leg("bank", "capital", Money(-1, "INR"))],
        [Leg("bank", "capital", Money(5, "INR")), Leg("bank", "capital", Money(-5, "INR"))],
    ],
    ids=["none", "zero", "below zero", "one below zero"],
)
def test_an_event_that_moves_nothing_or_less_is_refused(world: World, legs: list[Leg]) -> None:
    with pytest.raises(ValueError, match="above zero"), world.writing():
        write("nothing", *legs)

    assert count(world) == (0, 0)


def test_a_code_that_the_chart_does_not_know_is_refused_and_posts_nothing(world: World) -> None:
    with pytest.raises(UnknownAccount), world.writing():
        write("odd", Leg("bank", "pockets", rupees(5)))

    assert count(world) == (0, 0)


def test_one_account_on_both_sides_is_refused_by_the_database(world: World) -> None:
    with pytest.raises(Exception, match="two_accounts"), world.writing():
        write("round", Leg("bank", "bank", rupees(5)))


def test_an_event_is_found_by_its_reference(world: World) -> None:
    with world.writing():
        entry = write("capture:1", Leg("bank", "capital", rupees(500)))

    with world.reading():
        found = find_entry("capture:1")
        assert found is not None
        assert (found.id, found.effective_on, found.recorded_at, found.actor) == (entry, ON, AT, "user:1")
        assert find_entry("capture:2") is None


def test_debits_and_credits_of_the_whole_house_are_equal_in_each_currency(world: World) -> None:
    with world.writing():
        write("a", Leg("gateway:stripe:clearing", "prepaid:1", Money(900, "GBP")))
        write("b", Leg("prepaid:1", "sales", Money(700, "GBP")), Leg("prepaid:1", "shipping-income", Money(200, "GBP")))
        write("c", Leg("bank", "capital", rupees(10_000)), Leg("wages:1", "artisan:7:payable", rupees(47)))

    with world.reading():
        sums: dict[str, int] = {}
        for _, _, currency, side, minor in balances.trial_balance():
            sums[currency] = sums.get(currency, 0) + (minor if side is Side.DEBIT else -minor)
        assert sums == {"GBP": 0, "INR": 0}
        assert balances.derived("gateway:stripe:clearing", "GBP") == Money(900, "GBP")
        assert balances.derived("sales", "INR") == rupees(0)
        assert balances.stored("prepaid:1", "GBP") == Money(0, "GBP")


def test_a_statement_reads_newest_first_signed_in_the_accounts_own_direction(world: World) -> None:
    with world.writing():
        write("earned", Leg("wages:1", "artisan:7:payable", rupees(500)))
        write("sent", Leg("artisan:7:payable", "artisan:7:in-transit", rupees(200)))

    with world.reading():
        lines = statements.lines("artisan:7:payable")
        assert [(line.reference, line.minor, line.other_account) for line in lines] == [
            ("sent", -200, "artisan:7:in-transit"),
            ("earned", 500, "wages:1"),
        ]
        assert [line.reference for line in statements.lines("artisan:7:payable", before=lines[0].transfer_id)] == [
            "earned"
        ]
        assert [line.minor for line in statements.lines("wages:1")] == [500]


def count(world: World) -> tuple[int, int]:
    """Return how many entries and transfers stand in the books."""
    assert "ledger_entry" in APPEND_ONLY
    with world.reading():
        return len(db.session.scalars(db.select(Entry.id)).all()), len(db.session.scalars(db.select(Transfer.id)).all())
