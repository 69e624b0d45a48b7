"""Refunds that do not arrive: sent back by a bank after they had gone, given up by the worker, never heard of again.

One tote costs 74900 paise and its delivery 7000, with 3567 and 333 of tax inside (tests/payments/test_papers.py).
"""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from shop import duties, outbox, phases
from shop.db import db
from shop.errors import Conflict
from shop.orders.invoice_models import Invoice, PaperKind
from shop.orders.return_models import Return, ReturnStatus
from shop.outbox import OutboxRow
from shop.payments import captures, inbox, refund_answers, refund_troubles, refunds
from shop.payments.models import AttemptStatus, Refund
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.letters import letters, text_of
from tests.sharing import MALAS, RINAS, asked, bought_and_made, hers, house, order_of, received, rule, send, sweep
from tests.world import World

pytestmark = both_databases


def all_back(world: World, link: str) -> None:
    with world.writing() as at:
        refunds.refund_order(order_of(link), "asked by mail", at=at, by="user:1")
    world.work()


def sent_back(world: World, gateway: str) -> None:
    """Let the bank send the newest refund back, days after it had gone."""
    world.advance(timedelta(days=3))
    newest = world.sandbox.books()["refunds"][-1]
    world.sandbox.settle(gateway, newest["id"], "fail")
    world.work()


def states(world: World) -> list[str]:
    with world.reading():
        return [each.status.value for each in db.session.scalars(select(Refund).order_by(Refund.id)).unique()]


def again(world: World) -> None:
    """Do what the office does with the oldest refund that failed."""
    with world.writing() as at:
        refund_troubles.again(refund_troubles.find_all(refund_troubles.failed())[0], at=at, by="user:1")
    world.work()


@pytest.mark.parametrize("gateway", ["razorpay", "stripe"])
@pytest.mark.parametrize("is_sent", [False, True], ids=["before the parcel left", "after it"])
def test_a_refund_that_a_bank_sends_back_is_ours_again_and_still_hers(
    world: World, gateway: str, is_sent: bool
) -> None:
    link = world.buy(TOTE, gateway=gateway)
    if is_sent:
        send(world, link)
    all_back(world, link)
    account = f"prepaid:{world.order(link).id}"
    assert (states(world), house(world, account)) == (["processed"], [0])
    with world.reading():
        papers = [(paper.kind, paper.number) for paper in db.session.scalars(select(Invoice).order_by(Invoice.id))]
    assert papers[-1][0] is (PaperKind.CREDIT_NOTE if is_sent else PaperKind.REFUND_VOUCHER)

    sent_back(world, gateway)

    assert states(world) == ["failed"]
    assert house(world, account, f"gateway:{gateway}:clearing") == [81_900, 81_900]
    assert world.books_breaks() == []
    with world.reading():
        assert captures.left_of(captures.of_order(order_of(link))[0]) == 81_900
    told = letters(world, "asha@test.example")[-1]
    assert "sent money of order" in " ".join(str(told["Subject"]).split()) and "₹819.00" in text_of(told)

    again(world)

    assert states(world) == ["failed", "processed"]
    assert house(world, account, f"gateway:{gateway}:clearing") == [0, 0]
    with world.reading():
        after = [(paper.kind, paper.number) for paper in db.session.scalars(select(Invoice).order_by(Invoice.id))]
        assert refund_troubles.find_all(refund_troubles.failed()) == []
    assert after == papers, "the money is credited once on paper"


def test_what_came_back_goes_with_everything_else_without_a_second_credit_note(world: World) -> None:
    """The office gives back all that is left instead of trying the one refund again: no row is credited twice."""
    link = world.buy(TOTE, gateway="razorpay")
    send(world, link)
    with world.writing() as at:
        refunds.refund_parts(order_of(link), {TOTE: 30_000}, "a kindness", at=at, by="user:1")
    world.work()
    sent_back(world, "razorpay")

    all_back(world, link)

    with world.reading():
        credited = [paper.total_minor for paper in db.session.scalars(select(Invoice).order_by(Invoice.id))][1:]
    assert (states(world), credited) == (["failed", "processed"], [30_000, 51_900])
    with world.reading():
        assert refund_troubles.find_all(refund_troubles.failed()) == []


def test_a_gateway_that_refuses_to_answer_says_nothing_of_what_has_gone(world: World) -> None:
    link = world.buy(TOTE, gateway="razorpay")
    all_back(world, link)
    with world.writing() as at:
        refund = db.session.scalars(select(Refund)).unique().one()
        refund_answers.settle(refund, None, world.app.extensions["counter"].seller, at=at, by="worker")
    assert states(world) == ["processed"]


def test_a_return_whose_refund_failed_is_given_again_with_its_paper(world: World) -> None:
    link = world.buy(TOTE, 2, gateway="razorpay")
    send(world, link)
    world.sandbox.add_faults({"gateway": "razorpay", "match": "POST */refund", "kind": "refund_failed"})
    received(world, asked(world, link))
    assert states(world) == ["failed"]

    again(world)

    assert states(world) == ["failed", "processed"]
    with world.reading():
        credit = db.session.scalars(select(Invoice).where(Invoice.kind == PaperKind.CREDIT_NOTE)).one()
        assert (credit.total_minor, credit.document["rows"][0]["quantity"]) == (74_900, 1)
    with pytest.raises(Conflict) as no, world.writing() as at:
        first = db.session.scalars(select(Refund).order_by(Refund.id)).unique().first()
        assert first is not None
        refund_troubles.again(first, at=at, by="user:1")
    assert no.value.message_id == "refund.not_again"


def test_a_refund_that_the_worker_gave_up_waits_for_the_office_and_goes_on_with_one_act(world: World) -> None:
    link = world.buy(TOTE, gateway="razorpay")
    world.sandbox.add_faults({"gateway": "razorpay", "match": "* */refund*", "kind": "error_500_before", "times": None})
    all_back(world, link)
    for _ in range(outbox.MOST_TRIES):
        world.advance(timedelta(hours=2))
        world.work()
    with world.reading():
        row = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "refund.send")).one()
        assert row.gave_up_at is not None
    farida = world.browser().sign_in("Farida")
    assert "has not gone yet" in farida.get("/manager/").text

    world.sandbox.clear_faults()
    assert farida.post("/manager/refunds/1/another-try").status_code == 303
    world.work()

    assert states(world) == ["processed"]
    assert "has not gone yet" not in farida.get("/manager/").text
    assert farida.post("/manager/refunds/1/another-try").status_code == 409


def test_a_refund_of_which_nothing_is_heard_is_asked_about_after_a_week(world: World) -> None:
    link = world.buy(TOTE, gateway="stripe")
    world.sandbox.add_faults({"gateway": "stripe", "match": "POST */refunds", "kind": "refund_pending"})
    all_back(world, link)
    world.sandbox.set_deliveries(mode="hold")
    world.sandbox.settle("stripe", world.sandbox.books()["refunds"][0]["id"])
    world.advance(timedelta(days=6))
    with world.reading():
        assert refund_troubles.find_all(refund_troubles.stuck(at=world.clock.now())) == []
    world.advance(timedelta(days=2))

    with world.writing() as at:
        refund_troubles.send_again(refund_troubles.find_all(refund_troubles.stuck(at=at))[0], at=at, by="user:1")
    world.work()

    assert states(world) == ["processed"]


def test_a_return_that_never_comes_lapses_and_lets_the_shares_go(world: World) -> None:
    rule(world)
    link = bought_and_made(world)
    send(world, link)
    returned = asked(world, link)
    lapse(world, days=29)
    sweep(world)
    with world.reading():
        assert db.session.get_one(Return, returned).status is ReturnStatus.AGREED
    assert hers(world) == {"Rina": (RINAS, 8_450), "Mala": (MALAS, 1_350)}

    lapse(world, days=2)
    lapse(world)
    sweep(world)

    with world.reading():
        found = db.session.get_one(Return, returned)
        assert (found.status, found.events[-1].by) == (ReturnStatus.CALLED_OFF, "worker")
    assert hers(world) == {"Rina": (0, RINAS + 8_450), "Mala": (0, MALAS + 1_350)}
    told = [text_of(mail) for mail in letters(world, "asha@test.example")]
    assert sum("has not reached us in 30 days" in words for words in told) == 1


def lapse(world: World, days: int = 0) -> None:
    world.advance(timedelta(days=days))
    with world.app.app_context():
        duties.lapse_returns()


def test_a_page_of_a_gateway_whose_keys_are_gone_lapses_with_its_hold(world: World) -> None:
    links = [world.buy(TOTE, gateway=gateway, pay=False) for gateway in ("stripe", "razorpay")]
    counter = world.app.extensions["counter"]
    gone = counter.gateways.pop("stripe")
    with world.reading():
        phases.lapse(counter)
    assert world.attempts(links[0])[0].status is AttemptStatus.PENDING

    world.advance(timedelta(minutes=40))
    with world.reading():
        phases.recover(counter, shop_url=world.app.config["SHOP_URL"])
        phases.lapse(counter)

    assert [world.attempts(link)[0].status for link in links] == [AttemptStatus.EXPIRED] * 2
    counter.gateways["stripe"] = gone


@pytest.mark.parametrize("gateway", ["razorpay", "stripe"])
def test_a_refund_made_on_the_gateways_own_page_is_taken_into_the_books(world: World, gateway: str) -> None:
    """Nothing is sent for it, before the parcel has left the order is cancelled with it, and it has its paper."""
    links = [world.buy(TOTE, gateway=gateway) for _ in range(2)]
    send(world, links[0])
    payments = [row for row in world.sandbox.books()["payments"] if row["captured"]]
    for row, minor in zip(payments, (10_000, 81_900), strict=True):
        world.sandbox.refund(gateway, row["id"], minor)
    world.work()
    assert len(world.books_breaks()) == 1, "the gateway holds less than the books say"
    farida = world.browser().sign_in("Farida")
    acts = re.findall(r'action="(/manager/events/\d+/taking-in)"', farida.get("/manager/exceptions").text)
    assert len(acts) == 2

    assert [farida.post(act).status_code for act in acts] == [303, 303]
    assert farida.post(acts[0]).status_code == 404
    world.work()

    assert states(world) == ["processed", "processed"]
    assert world.sandbox.books()[gateway]["INR"]["refunded"] == 91_900, "nothing was sent once more"
    assert world.order(links[1]).status.value == "cancelled"
    with world.reading():
        kinds = [paper.kind.value for paper in db.session.scalars(select(Invoice).order_by(Invoice.id))]
        assert kinds == ["tax-invoice", "credit-note", "refund-voucher"]
        assert inbox.held() == []


def test_a_part_given_back_elsewhere_of_an_order_that_has_not_left_goes_off_its_rows(world: World) -> None:
    link = world.buy(TOTE, gateway="razorpay")
    world.sandbox.refund("razorpay", world.sandbox.books()["payments"][0]["id"], 10_000)
    world.work()
    farida = world.browser().sign_in("Farida")
    assert farida.post(f"/manager/events/{_held_event(world)}/taking-in").status_code == 303
    world.work()
    assert (states(world), world.order(link).status.value) == (["processed"], "paid")
    send(world, link)
    with world.reading():
        papers = [
            (each.kind.value, each.total_minor) for each in db.session.scalars(select(Invoice).order_by(Invoice.id))
        ]
    assert papers == [("refund-voucher", 10_000), ("tax-invoice", 71_900)]


def test_what_was_paid_twice_and_given_back_by_hand_leaves_the_order_paid(world: World) -> None:
    link = world.buy(TOTE, gateway="razorpay", pay=False)
    world.sandbox.pay("razorpay", world.attempts(link)[0].page_ref or "", "fail")
    twice = next(row["id"] for row in world.sandbox.books()["payments"] if row["status"] == "failed")
    world.browser().post(link + "/pay", {"payment_method": "stripe"})
    world.pay(link)
    world.sandbox.add_faults({"gateway": "razorpay", "match": "POST */refund", "kind": "refund_failed"})
    world.sandbox.capture_late(twice)
    world.work()
    assert (states(world), world.order(link).status.value) == (["failed"], "paid")

    world.sandbox.refund("razorpay", twice, 81_900)
    world.work()
    farida = world.browser().sign_in("Farida")
    assert farida.post(f"/manager/events/{_held_event(world)}/taking-in").status_code == 303
    world.work()

    assert (states(world), world.order(link).status.value) == (["failed", "processed"], "paid")
    assert house(world, f"prepaid:{world.order(link).id}", "gateway:razorpay:clearing") == [81_900, 0]
    send(world, link)
    with world.reading():
        papers = [(each.kind, each.total_minor) for each in db.session.scalars(select(Invoice))]
    assert papers == [(PaperKind.TAX_INVOICE, 81_900)]


def _held_event(world: World) -> int:
    with world.reading():
        return inbox.held()[0].id
