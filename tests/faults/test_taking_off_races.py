"""Races on an order that loses pieces: many who take them off, a parcel that leaves, a customer who cancels."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from shop.db import db
from shop.errors import DomainError
from shop.orders import invoices, lifecycle, reductions
from shop.orders.models import Order, OrderStatus
from shop.orders.reduction_models import Reduction
from shop.orders.reductions import Asked
from shop.payments import refunds, taken_off
from shop.payments.models import Refund
from tests.cast import SELLER, TOTE
from tests.conftest import both_databases
from tests.faults.together import Gate, at_once, gated_writing
from tests.faults.unguarded import Unguarded
from tests.sharing import order_of
from tests.world import World

pytestmark = both_databases
Act = Callable[[Order, Any], object]


def one_off(order: Order, at: Any) -> object:
    return taken_off.take_off(order, {TOTE: Asked(1)}, "a race", at=at, by="user:1")


def leave(order: Order, at: Any) -> object:
    return lifecycle.ship(order, "India Post", "EB1IN", at=at, by="user:1", seller=SELLER)


def cancel(order: Order, at: Any) -> object:
    return refunds.refund_order(order, "a race", at=at, by="customer")


def all_at_once(world: World, link: str, acts: list[Act]) -> list[str]:
    """Let several act on an order at one moment; return the names of what came to pass."""
    gate = Gate(len(acts))

    def act(number: int) -> str:
        with world.app.app_context():
            try:
                with gated_writing(gate)():
                    acts[number](order_of(link), world.clock.now())
            except DomainError:
                return ""
            return acts[number].__name__

    answers = at_once(len(acts), act)
    assert [each for each in answers if isinstance(each, Exception)] == []
    return sorted(str(each) for each in answers if each)


def two_managers(world: World) -> None:
    """Four take one of three pieces off at one moment: two do, for the last piece is a cancellation."""
    link = world.buy(TOTE, 3)
    came = all_at_once(world, link, [one_off] * 4)
    with world.reading():
        order = order_of(link)
        off = db.session.scalars(select(Reduction).where(Reduction.order_id == order.id)).all()
        assert order.lines[0].quantity - sum(each.quantity for each in off) == 1, f"{len(off)} pieces of 3 went off"
        back = sum(each.amount_minor for each in db.session.scalars(select(Refund)).unique())
    assert (came, back) == (["one_off"] * 2, 149_800)
    world.work()


def test_of_many_who_take_pieces_off_nobody_takes_the_last(world: World) -> None:
    two_managers(world)


@pytest.mark.books_may_differ
def test_control_without_the_lock_and_the_chain_too_many_pieces_go_off(
    world: World, monkeypatch: pytest.MonkeyPatch, unguarded: Unguarded
) -> None:
    """What everyone saw before the first wrote is what they act upon, and nothing of the database stops them."""
    unguarded.check("order_reduction", "leaves_no_less_than_nothing")
    unguarded.check("order_reduction", "pieces_keep_a_price")
    look = reductions.named

    def not_looking(order: Order, wanted: Any) -> Any:
        db.session.expire(order, ["reductions"])
        return look(order, wanted) if not order.reductions else [reductions.Part(TOTE, 1, 1)]

    monkeypatch.setattr(reductions, "named", not_looking)
    with pytest.raises(AssertionError, match="went off"):
        two_managers(world)


def test_a_parcel_that_leaves_while_a_piece_goes_off_is_invoiced_as_it_left(world: World) -> None:
    for _ in range(2):
        link = world.buy(TOTE, 2)
        came = all_at_once(world, link, [one_off, leave])
        world.work()
        with world.reading():
            order = order_of(link)
            sale = invoices.find_of_sale(order)
            assert sale is not None and sale.total_minor == order.now_minor and "leave" in came
            pieces = sum(row["quantity"] for row in sale.document["rows"] if row["sku"])
            assert pieces == (1 if "one_off" in came else 2)


def test_a_customer_who_cancels_while_a_piece_goes_off_gets_everything_back_once(world: World) -> None:
    link = world.buy(TOTE, 2)
    came = all_at_once(world, link, [one_off, cancel, cancel])
    world.work()
    with world.reading():
        order = order_of(link)
        back = sum(each.amount_minor for each in db.session.scalars(select(Refund)).unique())
        assert (order.status, back) == (OrderStatus.CANCELLED, order.total_minor), came


def test_a_parcel_that_leaves_while_it_is_cancelled_is_never_both(world: World) -> None:
    link = world.buy(TOTE)
    came = all_at_once(world, link, [leave, cancel])
    world.work()
    assert "leave" in came or world.order(link).status is OrderStatus.CANCELLED
