"""Today's questions: what a maker asked about a line and nobody has answered, and a month that should be closed."""

from collections.abc import Iterator
from datetime import datetime

from flask import current_app, url_for
from flask_babel import gettext as _

from shop.artisans import closing, questions
from shop.artisans.question_models import Question
from shop.clock import india_date
from shop.ledger import periods
from shop.users.models import User
from shop.users.policy import may
from shop.web import question_words
from shop.web.format import day
from shop.web.manager.reads.rows import Mark, Row


def rows(user: User, *, at: datetime) -> Iterator[Row]:
    """Yield each open question, and to finance the month that is late to be closed."""
    if may(user.role, "questions.answer"):
        for question in questions.of(user, is_open=True):
            yield _asked(question, user, at)
    late = closing.overdue(at=at) if may(user.role, "books.close") else None
    if late is not None:
        fact = _("%(month)s is not closed yet", month=day(late, "MMMM y"))
        reason = _("Its statements are drawn when it is closed: the makers wait for them.")
        yield Row(fact, reason, periods.end_of(late), _("Look at it"), url_for("manager.months"), Mark.RISK)


def _asked(question: Question, user: User, at: datetime) -> Row:
    on = india_date(question.asked_at)
    is_late = (india_date(at) - on).days >= current_app.config["QUESTION_DAYS"]
    fact = _(
        "%(name)s asks about a line of %(day)s", name=question.artisan.work_name, day=day(question.line_on, "d MMM")
    )  # fmt: skip
    reason = question_words.asked(question.asked) + "."
    if questions.is_own_work(question, user):
        return Row(fact, reason + " " + _("You wrote the entry, so someone else answers."), on)
    url = url_for("manager.questions", _anchor=f"question-{question.id}")
    return Row(fact, reason, on, _("Answer her"), url, Mark.LATE if is_late else Mark.NONE)
