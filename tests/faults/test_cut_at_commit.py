"""The line to PostgreSQL is cut at a COMMIT, before the server has it or before its answer is back: nobody can tell
which, the customer clicks again, and there is one order, paid once."""

import itertools
import random
from collections import Counter as Tally
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from shop import jobs
from shop.db import db
from shop.orders import placing
from shop.orders.models import Order, OrderStatus
from shop.payments import overdue
from shop.payments.models import Attempt
from tests.cast import TOTE
from tests.faults.conftest import Often
from tests.faults.dying import Wire, wire_to
from tests.faults.figures import note
from tests.world import Browser, World

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
MOST_CLICKS = 5


@pytest.fixture
def wire(postgresql_server: str) -> Iterator[Wire]:
    with wire_to(postgresql_server) as laid:
        yield laid


@pytest.fixture
def settings(settings: dict[str, str], wire: Wire) -> dict[str, str]:
    """The addresses of this test's databases; the shop's goes by way of the line."""
    return {**settings, "DATABASE_URL": wire.address(settings["DATABASE_URL"])}


class Away(Exception):
    """The shop said that it has no database just now."""


def stubborn(world: World, act: Any) -> Any:
    """Try again whatever lost its database, as customers, gateways and workers do."""
    for _ in range(MOST_CLICKS):
        try:
            return act()
        except (DBAPIError, Away):
            with world.reading():
                db.session.rollback()
    raise AssertionError("the database never came back")


def buy_while_cut(world: World, wire: Wire, dice: random.Random, number: int) -> str:
    """Let one customer buy and pay while one of the commits on the way is cut; return her address."""
    browser, email, gateway = world.browser(), f"cut-{number}@test.example", dice.choice(["razorpay", "stripe"])
    stubborn(world, lambda: world.add_to_cart(browser, TOTE))
    form = {**world.checkout_form(browser, email=email), "payment_method": gateway}
    wire.arm(dice.choice((1, 1, 2, 2, 3, 4, 5)), before=dice.random() < 0.5)
    stubborn(world, lambda: _placed(browser, form))
    with world.reading():
        numbers = list(stubborn(world, lambda: db.session.scalars(select(Order.number).where(Order.email == email))))
    open_refs = [(gateway, attempt) for attempt in _pages(world, gateway, numbers)]
    for name, ref in open_refs:
        world.sandbox.pay(name, ref)
    stubborn(world, lambda: jobs.work_once(world.app))
    wire.disarm()
    return email


def _placed(browser: Browser, form: dict[str, str]) -> None:
    answer = browser.post("/checkout", form)
    if answer.status_code == 503:
        raise Away
    assert answer.status_code == 303, answer.text[:500]


def _pages(world: World, gateway: str, numbers: list[str]) -> list[str]:
    """Return the pay pages that the shop knows of, of some orders."""
    with world.reading():
        found = select(Attempt.page_ref).join(Order).where(Order.number.in_(numbers), Attempt.gateway == gateway)
        return [ref for ref in db.session.scalars(found) if ref]


def cut_again_and_again(world: World, wire: Wire, cuts: int, seed: int) -> None:
    """The test's body: after each cut, the customer has one order and has paid once."""
    dice, buyers = random.Random(seed), list[str]()
    world.advance(timedelta())  # both clocks stand still, however long this takes
    for number in range(cuts):
        buyers.append(buy_while_cut(world, wire, dice, number))
    for wait in (timedelta(seconds=40), timedelta(minutes=16)):  # a page is asked for again; then what was not heard of
        world.advance(wait)
        for _turn in range(1 + cuts // overdue.MOST_AT_ONCE):
            world.look_at_gateways()
        for link in _unpaid(world):
            world.pay(link)
    with world.reading():
        orders = list(db.session.execute(select(Order.email, Order.number, Order.status)))
    times = Tally(email for email, _, _ in orders)
    numbers = {number for _, number, status in orders if status is OrderStatus.PAID}
    kept = Tally(
        str(payment["reference"]).rpartition("-")[0]
        for payment in world.sandbox.books()["payments"]
        if payment["captured"] and payment["amount"] > payment["refunded"]
    )
    doubles = [number for number, paid in kept.items() if paid > 1]
    lost = sorted(kept.keys() - numbers)
    note("payments.double_charges", len(doubles), n=cuts, seed=seed)
    note("payments.lost_paid_orders", len(lost), n=cuts, seed=seed)
    assert wire.cuts >= cuts // 2, f"only {wire.cuts} of {cuts} were cut"
    assert set(times) == set(buyers) and set(times.values()) == {1}, f"one click made {max(times.values())} orders"
    assert doubles == [] and lost == [], f"charged twice {doubles}, lost {lost}"


def _unpaid(world: World) -> list[str]:
    with world.reading():
        found = db.session.execute(select(Order.number, Order.key).where(Order.status == OrderStatus.PLACED))
        return [f"/orders/{number}/{key}" for number, key in found]


def test_a_line_that_is_cut_at_commit_makes_one_order_paid_once(
    world: World, wire: Wire, seed: int, often: Often
) -> None:
    cut_again_and_again(world, wire, often(12, 40, 200), seed)


@pytest.mark.books_may_differ
def test_control_a_shop_that_places_each_click_anew_makes_more_orders(
    world: World, wire: Wire, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, place = itertools.count(1_000_000), placing.place
    monkeypatch.setattr(placing, "find_by_cart", lambda cart_id: None)
    monkeypatch.setattr(
        placing, "place", lambda cart, *rest, **more: place(SimpleNamespace(id=next(number)), *rest, **more)
    )

    with pytest.raises(AssertionError, match=r"one click made \d+ orders"):
        cut_again_and_again(world, wire, 12, seed)
