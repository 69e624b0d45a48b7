"""Deductions: off unless switched on; a notice, her answer, three people; with an advance never above half."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from shop import books
from shop.artisans import deduction_verification, deductions, payouts, takings
from shop.artisans.deduction_models import REASONS, Deduction, DeductionKind, DeductionReason, DeductionStatus
from shop.clock import india_date
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.ledger import balances
from shop.ledger.posting import Leg, post
from shop.money import Money
from shop.users import enrolment
from tests.artisans.test_advances import give, left, pay
from tests.conftest import both_databases
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World

ALL = frozenset(DeductionKind)
LOST = DeductionReason.TOOL_LOST


def notify(
    world: World, minor: int = 500, reason: DeductionReason = LOST, *, said: str | None = "yes", name: str = "Rina"
) -> int:
    """Give a maker the notice of a deduction, and let her answer; return its id."""
    with world.writing() as at:
        amount, on = Money(minor, "INR"), india_date(at)
        made = deductions.propose(artisan(name), amount, reason, due_on=on, allowed=ALL, at=at, by=user("Meera"))
        deductions.approve(made, days=7, allowed=ALL, at=at, by=user("Farida"))
        if said:
            deductions.answer(made, said, at=at, by=user(name))
        return made.id


def uphold(world: World, number: int, by: str, why: str = "it was signed for") -> None:
    with world.writing() as at:
        deductions.uphold(db.session.get_one(Deduction, number), why, allowed=ALL, at=at, by=user(by))


def status(world: World, number: int) -> DeductionStatus:
    with world.reading():
        return db.session.get_one(Deduction, number).status


def findings(world: World) -> list[str]:
    with world.reading():
        return [str(finding) for finding in books.findings()]


@both_databases
def test_it_is_taken_with_a_payout_beside_an_advance_under_one_half_and_given_back_once(world: World) -> None:
    give(world, 3_000, 1_500)
    life.earn(world, "Rina", 5)  # ₹40 of wages: half is ₹20
    first, second = notify(world, 500), notify(world, 100)
    with world.reading():
        assert payouts.most(artisan("Rina"), at=world.clock.now()) == 2_000
    pay(world, 2_000)
    assert left(world) == (1_500, 0)
    assert (status(world, first), status(world, second)) == (DeductionStatus.TAKEN, DeductionStatus.AGREED)
    with world.reading():
        taken = db.session.get_one(Deduction, first)
        assert (taken.wages_minor, taken.together_minor) == (4_000, 2_000)
        assert balances.derived("deductions:damage").minor == 500
    assert findings(world) == []

    with world.writing() as at:
        deductions.give_back(db.session.get_one(Deduction, first), at=at, by=user("Meera"))
    with pytest.raises(Conflict), world.writing() as at:
        deductions.give_back(db.session.get_one(Deduction, first), at=at, by=user("Meera"))
    assert left(world) == (1_500, 500)
    with world.reading():
        assert balances.derived("deductions:damage").minor == 0
    assert findings(world) == []


@both_databases
@pytest.mark.parametrize("said", [None, "no", "question"])
def test_without_her_yes_nothing_is_taken_before_a_third_person_says_why(world: World, said: str | None) -> None:
    number = notify(world, said=said)
    life.earn(world, "Rina", 5)
    pay(world, 1_000)
    assert left(world) == (0, 3_000)
    with pytest.raises(Conflict, match=r"deduction\.too_soon"):
        uphold(world, number, "Anita")
    world.advance(timedelta(days=9))
    for one_of_the_two in ("Meera", "Farida"):
        with pytest.raises(Refused, match=r"deduction\.third_person"):
            uphold(world, number, one_of_the_two)
    with pytest.raises(Invalid, match=r"deduction\.decision"):
        uphold(world, number, "Anita", "  ")
    uphold(world, number, "Anita")
    life.earn(world, "Rina", 5)
    pay(world, 1_000)
    assert left(world) == (0, 3_000 + 4_000 - 1_000 - 500)
    assert findings(world) == []


def test_a_kind_that_is_off_cannot_be_proposed_approved_or_upheld(world: World) -> None:
    off = ALL - {DeductionKind.DAMAGE}
    with pytest.raises(Refused, match=r"deduction\.off"), world.writing() as at:
        on = india_date(at)
        deductions.propose(artisan("Rina"), Money(1, "INR"), LOST, due_on=on, allowed=off, at=at, by=user("Meera"))
    number = notify(world, said=None)
    world.advance(timedelta(days=9))
    with pytest.raises(Refused, match=r"deduction\.off"), world.writing() as at:
        deductions.uphold(db.session.get_one(Deduction, number), "why", allowed=off, at=at, by=user("Anita"))
    assert deductions.kinds_of("") == deductions.kinds_of("savings") == frozenset()
    assert deductions.kinds_of("fine, damage") == {DeductionKind.FINE, DeductionKind.DAMAGE}
    assert sorted(REASONS) == sorted(DeductionKind)


def test_her_yes_is_her_own_and_who_reset_her_pin_settles_nothing(world: World) -> None:
    number = notify(world, said=None)
    with pytest.raises(NotFound), world.writing() as at:
        deductions.answer(db.session.get_one(Deduction, number), "yes", at=at, by=user("Mala"))
    with pytest.raises(Refused, match=r"advance\.own_phone"), world.writing() as at:
        mine = db.session.get_one(Deduction, number)
        deductions.answer(mine, "yes", at=at, by=user("Rina"), staff_device=True)
    world.advance(timedelta(days=9))
    with world.writing() as at:
        enrolment.reset_pin(artisan("Rina").user_id, "482915", at=at, by=user("Anita"))
    with pytest.raises(Refused, match=r"payout\.reset_pin"):
        uphold(world, number, "Anita")


@pytest.mark.books_may_differ
@both_databases
def test_the_database_refuses_what_the_verbs_refuse_and_verify_finds_the_rest(world: World) -> None:
    life.earn(world, "Rina", 5)
    number = notify(world)
    for rule, values in (
        ("two_people", {"approved_by": Deduction.proposed_by}),
        ("upheld_by_someone", {"status": "upheld"}),
        ("taken_whole", {"status": "taken"}),
        ("decided_by_a_third", {"decided_by": Deduction.approved_by, "decision": "why"}),
        ("decided_by_a_third", {"decided_by": "user:99"}),
    ):
        with pytest.raises(IntegrityError, match=rule), world.writing():
            db.session.execute(update(Deduction).where(Deduction.id == number).values(**values))
    pay(world, 1_000)
    with pytest.raises(IntegrityError, match="half_of_wages"), world.writing():
        db.session.execute(update(Deduction).values(together_minor=2_001))
    with world.writing() as at:
        db.session.execute(
            update(Deduction).values(amount_minor=499, agreed_at=None, decided_by="user:99", decision="x")
        )
        leg = Leg(artisan("Rina").payable, "deductions:fine", Money(1, "INR"))
        post("deduction:99", takings.DEDUCTED, [leg], effective_on=india_date(at), at=at, by="user:1")
    with world.reading():
        found = "\n".join(str(each) for each in deduction_verification.verify())
    assert "entry deduction:99" in found and "no notice says so" in found
    assert f"deduction {number}" in found and "do not say its sum" in found


@pytest.mark.books_may_differ
def test_verify_finds_a_half_that_was_passed(world: World) -> None:
    life.earn(world, "Rina", 5)
    notify(world, 2_000)
    pay(world, 2_000)
    with world.writing():
        db.session.execute(update(Deduction).values(wages_minor=9_000))
    with world.reading():
        assert any("of wages of 4000" in str(each) for each in deduction_verification.verify())


@settings(max_examples=300, deadline=None)
@given(
    ready=st.lists(st.tuples(st.sampled_from(list(DeductionKind)), st.integers(1, 5_000)), max_size=8),
    held=st.integers(0, 20_000),
    wages=st.integers(0, 20_000),
    recovered=st.integers(0, 5_000),
)
def test_what_is_chosen_never_passes_the_cap(
    ready: list[tuple[DeductionKind, int]], held: int, wages: int, recovered: int
) -> None:
    most = min(held, wages) // 2
    recovered = min(recovered, most)
    chosen = takings.choose(ready, room=most - recovered, wages=wages)
    total = recovered + sum(ready[number][1] for number in chosen)
    fines = sum(ready[number][1] for number in chosen if ready[number][0] is DeductionKind.FINE)
    assert total * 2 <= wages and total * 2 <= held
    assert fines * 100 <= wages * 3
    assert len(set(chosen)) == len(chosen)
    others = [number for number in range(len(ready)) if number not in chosen]
    assert all(  # what waits did not fit: nothing is left out that had the room at the end
        ready[number][1] > most - total
        or (ready[number][0] is DeductionKind.FINE and fines + ready[number][1] > wages * 3 // 100)
        for number in others
    )


def test_over_http_from_the_proposal_to_the_line_in_her_passbook(world: World) -> None:
    meera, farida = world.browser().sign_in("Meera"), world.browser().sign_in("Farida")
    rina = world.browser().sign_in_artisan("Rina")
    assert "Deductions are off in this house." in meera.get("/manager/deductions").text
    with world.reading():
        form = {"artisan": artisan("Rina").id, "amount": "5", "reason": "tool-lost", "due_on": "2099-01-01"}
        form["due_on"] = india_date(world.clock.now()).isoformat()
    assert meera.post("/manager/deductions", form).status_code == 403
    world.app.config["DEDUCTION_KINDS"] = "damage"
    assert meera.post("/manager/deductions", form).status_code == 303
    with world.reading():
        number = db.session.scalar(select(Deduction.id))
    assert rina.get(f"/artisan/deductions/{number}").status_code == 404  # no notice yet
    assert meera.post(f"/manager/deductions/{number}/approval", {}).status_code == 403
    assert farida.post(f"/manager/deductions/{number}/approval", {}).status_code == 303
    assert f'href="/artisan/deductions/{number}"' in rina.get("/artisan/").text
    assert "₹৫" in rina.get(f"/artisan/deductions/{number}").text
    assert world.browser().sign_in_artisan("Mala").get(f"/artisan/deductions/{number}").status_code == 404
    rina.post(f"/artisan/deductions/{number}/answer", {"said": "yes"})
    assert "She said yes" in farida.get("/manager/deductions").text
    life.earn(world, "Rina", 5)
    pay(world)
    assert left(world) == (0, 0)
    assert "৫" in rina.get("/artisan/passbook").text
    assert "Give it back" in farida.get("/manager/deductions").text
    assert farida.post(f"/manager/deductions/{number}/return", {}).status_code == 303
    assert left(world) == (0, 500)
