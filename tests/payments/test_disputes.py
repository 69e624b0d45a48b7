"""A bank asks a payment back: whatever comes in whatever order, the books say what the gateway holds and no maker pays.

A messenger costs 169000 paise and its delivery 10000; a tote 74900 and 7000. After every test `world` compares our
books with the sandbox's, dispute fees included.
"""

from datetime import timedelta
from typing import Any, Literal

import pytest
from sqlalchemy import select, update

from shop.db import db
from shop.errors import Conflict
from shop.orders.models import OrderStatus
from shop.payments import captures, disputes, refunds
from shop.payments.dispute_models import Dispute, DisputeEvent, DisputeStatus
from shop.payments.models import Attempt, EventStatus, GatewayEvent
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.faults.together import Gate, at_once, gated_writing
from tests.sharing import MALAS, RINAS, bought_and_made, hers, house, order_of, rule, send, sweep
from tests.world import World

pytestmark = both_databases
STITCH, FINISH, FEE = 8_450, 1_350, 150_000
Gateway = Literal["stripe", "razorpay"]
GATEWAYS: tuple[Gateway, ...] = ("stripe", "razorpay")


def disputed(world: World, link: str, **more: Any) -> str:
    """Let a bank ask the payment of an order back; return the gateway's number of the dispute."""
    attempt = world.attempts(link)[-1]
    payment = next(row["id"] for row in world.sandbox.books()["payments"] if row["ref"] == attempt.page_ref)
    opened = world.sandbox.dispute(attempt.gateway, payment, **more)
    world.work()
    return opened["dispute"]


def decided(world: World, link: str, dispute: str, outcome: Literal["won", "lost"]) -> None:
    world.sandbox.decide(world.attempts(link)[-1].gateway, dispute, outcome)
    world.work()


def rows(world: World) -> list[tuple[str, int]]:
    """Return status and what is reserved of every dispute."""
    with world.reading():
        return [(each.status.value, each.reserved_minor) for each in db.session.scalars(select(Dispute)).unique()]


def refused(world: World, link: str) -> str:
    """Try to give all of an order back and return why that cannot be; empty if it can."""
    try:
        with world.writing() as at:
            refunds.refund_order(order_of(link), "asked by mail", at=at, by="user:1")
            raise ZeroDivisionError  # only asked: nothing is kept
    except Conflict as conflict:
        return conflict.message_id
    except ZeroDivisionError:
        return ""


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_while_a_bank_asks_nothing_goes_back_and_no_share_is_released_until_it_is_won(
    world: World, gateway: Gateway
) -> None:
    rule(world)
    link = bought_and_made(world, gateway=gateway)
    send(world, link)
    total = world.order(link).total_minor
    assert refused(world, link) == ""

    dispute = disputed(world, link)
    taken = total if gateway == "stripe" else 0
    assert rows(world) == [("opened", total)]
    assert house(world, "disputes", f"gateway-fees:{gateway}") == [taken, FEE if taken else 0]
    assert refused(world, link) == "refund.disputed"
    sweep(world, days=20)
    assert hers(world) == {"Rina": (RINAS, STITCH), "Mala": (MALAS, FINISH)}, "released under a dispute"

    world.sandbox.send_evidence(gateway, dispute)
    world.work()
    assert rows(world) == [("answered", total)]
    decided(world, link, dispute, "won")
    assert rows(world) == [("won", 0)]
    assert house(world, "disputes") == [0]
    assert refused(world, link) == ""
    sweep(world)
    assert hers(world) == {"Rina": (0, RINAS + STITCH), "Mala": (0, MALAS + FINISH)}


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_chargeback_that_is_lost_after_the_parcel_left_is_the_houses_own_loss(world: World, gateway: Gateway) -> None:
    rule(world)
    link = bought_and_made(world, gateway=gateway)
    send(world, link)
    total = world.order(link).total_minor
    decided(world, link, disputed(world, link), "lost")

    assert rows(world) == [("lost", total)]
    assert house(world, "disputes", f"gateway:{gateway}:clearing") == [total, -FEE if gateway == "stripe" else 0]
    assert refused(world, link) == "refund.too_much"
    assert world.order(link).status is OrderStatus.DELIVERED
    sweep(world, days=15)
    assert hers(world) == {"Rina": (0, RINAS + STITCH), "Mala": (0, MALAS + FINISH)}, "a maker pays for a chargeback"


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_an_order_that_never_left_is_cancelled_when_its_payment_is_lost_and_wages_stay(
    world: World, gateway: Gateway
) -> None:
    rule(world)
    link = bought_and_made(world, gateway=gateway)
    dispute = disputed(world, link)
    assert world.order(link).status is OrderStatus.PAID

    decided(world, link, dispute, "lost")

    assert world.order(link).status is OrderStatus.CANCELLED
    assert house(world, "disputes") == [0], "what was held for the order covers it"
    assert hers(world) == {"Rina": (0, STITCH), "Mala": (0, FINISH)}, "the piece was never sold; the work is paid"


@pytest.mark.parametrize("outcome", ["won", "lost"])
@pytest.mark.parametrize("gateway", GATEWAYS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_events_in_any_order_and_number_come_to_the_same(
    world: World, gateway: Gateway, outcome: Literal["won", "lost"], seed: int
) -> None:
    link = world.buy(TOTE, gateway=gateway)
    send(world, link)
    world.sandbox.set_deliveries(mode="hold")
    dispute = disputed(world, link, **({"at_onset": True} if gateway == "razorpay" else {}))
    world.advance(timedelta(minutes=5))
    world.sandbox.send_evidence(gateway, dispute)
    world.advance(timedelta(days=3))
    decided(world, link, dispute, outcome)

    answers = world.sandbox.release(order="shuffle", seed=seed, copies=3, fresh_ids=True)
    world.sandbox.set_deliveries(mode="auto")
    world.work()

    assert {answer["status"] for answer in answers} == {200}
    assert rows(world) == [(outcome, 81_900 if outcome == "lost" else 0)]
    assert house(world, "disputes", f"gateway-fees:{gateway}") == [
        81_900 if outcome == "lost" else 0,
        FEE if gateway == "stripe" else 0,
    ]
    with world.reading():
        assert set(db.session.scalars(select(GatewayEvent.status))) <= {EventStatus.APPLIED, EventStatus.IGNORED}
        told = [event.status for event in db.session.scalars(select(DisputeEvent).order_by(DisputeEvent.id))]
    assert told.count(DisputeStatus(outcome)) == 1 and told[-1].value == outcome


def test_an_inquiry_takes_nothing_and_may_be_answered_by_giving_the_money_back(world: World) -> None:
    link = world.buy(TOTE, gateway="stripe")
    send(world, link)
    dispute = disputed(world, link, inquiry=True)
    assert (rows(world), refused(world, link), house(world, "disputes")) == ([("opened", 0)], "", [0])

    decided(world, link, dispute, "lost")
    assert rows(world) == [("closed", 0)]


def test_only_what_is_left_of_a_capture_is_kept_and_the_rest_may_go_back(world: World) -> None:
    link = world.buy(TOTE, gateway="razorpay")
    send(world, link)
    with world.writing() as at:
        refunds.refund_parts(order_of(link), {TOTE: 60_000}, "a kindness", at=at, by="user:1")
    world.work()
    disputed(world, link, amount=15_000)

    with world.reading():
        assert captures.left_of(captures.of_order(order_of(link))[0]) == 81_900 - 60_000 - 15_000
    with pytest.raises(Conflict) as no, world.writing() as at:
        refunds.refund_parts(order_of(link), {TOTE: 10_000}, "another", at=at, by="user:1")
    assert no.value.message_id == "refund.disputed"
    with world.writing() as at:
        refunds.refund_parts(order_of(link), {TOTE: 6_900}, "what is left", at=at, by="user:1")
    world.work()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"payment_ref": "pay_other"}, "do not have"),
        ({"currency": "USD"}, "was captured"),
        ({"amount_minor": 81_901}, "was captured"),
        ({"live": True}, "test and live"),
        ({"status": DisputeStatus.WON}, "was lost, now"),
    ],
)
def test_a_dispute_that_fits_nothing_of_ours_is_held_and_changes_nothing(
    world: World, change: dict[str, Any], why: str
) -> None:
    link = world.buy(TOTE, gateway="stripe")
    send(world, link)
    decided(world, link, disputed(world, link), "lost")
    before = rows(world)
    with world.reading():
        known = db.session.scalars(select(Dispute)).unique().one()
        told = {
            "ref": known.dispute_ref, "payment_ref": known.capture.payment_ref, "status": DisputeStatus.LOST,
            "reason": "fraudulent", "amount_minor": 81_900, "currency": "INR", "opened_at": known.opened_at,
            "at": world.clock.now(), "live": False,
        }  # fmt: skip

    with pytest.raises(disputes.NotOurs, match=why), world.writing() as at:
        seen = disputes.DisputeSeen(**{**told, **change})
        disputes.apply_dispute(world.app.extensions["counter"].gateways["stripe"], seen, at=at, by="test")
    assert rows(world) == before


# Four clerks give back while the bank asks.


def clerks_and_a_bank(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let four give a whole payment back at the moment at which its bank asks for it: one of the five has it."""
    link = world.buy(TOTE, gateway="razorpay")
    send(world, link)
    world.sandbox.set_deliveries(mode="hold")
    disputed(world, link)
    with world.reading():
        capture_id = captures.of_order(order_of(link))[0].id
        ref = captures.of_order(order_of(link))[0].payment_ref
    gate, gateway = Gate(5), world.app.extensions["counter"].gateways["razorpay"]
    seen = disputes.DisputeSeen(
        "disp_race", ref, DisputeStatus.OPENED, "none", 81_900, "INR", world.clock.now(), world.clock.now()
    )

    def act(number: int) -> None:
        with world.app.app_context(), gated_writing(gate)():
            if number == 4:
                disputes.apply_dispute(gateway, seen, at=world.clock.now(), by="test")
            else:
                refunds.refund_order(order_of(link), f"race {number}", at=world.clock.now(), by="user:1")

    answers = at_once(5, act)

    with world.reading():
        attempt = db.session.scalars(select(Attempt)).unique().one()
        asked = sum(refund.amount_minor for refund in db.session.scalars(select(refunds.Refund)).unique())
        kept = db.session.scalars(select(Dispute.reserved_minor).where(Dispute.capture_id == capture_id)).one()
    assert asked + kept == 81_900 == attempt.refund_reserved_minor, f"{asked} asked back and {kept} kept of 81900"
    assert sorted(type(each).__name__ for each in answers[:4]) in (
        ["Conflict"] * 3 + ["NoneType"],
        ["Conflict"] * 4,
    ), answers
    assert answers[4] is None


def test_four_clerks_and_a_bank_never_take_the_same_money_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    clerks_and_a_bank(world, monkeypatch)


@pytest.mark.books_may_differ
def test_control_a_dispute_that_reserves_nothing_lets_the_same_money_go_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def blindly(dispute: Dispute) -> None:
        dispute.reserved_minor = dispute.amount_minor

    monkeypatch.setattr(disputes, "_reserve", blindly)

    with pytest.raises(AssertionError, match=r"asked back and 81900 kept of 81900"):
        clerks_and_a_bank(world, monkeypatch)


@pytest.mark.books_may_differ
def test_control_verification_notices_a_dispute_that_the_books_do_not_know(world: World) -> None:
    link = world.buy(TOTE, gateway="stripe")
    send(world, link)
    decided(world, link, disputed(world, link), "won")
    assert world.books_breaks() == []
    with world.writing():
        bent = {"status": DisputeStatus.LOST, "returned_at": None, "reserved_minor": 5}
        db.session.execute(update(Dispute).values(bent))

    broken = "\n".join(world.books_breaks())
    for told in ("row says None, books say 81900", "refunds and disputes add up to 5"):
        assert told in broken, broken
