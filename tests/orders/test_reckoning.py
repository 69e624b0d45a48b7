"""What a checkout reckoned before the lock holds only as long as nothing that it rests on has moved."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select, update

from shop.catalog.models import Price, Product, Stock, Variant
from shop.db import db, writing
from shop.orders import reckoning
from shop.orders.models import CartLine, Order, OrderLine
from shop.web.storefront import checkout as checkout_view
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.world import World

pytestmark = both_databases


def _dearer() -> None:
    tote = select(Variant.id).where(Variant.sku == TOTE).scalar_subquery()
    db.session.execute(update(Price).where(Price.variant_id == tote).values(amount_minor=Price.amount_minor + 100))


def _off_sale() -> None:
    db.session.execute(update(Variant).where(Variant.sku == TOTE).values(on_sale=False))


def _heavier() -> None:
    db.session.execute(update(Variant).where(Variant.sku == TOTE).values(grams=Variant.grams + 1))


def _of_another_tax() -> None:
    db.session.execute(update(Product).values(hsn="420222"))


def _one_more_in_the_bag() -> None:
    db.session.execute(update(CartLine).values(quantity=CartLine.quantity + 1))


CHANGES = [_dearer, _off_sale, _heavier, _one_more_in_the_bag]


def answered(world: World, monkeypatch: pytest.MonkeyPatch, change: Callable[[], None]) -> tuple[int, int]:
    """Send a checkout while something changes between its reckoning and its lock; return status and new orders."""
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    form = {**world.checkout_form(browser), "payment_method": "razorpay"}

    @contextmanager
    def late() -> Iterator[Any]:
        with world.writing():
            change()
        with writing() as session:
            yield session

    monkeypatch.setattr(checkout_view, "writing", late)
    before = _orders(world)
    status = browser.post("/checkout", form).status_code
    return status, _orders(world) - before


def _orders(world: World) -> int:
    with world.reading():
        return db.session.scalar(select(func.count(Order.id))) or 0


@pytest.mark.books_may_differ  # what lists know of a variant moves by verbs, not by hand
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_what_changed_before_the_lock_is_told_and_nothing_is_placed(
    world: World, monkeypatch: pytest.MonkeyPatch, change: Callable[[], None]
) -> None:
    assert answered(world, monkeypatch, change) == (409, 0)


@pytest.mark.books_may_differ
def test_an_hsn_that_changed_before_the_lock_is_the_one_on_the_order(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert answered(world, monkeypatch, _of_another_tax) == (303, 1), "its price is the same, tax and all"
    with world.reading():
        assert db.session.scalars(select(OrderLine.hsn)).all() == ["420222"]


@pytest.mark.books_may_differ  # nobody reserved what is gone
def test_pieces_that_went_before_the_lock_are_reckoned_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def sold_out() -> None:
        tote = select(Variant.id).where(Variant.sku == TOTE).scalar_subquery()
        db.session.execute(update(Stock).where(Stock.variant_id == tote).values(reserved=Stock.on_hand))

    reckoned = 0
    honest = reckoning.reckon

    def count(*given: Any, **more: Any) -> reckoning.Reckoned:
        nonlocal reckoned
        reckoned += 1
        return honest(*given, **more)

    monkeypatch.setattr(reckoning, "reckon", count)
    answered(world, monkeypatch, sold_out)
    assert reckoned == 2


def test_control_a_shop_that_trusts_its_reckoning_sells_at_the_old_price(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, trusted = reckoning.standing, reckoning.reckon
    basis: list[reckoning.Basis] = []

    def reckon(*given: Any, **more: Any) -> reckoning.Reckoned:
        found = trusted(*given, **more)
        basis.append(found.basis)
        return found

    def standing(*given: Any, **more: Any) -> reckoning.Standing | None:
        found = honest(*given, **more)
        return replace(found, basis=basis[-1]) if found else None

    monkeypatch.setattr(reckoning, "reckon", reckon)
    monkeypatch.setattr(reckoning, "standing", standing)
    assert answered(world, monkeypatch, _dearer) == (303, 1)
