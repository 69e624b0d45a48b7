"""Attempts that the worker has to look after: their sender seems to have died, or their page outlived its hold.

Each turn takes some, those first that were looked at longest ago, and tells at which gateway they are: one that is
silent shall not be waited for again and again while the other one has something to say.
"""

from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from shop.db import db
from shop.payments.models import Attempt, AttemptStatus

LOOK_AFTER = timedelta(seconds=30)
MOST_AT_ONCE = 50


def unsettled(*, at: datetime) -> list[tuple[int, str]]:
    """Return (attempt, its gateway) of those whose sender seems to have died or heard nothing."""
    quiet = or_(Attempt.looked_at.is_(None), Attempt.looked_at <= at - LOOK_AFTER)
    rows = db.session.execute(
        select(Attempt.id, Attempt.gateway)
        .where(Attempt.status.in_((AttemptStatus.REQUESTING, AttemptStatus.UNKNOWN)))
        .where(Attempt.created_at <= at - LOOK_AFTER, quiet)
        .order_by(Attempt.looked_at.is_not(None), Attempt.looked_at, Attempt.id)
        .limit(MOST_AT_ONCE)
    )
    return [(row[0], row[1]) for row in rows]


def take_lapsed(*, at: datetime) -> list[tuple[int, str]]:
    """Return (attempt, its gateway) of those whose pay page has outlived its hold.

    Their `looked_at` is set in the caller's writing unit, so that the next turn begins with others.
    """
    lapsed = (
        select(Attempt.id)
        .where(Attempt.status == AttemptStatus.PENDING, Attempt.expires_at <= at)
        .order_by(Attempt.looked_at.is_not(None), Attempt.looked_at, Attempt.expires_at)
        .limit(MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(Attempt)
        .where(Attempt.id.in_(lapsed.scalar_subquery()))
        .values(looked_at=at)
        .returning(Attempt.id, Attempt.gateway)
        .execution_options(synchronize_session=False)
    )
    return sorted((row[0], row[1]) for row in db.session.execute(taken))
