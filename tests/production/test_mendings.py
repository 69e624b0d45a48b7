"""Rework by cause: mending her own work is a part of its rate, a fault that was not hers is paid, once, as agreed."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from shop import books
from shop.artisans import closing, earnings, wage_periods
from shop.artisans.models import Earning, EarningKind
from shop.catalog.figure_models import ActualCost
from shop.clock import india_date
from shop.db import db
from shop.errors import DomainError, Invalid
from shop.ledger import periods
from shop.money import Money
from shop.orders import actual_costs
from shop.production import checks, mendings, recounts, slip_facts
from shop.production.models import Cause, Task
from tests.conftest import both_databases
from tests.faults.together import Gate, at_once, gated_writing
from tests.sharing import order_of
from tests.workshop import artisan, ask, do, made, offer, user
from tests.world import World

STITCH, MEND = 8_450, 1_234


def look(
    world: World, task: int, passed: int = 0, rework: int = 0, rejected: int = 0, *, cause: Cause | None = None,
    mend: int | None = None,
) -> None:  # fmt: skip
    with world.writing() as at:
        sum_ = Money(mend, "INR") if mend is not None else None
        counts = {"passed": passed, "rework": rework, "rejected": rejected}
        checks.record(db.session.get_one(Task, task), **counts, cause=cause, mend=sum_, at=at, by=user("Meera"))


def handed_in(world: World, pieces: int = 1) -> int:
    task = offer(world, ask(world, pieces), "stitch", "Rina", pieces)
    do(world, task, "accept", "start", "submit")
    return task


def mended(world: World, task: int) -> None:
    do(world, task, "submit")


def takes(world: World) -> int:
    with world.reading():
        return earnings.can_take(artisan("Rina")).minor


@both_databases
@pytest.mark.parametrize("cause", [Cause.MATERIAL, Cause.PATTERN])
@pytest.mark.parametrize("passes", [True, False])
def test_a_fault_that_was_not_hers_is_paid_when_the_piece_is_done_with(
    world: World, cause: Cause, passes: bool
) -> None:
    task = handed_in(world, 2)
    look(world, task, 1, 1, cause=cause, mend=MEND)
    assert takes(world) == STITCH
    mended(world, task)
    assert takes(world) == STITCH

    look(world, task, passed=passes, rejected=not passes, cause=None if passes else Cause.WORK)

    assert takes(world) == (2 * STITCH if passes else STITCH) + MEND
    with world.reading():
        paid = db.session.scalars(select(Earning).where(Earning.kind == EarningKind.REWORK)).one()
        assert (paid.reference, paid.amount_minor) == (f"task:{task}:piece:2:rework:1", MEND)
        at = world.clock.now()
        assert wage_periods.of([paid.artisan_id], at=at)[paid.artisan_id].wages_minor == takes(world)
    assert world.books_breaks() == []


@both_databases
def test_her_own_work_is_mended_unpaid_and_each_round_counts_by_its_own_cause(world: World) -> None:
    task = handed_in(world)
    look(world, task, rework=1, cause=Cause.MATERIAL, mend=MEND)
    mended(world, task)
    look(world, task, rework=1, cause=Cause.WORK)
    mended(world, task)
    look(world, task, rework=1, cause=Cause.PATTERN, mend=500)
    mended(world, task)
    assert takes(world) == 0

    look(world, task, passed=1)

    assert takes(world) == STITCH + MEND + 500
    with world.reading():
        found = select(Earning.reference).where(Earning.kind == EarningKind.REWORK).order_by(Earning.reference)
        assert list(db.session.scalars(found)) == [f"task:{task}:piece:1:rework:{n}" for n in (1, 2)]
    assert world.books_breaks() == []


@pytest.mark.parametrize(
    ("rework", "cause", "mend"),
    [(1, Cause.MATERIAL, None), (1, Cause.MATERIAL, 0), (1, Cause.PATTERN, STITCH + 1), (1, Cause.WORK, MEND),
     (0, None, MEND)],
)  # fmt: skip
def test_a_sum_is_agreed_for_what_was_not_hers_and_only_then(
    world: World, rework: int, cause: Cause | None, mend: int | None
) -> None:
    task = handed_in(world)
    with pytest.raises(Invalid, match=r"check\.mend"):
        look(world, task, 1 - rework, rework, cause=cause, mend=mend)


@both_databases
def test_a_piece_that_is_counted_after_all_pays_its_mending_once(world: World) -> None:
    task = handed_in(world)
    look(world, task, rework=1, cause=Cause.MATERIAL, mend=MEND)
    mended(world, task)
    look(world, task, rejected=1, cause=Cause.WORK)
    with world.writing() as at:
        entry = recounts.get_entry(user("Meera"), task, 1)
        asked = recounts.propose(entry, "it was good", is_there=True, at=at, by=user("Meera"))
        recounts.approve(asked, at=at, by=user("Farida"))

    assert takes(world) == STITCH + MEND
    assert world.books_breaks() == []


def _eight_checks(world: World) -> None:
    """Record the check of a mended piece eight times at one moment: its mending is credited once."""
    task = handed_in(world)
    look(world, task, rework=1, cause=Cause.MATERIAL, mend=MEND)
    mended(world, task)
    gate = Gate(8)

    def check(number: int) -> str:
        with world.app.app_context(), gated_writing(gate)():
            try:
                by = user(("Meera", "Anita")[number % 2])
                found = db.session.get_one(Task, task)
                checks.record(found, passed=1, rework=0, rejected=0, at=world.clock.now(), by=by)
            except DomainError as error:
                return type(error).__name__
            return "recorded"

    answers = at_once(8, check)
    assert sorted(map(str, answers)) == ["Conflict"] * 7 + ["recorded"], f"recorded more than once: {answers}"
    assert takes(world) == STITCH + MEND


@both_databases
def test_a_mended_piece_that_eight_check_at_once_is_paid_once(world: World) -> None:
    _eight_checks(world)


@both_databases
@pytest.mark.books_may_differ
def test_control_without_the_status_more_than_one_is_recorded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    record = checks.record

    def again(task: Task, **how: object) -> object:
        db.session.execute(text("UPDATE task SET status = 'submitted'"))
        db.session.execute(text("UPDATE task_piece SET status = 'rework'"))
        db.session.expire_all()
        return record(task, **how)

    monkeypatch.setattr(checks, "record", again)
    with pytest.raises(AssertionError, match="recorded more than once"):
        _eight_checks(world)
    assert takes(world) == STITCH + MEND  # the references hold


BENT = {
    "UPDATE earning SET amount_minor = 1 WHERE kind = 'rework'": "1234 was agreed for artisan 1, 1 credited to 1",
    "UPDATE earning SET artisan_id = 2 WHERE kind = 'rework'": "1234 was agreed for artisan 1, 1234 credited to 2",
    "UPDATE earning SET reference = 'other' WHERE kind = 'rework'": "was agreed and never credited",
    "UPDATE earning SET kind = 'rework'": "was credited for a mending that nobody agreed",
    "DELETE FROM mending": "was credited for a mending that nobody agreed",
    "UPDATE task_check SET mend_minor = 7 WHERE mend_minor IS NOT NULL": "7 was agreed for artisan 1, 1234 credited",
    "UPDATE task_piece SET status = 'rework'": "was credited, and its piece is rework",
}


@both_databases
@pytest.mark.books_may_differ
@pytest.mark.parametrize("bend", BENT)
def test_what_is_bent_is_found(world: World, bend: str) -> None:
    task = handed_in(world)
    look(world, task, rework=1, cause=Cause.MATERIAL, mend=MEND)
    mended(world, task)
    look(world, task, passed=1)
    assert world.books_breaks() == []
    with world.writing():
        db.session.execute(text(bend))

    with world.reading():
        assert BENT[bend] in "\n".join(str(finding) for finding in books.findings())
        assert list(mendings.verify())


def test_it_is_agreed_on_the_check_seen_before_she_mends_and_told_in_her_book(world: World) -> None:
    task = handed_in(world, 2)
    meera = world.browser().sign_in("Meera")
    form = {"passed": "1", "rework": "1", "rejected": "0", "cause": "material", "note": "the dye ran"}
    assert meera.post(f"/manager/tasks/{task}/check", form).status_code == 422
    assert meera.post(f"/manager/tasks/{task}/check", form | {"mend": "84.51"}).status_code == 422
    assert meera.post(f"/manager/tasks/{task}/check", form | {"mend": "12.34"}).status_code == 303
    assert "₹12.34 for mending one" in meera.get(f"/manager/tasks/{task}").text
    rina = world.browser().sign_in_artisan("Rina")
    rina.post("/artisan/language", {"language": "en"})
    assert re.search(r"for mending, besides[^₹]*₹[^0-9]*12\.34", rina.get(f"/artisan/tasks/{task}").text)
    mended(world, task)
    look(world, task, passed=1)

    page = rina.get("/artisan/passbook").text
    assert "Mended: × 1" in page and "× 2" in page
    opened = [rina.get(line).text for line in re.findall(r'href="(/artisan/passbook/\d+)"', page)]
    assert any("The fault was not yours" in one for one in opened)
    farida = world.browser().sign_in("Farida")
    assert farida.get(f"/manager/books/entries/task:{task}:piece:2:rework:1").status_code == 200


def test_a_rupee_is_followed_to_a_mending(world: World) -> None:
    link = world.buy("MB-MSGR")
    with world.reading():
        order = db.session.scalars(select(Task.order_id)).first()
        assert order is None
        number = order_of(link).number
    work = 1
    task = offer(world, work, "stitch", "Rina")
    do(world, task, "accept", "start", "submit")
    look(world, task, rework=1, cause=Cause.PATTERN, mend=MEND)
    mended(world, task)
    look(world, task, passed=1)
    made(world, work, "finish", "Mala")

    farida = world.browser().sign_in("Farida")
    page = farida.get(f"/manager/orders/{number}/rupee").text
    assert f"/manager/books/entries/task:{task}:piece:1:rework:1" in page and "₹12.34" in page
    assert number in farida.get(f"/manager/books/entries/task:{task}:piece:1:rework:1").text


def test_it_stands_on_her_statement_and_counts_to_the_actual_cost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.buy("MB-MSGR")
    task = offer(world, 1, "stitch", "Rina")
    do(world, task, "accept", "start", "submit")
    look(world, task, rework=1, cause=Cause.MATERIAL, mend=MEND)
    mended(world, task)
    meera = world.browser().sign_in("Meera")
    form = {"passed": "1", "rework": "0", "rejected": "0"}
    assert meera.post(f"/manager/tasks/{task}/check", form).status_code == 303
    assert "Rina has earned ₹96.84" in meera.get("/manager/board").text
    made(world, 1, "finish", "Mala")
    monkeypatch.setattr(actual_costs, "FEWEST_PIECES", 1)
    monkeypatch.setattr(actual_costs, "FEWEST_MAKERS", 1)
    with world.writing() as at:
        assert actual_costs.publish(at=at) == 1
        assert db.session.scalars(select(ActualCost.wages_minor)).one() == STITCH + 1_350 + MEND

    with world.reading():
        first = periods.due()
    assert first is not None
    world.advance(periods.end_of(first) - india_date(world.clock.now()) + timedelta(days=2))
    with world.writing() as at:
        closing.close(first, "", question_days=7, at=at, by=user("Farida").actor)
    with world.reading():
        facts = slip_facts.of(closing.slips_of(artisan("Rina").id)[0], "en")
        assert [(row.word, row.minor, row.count) for row in facts.earned] == [("work", STITCH, 1), ("mended", MEND, 1)]
        assert all(row.item and row.step for row in facts.earned)
