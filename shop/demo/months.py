"""What the demo's office did with its months: each was closed when it was over, and two makers asked about a line."""

from datetime import datetime, timedelta

from sqlalchemy import select

from shop.artisans import closing, questions
from shop.artisans.models import Artisan, Earning
from shop.artisans.question_models import Answer, Asked
from shop.db import db
from shop.demo.people import Cast
from shop.ledger import periods
from shop.ledger.models import Transfer

QUESTION_DAYS = 7
ANSWERED, OPEN = "Shapla", "Togor"
MOST_MONTHS = 24


def close_all(cast: Cast, *, at: datetime) -> None:
    """Close every month that is over, in the caller's writing unit; its statements wait for the worker."""
    by = cast.member("Farida").actor
    for _month in range(MOST_MONTHS):
        ahead = closing.preview(at=at, question_days=QUESTION_DAYS)
        if ahead is None or at.date() <= ahead.until + periods.GRACE + timedelta(days=1):
            return
        closing.close(ahead.month, "", question_days=QUESTION_DAYS, at=at, by=by)


def ask(cast: Cast, *, at: datetime) -> None:
    """Let one maker have been answered, and another wait for her answer since yesterday."""
    hers = cast.maker(ANSWERED)
    if (line := _newest_line(hers)) is not None:
        before = at - timedelta(days=3)
        asked = questions.ask(hers, line, Asked.NOT_CLEAR, at=before, by=hers.user)
        questions.answer(asked, Answer.TALKED, at=before + timedelta(days=1), by=cast.member("Farida"))
    hers = cast.maker(OPEN)
    if (line := _newest_line(hers)) is not None:
        questions.ask(hers, line, Asked.TOO_LITTLE, at=at - timedelta(days=1), by=hers.user)


def _newest_line(artisan: Artisan) -> int | None:
    """Return the first transfer of the newest work that she was paid for."""
    last = select(Earning.source).where(Earning.artisan_id == artisan.id).order_by(Earning.id.desc()).limit(1)
    pieces = select(Earning.entry_id).where(Earning.source == last.scalar_subquery())
    query = select(Transfer.id).where(Transfer.entry_id.in_(pieces.where(Earning.artisan_id == artisan.id)))
    return db.session.scalar(query.order_by(Transfer.id).limit(1))
