"""Twenty-six hours without a single webhook, by a clock of the test's own: what was paid is found by asking.

So is what banks ask back meanwhile, and how they decide.
"""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from shop import comparing, duties, jobs
from shop.db import db
from shop.orders.models import Order, OrderStatus
from shop.payments.dispute_models import Dispute
from shop.payments.models import Attempt
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.faults.conftest import Often
from tests.faults.figures import note
from tests.world import World

pytestmark = both_databases
HOURS = 26
TURN = timedelta(minutes=15)
OVER = ("won", "lost")
TOLD_AS = {"needs_response": "opened", "open": "opened"}
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
            world.sandbox.authorize_late(payment)
        if turn % 8 == 7 and turn < turns - 4:
            _ask_back(world, dice)
        world.advance(TURN)
        with world.reading():
            for job, every in schedule:
                if due[job] <= world.clock.now():
                    due[job] = world.clock.now() + every
                    job()
        jobs.work_once(world.app)
    held = [event["id"] for event in world.sandbox.deliveries()["events"] if event["state"] == "held"]
    world.sandbox.release(ids=held, drop=True)  # after a day of silence a gateway stops trying
    forgotten, disputes = _forgotten(world), _unheard_disputes(world)
    asked = len(world.sandbox.books()["disputes"])
    note("payments.unrecovered", len(forgotten) + len(disputes), n=turns // 4 * orders_an_hour + asked, seed=seed)
    assert asked >= 5, "no bank has asked anything back"
    assert forgotten == [], f"{len(forgotten)} payments were never heard of: {forgotten}"
    assert disputes == [], f"{len(disputes)} disputes were never heard of: {disputes}"


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


def _ask_back(world: World, dice: random.Random) -> None:
    """Let a bank ask a payment back, and perhaps decide about one that it asked for."""
    books = world.sandbox.books()
    asked = {dispute["payment"] for dispute in books["disputes"]}
    kept = [row for row in books["payments"] if row["captured"] and not row["refunded"] and row["id"] not in asked]
    if kept:
        payment = dice.choice(kept)
        world.sandbox.dispute(payment["gateway"], payment["id"])
    waits = [dispute for dispute in books["disputes"] if dispute["status"] not in OVER]
    if waits and dice.random() < 0.7:
        dispute = dice.choice(waits)
        world.sandbox.decide(dispute["gateway"], dispute["id"], dice.choice(["won", "lost"]))


def _unheard_disputes(world: World) -> list[str]:
    """Return the disputes that a gateway tells otherwise than they stand with us."""
    with world.reading():
        ours = {row[0]: row[1] for row in db.session.execute(select(Dispute.dispute_ref, Dispute.status))}
    told = {each["id"]: TOLD_AS.get(each["status"], each["status"]) for each in world.sandbox.books()["disputes"]}
    return sorted(ref for ref, status in told.items() if ours.get(ref) != status)


def _forgotten(world: World) -> list[str]:
    """Return the payments that a gateway keeps whose order is not paid, nor given back, by the gateways' own books.

    One that was lost to a bank is of an order that was cancelled for it.
    """
    books = world.sandbox.books()
    lost = {dispute["payment"] for dispute in books["disputes"] if dispute["status"] == "lost"}
    kept = {
        str(payment["reference"]): str(payment["id"])
        for payment in books["payments"]
        if payment["captured"] and payment["amount"] > payment["refunded"] and payment["id"] not in lost
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


@pytest.mark.books_may_differ
def test_control_a_shop_that_compares_payments_alone_forgets_disputes(
    world: World, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "review_disputes", lambda *_counter: [])

    with pytest.raises(AssertionError, match=r"\d+ disputes were never heard of"):
        live_through(world, jobs.SCHEDULE, 1, seed)
