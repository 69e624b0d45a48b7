"""A rejected piece that was good: counted after all by two people, once, and the piece goes on if it is there."""

import re

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from shop import books
from shop.artisans import earnings
from shop.artisans.models import Earning
from shop.catalog.models import Unit
from shop.db import db
from shop.errors import Conflict, DomainError, Invalid, NotFound, Refused
from shop.production import recounts
from shop.production.models import WANTED, Piece, ProductionOrder, TaskPiece, TaskPieceStatus
from shop.production.recount_models import Recount
from shop.production.recounts import Outcome
from tests.conftest import both_databases
from tests.faults.together import at_once
from tests.sharing import SHARE, hers, rule
from tests.workshop import artisan, ask, check, do, made, offer, user
from tests.world import World

STITCH, FINISH = 8_450, 1_350  # what the two steps of a messenger earn


def lost(world: World, order: int, step: str, to: str = "Rina", pieces: int = 1) -> int:
    """Let someone hand pieces in, of which the last is rejected; return the task's id."""
    task = offer(world, order, step, to, pieces)
    do(world, task, "accept", "start", "submit")
    check(world, task, pieces - 1, rejected=1)
    return task


def propose(world: World, task: int, number: int = 1, *, is_there: bool = True, by: str = "Meera") -> int:
    with world.writing() as at:
        entry = recounts.get_entry(user(by), task, number)
        return recounts.propose(entry, "the light was poor", is_there=is_there, at=at, by=user(by)).id


def approve(world: World, recount: int, by: str = "Farida") -> Outcome:
    with world.writing() as at:
        return recounts.approve(db.session.get_one(Recount, recount), at=at, by=user(by))


def takes(world: World, name: str = "Rina") -> int:
    with world.reading():
        return earnings.can_take(artisan(name)).minor


def wanted(world: World) -> list[int]:
    """Return the numbers of the pieces that are to come out."""
    with world.reading():
        return list(db.session.scalars(select(Piece.number).where(*WANTED).order_by(Piece.number)))


@both_databases
def test_a_lost_piece_is_counted_goes_on_and_none_is_made_in_its_place(world: World) -> None:
    order = ask(world)
    task = lost(world, order, "stitch")
    assert (takes(world), wanted(world)) == (0, [2])
    asked = propose(world, task)
    assert (takes(world), wanted(world)) == (0, [2])

    assert approve(world, asked) == Outcome(goes_on=True, other_is_made=False)

    assert (takes(world), wanted(world)) == (STITCH, [1])
    made(world, order, "finish", "Mala")
    with world.reading():
        unit = db.session.scalars(select(Unit).order_by(Unit.id.desc())).first()
        assert unit is not None
        assert sorted((each.step, each.earned_minor) for each in unit.makers) == [
            ("finish", FINISH),
            ("stitch", STITCH),
        ]
        assert db.session.get_one(ProductionOrder, order).finished_at is not None
        assert db.session.scalars(select(Earning.reference).order_by(Earning.id)).first() == f"task:{task}:piece:1"
    assert world.books_breaks() == []


@both_databases
def test_at_the_last_step_the_unit_is_made_and_promises_its_share(world: World) -> None:
    rule(world)
    world.buy("MB-MSGR")
    with world.reading():
        order = db.session.scalars(select(ProductionOrder.id)).one()
    made(world, order, "stitch", "Rina")
    task = lost(world, order, "finish", "Mala")
    assert hers(world) == {"Rina": (0, STITCH), "Mala": (0, 0)}

    approve(world, propose(world, task))

    pending, payable = zip(*hers(world).values(), strict=True)
    assert (sum(pending), payable, wanted(world)) == (SHARE, (STITCH, FINISH), [1])
    assert world.books_breaks() == []


@both_databases
def test_a_replacement_that_someone_began_is_made_as_well(world: World) -> None:
    order = ask(world)
    task = lost(world, order, "stitch")
    begun = offer(world, order, "stitch", "Mala")
    do(world, begun, "accept")

    assert approve(world, propose(world, task)) == Outcome(goes_on=True, other_is_made=True)

    assert wanted(world) == [1, 2]
    do(world, begun, "start", "submit")
    check(world, begun, 1)
    made(world, order, "finish", "Mala", 2)
    with world.reading():
        done = db.session.get_one(ProductionOrder, order)
        assert (done.quantity, done.finished_at is not None) == (2, True)
    assert world.books_breaks() == []


@both_databases
def test_a_piece_that_is_gone_is_paid_and_its_replacement_made(world: World) -> None:
    order = ask(world)
    task = lost(world, order, "stitch")

    assert approve(world, propose(world, task, is_there=False)) == Outcome(goes_on=False, other_is_made=True)

    assert (takes(world), wanted(world)) == (STITCH, [2])
    assert world.books_breaks() == []


def test_half_made_for_an_order_that_wants_nothing_more_it_stays(world: World) -> None:
    order = ask(world)
    task = lost(world, order, "stitch")
    made(world, order, "stitch", "Mala")
    made(world, order, "finish", "Mala")

    assert approve(world, propose(world, task)) == Outcome(goes_on=False, other_is_made=False)

    assert (takes(world), wanted(world)) == (STITCH, [2])
    assert world.books_breaks() == []


@both_databases
def test_it_takes_two_who_did_not_make_it_and_counts_once(world: World) -> None:
    task = lost(world, ask(world, 2), "stitch", pieces=2)
    asked = propose(world, task, 2, by="Farida")
    with pytest.raises(Refused):
        approve(world, asked, "Farida")
    with pytest.raises(Refused), world.writing() as at:
        recounts.propose(recounts.get_entry(user("Meera"), task, 2), "x", is_there=True, at=at, by=artisan("Rina").user)
    with pytest.raises(Conflict, match="one_standing"):
        propose(world, task, 2)
    with pytest.raises(Conflict, match="not_rejected"):
        propose(world, task, 1)
    with pytest.raises(Invalid), world.writing() as at:
        recounts.close(db.session.get_one(Recount, asked), " ", at=at, by=user("Anita"))
    with pytest.raises(NotFound), world.reading():
        recounts.get_of(user("Ruma"), asked)
    with world.reading():
        assert [each.id for each, _ in recounts.waiting(user("Anita"))] == [asked] and not recounts.waiting(
            user("Ruma")
        )

    approve(world, asked, "Anita")

    for verb in (approve, lambda *what: propose(world, task, 2)):
        with pytest.raises(DomainError):
            verb(world, asked)
    assert takes(world) == 2 * STITCH
    with pytest.raises(IntegrityError, match="two_people"), world.writing():
        db.session.execute(update(Recount).values(decided_by=Recount.proposed_by))


@both_databases
@pytest.mark.parametrize(("by", "status"), [("Meera", "withdrawn"), ("Farida", "declined")])
def test_a_closed_proposal_moves_nothing_and_may_be_made_again(world: World, by: str, status: str) -> None:
    task = lost(world, ask(world), "stitch")
    asked = propose(world, task)
    with world.writing() as at:
        recounts.close(db.session.get_one(Recount, asked), "it is torn", at=at, by=user(by))

    with world.reading():
        assert db.session.get_one(Recount, asked).status.value == status
    assert (takes(world), propose(world, task) != asked) == (0, True)


@both_databases
def test_two_who_approve_at_once_count_it_once(world: World) -> None:
    assert sorted(map(str, _two_approve(world))) == ["303", "409"]
    assert takes(world) == STITCH
    assert world.books_breaks() == []


@pytest.mark.books_may_differ
@both_databases
def test_without_the_move_both_are_told_yes_and_the_reference_still_holds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: only the reference of the earning is left then."""
    monkeypatch.setattr(recounts, "move", lambda *_what, **_values: True)

    assert (_two_approve(world), takes(world)) == ([303, 303], STITCH)


def _two_approve(world: World) -> list[int | Exception]:
    asked = propose(world, lost(world, ask(world), "stitch"), is_there=False)
    deciders = [world.browser().sign_in(name) for name in ("Farida", "Anita")]
    return at_once(2, lambda n: deciders[n].post(f"/manager/recounts/{asked}/approval").status_code)


@both_databases
@pytest.mark.books_may_differ
def test_an_approved_recount_whose_piece_does_not_count_is_found(world: World) -> None:
    task = lost(world, ask(world), "stitch")
    approve(world, propose(world, task))
    with world.writing():
        db.session.execute(update(TaskPiece).values(status=TaskPieceStatus.REJECTED))
        db.session.execute(text("UPDATE piece SET rejected_at = finished_at"))

    with world.reading():
        found = "\n".join(str(finding) for finding in books.findings())
    assert "recount 1: was approved, and its piece is rejected" in found and "was credited and never accepted" in found


def test_the_office_proposes_on_the_task_another_decides_and_she_reads_a_line(world: World) -> None:
    task = lost(world, ask(world), "stitch")
    meera, farida = (world.browser().sign_in(name) for name in ("Meera", "Farida"))
    assert "Piece 1 was good after all" in meera.get(f"/manager/tasks/{task}").text
    path = f"/manager/tasks/{task}/pieces/1/recount"
    assert meera.post(path, {"note": ""}).status_code == 422
    assert meera.post(f"/manager/tasks/{task}/pieces/9/recount", {"note": "x"}).status_code == 404
    assert meera.post(path, {"note": "the light was poor", "there": "yes"}).status_code == 303
    assert meera.post(path, {"note": "the light was poor"}).status_code == 409
    assert "was good after all" not in meera.get(f"/manager/tasks/{task}").text
    assert "waits to be counted after all" in meera.get("/manager/").text
    assert "/manager/corrections#recount-1" in farida.get("/manager/").text
    waiting = farida.get("/manager/corrections").text
    assert "the light was poor" in waiting and "it is there and goes on" in waiting
    assert farida.post("/manager/recounts/1/closing", {"note": ""}).status_code == 422
    assert meera.post("/manager/recounts/1/approval").status_code == 403
    answer = farida.post("/manager/recounts/1/approval")
    assert answer.status_code == 303
    assert "none is made in its place" in farida.get("/manager/corrections").text

    rina = world.browser().sign_in_artisan("Rina")
    rina.post("/artisan/language", {"language": "en"})
    assert re.search(r"× 1", rina.get("/artisan/passbook").text)
