"""What only the comparison finds, since no message came: a person settles it with the one act of its difference."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from shop import duties
from shop.catalog.models import Reservation, ReservationStatus
from shop.db import db, writing
from shop.errors import Conflict
from shop.orders.models import OrderStatus
from shop.payments import inbox, reviews, taken_in, wrong_sums
from shop.payments.gateways import Gateway
from shop.payments.models import Capture, Refund
from shop.users.audit import AuditRecord
from tests.cast import SELLER, TOTE
from tests.conftest import both_databases
from tests.faults.together import Gate, at_once
from tests.letters import letters, text_of
from tests.world import World

both_gateways = pytest.mark.parametrize("gateway", ["razorpay", "stripe"])
ACT = r'action="(/manager/gateways/differences/\d+/(?:giving-back|taking-in))"'


def words_of(page: str) -> str:
    """Return what a page says, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def compare(world: World) -> None:
    """Let the hourly comparison come by; no message does."""
    world.advance(timedelta(hours=1))
    with world.reading():
        duties.reconcile()


def of_another_sum(world: World, gateway: str) -> str:
    """Let somebody pay fifty rupees more than was asked, and nobody tell of it."""
    world.sandbox.set_deliveries(mode="hold")
    link = world.buy(TOTE, gateway=gateway, pay=False)
    world.sandbox.add_faults({"gateway": gateway, "match": "POST /pay/*", "kind": "wrong_amount", "delta": 5_000})
    world.sandbox.pay(gateway, world.attempts(link)[0].page_ref or "")
    world.sandbox.clear_faults()
    return link


def given_back_there(world: World, gateway: str, minor: int) -> str:
    """Let a manager give a part of a payment back on the gateway's own page, and nobody tell of it."""
    link = world.buy(TOTE, gateway=gateway)
    world.sandbox.set_deliveries(mode="hold")
    world.sandbox.refund(gateway, world.sandbox.books()["payments"][0]["id"], minor)
    return link


def acts(world: World) -> list[str]:
    with world.reading():
        return list(db.session.scalars(select(AuditRecord.act).where(AuditRecord.act.like("payments.%"))))


@both_databases
@both_gateways
def test_a_payment_of_another_sum_that_nobody_told_of_is_given_back_with_one_act(world: World, gateway: str) -> None:
    link = of_another_sum(world, gateway)
    compare(world)
    farida = world.browser().sign_in("Farida")
    page = farida.get("/manager/gateways").text
    number = world.order(link).number
    assert f"₹869.00 was paid for order {number}, ₹819.00 was asked" in words_of(page)
    (act,) = re.findall(ACT, page)

    assert farida.post(act).status_code == 303
    world.work()

    with world.reading():
        assert (reviews.count(), inbox.held()) == (0, [])
        given = db.session.scalars(select(Refund)).unique().one()
        assert given.amount_minor == 86_900
        assert set(db.session.scalars(select(Reservation.status))) == {ReservationStatus.RELEASED}
    assert acts(world) == ["payments.give-back"]
    again = farida.post(act)
    assert again.status_code == 409 and "This difference was closed meanwhile." in again.text
    world.sandbox.set_deliveries(mode="auto")
    world.work()
    assert "not the sum of the order" in text_of(letters(world, "asha@test.example")[-1])
    compare(world)
    with world.reading():
        assert (reviews.count(), inbox.held()) == (0, []), "the message that came late changes nothing"
    assert world.books_breaks() == []


@both_databases
@both_gateways
def test_a_refund_made_elsewhere_that_nobody_told_of_is_taken_in_with_one_act(world: World, gateway: str) -> None:
    link = given_back_there(world, gateway, 10_000)
    compare(world)
    farida = world.browser().sign_in("Farida")
    page = farida.get("/manager/gateways").text
    assert f"₹100.00 of order {world.order(link).number} went back on the page of {gateway.capitalize()}" in words_of(
        page
    )
    (act,) = re.findall(ACT, page)
    assert farida.post(act.replace("taking-in", "giving-back")).status_code == 404

    assert farida.post(act).status_code == 303

    world.sandbox.set_deliveries(mode="auto")
    world.work()
    compare(world)
    with world.reading():
        taken = db.session.scalars(select(Refund)).unique().one()
        assert (taken.amount_minor, taken.status.value) == (10_000, "processed")
        assert (reviews.count(), inbox.held()) == (0, [])
    assert acts(world) == ["payments.take-in"]
    assert world.sandbox.books()[gateway]["INR"]["refunded"] == 10_000, "nothing was sent once more"
    assert world.books_breaks() == []


@both_gateways
def test_a_gateway_that_does_not_answer_leaves_the_difference_as_it_is(world: World, gateway: str) -> None:
    of_another_sum(world, gateway)
    compare(world)
    farida = world.browser().sign_in("Farida")
    (act,) = re.findall(ACT, farida.get("/manager/gateways").text)
    world.sandbox.add_faults({"gateway": gateway, "match": "GET *", "kind": "error_500_before", "times": None})

    refused = farida.post(act)

    assert refused.status_code == 409 and "nothing was done" in refused.text
    world.sandbox.clear_faults()
    with world.reading():
        assert (reviews.count(), db.session.scalar(select(func.count(Refund.id)))) == (1, 0)
    assert farida.post(act).status_code == 303  # control: it answers again
    world.work()


def test_what_stands_held_as_well_is_settled_with_its_difference(world: World) -> None:
    of_another_sum(world, "razorpay")
    world.sandbox.set_deliveries(mode="auto")
    world.work()
    compare(world)
    farida = world.browser().sign_in("Farida")
    with world.reading():
        assert (len(inbox.held()), reviews.count()) == (2, 1)
    (act,) = re.findall(ACT, farida.get("/manager/gateways").text)

    assert farida.post(act).status_code == 303

    with world.reading():
        assert (inbox.held(), reviews.count()) == ([], 0)
    world.work()


def test_who_may_read_and_not_settle_is_shown_no_act(world: World) -> None:
    of_another_sum(world, "stripe")
    compare(world)
    page = world.browser().sign_in("Bina").get("/manager/gateways")

    assert page.status_code == 200 and "A payment that we do not have" in page.text
    assert re.findall(ACT, page.text) == []
    world.unexplained["stripe", "INR"] = 86_900


# What a newer pay page of the order holds is not given up.


def paid_wrongly_while_a_newer_page_stands(world: World) -> tuple[str, set[ReservationStatus]]:
    """Settle a payment of another sum of an old page; return the order and where its pieces stand and stood."""
    link = of_another_sum(world, "razorpay")
    assert world.browser().post(link + "/pay", {"payment_method": "stripe"}).status_code == 303
    assert [each.status.value for each in world.attempts(link)][-1] == "pending"
    world.advance(timedelta(minutes=5))
    with world.reading():
        duties.reconcile()
    farida = world.browser().sign_in("Farida")
    (act,) = re.findall(ACT, farida.get("/manager/gateways").text)
    assert farida.post(act).status_code == 303
    with world.reading():
        return link, set(db.session.scalars(select(Reservation.status)))


def test_giving_back_frees_no_pieces_that_a_newer_page_holds(world: World) -> None:
    link, pieces = paid_wrongly_while_a_newer_page_stands(world)

    assert ReservationStatus.HELD in pieces, f"the pieces of an open page are {pieces}"
    world.sandbox.set_deliveries(mode="auto")
    world.pay(link)
    assert world.order(link).status is OrderStatus.PAID


def test_control_without_asking_for_a_newer_page_its_pieces_are_freed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wrong_sums, "_can_be_paid", lambda _order: False)
    _link, pieces = paid_wrongly_while_a_newer_page_stands(world)

    with pytest.raises(AssertionError, match="the pieces of an open page are"):
        assert ReservationStatus.HELD in pieces, f"the pieces of an open page are {pieces}"
    world.sandbox.set_deliveries(mode="auto")
    world.work()


# Two people at once.

Settling = Callable[[Gateway, str, Any], object]


def give_back(gateway: Gateway, ref: str, at: Any) -> object:
    return wrong_sums.give_back(gateway, gateway.get_payment(ref), at=at, by="user:1")


def take_in(gateway: Gateway, ref: str, at: Any) -> object:
    return taken_in.take_in(gateway, gateway.get_refund(ref), SELLER, at=at, by="user:1")


def both_settle(world: World, ref: str, settle: Settling) -> list[object]:
    """Let two people settle the same at one moment; return what each came to."""
    gateway, gate = world.app.extensions["counter"].gateways["razorpay"], Gate(2)

    def act(_number: int) -> object:
        with world.app.app_context():
            gate.wait()
            with writing():
                return settle(gateway, ref, world.clock.now()) and None

    answers = at_once(2, act)
    assert gate.arrived == 2
    return list(answers)


def is_once(answers: list[object]) -> bool:
    """Say whether one of two came through, and the other was told that it is done."""
    return sorted(type(each) is Conflict for each in answers) == [False, True] and None in answers


@both_databases
def test_two_people_at_once_give_a_payment_back_once(world: World) -> None:
    of_another_sum(world, "razorpay")
    payment = next(row["id"] for row in world.sandbox.books()["payments"])

    answers = both_settle(world, payment, give_back)

    assert is_once(answers), answers
    world.work()
    with world.reading():
        assert db.session.scalar(select(func.count(Capture.id))) == 1
    assert world.books_breaks() == []


@both_databases
def test_two_people_at_once_take_a_refund_in_once(world: World) -> None:
    given_back_there(world, "razorpay", 10_000)

    answers = both_settle(world, world.sandbox.books()["refunds"][0]["id"], take_in)

    assert is_once(answers), answers
    assert world.books_breaks() == []


@both_databases
def test_control_a_refund_that_is_not_looked_for_under_the_lock_is_taken_in_by_both(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back_there(world, "razorpay", 10_000)
    with world.reading():
        capture = db.session.scalars(select(Capture.id)).one()
    monkeypatch.setattr(taken_in, "find_capture", lambda *_told: db.session.get_one(Capture, capture))

    answers = both_settle(world, world.sandbox.books()["refunds"][0]["id"], take_in)

    with pytest.raises(AssertionError):
        assert is_once(answers), answers
