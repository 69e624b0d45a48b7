"""A bank asks money back that a refund was to give back, or that pays for an order only in part: nothing goes twice,
and nothing stays held for an order that is over.

One tote costs 74900 paise and its delivery 7000.
"""

from datetime import timedelta

import pytest
from sqlalchemy import select

from shop.db import db
from shop.orders.models import OrderStatus
from shop.payments import collect, disputes, refund_answers, refund_troubles, refunds
from shop.payments.dispute_models import Dispute
from shop.payments.gateways import PaymentSeen
from shop.payments.models import Refund
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.letters import letters, text_of
from tests.payments.test_disputes import decided, disputed, refused, rows
from tests.sharing import house, order_of, send
from tests.world import World

pytestmark = both_databases
TOTAL = 81_900


def given_back(world: World, link: str) -> None:
    with world.writing() as at:
        refunds.refund_order(order_of(link), "asked by mail", at=at, by="user:1")
    world.work()


def sent_back_by_its_bank(world: World, gateway: str) -> None:
    world.advance(timedelta(days=3))
    world.sandbox.settle(gateway, world.sandbox.books()["refunds"][-1]["id"], "fail")
    world.work()


def come_back_under_a_dispute(world: World, gateway: str) -> None:
    link = world.buy(TOTE, gateway=gateway)
    send(world, link)
    given_back(world, link)
    dispute = disputed(world, link)
    assert rows(world) == [("opened", 0)], "all of it had gone back before the bank asked"

    sent_back_by_its_bank(world, gateway)

    assert rows(world) == [("opened", TOTAL)], "what came back is free to go again"
    assert refused(world, link) == "refund.disputed"
    with world.reading():
        assert refund_troubles.find_all(refund_troubles.failed()) == [], "nobody is asked to give it once more"
    decided(world, link, dispute, "won")
    assert rows(world) == [("won", 0)]
    with world.reading():
        assert len(refund_troubles.find_all(refund_troubles.failed())) == 1


@pytest.mark.parametrize("gateway", ["razorpay", "stripe"])
def test_a_refund_that_comes_back_under_a_dispute_is_kept_for_the_bank_at_once(world: World, gateway: str) -> None:
    come_back_under_a_dispute(world, gateway)


def test_control_without_that_the_same_money_could_go_to_her_and_to_her_bank(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disputes, "reserve_again", lambda *_given, **_named: None)

    with pytest.raises(AssertionError, match="what came back is free to go again"):
        come_back_under_a_dispute(world, "razorpay")


def test_an_inquiry_keeps_nothing_of_a_refund_that_failed(world: World) -> None:
    link = world.buy(TOTE, gateway="stripe")
    send(world, link)
    given_back(world, link)
    disputed(world, link, inquiry=True)

    sent_back_by_its_bank(world, "stripe")

    assert (rows(world), refused(world, link)) == ([("opened", 0)], "")


@pytest.mark.parametrize("gateway", ["razorpay", "stripe"])
def test_a_part_that_a_bank_took_is_covered_when_its_order_is_cancelled_later(world: World, gateway: str) -> None:
    link = world.buy(TOTE, gateway=gateway)
    decided(world, link, disputed(world, link, amount=15_000), "lost")
    account = f"prepaid:{world.order(link).id}"
    assert (world.order(link).status, house(world, account, "disputes")) == (OrderStatus.PAID, [TOTAL, 15_000])

    given_back(world, link)

    assert world.order(link).status is OrderStatus.CANCELLED
    assert house(world, account, "disputes") == [0, 0]
    assert world.books_breaks() == []


def test_what_failed_to_go_of_a_cancelled_order_covers_what_its_bank_took_meanwhile(world: World) -> None:
    link = world.buy(TOTE, gateway="razorpay")
    given_back(world, link)
    decided(world, link, disputed(world, link), "lost")
    account = f"prepaid:{world.order(link).id}"
    assert house(world, account, "disputes") == [0, TOTAL], "she had it twice, and that is the loss of the house"

    sent_back_by_its_bank(world, "razorpay")

    assert house(world, account, "disputes") == [0, 0]
    assert world.books_breaks() == []


@pytest.mark.books_may_differ  # the sandbox does not know of the second payment
def test_an_order_paid_twice_stands_when_a_bank_takes_one_of_the_payments(world: World) -> None:
    link = world.buy(TOTE, gateway="stripe", pay=False)
    world.browser().post(link + "/pay", {"payment_method": "razorpay"})
    first = world.attempts(link)[0]
    world.pay(link)
    counter = world.app.extensions["counter"]
    late = PaymentSeen("pi_late", first.key, first.amount_minor, "INR", True, False, world.clock.now())
    with world.writing() as at:
        collect.apply_payment(counter.gateways["stripe"], late, at=at, by="test")
        refund = db.session.scalars(select(Refund)).unique().one()
        refund_answers.settle(refund, None, counter.seller, at=at, by="test")  # the gateway refuses it
        now = world.clock.now()
        lost = disputes.DisputeSeen("dp_1", "pi_late", disputes.DisputeStatus.LOST, "", TOTAL, "INR", now, now)
        disputes.apply_dispute(counter.gateways["stripe"], lost, at=at, by="test")

    assert world.order(link).status is OrderStatus.PAID
    with world.reading():
        dispute = db.session.scalars(select(Dispute)).unique().one()
        assert (dispute.reserved_minor, dispute.advance_minor) == (TOTAL, TOTAL), "the payment beyond covers it"
    assert house(world, f"prepaid:{world.order(link).id}") == [TOTAL]


def test_who_loses_her_order_to_a_chargeback_is_told(world: World) -> None:
    link = world.buy(TOTE, gateway="razorpay")

    decided(world, link, disputed(world, link), "lost")

    told = letters(world, "asha@test.example")[-1]
    number = world.order(link).number
    assert " ".join(str(told["Subject"]).split()) == f"Your order {number} is cancelled"
    assert "₹819.00" in text_of(told)
