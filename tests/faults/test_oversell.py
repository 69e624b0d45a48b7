"""Forty buyers for five wallets: every request is held before its writing unit until all forty are there."""

import threading
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select, update

from shop.catalog import shelf, stock
from shop.catalog.models import Reservation, ReservationStatus, Stock, Variant
from shop.db import db, writing
from shop.orders import quote as quoting
from shop.orders.models import Order, OrderLine, OrderStatus
from shop.web.storefront import checkout as checkout_view
from tests.cast import WALLET
from tests.conftest import both_databases
from tests.faults.figures import note
from tests.faults.together import Gate, at_once, gated_writing
from tests.faults.unguarded import Unguarded
from tests.world import Browser, World

pytestmark = both_databases
BUYERS = 40
PIECES = 5
PROMISED = (ReservationStatus.HELD, ReservationStatus.WAITING, ReservationStatus.ALLOCATED)


@dataclass(frozen=True)
class Round:
    """What came of one round: the answers, and how many orders and pieces were promised."""

    statuses: list[int]
    errors: list[Exception]
    orders: int
    on_hand: int
    promised: int


@pytest.fixture
def wallet(world: World) -> int:
    """The variant that is not made to order, with an empty shelf."""
    with world.writing() as at:
        variant_id = db.session.scalars(select(Variant.id).where(Variant.sku == WALLET)).one()
        stock.adjust(variant_id, -1, "before the race", "race:empty", at=at, by="user:1")
    return variant_id


@pytest.fixture
def rounds(scale: str) -> int:
    return 30 if scale == "full" else 10


def race(world: World, monkeypatch: pytest.MonkeyPatch, wallet: int, number: int) -> Round:
    """Put five pieces on the shelf and let forty buyers send their forms at one moment."""
    with world.writing() as at:
        stock.adjust(wallet, PIECES, "for the race", f"race:{number}", at=at, by="user:1")
        before = db.session.scalar(select(func.count(Order.id))) or 0
    buyers = [world.browser() for _ in range(BUYERS)]
    forms = [_fill_in(world, buyer) for buyer in buyers]
    gate = Gate(BUYERS)
    monkeypatch.setattr(checkout_view, "writing", gated_writing(gate))

    answers = at_once(BUYERS, lambda n: buyers[n].post("/checkout", forms[n]).status_code)

    assert gate.arrived == BUYERS, f"{gate.arrived} of {BUYERS} requests were in flight together"
    with world.reading():
        shelf = db.session.execute(select(Stock.on_hand).where(Stock.variant_id == wallet)).scalar_one()
        promised = db.session.scalar(
            select(func.sum(Reservation.quantity)).where(
                Reservation.variant_id == wallet, Reservation.status.in_(PROMISED)
            )
        )
        after = db.session.scalar(select(func.count(Order.id))) or 0
    statuses = [answer for answer in answers if isinstance(answer, int)]
    errors = [answer for answer in answers if isinstance(answer, Exception)]
    return Round(statuses, errors, after - before, shelf, promised or 0)


def forty_want_five(world: World, monkeypatch: pytest.MonkeyPatch, wallet: int, rounds: int, seed: int) -> None:
    """The test's body, run with the guards and without them."""
    oversold = 0
    for number in range(1, rounds + 1):
        found = race(world, monkeypatch, wallet, number)
        oversold += max(0, found.promised - found.on_hand)
        note("spine.oversold", max(0, found.orders - PIECES), n=1, seed=seed)
        assert found.orders == PIECES, f"round {number}: {found.orders} orders hold, {PIECES} pieces were there"
        assert oversold == 0, f"round {number}: {found.promised} pieces promised, {found.on_hand} on the shelf"
        assert found.errors == [], f"round {number}: {found.errors}"
        assert sorted(set(found.statuses)) == [303, 409], f"round {number}: {sorted(found.statuses)}"
        assert found.statuses.count(303) == PIECES


def _fill_in(world: World, buyer: Browser) -> dict[str, str]:
    assert world.add_to_cart(buyer, WALLET).status_code == 303
    return {**world.checkout_form(buyer), "payment_method": "razorpay"}


def test_forty_buyers_for_five_pieces_make_five_orders(
    world: World, monkeypatch: pytest.MonkeyPatch, wallet: int, rounds: int, seed: int
) -> None:
    forty_want_five(world, monkeypatch, wallet, rounds, seed)

    monkeypatch.undo()
    with world.reading():
        placed = list(db.session.execute(select(Order.number, Order.key).where(Order.status == OrderStatus.PLACED)))
    for number, key in placed:
        world.pay(f"/orders/{number}/{key}")
    with world.reading():
        given = db.session.scalars(select(Reservation.status).where(Reservation.variant_id == wallet)).all()
        sold = db.session.scalar(select(func.sum(OrderLine.quantity)).where(OrderLine.variant_id == wallet))
    assert set(given) == {ReservationStatus.ALLOCATED}
    assert sold == rounds * PIECES


@pytest.mark.books_may_differ
def test_control_a_shelf_that_is_read_first_and_written_later_is_oversold(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    wallet: int,
    seed: int,
    unguarded: Unguarded,
) -> None:
    unguarded.check("stock", "promises_covered")
    seen = threading.local()
    wait = Gate.wait

    def look_then_wait(gate: Gate) -> None:
        seen.free = stock.free([wallet])[wallet]
        db.session.rollback()
        wait(gate)

    def take_what_was_seen(variant_id: int, quantity: int) -> int:
        if seen.free < quantity:
            return 0
        db.session.execute(
            update(Stock).where(Stock.variant_id == variant_id).values(reserved=Stock.reserved + quantity)
        )
        return quantity

    monkeypatch.setattr(Gate, "wait", look_then_wait)
    monkeypatch.setattr(shelf, "take", take_what_was_seen)
    monkeypatch.setattr(quoting, "_days", lambda cart: {line.variant_id: 2 for line in cart.lines})

    with pytest.raises(AssertionError, match=r"round 1: 40 orders hold, 5 pieces were there"):
        forty_want_five(world, monkeypatch, wallet, 1, seed)


def test_control_the_check_alone_stops_a_careless_promise(world: World, wallet: int) -> None:
    """The database refuses what the code would let through, should the condition ever be lost."""
    with pytest.raises(Exception, match=r"promises_covered|CHECK constraint"), world.app.app_context(), writing():
        db.session.execute(update(Stock).where(Stock.variant_id == wallet).values(reserved=Stock.on_hand + 1))
