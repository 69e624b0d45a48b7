"""She says that less came: how much is her own word, the office settles that, and the rest is hers again."""

import pytest
from sqlalchemy import text

from shop import books
from shop.artisans import came_back, carried, cash_box, payouts
from shop.artisans.cash_models import CashActKind
from shop.artisans.models import Payout, PayoutMethod
from shop.clock import india_date
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound
from shop.ledger import balances
from shop.money import Money
from tests.conftest import both_databases
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World

CASH, BANK = PayoutMethod.CASH, PayoutMethod.BANK


@pytest.fixture
def earned(world: World) -> World:
    """Rina earned ₹24, and ₹100 lie in the box."""
    life.earn(world)
    with world.writing() as at:
        here = artisan("Rina").centre_id
        act = cash_box.propose(
            here, CashActKind.OPEN, Money(10_000, "INR"), bank_reference=None, note="", at=at, by=user("Meera")
        )
        cash_box.see(act, at=at, by=user("Farida"))
    return world


def questioned(world: World, method: PayoutMethod = CASH, said: int | None = 1_500) -> None:
    """Send ₹24; she says that less came, and how much if it is told."""
    life.send(world, "Rina", 2_400, method)
    with world.writing() as at:
        payouts.answer(payout(), "less", at=at, by=user("Rina"))
        if said is not None:
            payouts.say_received(payout(), Money(said, "INR"), at=at, by=user("Rina"))


def payout() -> Payout:
    return db.session.get_one(Payout, 1)


def settle(world: World) -> None:
    with world.writing() as at:
        payouts.settle_short(payout(), at=at, by=user("Farida"))


def stands(world: World) -> tuple[str, int, int, int | None]:
    """Return the status, what she can take, what is on its way to her, and what lies in the box."""
    with world.reading():
        hers = (balances.stored(f"artisan:1:{kind}").minor for kind in ("payable", "in-transit"))
        return payout().status.value, *hers, cash_box.held(artisan("Rina").centre_id)


def found(world: World) -> list[str]:
    with world.reading():
        return [str(each) for each in books.findings()]


@both_databases
@pytest.mark.parametrize(("method", "box"), [(CASH, 7_600), (BANK, 10_000)])
def test_what_came_is_settled_and_the_rest_is_hers_again(earned: World, method: PayoutMethod, box: int) -> None:
    questioned(earned, method)
    assert stands(earned) == ("questioned", 0, 2_400, box)
    assert found(earned) == []
    settle(earned)

    assert stands(earned) == ("settled", 900, 0, 8_500 if method is CASH else 10_000)
    assert found(earned) == []
    with earned.reading():
        assert [each.left for each in carried.of([1])[1].values()] == [0, 100, 800]
    with pytest.raises(Conflict, match=r"payout\.moved_on"):
        settle(earned)
    life.send(earned, "Rina", 900)
    assert found(earned) == []


@both_databases
def test_she_puts_it_right_herself_and_then_all_of_it_came(earned: World) -> None:
    questioned(earned)
    with earned.writing() as at:
        payouts.say_received(payout(), Money(2_000, "INR"), at=at, by=user("Rina"))
        payouts.answer(payout(), "yes", at=at, by=user("Rina"))
    assert stands(earned) == ("settled", 0, 0, 7_600)
    assert found(earned) == []
    with earned.reading():
        assert payout().received_minor is None
    with pytest.raises(Conflict, match=r"payout\.moved_on"):
        settle(earned)


def test_only_her_word_counts_and_only_for_a_part(earned: World) -> None:
    questioned(earned, said=None)
    with pytest.raises(Conflict, match=r"payout\.moved_on"):
        settle(earned)  # she has not said how much
    for minor in (0, 2_400, 5_000):
        with pytest.raises(Invalid, match=r"payout\.received"), earned.writing() as at:
            payouts.say_received(payout(), Money(minor, "INR"), at=at, by=user("Rina"))
    for name in ("Mala", "Farida"):
        with pytest.raises(NotFound), earned.writing() as at:
            payouts.say_received(payout(), Money(1, "INR"), at=at, by=user(name))
    assert stands(earned)[0] == "questioned"


@both_databases
def test_all_of_it_is_hers_again_if_the_office_says_that_it_did_not_reach_her(earned: World) -> None:
    questioned(earned)
    with earned.writing() as at:
        payouts.record_failed(payout(), "the envelope was lost", at=at, by=user("Farida"))
    assert stands(earned) == ("failed", 2_400, 0, 10_000)
    assert found(earned) == []


def test_what_came_of_it_may_be_sent_back_by_the_bank_and_no_more(earned: World) -> None:
    questioned(earned, BANK)
    settle(earned)
    with earned.writing() as at:
        came_back.write(payout(), india_date(at), "RET-1", at=at, by=user("Meera"))
    with earned.writing() as at:
        came_back.see(came_back.get_waiting(1), at=at, by=user("Farida"))
    assert stands(earned) == ("came-back", 2_400, 0, 10_000)
    assert found(earned) == []
    with earned.reading():
        assert [each.left for each in carried.of([1])[1].values()] == [800, 800, 800]


@both_databases
@pytest.mark.books_may_differ
def test_a_sum_that_was_bent_is_found(earned: World) -> None:
    questioned(earned)
    settle(earned)
    with earned.writing():
        db.session.execute(text("UPDATE payout SET received_minor = 1600"))
    told = "\n".join(found(earned))
    assert "payout 1: is settled; the books differ under settled" in told
    assert "payout 1: is settled; the books differ under short" in told
    assert "is not the payout that it names" in told


def test_she_tells_it_on_her_own_page_and_the_office_settles_it_on_its_own(earned: World) -> None:
    questioned(earned, said=None)
    rina = earned.browser().sign_in_artisan("Rina")
    with earned.reading():
        line = db.session.scalar(
            text("SELECT t.id FROM ledger_transfer t JOIN ledger_entry e ON e.id = t.entry_id "
                 "WHERE e.reference = 'payout:1:sent'")
        )  # fmt: skip
    path = f"/artisan/passbook/{line}"
    assert "কত পেয়েছেন?" in rina.get(path).text
    wrong = rina.post("/artisan/payouts/1/received", {"amount": "24"})
    assert wrong.status_code == 422 and 'id="wrong"' in wrong.text
    assert rina.post("/artisan/payouts/1/received", {"amount": "15"}).location == path
    assert rina.post("/artisan/payouts/999/received", {"amount": "15"}).status_code == 404

    farida = earned.browser().sign_in("Farida")
    assert "She says that ₹15.00 of ₹24.00 came." in farida.get("/manager/payouts/1").text
    assert "She says that less came." in farida.get("/manager/").text
    assert farida.post("/manager/payouts/1/short").status_code == 303
    assert "She got ₹15.00 of it." in farida.get("/manager/payouts/1").text
    assert "যেটুকু পাননি, তা আবার আপনার।" in rina.get("/artisan/passbook").text
