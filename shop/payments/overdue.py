"""Attempts that the worker has to look after: their sender seems to have died, or their page outlived its hold."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select

from shop.db import db
from shop.payments.models import Attempt, AttemptStatus

LOOK_AFTER = timedelta(seconds=30)


def unsettled(*, at: datetime) -> list[int]:
    """Return attempts whose sender seems to have died or heard nothing, oldest first."""
    quiet = or_(Attempt.looked_at.is_(None), Attempt.looked_at <= at - LOOK_AFTER)
    return list(
        db.session.scalars(
            select(Attempt.id)
            .where(Attempt.status.in_((AttemptStatus.REQUESTING, AttemptStatus.UNKNOWN)))
            .where(Attempt.created_at <= at - LOOK_AFTER, quiet)
            .order_by(Attempt.id)
        )
    )


def lapsed(*, at: datetime) -> list[int]:
    """Return attempts whose pay page has outlived its hold, oldest first."""
    return list(
        db.session.scalars(
            select(Attempt.id)
            .where(Attempt.status == AttemptStatus.PENDING, Attempt.expires_at <= at)
            .order_by(Attempt.expires_at)
        )
    )
