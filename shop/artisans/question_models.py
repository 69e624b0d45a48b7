"""What she asks about a line of her passbook, and what she was answered: choices on both sides, never free text."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.artisans.models import Artisan
from shop.db import BigId, Model, UTCDateTime, one_of, status_column

APPEND_ONLY = {"line_question_event": "id"}


class Asked(StrEnum):
    """What she says about a line."""

    TOO_LITTLE = "too-little"
    NOT_MINE = "not-mine"
    NOT_CLEAR = "not-clear"
    TO_TALK = "to-talk"


class QuestionStatus(StrEnum):
    """Where a question stands. It freezes nothing: what is on the line stays hers to take, save and repay with."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


QUESTION_MOVES: dict[QuestionStatus, frozenset[QuestionStatus]] = {
    QuestionStatus.OPEN: frozenset({QuestionStatus.ANSWERED, QuestionStatus.WITHDRAWN}),
    QuestionStatus.ANSWERED: frozenset(),
    QuestionStatus.WITHDRAWN: frozenset(),
}


class Answer(StrEnum):
    """What she is answered. `put-right` is there only once a correction of the line stands approved."""

    RIGHT = "right"
    PUT_RIGHT = "put-right"
    TALKED = "talked"
    COME_BY = "come-by"


class Question(Model):
    """A question about one line, known by the first transfer on it and dated by the line's own day."""

    __tablename__ = "line_question"
    __table_args__ = (
        CheckConstraint(
            "(status = 'answered') = (answer IS NOT NULL) AND (answer IS NULL) = (answered_by IS NULL) "
            "AND (answer IS NULL) = (answered_at IS NULL)",
            name="answered_whole",
        ),
        one_of("status", QuestionStatus),
        one_of("asked", Asked),
        one_of("answer", Answer),
        Index(None, "artisan_id", "id"),
        Index(None, "status", "line_on"),
        Index(
            "uq_line_question_one_open",
            "transfer_id",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    artisan_id: Mapped[int] = mapped_column(ForeignKey("artisan.id"))
    transfer_id: Mapped[int] = mapped_column(ForeignKey("ledger_transfer.id"), index=True)
    line_on: Mapped[date]
    asked: Mapped[Asked] = mapped_column(status_column(Asked))
    status: Mapped[QuestionStatus] = mapped_column(status_column(QuestionStatus))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answer: Mapped[Answer | None] = mapped_column(status_column(Answer))
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answered_by: Mapped[str | None] = mapped_column(String(40))

    artisan: Mapped[Artisan] = relationship(lazy="joined", innerjoin=True)


class QuestionEvent(Model):
    """Who moved a question to which status, and when."""

    __tablename__ = "line_question_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("line_question.id"), index=True)
    status: Mapped[QuestionStatus] = mapped_column(status_column(QuestionStatus))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))
