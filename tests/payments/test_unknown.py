"""What nobody has heard of is asked for: pages every minute, the last days every hour; a long silence is told."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from structlog.testing import capture_logs

from shop import comparing, duties
from shop.cli import payments_reconcile
from shop.db import db
from shop.orders import lifecycle
from shop.orders.models import OrderStatus
from shop.payments import captures, reconcile, refunds, reviews, unknown
from shop.payments.models import Attempt, AttemptStatus, EventStatus, GatewayEvent, Refund, RefundStatus
from shop.payments.review_models import DifferenceKind
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.faults.together import at_once
from tests.world import World

both_gateways = pytest.mark.parametrize("gateway", ["razorpay", "stripe"])


def look(world: World) -> int:
    with world.reading():
        return comparing.look_at_hanging(world.app.extensions["counter"])


@both_gateways
@both_databases
def test_a_page_whose_webhook_never_came_is_asked_after_within_two_minutes(world: World, gateway: str) -> None:
    link = world.buy(TOTE, gateway=gateway, pay=False)
    world.sandbox.pay(gateway, world.attempts(link)[0].page_ref or "", quiet=True)
    world.advance(timedelta(seconds=90))
    assert look(world) == 0  # control: the customer may still be typing
    assert world.order(link).status is OrderStatus.PLACED

    world.advance(timedelta(seconds=30))
    assert look(world) == 1

    assert world.order(link).status is OrderStatus.PAID
    assert look(world) == 0


@both_databases
def test_an_open_page_is_asked_after_once_a_minute_whoever_asks(world: World) -> None:
    world.buy(TOTE, pay=False)
    world.advance(timedelta(minutes=3))

    taken = at_once(4, lambda _number: look(world))
    assert sorted(taken, key=str) == [0, 0, 0, 1]
    world.advance(timedelta(seconds=50))
    assert look(world) == 0
    world.advance(timedelta(seconds=10))
    assert look(world) == 1


def test_a_gateway_that_is_silent_keeps_no_page_of_the_other_waiting(world: World) -> None:
    silent, heard = (world.buy(TOTE, gateway=name, pay=False) for name in ("stripe", "razorpay"))
    for link in (silent, heard):
        attempt = world.attempts(link)[0]
        world.sandbox.pay(attempt.gateway, attempt.page_ref or "", quiet=True)
    world.sandbox.add_faults({"gateway": "stripe", "match": "*", "kind": "html_502_before", "times": None})
    world.advance(timedelta(minutes=3))

    look(world)
    assert [world.order(link).status for link in (silent, heard)] == [OrderStatus.PLACED, OrderStatus.PAID]
    with world.reading():
        duties.reconcile()  # likewise every hour
    world.sandbox.clear_faults()
    world.advance(timedelta(minutes=2))
    look(world)
    assert world.order(silent).status is OrderStatus.PAID


@both_gateways
@both_databases
def test_a_refund_whose_end_was_never_told_is_settled_by_the_hourly_comparison(world: World, gateway: str) -> None:
    link = world.buy(TOTE, gateway=gateway)
    world.sandbox.add_faults({"gateway": gateway, "match": "POST *refund*", "kind": "refund_pending"})
    with world.writing() as at:
        order = lifecycle.get_of(world.user("Anita"), world.order(link).number)
        refunds.refund_order(order, "arrived torn", at=at, by="test")
    world.work()
    with world.reading():
        sent = db.session.scalars(select(Refund)).unique().one()
        assert sent.status is RefundStatus.SENT
    world.sandbox.settle(gateway, str(sent.gateway_ref), quiet=True)

    world.advance(timedelta(hours=1))
    with world.reading():
        duties.reconcile()
        assert db.session.scalars(select(Refund)).unique().one().status is RefundStatus.PROCESSED
        assert reviews.count() == 0


@both_gateways
def test_after_26_hours_without_webhooks_nothing_is_missing(world: World, gateway: str) -> None:
    links = []
    for _ in range(4):
        links.append(world.buy(TOTE, gateway=gateway, pay=False))
        world.sandbox.pay(gateway, world.attempts(links[-1])[0].page_ref or "", quiet=True)
        world.advance(timedelta(hours=6, minutes=40))

    with world.reading():
        duties.reconcile()

    assert {world.order(link).status for link in links} == {OrderStatus.PAID}


@pytest.mark.books_may_differ
def test_refunds_are_compared_both_ways(world: World) -> None:
    link = world.buy(TOTE, gateway="razorpay")
    with world.writing() as at:
        order = lifecycle.get_of(world.user("Anita"), world.order(link).number)
        refunds.request(captures.of_order(order)[0], 5_000, "loose thread", at=at, by="test")
    world.work()
    now = world.clock.now()
    span = (now - timedelta(days=1), now + timedelta(days=1))
    gateway = world.app.extensions["counter"].gateways["razorpay"]
    (seen,) = gateway.refunds_between(*span)

    def found(theirs: list[Any]) -> list[tuple[DifferenceKind, int, int]]:
        with world.reading():
            told = reconcile.compare_refunds("razorpay", theirs, *span)
            return [(each.kind, each.theirs_minor, each.ours_minor) for each in told]

    assert found([seen]) == []
    assert found([]) == [(DifferenceKind.REFUND_MISSING, 0, 5_000)]
    assert found([replace(seen, amount_minor=4_000)]) == [(DifferenceKind.REFUND_AMOUNT, 4_000, 5_000)]
    assert found([replace(seen, done=False, failed=True)]) == [(DifferenceKind.REFUND_FATE, 0, 5_000)]
    stranger = replace(seen, ref="rfnd_other", key=None)
    assert found([seen, stranger]) == [(DifferenceKind.REFUND_UNKNOWN, 5_000, 0)]
    assert found([seen, replace(stranger, done=False, failed=True)]) == []


def test_the_command_prints_a_table_and_its_exit_says_whether_anything_differs(world: World) -> None:
    world.buy(TOTE, gateway="razorpay")
    ahead = world.clock.now() + timedelta(minutes=2)  # the gateway's clock need not be ours
    world.sandbox.pay_out("razorpay", at=int(ahead.timestamp()))
    runner = world.app.test_cli_runner()

    told = runner.invoke(payments_reconcile, ["--days", "2"])
    assert told.exit_code == 0, told.output
    (row,) = [line for line in told.output.splitlines() if line.startswith("razorpay")]
    assert row.split() == ["razorpay", "INR", "1", "819.00", "0", "0.00", "1", "799.68", "19.32"]

    with world.reading():
        payment = world.sandbox.books()["payments"][0]["id"]
    refund = world.sandbox.refund("razorpay", payment, 5_000, quiet=True)
    differs = runner.invoke(payments_reconcile, ["--days", "2"])
    assert differs.exit_code == 1
    assert f"refund-unknown {refund['refund']}" in differs.output
    world.sandbox.settle("razorpay", refund["refund"], "fail", quiet=True)


def test_more_payments_than_one_statement_can_carry_are_compared_in_pieces(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        world.buy(TOTE)
    now = world.clock.now()
    span = (now - timedelta(days=1), now + timedelta(days=1))
    seen = list(world.app.extensions["counter"].gateways["razorpay"].payments_between(*span))
    monkeypatch.setattr(reconcile, "PIECE", 2)

    with world.reading():
        assert reconcile.compare_payments("razorpay", seen, now, now - timedelta(1)) == []  # found by number alone
        assert len(reconcile.compare_payments("razorpay", [], *span)) == 5


def unanswered(world: World) -> str:
    """Let a pay page be asked for of a gateway that answers nothing."""
    world.sandbox.add_faults({"gateway": "*", "match": "*", "kind": "html_502_before", "times": None})
    link = world.buy(TOTE, pay=False)
    assert world.attempts(link)[0].status is AttemptStatus.UNKNOWN
    return link


def said(world: World) -> list[tuple[str, int]]:
    with world.reading(), capture_logs() as logged:
        duties.watch_unknown()
    return [(each["event"], each["minutes"]) for each in logged]


def test_a_quarter_of_an_hour_of_silence_is_told_on_today_in_the_log_and_by_the_health_pages(world: World) -> None:
    unanswered(world)
    world.advance(timedelta(minutes=14))
    office, onlooker = world.browser().sign_in("Farida"), world.browser().sign_in("Bina")
    fact, hers = "How a payment ended has not been known for", "does not say whether order"
    assert fact not in onlooker.get("/manager/").text
    assert not said(world)
    assert "payments" not in world.app.test_client().get("/readyz").get_json()["problems"]

    world.advance(timedelta(minutes=2))

    assert fact + " 16 minutes" in onlooker.get("/manager/").text
    page = office.get("/manager/").text  # who has an act for it is told once, with the act
    assert (page.count(hers), page.count(fact)) == (1, 0)
    assert said(world) == [("payments.unknown_too_long", 16)]
    ready = world.app.test_client().get("/readyz")
    assert (ready.status_code, list(ready.get_json()["problems"])) == (200, ["payments"])
    assert "shop_payments_oldest_unknown_seconds 960" in world.app.test_client().get("/metrics").text
    world.sandbox.clear_faults()
    world.look_at_gateways()
    assert fact not in onlooker.get("/manager/").text and hers not in office.get("/manager/").text
    assert not said(world)


@both_databases
def test_each_kind_of_unknown_counts_and_what_is_known_does_not(world: World) -> None:
    world.buy(TOTE)
    world.buy(TOTE, pay=False)
    now = world.clock.now()

    def standing(at: datetime) -> unknown.Unknown | None:
        with world.reading():
            return unknown.oldest(at=at)

    assert standing(now) is None
    late = now + timedelta(minutes=40)
    assert standing(late) == unknown.Unknown(now + timedelta(minutes=31), 1, 0, 0)  # its page should be closed
    with world.writing() as at:
        waits = {"event_id": "evt_1", "body_sha256": "0" * 64, "kind": "x", "body": b"{}"}
        db.session.add(GatewayEvent(gateway="gone", **waits, status=EventStatus.RECEIVED, tries=0, received_at=at))
        attempt = db.session.scalars(select(Attempt).where(Attempt.status == AttemptStatus.CAPTURED)).unique().one()
        order = attempt.order
        refunds.request(captures.of_order(order)[0], 100, "loose thread", at=at, by="test")
    assert standing(late) == unknown.Unknown(now, 1, 1, 1)


def test_the_hourly_comparison_does_not_grow_by_a_question_for_each_payment(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of Razorpay's payments does not name our key: asked for one by one, a good week is thousands of calls."""

    def asked() -> tuple[int, int]:
        statements: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
            statements.append(statement)

        world.sandbox.clear_faults()
        world.sandbox.add_faults({"gateway": "razorpay", "match": "GET *", "kind": "slow", "times": None, "seconds": 0})
        with world.reading():
            event.listen(db.engine, "before_cursor_execute", note)
            try:
                duties.reconcile()
            finally:
                event.remove(db.engine, "before_cursor_execute", note)
        return world.sandbox.faults()[0]["struck"], len(statements)

    world.buy(TOTE)
    world.buy(TOTE)
    few = asked()
    for _ in range(5):
        world.buy(TOTE)
    assert asked() == few
    assert few[0] <= 4
