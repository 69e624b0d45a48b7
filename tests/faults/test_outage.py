"""Twenty-six hours without a single webhook, by a clock of the test's own: what was paid is found by asking."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from shop import duties, jobs
from shop.db import db
from shop.orders.models import Order, OrderStatus
from shop.payments.models import Attempt
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.faults.conftest import Often
from tests.faults.figures import note
from tests.world import World

pytestmark = both_databases
HOURS = 26
TURN = timedelta(minutes=15)
PAID = (OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED)
Jobs = Sequence[tuple[Callable[[], None], timedelta]]


def live_through(world: World, schedule: Jobs, orders_an_hour: int, seed: int) -> None:
    """Let customers pay and never come back while no news comes, and the schedule turn; then count who was forgotten.

    A customer may have been refused first, or her failed payment may go through hours after its page has closed.
    """
    dice, late = random.Random(seed), dict[int, str]()
    world.sandbox.set_deliveries(mode="hold")
    turns = HOURS * 60 // int(TURN.total_seconds() // 60)
    due = dict.fromkeys((job for job, _ in schedule), world.clock.now())
    for turn in range(turns):
        if turn % 4 == 0 and turn < turns - 4:
            for _ in range(orders_an_hour):
                _visit(world, dice, turn, late)
        if payment := late.pop(turn, None):
            world.sandbox.capture_late(payment)
        world.advance(TURN)
        with world.reading():
            for job, every in schedule:
                if due[job] <= world.clock.now():
                    due[job] = world.clock.now() + every
                    job()
        jobs.work_once(world.app)
    held = [event["id"] for event in world.sandbox.deliveries()["events"] if event["state"] == "held"]
    world.sandbox.release(ids=held, drop=True)  # after a day of silence a gateway stops trying
    forgotten = _forgotten(world)
    note("payments.unrecovered", len(forgotten), n=turns // 4 * orders_an_hour, seed=seed)
    assert forgotten == [], f"{len(forgotten)} payments were never heard of: {forgotten}"


def _visit(world: World, dice: random.Random, turn: int, late: dict[int, str]) -> None:
    gateway = dice.choice(["razorpay", "stripe"])
    link = world.buy(TOTE, gateway=gateway, pay=False)
    ref = world.attempts(link)[-1].page_ref or ""
    if dice.random() < 0.3:
        failed = world.sandbox.pay(gateway, ref, "fail")["payment"]
        if gateway == "razorpay" and dice.random() < 0.5:
            late[turn + dice.randrange(1, 8)] = failed
            return
    if dice.random() < 0.9:
        world.sandbox.pay(gateway, ref)


def _forgotten(world: World) -> list[str]:
    """Return the payments that a gateway keeps whose order is not paid, nor given back, by the gateways' own books."""
    kept = {
        str(payment["reference"]): str(payment["id"])
        for payment in world.sandbox.books()["payments"]
        if payment["captured"] and payment["amount"] > payment["refunded"]
    }
    with world.reading():
        paid = set(db.session.scalars(select(Attempt.key).join(Order).where(Order.status.in_(PAID))))
    return [payment for key, payment in kept.items() if key not in paid]


def test_a_day_without_webhooks_forgets_no_payment(world: World, seed: int, often: Often) -> None:
    live_through(world, jobs.SCHEDULE, often(1, 2, 6), seed)


@pytest.mark.books_may_differ
def test_control_a_shop_that_never_asks_forgets_payments(world: World, seed: int) -> None:
    asking = ("reconcile", "lapse_holds", "look_at_hanging")
    deaf = [(job, every) for job, every in jobs.SCHEDULE if job.__name__ not in asking]

    with pytest.raises(AssertionError, match=r"\d+ payments were never heard of"):
        live_through(world, deaf, 1, seed)
    assert {job.__name__ for job, _ in jobs.SCHEDULE} >= {duties.reconcile.__name__, duties.lapse_holds.__name__}
