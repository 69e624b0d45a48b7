"""Late money for what was sold meanwhile: she is asked, and what she says is done; of another sum: it goes back."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from shop import duties
from shop.catalog.models import Reservation, ReservationStatus
from shop.db import db
from shop.orders.models import OrderStatus
from shop.payments.late import ANSWER_WITHIN
from shop.payments.late_models import LateAnswer, LateQuestion
from shop.payments.models import AttemptStatus, EventStatus, GatewayEvent, Refund
from shop.production.models import ProductionOrder
from tests.cast import TOTE, TOTE_RED
from tests.conftest import both_databases
from tests.letters import letters, text_of
from tests.sharing import order_of
from tests.world import World

pytestmark = both_databases


def late_for_the_last(world: World) -> str:
    """Let Asha's payment for a tote from the shelf fail, another buy all of them, and Asha's money come after all."""
    late = world.buy(TOTE, gateway="razorpay", pay=False)
    failed = fails(world, late)
    assert world.order(world.buy(TOTE, 5, email="kabir@test.example")).status is OrderStatus.PAID
    world.sandbox.authorize_late(failed)
    world.work()
    return late


def fails(world: World, link: str) -> str:
    """Let a payment fail and its page end; return the gateway's number of the payment."""
    world.sandbox.pay("razorpay", world.attempts(link)[0].page_ref or "", "fail")
    failed: str = next(p["id"] for p in world.sandbox.books()["payments"] if p["status"] == "failed")
    world.advance(timedelta(minutes=40))
    world.look_at_gateways()
    assert world.attempts(link)[0].status is AttemptStatus.EXPIRED
    return failed


def asked_for(world: World, link: str) -> int:
    """Return how many pieces the workshop was asked to make for an order."""
    with world.reading():
        references = [line.reference for line in order_of(link).lines]
        query = select(ProductionOrder.quantity).where(ProductionOrder.reference.in_(references))
        return sum(db.session.scalars(query))


def answers(world: World) -> list[str]:
    with world.reading():
        return [each.status.value for each in db.session.scalars(select(LateQuestion)).unique()]


def subjects(world: World) -> list[str]:
    return [" ".join(str(mail["Subject"]).split()) for mail in letters(world, "asha@test.example")]


def test_what_was_sold_meanwhile_is_made_when_she_says_so_by_the_day_she_was_told(world: World) -> None:
    link = late_for_the_last(world)
    assert (world.order(link).status, answers(world), asked_for(world, link)) == (OrderStatus.PAID, ["open"], 0)
    assert [each for each in subjects(world) if "Shall we make it" in each], subjects(world)
    assert not [each for each in subjects(world) if "Thank you" in each], "she was thanked for what nobody makes"
    guest = world.browser()
    page = guest.get(link).text
    assert "Shall we make it for you?" in page and "Nothing is made before you say so" in page
    with world.reading():
        offered = db.session.scalars(select(LateQuestion.ready_on)).one()
    assert offered > world.order(link).promised_on
    assert guest.post(link + "/late", {"answer": "perhaps"}).status_code == 422
    assert guest.post(link + "x/late", {"answer": "make"}).status_code == 404

    assert guest.post(link + "/late", {"answer": "make"}).status_code == 303
    world.work()

    assert (answers(world), asked_for(world, link)) == (["make"], 1)
    assert world.order(link).promised_on == offered
    assert guest.post(link + "/late", {"answer": "give-back"}).status_code == 409
    assert "Shall we make it for you?" not in guest.get(link).text


@pytest.mark.parametrize("how", ["she says so", "she says nothing", "she cancels", "the office gives it back"])
def test_without_her_yes_the_money_goes_back_and_she_is_told_why(world: World, how: str) -> None:
    link = late_for_the_last(world)
    if how == "she says so":
        assert world.browser().post(link + "/late", {"answer": "give-back"}).status_code == 303
    elif how == "she cancels":
        assert world.browser().post(link + "/cancellation").status_code == 303
    elif how == "the office gives it back":
        where = f"/manager/orders/{world.order(link).number}/refund"
        assert world.browser().sign_in("Farida").post(where, {"reason": "she rang"}).status_code == 303
    else:
        _lapse(world, ANSWER_WITHIN - timedelta(hours=1))
        assert answers(world) == ["open"]
    _lapse(world, timedelta(hours=2))
    world.work()

    assert world.order(link).status is OrderStatus.CANCELLED
    with world.reading():
        given = db.session.scalars(select(Refund)).unique().one()
        assert given.amount_minor == 81_900
    if how == "she says nothing":
        assert answers(world) == [LateAnswer.LAPSED.value]
        assert "sold meanwhile" in text_of(letters(world, "asha@test.example")[-1])
    assert [each for each in subjects(world) if "on its way back" in each]
    assert world.browser().post(link + "/late", {"answer": "make"}).status_code == 409
    assert asked_for(world, link) == 0


def _lapse(world: World, after: timedelta) -> None:
    world.advance(after)
    with world.app.app_context():
        duties.lapse_late_questions()


def test_what_was_bought_as_made_to_order_is_made_without_asking_again(world: World) -> None:
    link = world.buy(TOTE_RED, gateway="razorpay", pay=False)
    world.sandbox.authorize_late(fails(world, link))
    world.work()

    assert (answers(world), asked_for(world, link)) == ([], 1)
    assert world.order(link).status is OrderStatus.PAID


def test_a_second_payment_while_she_is_asked_goes_back_and_the_question_stands(world: World) -> None:
    link = late_for_the_last(world)
    answer = world.browser().post(link + "/pay", {"payment_method": "stripe"})
    assert answer.status_code == 409, "nobody is asked to pay again for what is paid"
    assert answers(world) == ["open"]


@pytest.mark.parametrize(("gateway", "delta"), [("razorpay", -1), ("stripe", 5_000)])
def test_a_payment_of_another_sum_is_taken_in_and_given_back_with_one_act_and_she_is_told(
    world: World, gateway: str, delta: int
) -> None:
    link = world.buy(TOTE, gateway=gateway, pay=False)
    world.sandbox.add_faults({"gateway": gateway, "match": "POST /pay/*", "kind": "wrong_amount", "delta": delta})
    world.pay(link)
    farida = world.browser().sign_in("Farida")
    page = farida.get("/manager/exceptions").text
    path = re.search(r'action="(/manager/events/\d+/giving-back)"', page)
    assert path, page

    assert farida.post(path[1]).status_code == 303
    world.work()

    assert world.books_breaks() == []
    with world.reading():
        given = db.session.scalars(select(Refund)).unique().one()
        assert (given.amount_minor, given.status.value) == (81_900 + delta, "processed")
        assert EventStatus.HELD not in set(db.session.scalars(select(GatewayEvent.status)))
        held = db.session.scalars(select(Reservation.status)).all()
    assert set(held) == {ReservationStatus.RELEASED}, "what nobody paid is on sale again"
    assert "not the sum of the order" in text_of(letters(world, "asha@test.example")[-1])
    assert farida.post(path[1]).status_code == 404
    assert world.order(link).status is OrderStatus.PLACED

    world.sandbox.clear_faults()
    world.browser().post(link + "/pay", {"payment_method": gateway})
    world.pay(link)
    assert world.order(link).status is OrderStatus.PAID
