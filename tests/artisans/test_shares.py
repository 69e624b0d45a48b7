"""Shares: every split adds up, the same promise is made once, and what was bent behind the books is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import text

from shop import books
from shop.artisans import shares
from shop.artisans.shares import Due, divide, pending_of
from shop.db import db
from shop.ledger.balances import stored
from tests.conftest import both_databases
from tests.sharing import MALAS, RINAS, SHARE, bought_and_made, rule, send, sweep
from tests.world import World


@given(some.integers(1, 10_000_00), some.dictionaries(some.integers(1, 40), some.integers(0, 50_000), max_size=8))
def test_every_split_adds_up_is_fair_to_a_paisa_and_does_not_depend_on_the_order(
    amount: int, earned: dict[int, int]
) -> None:
    parts = divide(amount, earned)
    total = sum(earned.values())

    assert sum(parts.values()) == (amount if total else 0)
    assert all(minor > 0 for minor in parts.values())
    assert all(abs(parts.get(who, 0) * total - amount * minor) < max(total, 1) for who, minor in earned.items())
    assert parts == divide(amount, dict(reversed(earned.items())))
    alike = sorted(who for who, minor in earned.items() if minor == max(earned.values(), default=0))
    assert [parts.get(who, 0) for who in alike] == sorted((parts.get(who, 0) for who in alike), reverse=True)


def test_where_two_earned_alike_the_odd_paisa_goes_to_the_lower_number() -> None:
    assert divide(101, {7: 50, 3: 50}) == {3: 51, 7: 50}
    assert divide(100, {7: 0}) == divide(0, {7: 50}) == {}


@both_databases
@pytest.mark.books_may_differ  # a promise without a piece behind it
def test_the_same_promise_is_made_once_and_taken_back_once(world: World) -> None:
    due = Due("unit:1", "order-line:1", SHARE, {1: 8_450, 2: 1_350})
    for _ in range(2):
        with world.writing() as at:
            shares.replace((), [due], at=at, by="t")
    with world.reading():
        assert [stored(pending_of(number)).minor for number in (1, 2)] == [RINAS, MALAS]
    ended = []
    for _ in range(2):
        with world.writing() as at:
            ended.append(shares.take_back([("unit:1", "order-line:1")], at=at, by="t"))
            ended.append(shares.release(["order-line:1"], at=at, by="t"))
    with world.reading():
        assert (ended, stored(pending_of(1)).minor) == ([1, 0, 0, 0], 0)


# What is bent -> how it is put back -> what verify says of it.
BENT = {
    "UPDATE share SET amount_minor = amount_minor + 1 WHERE id = 1": (
        "UPDATE share SET amount_minor = amount_minor - 1 WHERE id = 1",
        ["artisans: share {1}: is 9802, its parts add up to 9801", "catalog: {1}: promises 9802, frozen were 9801"],
    ),
    "UPDATE share_part SET amount_minor = amount_minor + 1 WHERE share_id = 1 AND artisan_id = 1": (
        "UPDATE share_part SET amount_minor = amount_minor - 1 WHERE share_id = 1 AND artisan_id = 1",
        [
            "its parts add up to 9802",
            "the books differ under {1}",
            "artisan 1: shares pending 8452, her account says 8451",
        ],
    ),
    "UPDATE share SET status = 'released', closed_at = promised_at WHERE id = 1": (
        "UPDATE share SET status = 'pending', closed_at = NULL WHERE id = 1",
        ["the books differ under {1}:released", "artisan 1: shares pending 0, her account says 8451"],
    ),
    "UPDATE share SET status = 'reversed', closed_at = promised_at WHERE id = 1": (
        "UPDATE share SET status = 'pending', closed_at = NULL WHERE id = 1",
        ["catalog: {1}: went to a paid line and promises nobody its share of 9801"],
    ),
    "UPDATE share SET status = 'pending', closed_at = NULL WHERE id = 2": (
        "UPDATE share SET status = 'released', closed_at = promised_at WHERE id = 2",
        ["the books differ under {2}:released"],
    ),
    "UPDATE unit SET reservation_id = NULL WHERE id = {unit}": (
        "UPDATE unit SET reservation_id = {reservation} WHERE id = {unit}",
        ["catalog: {1}: is promised, and no such piece is set aside for a paid line"],
    ),
    "UPDATE reservation SET share_minor = 9000 WHERE id = {reservation}": (
        "UPDATE reservation SET share_minor = 9801 WHERE id = {reservation}",
        ["catalog: {1}: promises 9801, frozen were 9000", "froze a share of 9801, its pieces carry another"],
    ),
    "UPDATE share SET line = 'order-line:99' WHERE id = 1": (
        "UPDATE share SET line = '{line}' WHERE id = 1",
        ["artisans: entry {1}: moves a share that has no row", "catalog: {1}: went to a paid line and promises nobody"],
    ),
}


@both_databases
def test_whatever_is_bent_is_found_and_named(world: World) -> None:
    rule(world)
    first = bought_and_made(world)
    send(world, bought_and_made(world))
    sweep(world, 20)
    with world.reading():
        rows = db.session.execute(text("SELECT unit, line FROM share ORDER BY id")).all()
        unit = int(rows[0].unit.split(":")[1])
        held = db.session.execute(text(f"SELECT reservation_id FROM unit WHERE id = {unit}")).scalar()
    names = {"unit": unit, "reservation": held, "line": rows[0].line}
    references = [f"{row.unit}:{row.line}" for row in rows]
    assert world.order(first).status == "paid" and world.books_breaks() == []

    for bend, (mend, said) in BENT.items():
        run(world, bend.format(**names))
        with world.reading():
            found = "\n".join(str(finding) for finding in books.findings())
        run(world, mend.format(**names))

        for words in said:
            assert words.format("", *references) in found, (bend, found)


def run(world: World, statement: str) -> None:
    with world.writing():
        db.session.execute(text(statement))
