"""She asks about a line and is answered: one open question a line, nothing frozen, never by who wrote the entry."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from shop.artisans import corrections, earnings, questions, savings
from shop.artisans.models import CorrectionReason, Earning
from shop.artisans.question_models import QUESTION_MOVES, Answer, Asked, Question, QuestionEvent, QuestionStatus
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.ledger.models import Transfer
from shop.money import Money
from shop.users.audit import AuditRecord
from shop.users.models import Role, User
from tests.conftest import both_databases
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World


@pytest.fixture
def earned(world: World) -> World:
    """Rina has earned three times ₹8; Meera checked it."""
    life.earn(world, "Rina", 3)
    return world


def line_of(world: World, name: str = "Rina") -> int:
    with world.reading():
        query = select(Transfer.id).join(Earning, Earning.entry_id == Transfer.entry_id)
        hers = query.where(Earning.artisan_id == artisan(name).id).order_by(Transfer.id).limit(1)
        return db.session.scalars(hers).one()


def ask(world: World, line: int, asked: Asked = Asked.TOO_LITTLE, name: str = "Rina", of: str = "Rina") -> int:
    with world.writing() as at:
        return questions.ask(artisan(of), line, asked, at=at, by=user(name)).id


def answer(world: World, question_id: int, said: Answer, by: str = "Farida") -> None:
    with world.writing() as at:
        questions.answer(questions.get_of(user(by), question_id), said, at=at, by=user(by))


@both_databases
def test_a_line_has_one_open_question_and_every_move_is_dated_with_who_made_it(earned: World) -> None:
    line = line_of(earned)
    first = ask(earned, line)
    assert ask(earned, line, Asked.NOT_MINE) == first

    answer(earned, first, Answer.RIGHT)
    second = ask(earned, line, Asked.NOT_CLEAR)
    with earned.writing() as at:
        questions.withdraw(questions.get_own(artisan("Rina"), second), at=at, by=user("Rina"))

    with earned.reading():
        moved = [(each.question_id, each.status, each.by) for each in db.session.scalars(select(QuestionEvent))]
        rina, farida = user("Rina").actor, user("Farida").actor
        assert moved == [
            (first, QuestionStatus.OPEN, rina),
            (first, QuestionStatus.ANSWERED, farida),
            (second, QuestionStatus.OPEN, rina),
            (second, QuestionStatus.WITHDRAWN, rina),
        ]
        assert questions.of_lines(artisan("Rina"), [line])[line].answer is Answer.RIGHT
        acts = select(AuditRecord.act, AuditRecord.reason).where(AuditRecord.act.like("questions.%"))
        assert db.session.execute(acts.order_by(AuditRecord.seq)).all() == [
            ("questions.answer", "right"),  # what she asks is hers: its dated events say it, no log of acts
        ]
    for question_id in (first, second):
        with pytest.raises(Conflict, match=r"question\.moved_on"):
            answer(earned, question_id, Answer.TALKED)
    assert [each for each, to in QUESTION_MOVES.items() if to] == [QuestionStatus.OPEN]
    with pytest.raises(IntegrityError), earned.writing():
        db.session.execute(text("UPDATE line_question SET answer = 'talked' WHERE status = 'withdrawn'"))


def test_a_question_is_hers_alone_to_ask_and_freezes_nothing(earned: World) -> None:
    line = line_of(earned)
    life.earn(earned, "Mala", 1)
    for name, of in (("Mala", "Mala"), ("Mala", "Rina"), ("Meera", "Rina")):
        with pytest.raises(NotFound):
            ask(earned, line, name=name, of=of)
    question = ask(earned, line)
    with pytest.raises(NotFound), earned.writing() as at:
        questions.withdraw(questions.get_own(artisan("Mala"), question), at=at, by=user("Mala"))

    with earned.writing() as at:
        savings.save(artisan("Rina"), Money(2_400, "INR"), mark="a" * 16, at=at, by=user("Rina"))
        assert earnings.can_take(artisan("Rina")).minor == 0
        own = db.session.scalars(select(Transfer.id).order_by(Transfer.id.desc()).limit(1)).one()
    with pytest.raises(NotFound):  # of savings there is none: no line of hers there is anybody else's doing
        ask(earned, own)


@both_databases
def test_who_wrote_the_entry_does_not_answer_while_another_can(earned: World) -> None:
    question = ask(earned, line_of(earned))
    with pytest.raises(Refused, match=r"question\.own_entry"):
        answer(earned, question, Answer.RIGHT, by="Meera")
    with pytest.raises(NotFound):
        answer(earned, question, Answer.RIGHT, by="Ruma")  # of the river centre

    with earned.writing() as at:  # nobody else is left who could
        others = db.session.scalars(select(User).where(User.role.in_([Role.MANAGER, Role.FINANCE, Role.ADMIN])))
        for other in others:
            if other.name != "Meera":
                other.disabled_at = at
    answer(earned, question, Answer.TALKED, by="Meera")
    with earned.reading():
        assert db.session.get_one(Question, question).answered_by == user("Meera").actor


def test_put_right_is_said_only_once_a_correction_of_the_line_is_approved(earned: World) -> None:
    question = ask(earned, line_of(earned), Asked.NOT_MINE)
    with pytest.raises(Invalid, match=r"question\.not_put_right"):
        answer(earned, question, Answer.PUT_RIGHT)

    with earned.writing() as at:  # the last piece of the line, not the one by which it is known
        earning = db.session.scalars(select(Earning).order_by(Earning.id.desc()).limit(1)).one()
        wrong = CorrectionReason.WRONG_PERSON
        number = corrections.propose(earning, wrong, "Mala made it", at=at, by=user("Meera")).id
    with pytest.raises(Invalid, match=r"question\.not_put_right"):
        answer(earned, question, Answer.PUT_RIGHT)
    with earned.writing() as at:
        corrections.approve(corrections.get_of(user("Farida"), number), at=at, by=user("Farida"))
    answer(earned, question, Answer.PUT_RIGHT)

    with earned.reading():
        found = questions.of_lines(artisan("Rina"), [line_of(earned)])
        assert [each.answer for each in found.values()] == [Answer.PUT_RIGHT]


def test_she_asks_on_her_phone_and_reads_the_answer_in_her_language(earned: World) -> None:
    line = line_of(earned)
    hers = earned.browser().sign_in_artisan("Rina")
    page = hers.get(f"/artisan/passbook/{line}").text
    assert page.count('name="asked"') == len(Asked) and "<textarea" not in page
    assert hers.post(f"/artisan/passbook/{line}/question", {"asked": "anything"}).status_code == 422
    assert hers.post(f"/artisan/passbook/{line}/question", {"asked": "too-little"}).status_code == 303
    assert 'name="asked"' not in hers.get(f"/artisan/passbook/{line}").text

    office = earned.browser().sign_in("Farida")
    assert "/manager/questions#question-1" in office.get("/manager/").text
    assert office.post("/manager/questions/1/answer", {"answer": "put-right"}).status_code == 422
    assert office.post("/manager/questions/1/answer", {"answer": "come-by"}).status_code == 303
    assert "/manager/questions#question-1" not in office.get("/manager/").text

    assert f"/artisan/passbook/{line}#question" in hers.get("/artisan/").text
    earned.advance(timedelta(days=15))
    with earned.reading():
        assert questions.newest_answer(artisan("Rina"), since=earned.clock.now() - timedelta(days=14)) is None
