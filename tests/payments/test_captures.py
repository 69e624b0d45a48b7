"""What a bank has only authorised: the shop takes the money itself, once, while the order still waits for it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from shop import duties, phases
from shop.db import db
from shop.orders import lifecycle
from shop.orders.models import OrderStatus
from shop.outbox import OutboxRow
from shop.payments import collect, inbox, reviews
from shop.payments.gateways import GatewayRefused
from shop.payments.gateways.razorpay import RazorpayGateway
from shop.payments.models import Capture, EventStatus, GatewayEvent
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.faults.together import Gate, at_once
from tests.sharing import order_of
from tests.world import World

ONLY_AUTHORIZED = {"gateway": "razorpay", "match": "POST /pay/*", "kind": "authorized", "times": None}
CAPTURES = "POST */capture"


def authorized(world: World) -> tuple[str, str]:
    """Let a customer's bank agree on an account that captures nothing by itself; return her order and the payment."""
    link = world.buy(TOTE, gateway="razorpay", pay=False)
    paid = world.sandbox.pay("razorpay", world.attempts(link)[-1].page_ref or "", "authorize")
    return link, paid["payment"]


def told(world: World, payment: str) -> tuple[str, bool, int]:
    """Return what the gateway's own books say of a payment: its status, if it was captured, what went back."""
    row = next(each for each in world.sandbox.books()["payments"] if each["id"] == payment)
    return row["status"], row["captured"], row["refunded"]


def asked(world: World) -> int:
    """Return how often the gateway was asked to capture something."""
    return sum(fault["struck"] for fault in world.sandbox.faults() if fault["match"] == CAPTURES)


def watch(world: World) -> None:
    """Let every asking for a capture be counted."""
    world.sandbox.add_faults({"gateway": "razorpay", "match": CAPTURES, "kind": "slow", "seconds": 0, "times": None})


@both_databases
@pytest.mark.parametrize("heard", ["webhook", "return", "every minute", "every hour"])
def test_what_is_only_authorised_is_captured_by_whoever_hears_of_it_first(world: World, heard: str) -> None:
    watch(world)
    world.sandbox.set_deliveries(mode="auto" if heard == "webhook" else "hold")
    link, payment = authorized(world)
    if heard == "return":
        assert world.browser().get(f"{link}/return").status_code == 303
    elif heard == "every minute":
        world.advance(timedelta(minutes=3))
        with world.reading():
            duties.look_at_hanging()
    elif heard == "every hour":
        with world.reading():
            duties.reconcile()
    world.work()

    assert world.order(link).status is OrderStatus.PAID
    assert told(world, payment) == ("captured", True, 0)
    assert asked(world) == 1
    world.sandbox.set_deliveries(mode="auto")
    world.work()
    with world.reading():
        assert db.session.scalar(select(func.count(Capture.id))) == 1
        assert inbox.held() == []
    assert world.books_breaks() == []


def test_an_account_that_captures_nothing_sells_all_the_same_and_one_that_does_is_not_asked(world: World) -> None:
    watch(world)
    assert world.order(world.buy(TOTE, gateway="razorpay")).status is OrderStatus.PAID
    assert asked(world) == 0  # control: it captures by itself
    world.sandbox.add_faults(ONLY_AUTHORIZED)

    assert world.order(world.buy(TOTE, gateway="razorpay")).status is OrderStatus.PAID
    assert asked(world) == 1


@pytest.mark.parametrize("meanwhile", ["paid", "cancelled"])
def test_an_order_that_needs_no_money_any_more_is_not_captured_and_goes_back_by_itself(
    world: World, meanwhile: str
) -> None:
    watch(world)
    world.sandbox.set_deliveries(mode="hold")
    link, payment = authorized(world)
    if meanwhile == "paid":
        world.browser().post(link + "/pay", {"payment_method": "stripe"})
        page = world.attempts(link)[-1]
        assert page.gateway == "stripe"
        world.sandbox.pay("stripe", page.page_ref or "")
        world.browser().get(f"{link}/return")
    else:
        with world.writing() as at:
            lifecycle.cancel(order_of(link), at=at, by="user:1", note="changed her mind")
    stands = world.order(link).status
    assert stands is not OrderStatus.PLACED

    world.sandbox.set_deliveries(mode="auto")
    world.work()
    with world.reading():
        duties.reconcile()
    world.work()
    assert told(world, payment) == ("authorized", False, 0)
    assert asked(world) == 0
    world.advance(timedelta(days=3, minutes=1))
    with world.reading():
        duties.reconcile()
    world.work()

    assert told(world, payment) == ("refunded", False, 81_900)
    assert world.order(link).status is stands
    with world.reading():
        assert inbox.held() == []
        assert reviews.waiting() == [], "a refund of Razorpay's own making is no refund of ours"
        ours = list(db.session.scalars(select(Capture.gateway)))
    assert ours == (["stripe"] if meanwhile == "paid" else [])
    assert world.books_breaks() == []


def taken(world: World) -> int:
    with world.reading():
        return db.session.scalar(select(func.count(Capture.id))) or 0


@pytest.mark.parametrize("kind", ["error_500_before", "error_500_after", "html_502_after", "reset", "malformed_json"])
def test_an_asking_whose_answer_is_lost_is_asked_again_and_captures_once(world: World, kind: str) -> None:
    world.sandbox.add_faults({"gateway": "razorpay", "match": CAPTURES, "kind": kind, "times": 3})
    world.sandbox.add_faults({"gateway": "razorpay", "match": "WEBHOOK payment*", "kind": "webhook_never", "times": 3})
    link, payment = authorized(world)
    assert world.browser().get(f"{link}/return").status_code == 303  # Razorpay tells nobody
    for _ in range(4):
        world.work()
        world.advance(timedelta(seconds=20))

    assert (world.order(link).status, taken(world)) == (OrderStatus.PAID, 1)
    assert told(world, payment) == ("captured", True, 0)


def test_what_was_given_up_is_asked_for_again_when_it_is_seen_again(world: World) -> None:
    world.sandbox.add_faults({"gateway": "razorpay", "match": CAPTURES, "kind": "error_500_before", "times": None})
    link, _payment = authorized(world)
    world.work()
    with world.writing() as at:
        db.session.execute(update(OutboxRow).where(OutboxRow.kind == collect.CAPTURING).values(gave_up_at=at))
    world.sandbox.clear_faults()
    world.advance(timedelta(hours=1))
    world.work()
    assert world.order(link).status is OrderStatus.PLACED  # control: nobody asks by himself any more
    with world.reading():
        duties.reconcile()
    world.work()

    assert (world.order(link).status, taken(world)) == (OrderStatus.PAID, 1)


def both_ask(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Exception | None]:
    """Let two workers ask for one capture at the same moment; return what came of each."""
    world.sandbox.set_deliveries(mode="hold")
    link, payment = authorized(world)
    attempt, gate, capture = world.attempts(link)[-1], Gate(2), RazorpayGateway.capture

    def at_the_same_moment(self: RazorpayGateway, *asked: Any) -> Any:
        gate.wait()
        return capture(self, *asked)

    monkeypatch.setattr(RazorpayGateway, "capture", at_the_same_moment)

    def ask(_number: int) -> None:
        with world.app.app_context():
            phases.send_capture(world.app.extensions["counter"], attempt.id, payment, by="worker")

    answers = at_once(2, ask)
    assert gate.arrived == 2
    return answers


@both_databases
def test_two_workers_at_once_capture_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = both_ask(world, monkeypatch)

    assert answers == [None, None], f"one was refused: {answers}"
    assert (taken(world), world.books_breaks()) == (1, [])


@both_databases
@pytest.mark.books_may_differ
def test_control_an_adapter_that_does_not_look_after_a_refusal_leaves_one_of_two_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_asked: Any) -> Any:
        raise GatewayRefused("This payment has already been captured")

    monkeypatch.setattr(RazorpayGateway, "get_payment", refuse)
    answers = both_ask(world, monkeypatch)

    with pytest.raises(AssertionError, match="one was refused"):
        assert answers == [None, None], f"one was refused: {answers}"


def test_an_authorised_payment_of_another_sum_is_held_and_not_captured(world: World) -> None:
    watch(world)
    world.sandbox.add_faults({"gateway": "razorpay", "match": "POST /v1/payment_links", "kind": "wrong_amount"})
    link, payment = authorized(world)
    world.work()
    with world.reading():
        duties.reconcile()
    world.work()

    assert (world.order(link).status, asked(world)) == (OrderStatus.PLACED, 0)
    assert told(world, payment) == ("authorized", False, 0)
    with world.reading():
        (event,) = db.session.scalars(select(GatewayEvent)).all()
        assert (event.kind, event.status) == ("payment.authorized", EventStatus.HELD)
        assert event.note == "81899 INR was paid, 81900 INR was asked"
        gateway = world.app.extensions["counter"].gateways["razorpay"]
        for sum_ in ((81_900, "INR"), (81_898, "INR"), (81_899, "USD")):
            seen = gateway.capture(payment, *sum_)  # the gateway's own rule: all of it, in its currency
            assert (seen.captured, seen.authorized, seen.amount_minor) == (False, True, 81_899)
        assert gateway.capture(payment, 81_899, "INR").captured  # control
    world.unexplained["razorpay", "INR"] = 81_899


def test_stripe_has_nothing_to_capture(world: World) -> None:
    link = world.buy(TOTE, gateway="stripe")
    payment = next(row["id"] for row in world.sandbox.books()["payments"])
    gateway = world.app.extensions["counter"].gateways["stripe"]

    seen = gateway.capture(payment, 1, "USD")

    assert (seen.captured, seen.authorized, seen.amount_minor, seen.key) == (
        True,
        False,
        81_900,
        world.attempts(link)[0].key,
    )
    with pytest.raises(GatewayRefused):
        gateway.get_payment("pi_of_nobody")
