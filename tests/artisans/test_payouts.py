"""Payouts: two people, one open at a time, her own answer, and no paisa lost on the way."""

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from shop.artisans import payouts
from shop.artisans.models import PAYOUT_MOVES, Payout, PayoutEvent, PayoutMethod, PayoutStatus
from shop.db import db
from shop.errors import Conflict, DomainError, Invalid, NotFound, Refused
from shop.ledger import balances
from shop.money import Money
from tests.conftest import both_databases
from tests.workshop import artisan, ask, made, user
from tests.world import World

RATE = 8_450
ALLOWED = {
    ("proposed", "approve"), ("proposed", "withdraw"), ("approved", "send"), ("approved", "withdraw"),
    ("sent", "yes"), ("sent", "less"), ("sent", "no"), ("sent", "fail"), ("questioned", "yes"), ("questioned", "fail"),
}  # fmt: skip
LEADS_TO = {
    "approve": PayoutStatus.APPROVED, "withdraw": PayoutStatus.WITHDRAWN, "send": PayoutStatus.SENT,
    "yes": PayoutStatus.SETTLED, "less": PayoutStatus.QUESTIONED, "no": PayoutStatus.QUESTIONED,
    "fail": PayoutStatus.FAILED,
}  # fmt: skip


@pytest.fixture
def earned(world: World) -> World:
    """Rina has earned ₹84.50 by stitching one messenger."""
    made(world, ask(world), "stitch", "Rina")
    return world


@both_databases
def test_a_payout_goes_from_her_account_through_transit_to_her_hand(earned: World) -> None:
    payout = propose(earned, RATE)
    assert money(earned) == (RATE, 0, 0)

    act(earned, payout, "approve", by="Farida")
    assert money(earned) == (RATE, 0, 0)
    act(earned, payout, "send", by="Farida")
    assert money(earned) == (0, RATE, 0)
    act(earned, payout, "yes", by="Rina")

    assert money(earned) == (0, 0, -RATE)
    assert status(earned, payout) is PayoutStatus.SETTLED


@both_databases
def test_a_payout_that_failed_is_hers_to_take_again_at_once(earned: World) -> None:
    payout = propose(earned, 5_000)
    act(earned, payout, "approve", by="Farida")
    act(earned, payout, "send", by="Farida")
    act(earned, payout, "fail", by="Farida")

    assert money(earned) == (RATE, 0, 0)
    assert propose(earned, RATE) != payout


@pytest.mark.parametrize("said", ["no", "less"])
def test_her_no_leaves_the_money_in_transit_and_puts_a_question(earned: World, said: str) -> None:
    payout = propose(earned, RATE)
    act(earned, payout, "approve", by="Farida")
    act(earned, payout, "send", by="Farida")

    act(earned, payout, said, by="Rina")

    assert status(earned, payout) is PayoutStatus.QUESTIONED
    assert money(earned) == (0, RATE, 0)
    with earned.reading():
        last = db.session.scalars(select(PayoutEvent).order_by(PayoutEvent.id.desc())).first()
        assert last is not None
        assert (last.note, last.by) == (said, user("Rina").actor)


@both_databases
def test_the_one_who_proposed_cannot_approve(earned: World) -> None:
    payout = propose(earned, RATE)

    with pytest.raises(Refused, match=r"payout\.two_people"):
        act(earned, payout, "approve", by="Meera")
    with pytest.raises(IntegrityError), earned.writing():
        db.session.execute(text("UPDATE payout SET approved_by = proposed_by"))


@both_databases
def test_one_payout_to_her_is_under_way_at_a_time(earned: World) -> None:
    first = propose(earned, 100)

    with pytest.raises(Conflict, match=r"payout\.one_open"):
        propose(earned, 100)
    act(earned, first, "withdraw", by="Meera")
    assert propose(earned, 100)


@pytest.mark.parametrize("minor", [0, -1, RATE + 1, 10**12])
def test_no_more_is_proposed_than_she_can_take(earned: World, minor: int) -> None:
    with pytest.raises(Invalid, match=r"payout\.amount"):
        propose(earned, minor)


def test_bank_and_upi_need_a_reference_that_no_other_payout_has(earned: World) -> None:
    made(earned, ask(earned, reference="shelf:two"), "stitch", "Mala")
    one, two = propose(earned, 100, PayoutMethod.UPI), propose(earned, 100, PayoutMethod.BANK, to="Mala")
    for each in (one, two):
        act(earned, each, "approve", by="Farida")

    for missing in (None, "", "  "):
        with pytest.raises(Invalid, match=r"payout\.bank_reference"):
            act(earned, one, "send", by="Farida", reference=missing)
    act(earned, one, "send", by="Farida", reference="UPI1")
    with pytest.raises(Conflict, match=r"payout\.bank_reference_used"):
        act(earned, two, "send", by="Farida", reference=" UPI1 ")


def test_only_she_herself_answers_and_only_in_her_three_words(earned: World) -> None:
    payout = propose(earned, RATE)
    act(earned, payout, "approve", by="Farida")
    act(earned, payout, "send", by="Farida")

    for name in ("Mala", "Meera", "Farida"):
        with pytest.raises(NotFound):
            act(earned, payout, "yes", by=name)
    with pytest.raises(Invalid, match=r"payout\.answer"), earned.writing() as at:
        payouts.answer(db.session.get_one(Payout, payout), "maybe", at=at, by=user("Rina"))
    assert money(earned) == (0, RATE, 0)


def test_a_payout_is_seen_by_her_her_centre_and_the_house(earned: World) -> None:
    payout = propose(earned, RATE)

    with earned.reading():
        assert payouts.get_own(artisan("Rina"), payout).id == payout
        assert {payouts.get_of(user(name), payout).id for name in ("Meera", "Farida", "Anita")} == {payout}
        with pytest.raises(NotFound):
            payouts.get_own(artisan("Mala"), payout)
        with pytest.raises(NotFound):
            payouts.get_of(user("Ruma"), payout)


@pytest.mark.books_may_differ
def test_each_verb_moves_a_payout_from_where_it_may_and_from_nowhere_else(earned: World) -> None:
    payout = propose(earned, RATE)
    wrong = []
    for standing in PayoutStatus:
        for verb, to in LEADS_TO.items():
            outcome = tried(earned, payout, standing, verb)
            wanted = to if (standing.value, verb) in ALLOWED else "payout.moved_on"
            if outcome != wanted:
                wrong.append((standing.value, verb, outcome))

    assert wrong == []


def test_the_table_of_moves_ends_where_the_money_rests() -> None:
    assert set(PAYOUT_MOVES) == set(PayoutStatus)
    assert {status for status, targets in PAYOUT_MOVES.items() if not targets} == {
        PayoutStatus.CAME_BACK,
        PayoutStatus.FAILED,
        PayoutStatus.WITHDRAWN,
    }


@pytest.mark.books_may_differ
def test_verify_finds_a_payout_whose_money_is_not_in_transit(earned: World) -> None:
    payout = propose(earned, RATE)
    put(earned, payout, PayoutStatus.SENT)

    with earned.reading():
        assert [str(each) for each in payouts.verify()] == [
            f"artisans: artisan 1: payouts on the way {RATE}, in transit 0"
        ]


class _Undone(Exception):
    """Ends a writing unit so that nothing of it stays."""


def tried(world: World, payout: int, standing: PayoutStatus, verb: str) -> object:
    """Put a payout at a status, its money where that says, do a verb, and undo all of it."""
    outcome: object = None
    try:
        with world.writing() as at:
            db.session.execute(update(Payout).where(Payout.id == payout).values(status=standing, approved_by=None))
            found = db.session.get_one(Payout, payout)
            db.session.refresh(found)
            if standing in (PayoutStatus.SENT, PayoutStatus.QUESTIONED):
                leg = payouts.Leg(found.artisan.payable, found.artisan.in_transit, Money(RATE, "INR"))
                payouts._post(found, "sent", leg, at=at, by="t")
            try:
                with db.session.begin_nested():
                    _do(found, verb, "Rina" if verb in ("yes", "less", "no") else "Farida", None, at)
                outcome = found.status
            except DomainError as error:
                outcome = error.message_id
            raise _Undone
    except _Undone:
        return outcome


def propose(world: World, minor: int, method: PayoutMethod = PayoutMethod.CASH, *, to: str = "Rina") -> int:
    with world.writing() as at:
        return payouts.propose(artisan(to), Money(minor, "INR"), method, at=at, by=user("Meera")).id


def act(world: World, payout: int, verb: str, *, by: str, reference: str | None = None) -> None:
    with world.writing() as at:
        _do(db.session.get_one(Payout, payout), verb, by, reference, at)


def _do(payout: Payout, verb: str, by: str, reference: str | None, at: object) -> None:
    who = user(by)
    if verb == "approve":
        payouts.approve(payout, at=at, by=who)
    elif verb == "withdraw":
        payouts.withdraw(payout, at=at, by=who)
    elif verb == "send":
        payouts.record_sent(payout, bank_reference=reference, at=at, by=who)
    elif verb == "fail":
        payouts.record_failed(payout, "the account is closed", at=at, by=who)
    else:
        payouts.answer(payout, verb, at=at, by=who)


def put(world: World, payout: int, to: PayoutStatus) -> None:
    with world.writing():
        db.session.execute(update(Payout).where(Payout.id == payout).values(status=to))


def status(world: World, payout: int) -> PayoutStatus:
    with world.reading():
        return db.session.get_one(Payout, payout).status


def money(world: World) -> tuple[int, int, int]:
    """Return what she can take, what is on its way to her, and what the centre's cash box gave."""
    with world.reading():
        rina = artisan("Rina")
        return (
            balances.stored(rina.payable).minor,
            balances.stored(rina.in_transit).minor,
            balances.derived("cash:1").minor,
        )
