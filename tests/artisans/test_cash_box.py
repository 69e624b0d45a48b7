"""A centre's cash box: two people, never below zero, differences with a reason, and nothing out of sight."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from shop import books
from shop.artisans import cash_alerts, cash_box, cash_sums, payouts, references
from shop.artisans.cash_models import CashAct, CashActKind, CashBox, CashLine
from shop.artisans.models import Payout, PayoutMethod
from shop.db import db
from shop.errors import Conflict, Invalid, Refused
from shop.ledger import balances
from shop.money import Money
from shop.outbox import OutboxRow
from tests.conftest import both_databases
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World

OPEN, BRING, TAKE, COUNT = CashActKind.OPEN, CashActKind.BRING, CashActKind.TAKE, CashActKind.COUNT


@pytest.fixture
def earned(world: World) -> World:
    """Rina has ₹80 to take, of which ₹20 were handed out before there was a box."""
    life.earn(world, "Rina", 10)
    return world


@both_databases
def test_what_lies_in_the_box_is_told_from_the_first_count_on(earned: World) -> None:
    early = life.send(earned, "Rina", 2_000)
    act(earned, OPEN, 500)
    assert told(earned) == (500, 2_000, 2_500)  # in the box, handed out and not confirmed, on the account
    act(earned, BRING, 5_000, reference="CHQ-1")
    answer(earned, early, "yes")
    assert told(earned) == (5_500, 0, 5_500)

    given = life.send(earned, "Rina", 3_000)
    assert told(earned) == (2_500, 3_000, 5_500)
    answer(earned, given, "no")
    assert told(earned) == (2_500, 3_000, 5_500)  # her "no" does not bring it back
    with earned.writing() as at:
        payouts.record_failed(db.session.get_one(Payout, given), "not handed out", at=at, by=user("Farida"))
    assert told(earned) == (5_500, 0, 5_500)

    with pytest.raises(Invalid, match=r"cash\.difference"):
        act(earned, COUNT, 5_400)
    act(earned, COUNT, 5_400, note="a torn note of ₹1")
    act(earned, TAKE, 5_000, reference="SLIP-1")
    act(earned, COUNT, 400)
    assert told(earned) == (400, 0, 400)
    with earned.reading():
        assert balances.derived(f"cash-differences:{centre_id(earned)}").minor == 100
        assert [str(each) for each in books.findings()] == []


@both_databases
def test_no_more_leaves_the_box_than_lies_in_it(earned: World) -> None:
    act(earned, OPEN, 2_999)

    with pytest.raises(Conflict, match=r"cash\.not_in_box"):
        life.send(earned, "Rina", 3_000)
    with pytest.raises(Conflict, match=r"cash\.not_in_box"):
        act(earned, TAKE, 3_000, reference="SLIP-1")
    with pytest.raises(IntegrityError), earned.writing():
        db.session.execute(update(CashBox).values(held_minor=-1))
    assert told(earned) == (2_999, 0, 2_999)


@both_databases
def test_one_writes_it_down_and_another_has_seen_it(earned: World) -> None:
    with pytest.raises(Refused, match=r"cash\.two_people"):
        act(earned, OPEN, 100, seen_by="Meera")
    act_id = only_act(earned)
    assert told(earned) == (None, 0, 0)
    with pytest.raises(IntegrityError), earned.writing():
        db.session.execute(text("UPDATE cash_act SET seen_by = written_by, seen_at = written_at, status = 'seen'"))
    with pytest.raises(Conflict, match=r"cash\.waiting"):
        act(earned, OPEN, 100)
    see(earned, act_id)
    with pytest.raises(Conflict, match=r"cash\.moved_on"):
        see(earned, act_id)
    with pytest.raises(Conflict, match=r"cash\.open"):
        act(earned, OPEN, 100)
    with pytest.raises(Invalid, match=r"cash\.bank_reference"):
        act(earned, BRING, 100)
    act(earned, BRING, 100, reference="CHQ-1")
    with pytest.raises(Conflict, match=r"payout\.bank_reference_used"):
        act(earned, BRING, 100, reference="CHQ-1")
    assert told(earned) == (200, 0, 200)


@both_databases
@pytest.mark.books_may_differ
def test_control_verify_names_a_box_a_day_and_a_count_that_were_bent(earned: World) -> None:
    act(earned, OPEN, 500)
    act(earned, COUNT, 400, note="one note too few")
    with pytest.raises(DatabaseError, match="only grow"), earned.writing():
        db.session.execute(update(CashLine).values(amount_minor=1))
    with earned.writing() as at:
        here, lines = centre_id(earned), db.session.query(CashLine).count()
        db.session.add_all(
            CashLine(centre_id=here, kind=kind, amount_minor=minor, reference=f"bent:{minor}", happened_on=at.date(),
                     at=at, by="user:1")
            for kind, minor in (("taken", -600), ("brought", 700))
        )  # fmt: skip
        db.session.execute(update(CashAct).where(CashAct.kind == COUNT).values(amount_minor=450))
        assert lines == 2
    with earned.reading():
        found = [str(each) for each in books.findings()]
    assert [words for words in ("its book says 500", "less than nothing", "two people said") if not any(
        words in each for each in found)] == []  # fmt: skip
    assert len(found) == 3


def act(
    world: World,
    kind: CashActKind,
    minor: int,
    *,
    reference: str | None = None,
    note: str = "",
    seen_by: str = "Farida",
) -> None:
    with world.writing() as at:
        amount = Money(minor, "INR")
        made = cash_box.propose(
            artisan("Rina").centre_id, kind, amount, bank_reference=reference, note=note, at=at, by=user("Meera")
        )
        act_id = made.id
    see(world, act_id, by=seen_by)


def see(world: World, act_id: int, *, by: str = "Farida") -> None:
    with world.writing() as at:
        cash_box.see(db.session.get_one(CashAct, act_id), at=at, by=user(by))


def only_act(world: World) -> int:
    with world.reading():
        return db.session.query(CashAct).one().id


def answer(world: World, payout_id: int, said: str) -> None:
    with world.writing() as at:
        payout = db.session.get_one(Payout, payout_id)
        payouts.answer(payout, said, at=at, by=payout.artisan.user)


def centre_id(world: World) -> int:
    with world.reading():
        return artisan("Rina").centre_id


def told(world: World) -> tuple[int | None, int, int]:
    with world.reading():
        here = artisan("Rina").centre_id
        return cash_box.held(here), cash_sums.unconfirmed(here), balances.derived(f"cash:{here}").minor


def test_a_reference_of_the_bank_stands_for_one_payment_or_one_sum_of_cash(earned: World) -> None:
    act(earned, OPEN, 500)
    act(earned, BRING, 5_000, reference="CHQ-1")
    with pytest.raises(Conflict, match=r"payout\.bank_reference_used"):
        send_by_bank(earned, "CHQ-1")
    send_by_bank(earned, "UTR-1")
    with pytest.raises(Conflict, match=r"payout\.bank_reference_used"):
        act(earned, TAKE, 100, reference="UTR-1")


def test_a_reference_is_compared_by_its_letters_and_digits_and_free_again_if_it_was_not_so(earned: World) -> None:
    alike = ("UTR0012", " utr 00-12 ", "Utr\u20130012", "\uff35\uff34\uff32\u09e6\u09e6\u09e7\u09e8")
    assert {references.canonical(each) for each in alike} == {"UTR0012"}
    assert references.canonical("UTR0013") != "UTR0012" and references.canonical(" - ") == ""
    act(earned, OPEN, 500)
    with earned.writing() as at:
        here = artisan("Rina").centre_id
        wrong = cash_box.propose(
            here, BRING, Money(500, "INR"), bank_reference="CHQ 9", note="", at=at, by=user("Meera")
        )
        cash_box.withdraw(wrong, at=at, by=user("Meera"))
    act(earned, BRING, 500, reference="chq-9")
    with pytest.raises(Conflict, match=r"payout\.bank_reference_used"):
        act(earned, TAKE, 100, reference="CHQ9")


def send_by_bank(world: World, reference: str) -> None:
    with world.writing() as at:
        sent = payouts.propose(artisan("Rina"), Money(1_000, "INR"), PayoutMethod.BANK, at=at, by=user("Meera"))
        payouts.approve(sent, at=at, by=user("Farida"))
        payouts.record_sent(sent, bank_reference=reference, at=at, by=user("Farida"))


@both_databases
def test_finance_is_told_once_of_each_payment_that_becomes_late(earned: World) -> None:
    life.earn(earned, "Mala", 5)
    first = life.send(earned, "Rina", 2_000)
    assert mails(earned) == 1
    earned.advance(timedelta(days=1))
    life.send(earned, "Mala", 1_000)
    assert (mails(earned), mails(earned)) == (2, 2)
    answer(earned, first, "yes")
    assert mails(earned) == 2  # what is left was told of, whichever of them is the newest


def mails(world: World) -> int:
    """Tell finance of all that is out now; return how many mails were asked for in all."""
    with world.writing() as at:
        cash_alerts.tell(at, at=at)
    with world.reading():
        named = select(func.count()).select_from(OutboxRow).where(OutboxRow.reference.like("mail:cash:%"))
        return int(db.session.scalar(named) or 0)
