"""Stock: nothing is promised twice, a piece goes to whoever waited longest, and bent counters are found."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from shop.catalog import stock, verification
from shop.catalog.models import Reservation, Stock, StockMovement, Unit
from shop.catalog.stock import Maker, Wanted
from shop.db import db
from shop.errors import Conflict, Invalid
from tests.cast import MESSENGER, TOTE, WALLET
from tests.conftest import both_databases
from tests.workshop import variant
from tests.world import World

pytestmark = both_databases
BY = "user:1"


def test_pieces_are_held_from_the_shelf_first_and_the_rest_is_a_place_to_be_made(world: World) -> None:
    assert reserve(world, TOTE, 7, "line:1") == {"line:1": 5}

    assert standing(world, "line:1") == [(True, 5, 0, "held"), (False, 2, 0, "held")]
    assert shelf(world, TOTE) == (5, 5)


def test_what_cannot_be_made_is_not_promised_beyond_the_shelf_and_nothing_stays_held(world: World) -> None:
    with pytest.raises(Conflict) as refused, world.writing() as at:
        wanted = [Wanted(variant(TOTE).id, 1, "a", True), Wanted(variant(WALLET).id, 2, "b", False)]
        stock.reserve(wanted, until=at)

    assert refused.value.values == {"left": 1}
    assert (shelf(world, TOTE), shelf(world, WALLET)) == ((5, 0), (1, 0))


def test_a_paid_line_gets_the_oldest_pieces_and_waits_for_the_rest(world: World) -> None:
    reserve(world, TOTE, 6, "line:1")

    with world.writing() as at:
        assert stock.allocate(["line:1"], at=at) == {"line:1": 1}

    assert standing(world, "line:1") == [(True, 5, 5, "allocated"), (False, 1, 0, "waiting")]


def test_a_piece_made_for_one_order_cannot_be_bought_by_another(world: World) -> None:
    reserve(world, MESSENGER, 1, "paid")
    allocate(world, "paid")
    reserve(world, MESSENGER, 1, "browsing")

    receive(world, MESSENGER, "piece:1")

    assert standing(world, "paid") == [(False, 1, 1, "allocated")]
    assert standing(world, "browsing") == [(False, 1, 0, "held")]
    assert reserve(world, MESSENGER, 1, "next") == {"next": 0}


def test_a_piece_goes_to_whoever_has_waited_longest(world: World) -> None:
    for name in ("first", "second"):
        reserve(world, MESSENGER, 1, name)
    allocate(world, "second")
    world.advance(timedelta(minutes=1))
    allocate(world, "first")

    receive(world, MESSENGER, "piece:1")

    assert standing(world, "second") == [(False, 1, 1, "allocated")]
    assert standing(world, "first") == [(False, 1, 0, "waiting")]


def test_two_pieces_for_one_line_come_one_after_the_other(world: World) -> None:
    reserve(world, MESSENGER, 2, "line")
    allocate(world, "line")
    receive(world, MESSENGER, "piece:1")
    assert standing(world, "line") == [(False, 2, 1, "waiting")]

    receive(world, MESSENGER, "piece:2")
    assert standing(world, "line") == [(False, 2, 2, "allocated")]


def test_what_is_given_up_goes_to_whoever_waits(world: World) -> None:
    reserve(world, WALLET, 1, "undecided")
    with world.writing() as at:
        stock.reserve([Wanted(variant(WALLET).id, 1, "patient", True)], until=at)
    allocate(world, "patient")

    release(world, "undecided")

    assert standing(world, "patient") == [(False, 1, 1, "allocated")]
    assert shelf(world, WALLET) == (1, 1)


@pytest.mark.parametrize("paid", [False, True])
def test_what_is_given_up_and_nobody_waits_for_lies_free_again(world: World, paid: bool) -> None:
    reserve(world, TOTE, 3, "line")
    if paid:
        allocate(world, "line")

    release(world, "line")
    release(world, "line")

    assert shelf(world, TOTE) == (5, 0)
    with world.reading():
        assert db.session.scalars(select(Unit.id).where(Unit.reservation_id.is_not(None))).all() == []


def test_a_piece_comes_in_once_with_its_makers(world: World) -> None:
    makers = [Maker("stitch", 1, 8_450), Maker("finish", 2, 1_350)]
    with world.writing() as at:
        unit = stock.receive(variant(MESSENGER).id, "piece:1", makers, at=at, by=BY)
        assert unit is not None
        assert len(unit.tag) == 8
        assert stock.receive(variant(MESSENGER).id, "piece:1", makers, at=at, by=BY) is None

    assert shelf(world, MESSENGER) == (1, 0)


def test_only_what_is_set_aside_leaves_and_its_pieces_are_gone(world: World) -> None:
    reserve(world, TOTE, 2, "line")
    with pytest.raises(Conflict, match=r"order\.not_ready"):
        ship(world, "line")
    with pytest.raises(Conflict, match=r"order\.not_ready"):
        ship(world, "nobody")

    allocate(world, "line")
    ship(world, "line")

    assert shelf(world, TOTE) == (3, 0)
    with world.reading():
        gone = db.session.scalars(select(Unit).where(Unit.gone_at.is_not(None))).all()
        assert len(gone) == 2
        assert db.session.scalars(select(StockMovement.quantity).where(StockMovement.quantity < 0)).all() == [-2]
    with pytest.raises(Conflict):
        ship(world, "line")


def test_a_count_is_put_right_by_hand_once_per_reference(world: World) -> None:
    for _ in range(2):
        adjust(world, TOTE, 3, "count:1")
    assert shelf(world, TOTE) == (8, 0)
    for _ in range(2):
        adjust(world, TOTE, -4, "count:2")
    assert shelf(world, TOTE) == (4, 0)


def test_pieces_that_are_promised_cannot_be_counted_away(world: World) -> None:
    reserve(world, TOTE, 4, "line")

    with pytest.raises(Conflict, match=r"stock\.promised"):
        adjust(world, TOTE, -2, "count:1")
    adjust(world, TOTE, -1, "count:2")
    assert shelf(world, TOTE) == (4, 4)


@pytest.mark.parametrize(("change", "reason"), [(0, "x"), (501, "x"), (-501, "x"), (1, " ")])
def test_a_count_without_sense_is_refused(world: World, change: int, reason: str) -> None:
    with pytest.raises(Invalid), world.writing() as at:
        stock.adjust(variant(TOTE).id, change, reason, "count:1", at=at, by=BY)


def test_a_piece_found_on_the_shelf_goes_to_whoever_waits(world: World) -> None:
    reserve(world, MESSENGER, 1, "line")
    allocate(world, "line")

    adjust(world, MESSENGER, 1, "count:1")

    assert standing(world, "line") == [(False, 1, 1, "allocated")]


def test_the_database_itself_refuses_to_promise_more_than_there_is(world: World) -> None:
    with pytest.raises(IntegrityError, match="promises_covered"), world.writing():
        db.session.execute(text("UPDATE stock SET reserved = on_hand + 1"))


@pytest.mark.books_may_differ
@pytest.mark.parametrize(
    ("bent", "said"),
    [
        ({"on_hand": Stock.on_hand + 1}, ["6 on hand, movements say 5", "6 on hand, 5 pieces stand there"]),
        ({"reserved": Stock.reserved + 1}, ["1 promised, reservations say 0"]),
    ],
    ids=["on hand", "reserved"],
)
def test_verify_finds_a_bent_counter(world: World, bent: dict[str, object], said: list[str]) -> None:
    with world.writing():
        number = variant(TOTE).id
        db.session.execute(update(Stock).where(Stock.variant_id == number).values(**bent))

    with world.reading():
        assert [str(each) for each in verification.verify()] == [f"catalog: variant {number}: {each}" for each in said]


@pytest.mark.books_may_differ
def test_verify_finds_a_piece_that_was_taken_from_its_promise(world: World) -> None:
    reserve(world, TOTE, 2, "line")
    allocate(world, "line")
    with world.writing():
        db.session.execute(text("UPDATE unit SET reservation_id = NULL"))

    with world.reading():
        assert [each.rule for each in verification.verify()] == ["says 2 pieces, 0 are set aside"]


def reserve(world: World, sku: str, quantity: int, reference: str) -> dict[str, int]:
    with world.writing() as at:
        found = variant(sku)
        wanted = Wanted(found.id, quantity, reference, found.made_to_order)
        return stock.reserve([wanted], until=at + timedelta(minutes=31))


def allocate(world: World, reference: str) -> None:
    with world.writing() as at:
        stock.allocate([reference], at=at)


def release(world: World, reference: str) -> None:
    with world.writing():
        stock.release([reference])


def receive(world: World, sku: str, reference: str) -> None:
    with world.writing() as at:
        stock.receive(variant(sku).id, reference, at=at, by=BY)


def ship(world: World, reference: str) -> None:
    with world.writing() as at:
        stock.ship([reference], "shipment:1", at=at, by=BY)


def adjust(world: World, sku: str, change: int, reference: str) -> None:
    with world.writing() as at:
        stock.adjust(variant(sku).id, change, "counted", reference, at=at, by=BY)


def shelf(world: World, sku: str) -> tuple[int, int]:
    with world.reading():
        found = db.session.get_one(Stock, variant(sku).id)
        return found.on_hand, found.reserved


def standing(world: World, reference: str) -> list[tuple[bool, int, int, str]]:
    """Return (from the shelf, quantity, filled, status) of what a line holds."""
    query = select(Reservation).where(Reservation.reference == reference).order_by(Reservation.from_stock.desc())
    with world.reading():
        return [(r.from_stock, r.quantity, r.filled, r.status.value) for r in db.session.scalars(query)]
