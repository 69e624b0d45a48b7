"""Closing a month of the house's books: what is looked at before, the close, and a statement for each woman.

Closing changes no amount. It waits for the questions that she asked: over one that has gone unanswered for too long
the month closes only with a note of finance that is kept. Every woman with a line or a balance in it is then given
her statement, which the worker draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import exists, func, or_, select

from shop import outbox
from shop.artisans import questions
from shop.artisans.models import Artisan
from shop.artisans.slip_models import LANGUAGES, MonthClose, Slip, SlipFile
from shop.clock import india_date
from shop.db import adding_once, db, run
from shop.errors import Invalid, NotFound
from shop.ledger import periods
from shop.ledger.models import Account, PeriodBalance, Transfer
from shop.ledger.posting import HOUSE
from shop.users import audit

PATIENCE = timedelta(days=7)  # so long after a month's end nobody is reminded of it


@dataclass(frozen=True)
class Preview:
    """What closing the next month would do: for how many women, over how many questions old and new."""

    month: date
    until: date
    from_day: date
    women: int
    unanswered: int
    asked: int

    def is_over(self, today: date) -> bool:
        """Say whether the month and its day of grace are over."""
        return today >= self.from_day


@dataclass(frozen=True)
class Closed:
    """A closed month: its close, how many statements it has and how many of them are drawn in every language."""

    close: MonthClose
    statements: int
    drawn: int


def preview(*, at: datetime, question_days: int) -> Preview | None:
    """Return what closing the next month would do, or None while nothing was ever posted."""
    month = periods.due(HOUSE)
    if month is None:
        return None
    until = periods.end_of(month)
    old = questions.count_unanswered(asked_before=at - timedelta(days=question_days), until=until)
    asked = questions.count_unanswered(asked_before=at, until=until)
    return Preview(month, until, until + periods.GRACE + timedelta(days=1), len(_women(month)), old, asked)


def close(month: date, note: str, *, question_days: int, at: datetime, by: str) -> MonthClose:
    """Close a month of the house's book, given by its first day, and ask for every woman's statement of it.

    Raises Invalid if a question about it or what came before has waited longer than `question_days` and `note` is
    empty, and Conflict as shop.ledger.periods.close does.
    """
    until = periods.end_of(month)
    unanswered = questions.count_unanswered(asked_before=at - timedelta(days=question_days), until=until)
    if unanswered and not note.strip():
        raise Invalid("closing.unanswered", count=unanswered)
    period = periods.close(HOUSE, month, at=at, by=by)
    made = MonthClose(
        period_id=period.id, month=month, unanswered=unanswered, note=note.strip()[:200] or None, at=at, by=by
    )
    db.session.add(made)
    db.session.flush()
    for artisan_id in _women(month):
        _give(artisan_id, period.id, month, at=at)
    reason = "over-a-question" if unanswered else ""
    audit.record("books.close", f"month-close:{made.id}", by=by, at=at, reason=reason)
    return made


def _give(artisan_id: int, period_id: int, month: date, *, at: datetime) -> None:
    values = {"artisan_id": artisan_id, "period_id": period_id, "month": month, "at": at}
    slip_id = run(adding_once(Slip, "artisan_id", "month"), values).scalar()
    if slip_id is not None:
        outbox.enqueue("slip.draw", f"slip:{slip_id}", {"slip_id": slip_id}, at=at)


def closed(limit: int = 24) -> list[Closed]:
    """Return the newest closed months."""
    whole = select(SlipFile.slip_id).group_by(SlipFile.slip_id).having(func.count() == len(LANGUAGES)).subquery()
    rows = db.session.execute(
        select(MonthClose, func.count(Slip.id), func.count(whole.c.slip_id))
        .outerjoin(Slip, Slip.period_id == MonthClose.period_id)
        .outerjoin(whole, whole.c.slip_id == Slip.id)
        .group_by(MonthClose.id)
        .order_by(MonthClose.month.desc())
        .limit(limit)
    )
    return [Closed(row[0], int(row[1]), int(row[2])) for row in rows]


def overdue(*, at: datetime) -> date | None:
    """Return the month that should have been closed by now, or None."""
    month = periods.due(HOUSE)
    return month if month is not None and india_date(at) > periods.end_of(month) + PATIENCE else None


def _women(month: date) -> Sequence[int]:
    """Return the artisans with a line in a month, or with a balance at its end, by number."""
    until = periods.end_of(month)
    moved = [
        exists().where(side == Account.id, Transfer.effective_on >= month, Transfer.effective_on <= until)
        for side in (Transfer.debit_account_id, Transfer.credit_account_id)
    ]
    held = (
        select(PeriodBalance.minor)
        .where(PeriodBalance.account_id == Account.id, PeriodBalance.month <= month)
        .order_by(PeriodBalance.month.desc())
        .limit(1)
        .scalar_subquery()
    )
    hers = (Account.book == HOUSE, Account.code.like("artisan:%"))
    codes = db.session.scalars(select(Account.code).where(*hers, or_(*moved, held != 0)))
    return sorted({int(code.split(":")[1]) for code in codes})


def slips_of(artisan_id: int) -> list[Slip]:
    """Return a woman's statements, the newest month first."""
    return list(db.session.scalars(select(Slip).where(Slip.artisan_id == artisan_id).order_by(Slip.month.desc())))


def record_file(slip_id: int, language: str, sha256: str, size: int, *, at: datetime) -> None:
    """Note which file a statement has in a language; the first one noted stays."""
    values = {"slip_id": slip_id, "language": language, "sha256": sha256, "size": size, "drawn_at": at}
    run(adding_once(SlipFile, "slip_id", "language"), values)


def drawn_of(slip_ids: Sequence[int]) -> set[int]:
    """Return which of some statements are drawn in every language."""
    query = select(SlipFile.slip_id).where(SlipFile.slip_id.in_(slip_ids)).group_by(SlipFile.slip_id)
    return set(db.session.scalars(query.having(func.count() == len(LANGUAGES))))


def get_own(artisan: Artisan, slip_id: int) -> Slip:
    """Return one of her own statements; NotFound otherwise."""
    slip = db.session.get(Slip, slip_id)
    if slip is None or slip.artisan_id != artisan.id:
        raise NotFound("slip.unknown")
    return slip
