"""Nothing that cannot be done keeps back what can: late money, other gateways, other pages, other people's shares."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from shop import duties, phases
from shop.artisans.share_models import Share
from shop.catalog.models import Reservation, ReservationStatus, Stock, Variant
from shop.db import db
from shop.orders import releases
from shop.orders.models import OrderStatus
from shop.orders.window import Window
from shop.payments import collect, overdue, reviews
from shop.payments.gateways import PaymentSeen
from shop.payments.models import Attempt, AttemptStatus, EventStatus, GatewayEvent, Refund
from shop.production.models import Making
from tests import sharing
from tests.cast import MESSENGER, TOTE
from tests.conftest import both_databases
from tests.letters import letters
from tests.world import World


@pytest.mark.books_may_differ  # the sandbox does not know of the late payment
@both_databases
def test_late_money_for_a_piece_that_is_gone_and_that_nobody_can_make_goes_back(world: World) -> None:
    """It would be made to order, but no making of it was ever approved: nobody could be asked for it."""
    with world.writing():
        tote = db.session.scalars(select(Variant).where(Variant.sku == TOTE)).one()
        tote.made_to_order = True
        withdrawn = {"status": "withdrawn", "approved_at": None, "approved_by": None}
        db.session.execute(update(Making).where(Making.product_id == tote.product_id).values(withdrawn))
        db.session.execute(update(Stock).where(Stock.variant_id == tote.id).values(on_hand=Stock.reserved + 1))
    late, gateway = world.buy(TOTE, gateway="stripe", pay=False), world.app.extensions["counter"].gateways["stripe"]
    world.advance(timedelta(minutes=40))
    world.look_at_gateways()
    first = world.attempts(late)[0]
    assert first.status is AttemptStatus.EXPIRED
    assert world.order(world.buy(TOTE)).status is OrderStatus.PAID

    with world.writing() as at:
        seen = PaymentSeen("pi_late", first.key, first.amount_minor, "INR", True, False, at)
        collect.apply_payment(gateway, seen, at=at, by="test")

    assert world.order(late).status is OrderStatus.CANCELLED
    with world.reading():
        asked = db.session.scalars(select(Refund)).unique().one()
        assert (asked.reason, asked.amount_minor) == ("sold out", first.amount_minor)


def test_an_event_of_a_gateway_that_was_switched_off_keeps_nothing_back(world: World) -> None:
    link = world.buy(TOTE, gateway="razorpay", pay=False)
    body = {"event_id": "evt_off", "body_sha256": "0" * 64, "kind": "x", "body": b"{}"}
    with world.writing() as at:
        db.session.add(GatewayEvent(gateway="gone", **body, status=EventStatus.RECEIVED, tries=0, received_at=at))

    world.pay(link)

    assert world.order(link).status is OrderStatus.PAID
    assert [str(letter["Subject"]) for letter in letters(world, "asha@test.example")]


def test_a_pay_page_that_cannot_be_closed_does_not_keep_others_open(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = [world.buy(TOTE, gateway="stripe", pay=False), world.buy(TOTE, gateway="razorpay", pay=False)]
    world.advance(timedelta(minutes=40))
    gateway = world.app.extensions["counter"].gateways["stripe"]

    def broken(*_given: Any) -> None:
        raise ValueError("an answer that nobody can read")

    monkeypatch.setattr(gateway, "close_page", broken)
    with world.reading(), pytest.raises(ValueError, match="nobody can read"):
        phases.lapse(world.app.extensions["counter"])

    assert [world.attempts(link)[0].status for link in links] == [AttemptStatus.PENDING, AttemptStatus.EXPIRED]


def test_a_share_that_cannot_be_released_keeps_no_other_woman_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sharing.rule(world)
    for _ in range(2):
        sharing.send(world, sharing.bought_and_made(world))
    world.advance(timedelta(days=60))
    release, turns = releases.release, []

    def broken_at_first(order_id: int, *given: Any, **named: Any) -> Any:
        turns.append(order_id)
        if len(turns) == 1:
            raise ValueError("books that nobody can read")
        return release(order_id, *given, **named)

    monkeypatch.setattr(releases, "release", broken_at_first)
    with pytest.raises(ValueError, match="nobody can read"):
        sharing.sweep(world)

    with world.reading():
        standing = db.session.scalars(select(Share.status).order_by(Share.id)).all()
    assert [status.value for status in standing] == ["pending", "released"]


def test_the_question_whose_share_is_due_does_not_grow_with_what_waits(world: World) -> None:
    """A database takes only so many values in one statement: a busy month has more lines than that."""
    sharing.rule(world)
    first = sharing.bought_and_made(world)
    sharing.send(world, first)
    one = _values_of_due(world)
    for _ in range(2):
        sharing.send(world, sharing.bought_and_made(world))

    assert _values_of_due(world) == one
    with world.reading():
        assert len(db.session.scalars(select(Share.id)).all()) == 3
        assert len(releases.due(Window(), at=world.clock.now() + timedelta(days=15))) == 3
        assert releases.due(Window(), at=world.clock.now() + timedelta(days=13)) == []
    assert MESSENGER


def _values_of_due(world: World) -> int:
    """Return how many values the statements of `releases.due` carry."""
    counted: list[int] = []

    def count(_connection: object, _cursor: object, _statement: str, values: Any, *_more: object) -> None:
        counted.append(len(values))

    with world.reading():
        event.listen(db.engine, "before_cursor_execute", count)
        try:
            _due(world.clock.now() + timedelta(days=15))
        finally:
            event.remove(db.engine, "before_cursor_execute", count)
    return sum(counted)


def _due(at: datetime) -> list[int]:
    return releases.due(Window(), at=at)


def test_one_payment_that_raises_ends_no_comparison_and_stands_in_the_queue(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = [world.buy(TOTE, gateway="razorpay", pay=False) for _ in range(3)]
    for link in links:
        world.sandbox.pay("razorpay", world.attempts(link)[0].page_ref or "", quiet=True)
    broken, record = world.attempts(links[0])[0].key, collect.record

    def not_this_one(gateway: Any, attempt: Any, *given: Any, **named: Any) -> Any:
        if attempt.key == broken:
            raise ValueError("books that nobody can read")
        return record(gateway, attempt, *given, **named)

    monkeypatch.setattr(collect, "record", not_this_one)
    world.advance(timedelta(minutes=1))
    with world.reading():
        duties.reconcile()

    assert [world.order(link).status for link in links] == [OrderStatus.PLACED, OrderStatus.PAID, OrderStatus.PAID]
    with world.reading():
        (waits,) = reviews.waiting()
        assert (waits.about, str(waits.why).partition(" at ")[0]) == (broken, "ValueError")

    monkeypatch.undo()
    with world.reading():
        duties.reconcile()
        assert reviews.waiting() == []
    assert world.order(links[0]).status is OrderStatus.PAID


@pytest.mark.parametrize(
    ("job", "asks"),
    [(duties.recover_attempts, "GET /v1/*"), (duties.lapse_holds, "POST /v1/*"), (duties.look_at_hanging, "GET /v1/*")],
)
def test_a_silent_gateway_is_asked_once_in_a_turn_however_many_pages_wait_there(
    world: World, job: Callable[[], None], asks: str
) -> None:
    silent = {"gateway": "stripe", "match": asks, "kind": "html_502_before", "times": None}
    if job is duties.recover_attempts:
        world.sandbox.add_faults({**silent, "match": "*"})
    links = [world.buy(TOTE, gateway="stripe", pay=False) for _ in range(4)]
    heard = world.buy(TOTE, gateway="razorpay", pay=False)
    world.sandbox.pay("razorpay", world.attempts(heard)[0].page_ref or "", quiet=True)
    world.sandbox.clear_faults()
    world.sandbox.add_faults(silent)
    world.advance(timedelta(minutes=40))

    with world.reading():
        job()

    assert world.sandbox.faults()[0]["struck"] == 2, "asked, and once more where nothing was said"
    assert {world.attempts(link)[0].status for link in links} <= {AttemptStatus.PENDING, AttemptStatus.UNKNOWN}
    if job is duties.recover_attempts:
        world.sandbox.clear_faults()
        world.look_at_gateways()
    assert world.order(heard).paid_at is not None


def test_the_next_turn_begins_with_pages_that_were_not_asked_after(world: World) -> None:
    links = [world.buy(TOTE, gateway="stripe", pay=False) for _ in range(3)]
    world.advance(timedelta(minutes=40))
    asked = []
    for _turn in range(2):
        with world.writing() as at, pytest.MonkeyPatch.context() as patched:
            patched.setattr(overdue, "MOST_AT_ONCE", 2)
            asked.append([attempt_id for attempt_id, _gateway in overdue.take_lapsed(at=at)])
        world.advance(timedelta(seconds=30))

    first, second, third = (world.attempts(link)[0].id for link in links)
    assert asked == [[first, second], [first, third]]


@both_databases
def test_a_page_of_another_account_gives_back_what_it_holds_once_its_time_is_over(world: World) -> None:
    """Someone gave the shop the keys of another account: its gateway does not know the page, and says no."""
    link = world.buy(TOTE, gateway="stripe", pay=False)
    with world.writing():
        db.session.execute(update(Attempt).values(page_ref="cs_of_another_account"))
    counter = world.app.extensions["counter"]
    with world.reading():
        phases.lapse(counter)
    assert world.attempts(link)[0].status is AttemptStatus.PENDING

    world.advance(timedelta(minutes=40))
    with world.reading():
        phases.lapse(counter)

    assert world.attempts(link)[0].status is AttemptStatus.EXPIRED
    with world.reading():
        held = select(Reservation).where(Reservation.status == ReservationStatus.HELD)
        assert db.session.scalars(held).all() == []
    with world.writing():
        db.session.execute(update(Attempt).values(page_ref=None))  # what the sandbox knows is its own


def test_after_an_outage_of_ten_days_everything_between_is_asked_for(world: World) -> None:
    with world.reading():
        duties.reconcile()
    link = world.buy(TOTE, gateway="razorpay", pay=False)
    world.sandbox.pay("razorpay", world.attempts(link)[0].page_ref or "", quiet=True)
    world.advance(timedelta(days=10))

    with world.reading():
        duties.reconcile()

    assert world.order(link).paid_at is not None


@both_databases
def test_control_five_days_alone_forget_what_was_paid_before_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviews, "compared_until", lambda *_of: None)

    with pytest.raises(AssertionError, match="paid_at"):
        test_after_an_outage_of_ten_days_everything_between_is_asked_for(world)
    world.unexplained["razorpay", "INR"] = 81_900
