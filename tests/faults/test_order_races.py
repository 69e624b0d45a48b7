"""Races on an order and its payment: many at once come to one result, and each test notices its guard missing."""

import itertools
import secrets
from collections import Counter as Tally
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select, update

from shop import jobs
from shop.db import db
from shop.errors import Conflict
from shop.orders import placing
from shop.orders.models import Order, OrderStatus
from shop.payments import checkout, collect, inbox, refunds
from shop.payments.models import Attempt, AttemptStatus, Capture, GatewayEvent, Refund
from shop.web.storefront import checkout as checkout_view
from shop.web.storefront import order as order_view
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.faults.conftest import Often
from tests.faults.figures import note
from tests.faults.together import Gate, at_once, gated_writing
from tests.faults.unguarded import Unguarded
from tests.world import World

pytestmark = both_databases


# The same checkout sent twenty times.


def twenty_clicks(world: World, monkeypatch: pytest.MonkeyPatch, forms: int = 1) -> None:
    """Send each of some checkout forms twenty times at one moment: one order, one attempt, one answer."""
    for _ in range(forms):
        before = _orders_and_attempts(world)
        answers = _click_twenty_times(world, monkeypatch)
        made, asked = (after - known for after, known in zip(_orders_and_attempts(world), before, strict=True))
        note("payments.duplicate_attempts", made - 1 + asked - 1, n=1, seed=0)
        assert made == 1, f"one checkout made {made} orders"
        assert asked == 1, f"one checkout made {asked} attempts"
        told = Tally(map(str, answers))
        assert len(told) == 1 and str(answers[0]).startswith("303"), f"answers differ: {told}"


def _orders_and_attempts(world: World) -> tuple[int, int]:
    with world.reading():
        orders, attempts = (db.session.scalar(select(func.count(model.id))) or 0 for model in (Order, Attempt))
        return orders, attempts


def _click_twenty_times(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str | Exception]:
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    form = {**world.checkout_form(browser), "payment_method": "razorpay"}
    bag = browser.client.get_cookie("bag")
    assert bag is not None
    monkeypatch.setattr(checkout_view, "writing", gated_writing(Gate(20)))

    def click(number: int) -> str:
        again = world.browser()
        again.client.set_cookie("bag", bag.value)
        answer = again.post("/checkout", form)
        return f"{answer.status_code} {answer.location}"

    return at_once(20, click)


def test_a_checkout_sent_twenty_times_makes_one_order(
    world: World, monkeypatch: pytest.MonkeyPatch, often: Often
) -> None:
    twenty_clicks(world, monkeypatch, often(3, 100, 500))


def test_control_without_the_unique_cart_a_double_click_makes_more_orders(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, place = itertools.count(1_000_000), placing.place
    monkeypatch.setattr(placing, "find_by_cart", lambda cart_id: None)

    def place_anew(cart: Any, *rest: Any, **more: Any) -> Order:
        return place(SimpleNamespace(id=next(number)), *rest, **more)

    monkeypatch.setattr(placing, "place", place_anew)

    with pytest.raises(AssertionError, match=r"one checkout made \d+ orders"):
        twenty_clicks(world, monkeypatch)


def ten_clicks_on_pay_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask ten times at one moment for a new pay page of one order: one page is open."""
    link = world.buy(TOTE, pay=False)
    world.advance(timedelta(minutes=40))
    world.look_at_gateways()
    monkeypatch.setattr(order_view, "writing", gated_writing(Gate(10)))

    def click(number: int) -> str:
        return str(world.browser().post(link + "/pay", {"payment_method": "razorpay"}).status_code)

    answers = at_once(10, click)

    standing = [attempt.status for attempt in world.attempts(link) if attempt.status is not AttemptStatus.EXPIRED]
    assert standing == [AttemptStatus.PENDING], f"ten clicks opened {len(standing)} pages"
    assert Tally(map(str, answers)) == {"303": 10}


def test_ten_clicks_on_pay_again_open_one_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ten_clicks_on_pay_again(world, monkeypatch)


def test_control_without_the_look_and_the_index_pay_again_opens_many_pages(
    world: World, monkeypatch: pytest.MonkeyPatch, unguarded: Unguarded
) -> None:
    unguarded.index("uq_payment_attempt_one_open")
    monkeypatch.setattr(checkout, "find_open", lambda order: None)

    with pytest.raises(AssertionError, match=r"ten clicks opened \d+ pages"):
        ten_clicks_on_pay_again(world, monkeypatch)


# Ten refunds of a third each.


def ten_refunds(world: World, races: int = 1) -> None:
    """Ask ten times at one moment for a third of a capture: never more than was captured goes back."""
    for race in range(races):
        _ten_refunds_of(world, world.buy(TOTE, 1, "razorpay"), race + 1)


def _ten_refunds_of(world: World, link: str, races: int) -> None:
    third = world.order(link).total_minor // 3
    gate = Gate(10)

    def ask(number: int) -> bool:
        with world.app.app_context(), gated_writing(gate)():
            capture = db.session.scalars(select(Capture).order_by(Capture.id.desc()).limit(1)).unique().one()
            try:
                refunds.request(capture, third, f"race {number}", at=world.clock.now(), by="user:1")
            except Conflict:
                return False
            return True

    answers = at_once(10, ask)

    with world.reading():
        capture_id, captured = db.session.execute(
            select(Capture.id, Capture.amount_minor).order_by(Capture.id.desc()).limit(1)
        ).one()
        asked = sum(db.session.scalars(select(Refund.amount_minor).where(Refund.capture_id == capture_id)))
    note("payments.over_refunded", int(asked > captured), n=1, seed=0)
    assert asked <= captured, f"{asked} asked back of {captured} captured"
    assert answers.count(True) == 3 and answers.count(False) == 7, answers
    world.work()
    theirs = world.sandbox.books()["razorpay"]["INR"]
    assert (theirs["captured"], theirs["refunded"]) == (races * captured, races * 3 * third)


def test_ten_refunds_at_once_never_give_back_more_than_was_captured(world: World, often: Often) -> None:
    ten_refunds(world, often(3, 100, 500))


@pytest.mark.books_may_differ
def test_control_a_refund_reserved_without_a_condition_gives_too_much(
    world: World, monkeypatch: pytest.MonkeyPatch, unguarded: Unguarded
) -> None:
    unguarded.check("payment_attempt", "refunds_covered")

    def reserve_blindly(statement: Any) -> int:
        db.session.execute(update(Attempt).values(refund_reserved_minor=Attempt.refund_reserved_minor + 1))
        return 1

    monkeypatch.setattr(refunds, "changed", reserve_blindly)

    with pytest.raises(AssertionError, match=r"asked back of \d+ captured"):
        ten_refunds(world)


# One payment told twenty times.


def twenty_webhooks(world: World, seed: int) -> None:
    """Deliver a payment's events twenty times each, shuffled, at once, while workers and the customer look."""
    link = world.buy(TOTE, pay=False)
    world.sandbox.set_deliveries(mode="hold")
    world.sandbox.pay("razorpay", world.attempts(link)[0].page_ref or "")

    def act(number: int) -> object:
        if number == 0:
            return [sent["status"] for sent in _release(world, seed)]
        if number == 1:
            return world.browser().get(link + "/return").status_code
        return [jobs.work_once(world.app) for _ in range(5)] and None

    answers = at_once(4, act)
    world.work()

    with world.reading():
        captures = db.session.scalar(select(func.count(Capture.id)))
        paid = db.session.scalars(select(Attempt.captured_minor)).one()
    assert captures == 1, f"one payment made {captures} captures"
    assert paid == world.order(link).total_minor
    assert answers[1:] == [303, None, None] and set(answers[0]) == {200}, answers
    assert world.order(link).status is OrderStatus.PAID


def _release(world: World, seed: int) -> list[Any]:
    return list(world.sandbox.release(copies=20, order="shuffle", seed=seed, fresh_ids=True, parallel=20))


def test_one_payment_told_twenty_times_is_one_capture(world: World, seed: int) -> None:
    twenty_webhooks(world, seed)


def test_the_inbox_keeps_one_of_twenty_copies(world: World, seed: int) -> None:
    link = world.buy(TOTE, pay=False)
    world.sandbox.set_deliveries(mode="hold")
    world.sandbox.pay("razorpay", world.attempts(link)[0].page_ref or "")
    kinds = len(world.sandbox.deliveries()["events"])

    answers = _release(world, seed)

    with world.reading():
        kept = db.session.scalar(select(func.count(GatewayEvent.id)))
    assert {answer["status"] for answer in answers} == {200} and len(answers) == 20 * kinds
    assert kept == kinds


@pytest.mark.books_may_differ
def test_control_without_unique_events_and_payments_there_are_more_captures(
    world: World, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    store, apply_payment = inbox.store, collect.apply_payment

    def salted(gateway: Any, notice: Any, body: bytes, **more: Any) -> bool:
        padded = body + b" " * secrets.randbelow(10_000)
        return store(gateway, replace(notice, event_id=secrets.token_hex(8)), padded, **more)

    def anew(gateway: Any, seen: Any, **more: Any) -> Any:
        return apply_payment(gateway, replace(seen, ref=f"{seen.ref}-{secrets.token_hex(4)}"), **more)

    monkeypatch.setattr(inbox, "store", salted)
    monkeypatch.setattr(collect, "apply_payment", anew)

    with pytest.raises(AssertionError, match=r"one payment made \d+ captures"):
        twenty_webhooks(world, seed)
