"""Five hundred buyers for ten wallets: every request is inside the shop's door before the first may go on."""

import pytest
from sqlalchemy import func, select, update

from shop.catalog import shelf, stock
from shop.catalog.models import Reservation, ReservationStatus, Stock, Variant
from shop.db import db
from shop.orders import quote as quoting
from shop.orders.models import Order
from tests.cast import WALLET
from tests.conftest import both_databases
from tests.faults.conftest import Often
from tests.faults.figures import note
from tests.faults.together import Entrance, at_once
from tests.faults.unguarded import Unguarded
from tests.world import Browser, World

pytestmark = both_databases
PIECES = 10
PROMISED = (ReservationStatus.HELD, ReservationStatus.WAITING, ReservationStatus.ALLOCATED)


@pytest.fixture
def wallet(world: World) -> int:
    """The variant that is not made to order, with an empty shelf."""
    with world.writing() as at:
        variant_id = db.session.scalars(select(Variant.id).where(Variant.sku == WALLET)).one()
        stock.adjust(variant_id, -1, "before the race", "race:empty", at=at, by="user:1")
    return variant_id


def shelf_and_orders(world: World, wallet: int) -> tuple[int, int, int]:
    """Return how many pieces lie there, how many are promised, and how many orders there are."""
    with world.reading():
        on_hand = db.session.execute(select(Stock.on_hand).where(Stock.variant_id == wallet)).scalar_one()
        mine = (Reservation.variant_id == wallet, Reservation.status.in_(PROMISED))
        promised = db.session.scalar(select(func.sum(Reservation.quantity)).where(*mine))
        return on_hand, promised or 0, db.session.scalar(select(func.count(Order.id))) or 0


def come_in(world: World, buyers: list[Browser]) -> dict[str, str]:
    """Let everyone put a wallet into her bag; return the form of the first, which is that of all."""
    for buyer in buyers:
        assert world.add_to_cart(buyer, WALLET).status_code == 303
    return {**world.checkout_form(buyers[0]), "payment_method": "razorpay"}


def send_all(world: World, buyers: list[Browser], form: dict[str, str]) -> list[int | Exception]:
    """Send everyone's form; all requests are inside before the first goes on."""
    people = len(buyers)
    with Entrance(world.app).shut_for(people) as gate:
        answers = at_once(people, lambda n: buyers[n].post("/checkout", form).status_code)
    assert gate.arrived == people, f"{gate.arrived} of {people} requests were in flight together"
    return answers


def rush(world: World, wallet: int, people: int, rounds: int, seed: int) -> None:
    """The test's body: each round ten pieces, and everyone sends her form at one moment."""
    for number in range(1, rounds + 1):
        with world.writing() as at:
            stock.adjust(wallet, PIECES, "for the race", f"race:{number}", at=at, by="user:1")
        buyers = [world.browser() for _ in range(people)]
        form = come_in(world, buyers)
        _, _, before = shelf_and_orders(world, wallet)
        answers = send_all(world, buyers, form)
        on_hand, promised, after = shelf_and_orders(world, wallet)
        oversold = max(0, after - before - PIECES) + max(0, promised - on_hand)
        note("payments.oversold", oversold, n=people, seed=seed)
        assert after - before == PIECES, f"round {number}: {after - before} orders hold, {PIECES} pieces were there"
        assert promised <= on_hand, f"round {number}: {promised} pieces promised, {on_hand} on the shelf"
        assert set(answers) <= {303, 409, 503}, f"round {number}: {set(map(str, answers))}"


def test_five_hundred_buyers_for_ten_pieces_make_ten_orders(world: World, wallet: int, seed: int, often: Often) -> None:
    rush(world, wallet, often(120, 500, 500), often(1, 5, 50), seed)


@pytest.mark.books_may_differ
def test_control_a_shelf_that_does_not_count_is_oversold(
    world: World, wallet: int, seed: int, monkeypatch: pytest.MonkeyPatch, unguarded: Unguarded
) -> None:
    unguarded.check("stock", "promises_covered")

    def take_blindly(variant_id: int, quantity: int) -> int:
        db.session.execute(
            update(Stock).where(Stock.variant_id == variant_id).values(reserved=Stock.reserved + quantity)
        )
        return quantity

    monkeypatch.setattr(shelf, "take", take_blindly)
    monkeypatch.setattr(quoting, "_days", lambda cart: {line.variant_id: 2 for line in cart.lines})

    with pytest.raises(AssertionError, match=r"round 1: \d\d orders hold, 10 pieces were there"):
        rush(world, wallet, 40, 1, seed)
