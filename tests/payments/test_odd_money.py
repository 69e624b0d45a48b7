"""Money that is not what was asked: held, given back or left alone, and never a paid order for it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from shop import jobs
from shop.db import db
from shop.orders import lifecycle
from shop.orders.models import Order, OrderStatus
from shop.payments import captures, collect, inbox, reconcile, refunds
from shop.payments.gateways import PaymentSeen
from shop.payments.models import Capture, EventStatus, GatewayEvent, Refund, RefundStatus
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.world import World


@pytest.mark.parametrize("gateway", ["razorpay", "stripe"])
@both_databases
def test_a_genuine_payment_of_another_amount_is_held_and_pays_nothing(world: World, gateway: str) -> None:
    link = world.buy(TOTE, gateway=gateway, pay=False)
    world.sandbox.add_faults({"gateway": gateway, "match": "POST /pay/*", "kind": "wrong_amount", "delta": -1})

    world.pay(link)

    assert world.order(link).status is OrderStatus.PLACED
    with world.reading():
        assert EventStatus.HELD in set(db.session.scalars(select(GatewayEvent.status)))
        assert db.session.scalars(select(Capture)).all() == []
    world.unexplained[gateway, "INR"] = 81_900 - 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"amount_minor": 81_901}, "was paid"),
        ({"currency": "USD"}, "was paid"),
        ({"key": "MB-NOTOURS-1"}, "no attempt of ours"),
        ({"key": None}, "no attempt of ours"),
        ({"live": True}, "test and live"),
    ],
)
def test_a_payment_must_be_one_that_we_asked_for(world: World, change: dict[str, Any], why: str) -> None:
    link = world.buy(TOTE, gateway="stripe", pay=False)
    fields: dict[str, Any] = {
        "ref": "pi_1", "key": world.attempts(link)[0].key, "amount_minor": 81_900, "currency": "INR",
        "captured": True, "live": False, "at": datetime.now(UTC),
    }  # fmt: skip
    gateway = world.app.extensions["counter"].gateways["stripe"]

    with pytest.raises(collect.NotOurs, match=why), world.writing() as at:
        collect.apply_payment(gateway, PaymentSeen(**{**fields, **change}), at=at, by="test")

    assert world.order(link).status is OrderStatus.PLACED


def test_an_attempt_of_one_gateway_is_not_paid_at_the_other(world: World) -> None:
    attempt = world.attempts(world.buy(TOTE, gateway="razorpay", pay=False))[0]
    seen = PaymentSeen("pi_1", attempt.key, attempt.amount_minor, "INR", True, False, datetime.now(UTC))

    with pytest.raises(collect.NotOurs), world.writing() as at:
        collect.apply_payment(world.app.extensions["counter"].gateways["stripe"], seen, at=at, by="test")


@pytest.mark.books_may_differ
@both_databases
def test_a_second_payment_for_a_paid_order_is_asked_back_whole(world: World) -> None:
    link = world.buy(TOTE, gateway="stripe", pay=False)
    world.browser().post(link + "/pay", {"payment_method": "razorpay"})
    first = world.attempts(link)[0]
    world.pay(link)
    late = PaymentSeen("pi_late", first.key, first.amount_minor, "INR", True, False, world.clock.now())

    with world.writing() as at:
        collect.apply_payment(world.app.extensions["counter"].gateways["stripe"], late, at=at, by="test")

    with world.reading():
        asked = db.session.scalars(select(Refund)).unique().one()
        assert (asked.reason, asked.amount_minor, asked.capture.payment_ref) == ("paid twice", 81_900, "pi_late")
    assert world.order(link).status is OrderStatus.PAID


@both_databases
def test_a_refund_that_failed_may_be_asked_for_again(world: World) -> None:
    link = world.buy(TOTE, gateway="razorpay")
    world.sandbox.add_faults({"gateway": "razorpay", "match": "POST */refund", "kind": "refund_failed"})
    _refund(world, link)
    with world.reading():
        failed = db.session.scalars(select(Refund)).unique().one()
        assert failed.status is RefundStatus.FAILED
        assert captures.left_of(failed.capture) == 81_900

    world.sandbox.clear_faults()
    with world.writing() as at:
        refunds.request(captures.of_order(_order(world, link))[0], 81_900, "again", at=at, by="test")
    world.work()

    with world.reading():
        statuses = [refund.status for refund in db.session.scalars(select(Refund).order_by(Refund.id)).unique()]
    assert statuses == [RefundStatus.FAILED, RefundStatus.PROCESSED]


def test_reconciling_finds_a_payment_we_never_heard_of_and_applies_it(world: World) -> None:
    link = world.buy(TOTE, pay=False)
    world.sandbox.pay("razorpay", world.attempts(link)[0].page_ref or "", quiet=True)
    assert world.order(link).status is OrderStatus.PLACED

    world.advance(timedelta(minutes=1))
    world.look_at_gateways()

    assert world.order(link).status is OrderStatus.PAID


def test_reconciling_tells_a_payment_that_only_we_have(world: World) -> None:
    world.buy(TOTE, gateway="stripe")
    now = world.clock.now()

    with world.reading():
        told = reconcile.compare_payments("stripe", [], now - timedelta(days=1), now + timedelta(days=1))

    assert [(row.theirs_minor, row.ours_minor) for row in told] == [(0, 81_900)]


def test_an_event_that_cannot_be_applied_waits_between_tries_is_parked_and_others_go_on(world: World) -> None:
    poison = {"gateway": "stripe", "event_id": "evt_1", "body_sha256": "0" * 64, "kind": "x", "body": b"{"}
    with world.writing() as at:
        db.session.add(GatewayEvent(**poison, status=EventStatus.RECEIVED, tries=0, received_at=at))

    link = world.buy(TOTE, pay=False)
    world.sandbox.pay("razorpay", world.attempts(link)[0].page_ref or "")
    jobs.work_once(world.app)
    assert world.order(link).status is OrderStatus.PAID
    for _ in range(3):
        jobs.work_once(world.app)  # a worker's rounds come twice a second
    assert _poison(world)[0] == 1, "a try that failed has to wait"

    waits = []
    for tries in range(2, inbox.MOST_TRIES + 1):
        seconds = 0
        while _poison(world)[0] < tries:
            world.advance(timedelta(seconds=10))
            jobs.work_once(world.app)
            seconds += 10
        waits.append(seconds)
    assert _poison(world) == (inbox.MOST_TRIES, EventStatus.PARKED)
    assert waits == sorted(waits) and waits[0] <= 20 and 600 <= sum(waits) <= 1800
    world.advance(timedelta(days=1))
    jobs.work_once(world.app)
    assert _poison(world) == (inbox.MOST_TRIES, EventStatus.PARKED)


def _poison(world: World) -> tuple[int, EventStatus]:
    with world.reading():
        event = db.session.scalars(select(GatewayEvent).where(GatewayEvent.event_id == "evt_1")).one()
        return event.tries, event.status


def _refund(world: World, link: str) -> None:
    with world.writing() as at:
        refunds.refund_order(_order(world, link), "arrived torn", at=at, by="test")
    world.work()


def _order(world: World, link: str) -> Order:
    return lifecycle.get_of(world.user("Anita"), world.order(link).number)


@both_databases
def test_an_event_of_which_nothing_follows_is_set_aside_as_it_comes_in(world: World) -> None:
    link = world.buy(TOTE, gateway="stripe", pay=False)
    world.sandbox.set_deliveries(mode="hold")
    world.sandbox.pay("stripe", world.attempts(link)[-1].page_ref or "")

    assert {each["status"] for each in world.sandbox.release()} == {200}

    with world.reading():
        stored = {event.kind: event for event in db.session.scalars(select(GatewayEvent))}
        assert stored["payment_intent.succeeded"].status is EventStatus.IGNORED
        assert stored["payment_intent.succeeded"].applied_at is not None
        assert [row[0] for row in inbox.waiting(at=world.clock.now())] == [stored["checkout.session.completed"].id]
    world.sandbox.set_deliveries(mode="auto")
    world.work()
    assert world.order(link).status is OrderStatus.PAID
