"""What each artisan is owed, what is on its way to her, and the payout that stands between."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from shop.artisans import payouts
from shop.artisans.models import Artisan, Earning, Payout, PayoutEvent, PayoutStatus
from shop.clock import INDIA
from shop.db import db
from shop.ledger import balances
from shop.production.models import MakingStep, Task, TaskPiece, TaskPieceStatus
from shop.production.tasks import LIVE
from shop.users.models import User
from shop.users.policy import whole_house
from shop.web.manager.reads import owed

CLOSED = (PayoutStatus.SETTLED, PayoutStatus.FAILED, PayoutStatus.CAME_BACK, PayoutStatus.WITHDRAWN)


@dataclass(frozen=True)
class Purse:
    """One artisan's money: owed to her (with what she has put aside: owed.py), on its way, and her open payout."""

    artisan: Artisan
    owed: int
    on_the_way: int
    payout: Payout | None


def purses(artisans: Sequence[Artisan]) -> list[Purse]:
    """Return every artisan's money in the same few statements."""
    hers = owed.to_many(artisans)
    held = balances.stored_many([artisan.in_transit for artisan in artisans])
    open_ones = {payout.artisan_id: payout for payout in _payouts(artisans, payouts.OPEN)}
    return [
        Purse(artisan, hers[artisan.id], held[artisan.in_transit], open_ones.get(artisan.id)) for artisan in artisans
    ]


def _payouts(artisans: Sequence[Artisan], statuses: Sequence[PayoutStatus]) -> list[Payout]:
    ids = [artisan.id for artisan in artisans]
    query = select(Payout).where(Payout.artisan_id.in_(ids), Payout.status.in_(statuses)).order_by(Payout.id)
    return list(db.session.scalars(query))


def payouts_of(user: User, statuses: Sequence[PayoutStatus], *, limit: int = 200) -> list[Payout]:
    """Return the payouts of a member of staff's centre that stand in some status, newest first."""
    query = select(Payout).where(Payout.status.in_(statuses)).order_by(Payout.id.desc()).limit(limit)
    if not whole_house(user, "payouts.read"):
        query = query.join(Artisan, Artisan.id == Payout.artisan_id).where(Artisan.centre_id == user.centre_id)
    return list(db.session.scalars(query))


def events_of(payout_ids: Sequence[int]) -> list[PayoutEvent]:
    """Return what happened to payouts, oldest first."""
    query = select(PayoutEvent).where(PayoutEvent.payout_id.in_(payout_ids)).order_by(PayoutEvent.id)
    return list(db.session.scalars(query))


def earned_since(artisan_ids: Sequence[int], since: datetime) -> dict[int, int]:
    """Return artisan -> what she earned since a moment, without what was taken back; zero where nothing was."""
    rows = db.session.execute(
        select(Earning.artisan_id, func.sum(Earning.amount_minor))
        .where(Earning.artisan_id.in_(artisan_ids), Earning.earned_at >= since, Earning.reversed_at.is_(None))
        .group_by(Earning.artisan_id)
    )
    return dict.fromkeys(artisan_ids, 0) | {row[0]: int(row[1]) for row in rows}


def month_start(at: datetime) -> datetime:
    """Return the first moment of the month in India."""
    return at.astimezone(INDIA).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class Load:
    """The work an artisan has in hand: open tasks and their standard minutes."""

    tasks: int = 0
    minutes: int = 0


def loads(artisan_ids: Sequence[int]) -> dict[int, Load]:
    """Return artisan -> the work she has in hand."""
    rows = db.session.execute(
        select(Task.artisan_id, func.count(func.distinct(Task.id)), func.sum(MakingStep.minutes))
        .join(MakingStep, MakingStep.id == Task.step_id)
        .join(TaskPiece, TaskPiece.task_id == Task.id)
        .where(Task.artisan_id.in_(artisan_ids), Task.status.in_(LIVE))
        .where(TaskPiece.status.in_((TaskPieceStatus.OPEN, TaskPieceStatus.REWORK)))
        .group_by(Task.artisan_id)
    )
    return {artisan_id: Load() for artisan_id in artisan_ids} | {row[0]: Load(row[1], int(row[2])) for row in rows}
