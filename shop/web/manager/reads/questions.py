"""Questions of the makers as the office reads them: what was asked, about which line, and what that is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from shop.artisans import questions
from shop.artisans.question_models import Answer, Question
from shop.clock import india_date
from shop.db import db
from shop.ledger.models import Account, Entry, Transfer
from shop.users.models import User
from shop.web.manager.reads.names import actors


@dataclass(frozen=True)
class Piece:
    """One entry of the line: its reference, what it is called in the books, its amount for her, who wrote it."""

    reference: str
    kind: str
    minor: int
    by: str


@dataclass(frozen=True)
class Open:
    """A question that waits, with its age in days, the pieces of its line, and what may be answered by the reader."""

    question: Question
    days: int
    pieces: Sequence[Piece]
    is_own_work: bool
    answers: Sequence[Answer]

    @property
    def minor(self) -> int:
        """Return what the line comes to."""
        return sum(piece.minor for piece in self.pieces)


@dataclass(frozen=True)
class QuestionsPage:
    """What waits, the oldest first, and what was answered or taken back with who answered."""

    waiting: Sequence[Open]
    settled: Sequence[tuple[Question, str]]


def questions_page(user: User, *, at: datetime) -> QuestionsPage:
    """Return the questions of the makers of a member of staff."""
    waiting = [_open(question, user, at) for question in questions.of(user, is_open=True)]
    settled = questions.of(user, is_open=False, limit=50)
    names = actors([each.answered_by for each in settled if each.answered_by])
    return QuestionsPage(waiting, [(each, names.get(each.answered_by or "", "")) for each in settled])


def _open(question: Question, user: User, at: datetime) -> Open:
    corrected = questions.is_corrected(question)
    return Open(
        question,
        (india_date(at) - india_date(question.asked_at)).days,
        _pieces(question),
        questions.is_own_work(question, user),
        [each for each in Answer if corrected or each is not Answer.PUT_RIGHT],
    )


def _pieces(question: Question) -> list[Piece]:
    account = select(Account.id).where(Account.code == question.artisan.payable)
    mine = or_(Transfer.debit_account_id.in_(account), Transfer.credit_account_id.in_(account))
    query = (
        select(Entry.reference, Entry.kind, Entry.actor, Transfer.amount_minor, Transfer.credit_account_id.in_(account))
        .join(Transfer, Transfer.entry_id == Entry.id)
        .where(Entry.id.in_(questions.entries_of(question)), mine)
        .order_by(Transfer.id)
    )
    rows = db.session.execute(query).all()
    names = actors([row[2] for row in rows])
    return [Piece(row[0], row[1], row[3] if row[4] else -row[3], names[row[2]]) for row in rows]
