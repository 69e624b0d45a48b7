"""A payout that the bank sends back after her "yes": two people say so, and the money is hers again."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shop import books
from shop.artisans import came_back, carried, payouts
from shop.artisans.came_back_models import CameBack
from shop.artisans.models import Payout, PayoutMethod, PayoutStatus
from shop.clock import india_date
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.ledger import balances
from shop.ledger.models import Entry
from tests.conftest import both_databases
from tests.web import artisan_life as life
from tests.workshop import user
from tests.world import World


@pytest.fixture
def settled(world: World) -> World:
    """Rina earned ₹24; all of it went to her bank, and she said yes."""
    life.earn(world)
    life.send(world, "Rina", 2_400, PayoutMethod.BANK)
    answer(world, "yes")
    return world


def answer(world: World, said: str) -> None:
    with world.writing() as at:
        payouts.answer(payout(), said, at=at, by=user("Rina"))


def payout() -> Payout:
    return db.session.get_one(Payout, 1)


def write(world: World, *, days: int = 0, reference: str = "RET-1", by: str = "Meera") -> None:
    with world.writing() as at:
        came_back.write(payout(), india_date(at) + timedelta(days=days), reference, at=at, by=user(by))


def see(world: World, by: str = "Farida") -> None:
    with world.writing() as at:
        came_back.see(came_back.get_waiting(1), at=at, by=user(by))


def stands(world: World) -> tuple[str, int, int]:
    """Return the payout's status, what she can take, and what the bank account lost."""
    with world.reading():
        return payout().status.value, balances.stored("artisan:1:payable").minor, -balances.derived("bank").minor


@both_databases
def test_it_is_hers_again_once_two_people_have_said_so_and_the_books_know(settled: World) -> None:
    assert stands(settled) == ("settled", 0, 2_400)
    settled.advance(timedelta(days=3))
    write(settled, days=-1)
    assert stands(settled) == ("settled", 0, 2_400)
    with pytest.raises(Refused, match=r"came_back\.two_people"):
        see(settled, by="Meera")
    see(settled)

    assert stands(settled) == ("came-back", 2_400, 0)
    with settled.reading():
        entry = db.session.query(Entry).filter_by(reference="payout:1:came-back").one()
        assert entry.effective_on == india_date(settled.clock.now()) - timedelta(days=1)
        assert [str(each) for each in books.findings()] == []
        assert [(each.left, each.parts) for each in carried.of([1])[1].values()] == [(800, [])] * 3
    life.send(settled, "Rina", 2_400)
    assert stands(settled)[1] == 0


@both_databases
@pytest.mark.parametrize("taken_back", [False, True])
def test_it_is_written_down_once_and_seen_once(settled: World, taken_back: bool) -> None:
    write(settled)
    with pytest.raises(Conflict, match=r"came_back\.waits"):
        write(settled, by="Farida")
    if taken_back:
        with settled.writing() as at:
            came_back.withdraw(came_back.get_waiting(1), at=at, by=user("Meera"))
        with pytest.raises(NotFound):
            see(settled)
        write(settled, by="Farida")
        see(settled, by="Meera")
    else:
        see(settled)
    with pytest.raises(NotFound):
        see(settled)
    with pytest.raises(Conflict, match=r"payout\.moved_on"):
        write(settled)
    assert stands(settled) == ("came-back", 2_400, 0)


def test_what_cannot_have_come_back_is_refused(world: World) -> None:
    life.earn(world)
    life.send(world, "Rina", 1_000, PayoutMethod.BANK)
    with pytest.raises(Conflict, match=r"payout\.moved_on"):
        write(world)  # she has not confirmed it: it failed, if it did
    answer(world, "yes")
    for days, reference, why in ((1, "R", r"came_back\.day"), (-1, "R", r"came_back\.day"), (0, " ", "bank_reference")):
        with pytest.raises(Invalid, match=why):
            write(world, days=days, reference=reference)
    assert stands(world)[0] == "settled"


def test_cash_does_not_come_back_by_a_bank(world: World) -> None:
    life.earn(world)
    life.send(world, "Rina", 1_000)
    answer(world, "yes")
    with pytest.raises(Conflict, match=r"payout\.moved_on"):
        write(world)


@both_databases
def test_the_database_wants_two_people_too(settled: World) -> None:
    write(settled)
    with pytest.raises(IntegrityError, match="two_people"), settled.writing() as at:
        row = db.session.query(CameBack).one()
        row.status, row.seen_by, row.seen_at = row.status.SEEN, row.written_by, at
        db.session.flush()


@both_databases
@pytest.mark.books_may_differ
def test_a_status_that_nobody_said_is_found(settled: World) -> None:
    with settled.writing():
        db.session.execute(text("UPDATE payout SET status = 'came-back' WHERE id = 1"))
    with settled.reading():
        found = "\n".join(str(each) for each in books.findings())
    assert "payout 1: is came-back; the books differ under came-back" in found
    assert "payout 1: is came-back; what two people saw says otherwise" in found


def test_the_office_books_it_and_her_passbook_says_it_in_plain_words(settled: World) -> None:
    meera, farida = (settled.browser().sign_in(name) for name in ("Meera", "Farida"))
    today = india_date(settled.clock.now())
    wrong = meera.post("/manager/payouts/1/back", {"returned_on": "2020-01-01", "bank_reference": "RET-1"})
    assert wrong.status_code == 422 and "not before it left" in wrong.text
    form = {"returned_on": today.isoformat(), "bank_reference": "RET-1"}
    assert meera.post("/manager/payouts/1/back", form).status_code == 303
    assert "so someone else has to have seen it" in meera.get("/manager/").text
    assert "I have seen it in the statement" not in meera.get("/manager/payouts/1").text
    assert meera.post("/manager/payouts/1/back/seen").status_code == 403
    assert "came back" in farida.get("/manager/").text
    assert "I have seen it in the statement" in farida.get("/manager/payouts/1").text
    assert farida.post("/manager/payouts/1/back/seen").status_code == 303

    assert "The bank has sent it back." in farida.get("/manager/payouts/1").text
    assert "came back" not in farida.get("/manager/").text
    rina = settled.browser().sign_in_artisan("Rina")
    page = rina.get("/artisan/passbook?lang=en").text
    assert "ব্যাংক থেকে ফেরত: আবার আপনার" in page


def test_a_yes_that_finance_had_to_look_at_is_not_asked_about_any_more(world: World) -> None:
    life.earn(world)
    life.send(world, "Rina", 2_400, PayoutMethod.BANK)
    with world.writing() as at:
        payouts.answer(payout(), "yes", at=at, by=user("Rina"), staff_device=True)
    with world.reading():
        assert [each.id for each in payouts.unwitnessed()] == [1]
    write(world)
    see(world)
    with world.reading():
        assert payouts.unwitnessed() == []
        assert payout().status is PayoutStatus.CAME_BACK
