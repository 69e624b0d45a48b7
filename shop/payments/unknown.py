"""How long there has been something of which nobody knows how it ended.

A pay page whose asking was not answered, one that should have been closed by now, a refund that the gateway has
not taken, a message that is not applied: each is looked at again by itself within minutes. What stays unknown
longer than that has a cause which somebody has to see.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from shop.db import db
from shop.payments import refund_troubles
from shop.payments.models import Attempt, AttemptStatus, EventStatus, GatewayEvent, Refund, RefundStatus

TOO_LONG = timedelta(minutes=15)
Counted = tuple[datetime | None, int]
UNANSWERED = (AttemptStatus.REQUESTING, AttemptStatus.UNKNOWN)


@dataclass(frozen=True)
class Unknown:
    """What is not known: since when the oldest of it, and how much of each."""

    since: datetime
    pages: int
    refunds: int
    events: int


def oldest(*, at: datetime, all_of_it: bool = True) -> Unknown | None:
    """Return what is not known at a moment, or None where everything has been told.

    Without `all_of_it`, what a person has an act of its own for is left out: pages that nobody answered for, and
    refunds that the worker gave up.
    """
    pages: Counted = (None, 0)
    waits = Refund.status == RefundStatus.REQUESTED
    if all_of_it:
        pages = _told(Attempt.created_at, Attempt.status.in_(UNANSWERED))
    else:
        waits &= Refund.id.not_in(refund_troubles.stuck(at=at).with_only_columns(Refund.id).order_by(None))
    late = _told(Attempt.expires_at, (Attempt.status == AttemptStatus.PENDING) & (Attempt.expires_at <= at))
    refunds = _told(Refund.requested_at, waits)
    events = _told(GatewayEvent.received_at, GatewayEvent.status == EventStatus.RECEIVED)
    moments = [since for since, _count in (pages, late, refunds, events) if since is not None]
    if not moments:
        return None
    return Unknown(min(moments), pages[1] + late[1], refunds[1], events[1])


def too_long(*, at: datetime, all_of_it: bool = True) -> Unknown | None:
    """Return what is not known, as `oldest` does, if the oldest of it is older than a quarter of an hour."""
    unknown = oldest(at=at, all_of_it=all_of_it)
    return unknown if unknown is not None and unknown.since <= at - TOO_LONG else None


def _told(moment: InstrumentedAttribute[datetime], which: ColumnElement[bool]) -> Counted:
    since, count = db.session.execute(select(func.min(moment), func.count()).where(which)).one()
    return since, count
