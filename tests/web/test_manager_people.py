"""People, their payouts and the books: two people for money, and every rupee can be followed."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from shop import books, duties
from shop.artisans.models import Artisan, Earning, Payout
from shop.db import db
from shop.ledger import verification_runs
from shop.ledger.verification_models import VerificationBreak, VerificationRun
from tests.web import artisan_life as life
from tests.world import Browser, World

MAKER = {
    "work_name": "Champa", "card_number": "১০০৯", "pin": "482915", "pin_again": "482915", "emblem": "leaf",
    "adult": "yes", "adult_confirmed_on": "2026-01-05",
}  # fmt: skip


@pytest.fixture
def meera(world: World) -> Browser:
    return world.browser().sign_in("Meera")


@pytest.fixture
def farida(world: World) -> Browser:
    return world.browser().sign_in("Farida")


def artisans(world: World) -> int:
    with world.reading():
        return db.session.scalar(select(func.count()).select_from(Artisan)) or 0


def propose(meera: Browser, **changes: str) -> int:
    return meera.post("/manager/payouts", {"artisan": "1", "amount": "24", "method": "upi", **changes}).status_code


def test_a_maker_gets_a_card_and_signs_in(world: World, meera: Browser) -> None:
    answer = meera.post("/manager/people", MAKER)
    assert (answer.status_code, answer.location) == (303, "/manager/people/4")
    assert "Champa" in meera.get("/manager/people").text
    signed_in = world.browser().post("/artisan/sign-in", {"card_number": "1009", "pin": "482915"})
    assert signed_in.status_code == 303


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"work_name": ""}, 422, "fill this in"),
        ({"card_number": "12"}, 422, "4 to 12 digits"),
        ({"card_number": "1001"}, 409, "already given"),
        ({"pin": "123456", "pin_again": "123456"}, 422, "too easy"),
        ({"pin_again": "482916"}, 422, "not the same"),
        ({"emblem": "tank"}, 422, "one of the emblems"),
        ({"adult": ""}, 422, "seen that she is an adult"),
        ({"adult_confirmed_on": ""}, 422, "Please give a day"),
        ({"adult_confirmed_on": "2099-01-01"}, 422, "in the future"),
    ],
)
def test_a_card_that_cannot_be_given(
    world: World, meera: Browser, change: dict[str, str], status: int, words: str
) -> None:
    answer = meera.post("/manager/people", {**MAKER, **change})
    assert answer.status_code == status
    assert words in answer.text
    assert "482915" not in answer.text
    assert artisans(world) == 3


def test_a_new_pin_ends_her_sessions(world: World, meera: Browser) -> None:
    rina = world.browser().sign_in_artisan("Rina")
    wrong = meera.post("/manager/people/1/pin", {"pin": "482915", "pin_again": "1"})
    assert (wrong.status_code, rina.get("/artisan/").status_code) == (422, 200)
    assert meera.post("/manager/people/1/pin", {"pin": "482915", "pin_again": "482915"}).status_code == 303
    assert rina.get("/artisan/").status_code == 302


def test_her_page_shows_her_money_line_by_line(world: World, meera: Browser) -> None:
    task_id = life.earn(world)
    page = meera.get("/manager/people/1").text
    assert f"task:{task_id}:piece:3" in page and "₹24.00" in page
    assert "task:" not in meera.get("/manager/people/2").text


def test_the_way_to_the_office_is_shown_to_those_who_may_change_it(world: World, meera: Browser) -> None:
    anita = world.browser().sign_in("Anita")
    assert "/manager/staff" not in meera.get("/manager/people").text
    assert "/manager/staff" in anita.get("/manager/people").text
    assert "Farida" in anita.get("/manager/staff").text


def test_a_payout_needs_two_people_a_reference_and_her_answer(world: World, meera: Browser, farida: Browser) -> None:
    life.earn(world)
    assert propose(meera) == 303
    own = meera.post("/manager/payouts/1/approval")
    assert (own.status_code, "someone else has to approve it" in own.text) == (403, True)
    assert meera.post("/manager/payouts/1/sending", {"bank_reference": "U1"}).status_code == 409
    assert farida.post("/manager/payouts/1/approval").status_code == 303
    assert farida.post("/manager/payouts/1/approval").status_code == 409
    assert farida.post("/manager/payouts/1/sending", {"bank_reference": " "}).status_code == 422
    assert farida.post("/manager/payouts/1/sending", {"bank_reference": "UTR77"}).status_code == 303
    assert "UTR77" in meera.get("/manager/payouts/1").text
    rina = world.browser().sign_in_artisan("Rina")
    rina.post("/artisan/payouts/1/answer", {"said": "yes"})
    assert "Confirmed by her" in meera.get("/manager/payouts").text


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"amount": "24.01"}, 422),
        ({"amount": "0"}, 422),
        ({"amount": "all"}, 422),
        ({"method": "gold"}, 422),
        ({"artisan": "99"}, 404),
        ({"artisan": ""}, 422),
    ],
)
def test_a_payout_that_cannot_be_proposed(world: World, meera: Browser, change: dict[str, str], status: int) -> None:
    life.earn(world)
    assert propose(meera, **change) == status
    with world.reading():
        assert db.session.scalar(select(func.count()).select_from(Payout)) == 0


def test_one_open_payout_each_and_it_can_be_taken_back(world: World, meera: Browser) -> None:
    life.earn(world)
    assert propose(meera, amount="২০") == 303
    assert propose(meera, amount="4") == 409
    assert meera.post("/manager/payouts/1/withdrawal").status_code == 303
    assert propose(meera) == 303


def test_money_that_did_not_reach_her_is_hers_again(world: World, meera: Browser) -> None:
    life.earn(world)
    payout_id = life.send(world, "Rina", 2_400)
    assert "₹0.00" in meera.get("/manager/people/1").text
    path = f"/manager/payouts/{payout_id}/failure"
    assert meera.post(path, {"reason": ""}).status_code == 422
    assert meera.post(path, {"reason": "the account was closed"}).status_code == 303
    assert "Rina" in meera.get("/manager/payouts").text.split('id="owed"')[1].split("What has been")[0]


def test_a_rupee_can_be_followed_through_the_books(world: World, farida: Browser) -> None:
    task_id = life.earn(world)
    page = farida.get("/manager/books").text
    assert "Both sides are equal" in page and f"task:{task_id}:piece:1" in page
    entry = farida.get(f"/manager/books/entries/task:{task_id}:piece:1").text
    assert "wages:1" in entry and "artisan:1:payable" in entry and f"/manager/tasks/{task_id}" in entry
    account = farida.get("/manager/books/accounts/artisan:1:payable").text
    assert account.count("piece accepted") == 3 and "₹24.00" in account
    path = f"/manager/books/entries/task:{task_id}:piece:1"
    assert "artisan:1:payable" in world.browser().sign_in("Meera").get(path).text
    assert world.browser().sign_in("Ruma").get(path).status_code == 404


def test_the_books_are_verified_on_demand(world: World, farida: Browser) -> None:
    life.earn(world)
    path = "/manager/books/verification"
    assert "Nobody has looked yet" in farida.get(path).text
    for _ in range(2):  # a double click asks once
        assert farida.post(path).status_code == 303
    assert "Another look was asked for" in farida.get(path).text
    world.work()

    page = farida.get(path).text
    assert "Everything holds" in page and "Farida" in page and "Look again now" in page
    with world.reading():
        run = db.session.scalars(select(VerificationRun)).one()
        assert (run.lists, run.broken, run.transfers > 0) == (len(books.FLOORS), 0, True)
    assert "The books agreed, row by row," in world.browser().sign_in("Meera").get("/manager/").text


@pytest.mark.books_may_differ
def test_a_bent_row_is_named(world: World, farida: Browser) -> None:
    life.earn(world)
    with world.writing():
        earning = db.session.scalars(select(Earning)).first()
        assert earning is not None
        earning.amount_minor = 1
    with world.reading():
        duties.verify_books()

    page = farida.get("/manager/books/verification").text
    assert "2 things do not hold" in page and "says 1, the books say" in page
    meera = world.browser().sign_in("Meera").get("/manager/").text
    assert "2 things in the books do not hold" in meera and "/manager/books/verification" not in meera
    assert "/manager/books/verification" in farida.get("/manager/").text


@pytest.mark.books_may_differ
def test_a_run_keeps_its_first_breaks_and_counts_the_others(
    world: World, farida: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification_runs, "KEPT", 1)
    life.earn(world)
    with world.writing():
        for earning in db.session.scalars(select(Earning)):
            earning.amount_minor = 1
    with world.reading():
        duties.verify_books()

    with world.reading():
        assert len(db.session.scalars(select(VerificationBreak)).all()) == 1
    assert "more were counted and are not kept." in farida.get("/manager/books/verification").text


def test_a_night_that_did_not_come_is_told(world: World) -> None:
    with world.reading():
        duties.verify_books()
    world.advance(timedelta(hours=25))
    assert "for more than a day" not in world.browser().sign_in("Farida").get("/manager/").text
    world.advance(timedelta(hours=2))
    farida = world.browser().sign_in("Farida")
    for path in ("/manager/", "/manager/books/verification"):
        assert "The books have not been verified for more than a day" in farida.get(path).text


def test_a_centre_that_cannot_be_added(world: World) -> None:
    anita = world.browser().sign_in("Anita")
    good = {"organisation": "A trust", "code": "DELTA", "name": "Delta", "region": "Sundarbans", "hours_per_day": "12"}
    for change, status in (({"code": "NORTH"}, 409), ({"code": "?"}, 422), ({"name": ""}, 422),
                           ({"hours_per_day": "0"}, 422), ({"hours_per_day": "9999"}, 422)):  # fmt: skip
        answer = anita.post("/manager/centres", {**good, **change})
        assert answer.status_code == status
        assert "A trust" in answer.text
    assert anita.post("/manager/centres", good).status_code == 303
    assert "DELTA" in anita.get("/manager/centres").text
