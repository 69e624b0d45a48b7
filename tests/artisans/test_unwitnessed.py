"""Whoever gave her a new PIN does not pay her for a week, and a "yes" that may not have been hers is looked at."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from shop.artisans import payouts
from shop.artisans.models import Payout, PayoutMethod, PayoutStatus, Unwitnessed
from shop.db import db
from shop.errors import Refused
from shop.money import Money
from shop.users import enrolment
from tests.cast import ARTISANS
from tests.conftest import both_databases
from tests.workshop import artisan, ask, made, user
from tests.world import Browser, World

RATE = 8_450
WEEK = timedelta(days=7)


@pytest.fixture
def earned(world: World) -> World:
    """Rina has earned ₹84.50."""
    made(world, ask(world), "stitch", "Rina")
    return world


def reset(world: World, by: str) -> None:
    with world.writing() as at:
        enrolment.reset_pin(user("Rina").id, ARTISANS["Rina"][1], at=at, by=user(by))


def propose(world: World, by: str = "Meera") -> int:
    with world.writing() as at:
        return payouts.propose(artisan("Rina"), Money(RATE, "INR"), PayoutMethod.CASH, at=at, by=user(by)).id


def sent(world: World) -> int:
    payout_id = propose(world, "Farida")
    with world.writing() as at:
        payout = db.session.get_one(Payout, payout_id)
        payouts.approve(payout, at=at, by=user("Anita"))
        payouts.record_sent(payout, bank_reference=None, at=at, by=user("Anita"))
    return payout_id


def why(world: World, payout_id: int) -> Unwitnessed | None:
    with world.reading():
        payout = db.session.get_one(Payout, payout_id)
        assert payout.status is PayoutStatus.SETTLED
        return payout.unwitnessed.why if payout.unwitnessed else None


def say_yes(browser: Browser, payout_id: int) -> None:
    assert browser.post(f"/artisan/payouts/{payout_id}/answer", {"said": "yes"}).status_code == 303


@both_databases
def test_whoever_reset_her_pin_takes_no_step_of_a_payout_for_a_week(earned: World) -> None:
    reset(earned, "Meera")
    with pytest.raises(Refused, match=r"payout\.reset_pin"):
        propose(earned, "Meera")
    payout_id = propose(earned, "Farida")
    for step in ("approve", "send"):
        with pytest.raises(Refused, match=r"payout\.reset_pin"), earned.writing() as at:
            payout = db.session.get_one(Payout, payout_id)
            if step == "approve":
                payouts.approve(payout, at=at, by=user("Meera"))
            else:
                payouts.record_sent(payout, bank_reference=None, at=at, by=user("Meera"))
    with earned.writing() as at:
        payouts.approve(db.session.get_one(Payout, payout_id), at=at, by=user("Anita"))

    earned.advance(WEEK)
    with earned.writing() as at:
        payouts.record_sent(db.session.get_one(Payout, payout_id), bank_reference=None, at=at, by=user("Meera"))


def test_she_may_pay_another_whose_pin_she_did_not_reset(earned: World) -> None:
    reset(earned, "Ruma")

    assert propose(earned, "Meera")


def test_the_page_says_why_she_may_not_pay(earned: World) -> None:
    reset(earned, "Meera")
    meera = earned.browser().sign_in("Meera")
    with earned.reading():
        rina = artisan("Rina").id

    answer = meera.post("/manager/payouts", {"artisan": str(rina), "amount": "84.50", "method": "cash"})

    assert answer.status_code == 403
    assert "You gave her a new PIN" in answer.text


@both_databases
@pytest.mark.parametrize(
    ("after_reset", "office_browser", "expected"),
    [
        (False, False, None),
        (True, False, Unwitnessed.AFTER_RESET),
        (False, True, Unwitnessed.STAFF_DEVICE),
        (True, True, Unwitnessed.BOTH),
    ],
)
def test_a_yes_that_may_not_have_been_hers_settles_and_is_marked(
    earned: World, after_reset: bool, office_browser: bool, expected: Unwitnessed | None
) -> None:
    payout_id = sent(earned)
    if after_reset:
        reset(earned, "Meera")
    browser = earned.browser()
    if office_browser:
        browser.sign_in("Meera").post("/logout")

    say_yes(browser.sign_in_artisan("Rina"), payout_id)

    assert why(earned, payout_id) is expected


def test_a_week_after_a_reset_and_a_month_after_the_office_it_is_hers_again(earned: World) -> None:
    reset(earned, "Meera")
    browser = earned.browser()
    browser.sign_in("Meera").post("/logout")
    payout_id = sent(earned)
    earned.advance(timedelta(days=30))

    say_yes(browser.sign_in_artisan("Rina"), payout_id)

    assert why(earned, payout_id) is None


def test_finance_looks_at_it_once_and_it_stays_on_the_page(earned: World) -> None:
    payout_id = sent(earned)
    reset(earned, "Meera")
    say_yes(earned.browser().sign_in_artisan("Rina"), payout_id)
    farida, meera = earned.browser().sign_in("Farida"), earned.browser().sign_in("Meera")
    page = f"/manager/payouts/{payout_id}"

    assert "may not have been she" in farida.get("/manager/").text
    assert "may not have been she" not in meera.get("/manager/").text
    assert "Was it she who said yes?" in meera.get(page).text
    assert meera.post(f"{page}/look", {"note": "all well"}).status_code == 403
    assert farida.post(f"{page}/look", {"note": " "}).status_code == 422
    assert farida.post(f"{page}/look", {"note": "She has it, she told Nasrin."}).status_code == 303
    assert farida.post(f"{page}/look", {"note": "again"}).status_code == 409

    assert "may not have been she" not in farida.get("/manager/").text
    assert "She has it, she told Nasrin." in meera.get(page).text


def test_whoever_reset_her_pin_does_not_look_at_it(earned: World) -> None:
    payout_id = sent(earned)
    reset(earned, "Anita")
    say_yes(earned.browser().sign_in_artisan("Rina"), payout_id)

    anita = earned.browser().sign_in("Anita")
    assert anita.post(f"/manager/payouts/{payout_id}/look", {"note": "all well"}).status_code == 403


def test_less_is_a_question_and_not_an_answer_to_look_at(earned: World) -> None:
    payout_id = sent(earned)
    reset(earned, "Meera")
    rina = earned.browser().sign_in_artisan("Rina")
    rina.post(f"/artisan/payouts/{payout_id}/answer", {"said": "less"})

    with earned.reading():
        assert db.session.get_one(Payout, payout_id).unwitnessed is None
        assert db.session.scalars(select(Payout.status)).one() is PayoutStatus.QUESTIONED
