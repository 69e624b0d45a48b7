"""Questions about a line of her passbook: she asks with one tap, someone answers, the answer stands on the line.

A question freezes nothing of hers. Who made the entry does not answer it, unless nobody else could (L20:
docs/decisions/0027). There is none about savings: those lines she wrote herself, and they are no one's to look at.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_, select

from shop.artisans import corrections, savings
from shop.artisans.models import Artisan, Correction, CorrectionStatus, Earning
from shop.artisans.question_models import QUESTION_MOVES, Answer, Asked, Question, QuestionEvent, QuestionStatus
from shop.db import adding, db, run
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.ledger.models import Account, Entry, Transfer
from shop.statuses import move
from shop.users import audit
from shop.users.models import STAFF, User
from shop.users.policy import covers, whole_house


def ask(artisan: Artisan, transfer_id: int, asked: Asked, *, at: datetime, by: User) -> Question:
    """Ask about a line, given by its first transfer; one open question a line, the second tap returns the first.

    Raises NotFound for a line that is not hers, or that only she herself had a part in.
    """
    line = _line(artisan, transfer_id) if artisan.user_id == by.id else None
    if line is None:
        raise NotFound("question.unknown")
    standing = find_open(transfer_id)
    if standing is not None:
        return standing
    question = Question(
        artisan_id=artisan.id,
        transfer_id=transfer_id,
        line_on=line.effective_on,
        asked=asked,
        status=QuestionStatus.OPEN,
        asked_at=at,
    )
    db.session.add(question)
    db.session.flush()
    _note(question, QuestionStatus.OPEN, at=at, by=by.actor)
    return question


def withdraw(question: Question, *, at: datetime, by: User) -> None:
    """Take a question back: it has become clear. NotFound for anyone but herself."""
    if question.artisan.user_id != by.id:
        raise NotFound("question.unknown")
    if not move(question, QUESTION_MOVES, QuestionStatus.WITHDRAWN):
        raise Conflict("question.moved_on")
    _note(question, QuestionStatus.WITHDRAWN, at=at, by=by.actor)


def answer(question: Question, said: Answer, *, at: datetime, by: User) -> None:
    """Answer a question, once.

    Raises Refused for the one who wrote an entry of the line while another could answer, Invalid for `put-right`
    before a correction of the line is approved, Conflict for a question that is not open any more.
    """
    if is_own_work(question, by):
        raise Refused("question.own_entry")
    if said is Answer.PUT_RIGHT and not is_corrected(question):
        raise Invalid("question.not_put_right")
    values = {"answer": said, "answered_at": at, "answered_by": by.actor}
    if not move(question, QUESTION_MOVES, QuestionStatus.ANSWERED, **values):
        raise Conflict("question.moved_on")
    _note(question, QuestionStatus.ANSWERED, at=at, by=by.actor)
    audit.record("questions.answer", f"question:{question.id}", by=by.actor, at=at, reason=said.value)


def is_own_work(question: Question, by: User) -> bool:
    """Say whether a person wrote an entry of the line, and someone else could answer in her place."""
    if by.actor not in db.session.scalars(select(Entry.actor).where(Entry.id.in_(entries_of(question)))).all():
        return False
    staff = db.session.scalars(select(User).where(User.role.in_(STAFF), User.disabled_at.is_(None), User.id != by.id))
    return any(covers(each, "questions.answer", question.artisan.centre_id) for each in staff)


def is_corrected(question: Question) -> bool:
    """Say whether a correction of an entry of the line was approved: then her passbook shows what was put right."""
    approved = (
        select(Correction.id)
        .join(Earning, Earning.id == Correction.earning_id)
        .where(Earning.entry_id.in_(entries_of(question)), Correction.status == CorrectionStatus.APPROVED)
    )
    return db.session.scalar(approved.limit(1)) is not None


def entries_of(question: Question) -> list[int]:
    """Return the entries that a line is made of: its own, and of work all pieces of that task on that day."""
    own = db.session.execute(
        select(Transfer.entry_id, Earning.source, Entry.reference, Entry.effective_on, Entry.happened_on)
        .join(Entry, Entry.id == Transfer.entry_id)
        .outerjoin(Earning, Earning.entry_id == Transfer.entry_id)
        .where(Transfer.id == question.transfer_id)
    ).one()
    if own.source is None:
        return [own.entry_id]
    alike = (
        select(Entry.id)
        .join(Earning, Earning.entry_id == Entry.id)
        .where(Earning.artisan_id == question.artisan_id, Earning.source == own.source)
        .where(Entry.effective_on == own.effective_on, Entry.happened_on.is_not_distinct_from(own.happened_on))
        .where(Entry.reference.startswith(corrections.PUT) == own.reference.startswith(corrections.PUT))
    )
    return list(db.session.scalars(alike.order_by(Entry.id)))


def find_open(transfer_id: int) -> Question | None:
    """Return the open question about a line, or None."""
    mine = (Question.transfer_id == transfer_id, Question.status == QuestionStatus.OPEN)
    return db.session.scalars(select(Question).where(*mine)).one_or_none()


def of_lines(artisan: Artisan, transfer_ids: Sequence[int]) -> dict[int, Question]:
    """Return line -> her newest question about it that she has not taken back."""
    query = (
        select(Question)
        .where(Question.artisan_id == artisan.id, Question.transfer_id.in_(transfer_ids))
        .where(Question.status != QuestionStatus.WITHDRAWN)
        .order_by(Question.id)
    )
    return {question.transfer_id: question for question in db.session.scalars(query)}


def newest_answer(artisan: Artisan, *, since: datetime) -> Question | None:
    """Return what she was answered last, if that was after a moment."""
    hers = (Question.artisan_id == artisan.id, Question.answered_at > since)
    return db.session.scalars(select(Question).where(*hers).order_by(Question.id.desc()).limit(1)).one_or_none()


def get_own(artisan: Artisan, question_id: int) -> Question:
    """Return one of her own questions; NotFound otherwise."""
    question = db.session.get(Question, question_id)
    if question is None or question.artisan_id != artisan.id:
        raise NotFound("question.unknown")
    return question


def get_of(user: User, question_id: int) -> Question:
    """Return a question of a maker of a member of staff; NotFound otherwise."""
    question = db.session.get(Question, question_id)
    if question is None or not covers(user, "questions.read", question.artisan.centre_id):
        raise NotFound("question.unknown")
    return question


def of(user: User, *, is_open: bool, limit: int = 100) -> list[Question]:
    """Return questions of the makers of a member of staff: open ones the oldest first, others the newest first."""
    query = select(Question).where((Question.status == QuestionStatus.OPEN) == is_open)
    if not whole_house(user, "questions.read"):
        hers = select(Artisan.id).where(Artisan.centre_id == user.centre_id)
        query = query.where(Question.artisan_id.in_(hers))
    order = (Question.asked_at, Question.id) if is_open else (Question.answered_at.desc(), Question.id.desc())
    return list(db.session.scalars(query.order_by(*order).limit(limit)))


def count_unanswered(*, asked_before: datetime, until: date) -> int:
    """Count the open questions asked before a moment about lines up to the end of a day, of the whole house."""
    return int(db.session.scalar(select(func.count()).where(*_unanswered(asked_before, until))) or 0)


def _unanswered(asked_before: datetime, until: date) -> tuple[ColumnElement[bool], ...]:
    is_open = Question.status == QuestionStatus.OPEN
    return is_open, Question.asked_at <= asked_before, Question.line_on <= until


def _line(artisan: Artisan, transfer_id: int) -> Transfer | None:
    """Return a transfer of her payable account that somebody else had a part in, or None."""
    account = select(Account.id).where(Account.code == artisan.payable)
    mine = or_(Transfer.debit_account_id.in_(account), Transfer.credit_account_id.in_(account))
    query = select(Transfer).join(Entry, Entry.id == Transfer.entry_id).where(Transfer.id == transfer_id, mine)
    return db.session.scalars(query.where(Entry.kind.not_in(list(savings.KINDS.values())))).one_or_none()


def _note(question: Question, status: QuestionStatus, *, at: datetime, by: str) -> None:
    run(adding(QuestionEvent), {"question_id": question.id, "status": status, "at": at, "by": by})
