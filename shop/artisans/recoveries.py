"""How an advance goes back: a little with a payout as it leaves, or as much as she likes by herself.

With a payout at most: what is left; the instalment that was agreed on paper, in a calendar month of India; half of
what she can take; and half of the wages of the period, which wage_periods.py counts for this and for deductions alike
(advances: Code on Wages 2019, s. 18(2)(f) and s. 23). No interest, no recovery before she has acknowledged the advance,
nothing left to owe below zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from shop.artisans import purse, wage_periods
from shop.artisans.advance_models import ADVANCE_MOVES, Advance, AdvanceEvent, AdvanceRepayment, AdvanceStatus
from shop.artisans.earnings import can_take
from shop.artisans.models import Artisan, Payout
from shop.artisans.wage_periods import Period
from shop.clock import INDIA, india_date
from shop.db import adding, adding_once, db, run
from shop.errors import Conflict, Invalid, NotFound
from shop.ledger import balances
from shop.ledger.posting import BelowZero, Leg, post
from shop.money import Money
from shop.statuses import move_by_id
from shop.users.models import User

RECOVERED, REPAID = "advance recovered", "advance repaid"


@dataclass(frozen=True)
class Standing:
    """An acknowledged advance: what is left of it, what of this month's instalment, and the wages of the period."""

    advance_id: int
    left_minor: int
    instalment_minor: int
    period: Period

    def due(self, can_take_minor: int) -> int:
        """Return what goes back with a payout of one who can take so much, in paise."""
        return max(min(self.left_minor, self.instalment_minor, self.period.most(can_take_minor)), 0)


def account_of(artisan_id: int) -> str:
    """Return the code of the account that holds what she has been given in advance and not repaid."""
    return f"artisan:{artisan_id}:advance"


def left(artisan: Artisan) -> Money:
    """Return what is left to repay."""
    return balances.stored(account_of(artisan.id))


def standing_of(artisan_ids: Sequence[int], *, at: datetime) -> dict[int, Standing]:
    """Return artisan -> her acknowledged advance, in one statement where nobody has one and in four at most."""
    month = at.astimezone(INDIA).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    repaid = AdvanceRepayment
    this_month = select(func.coalesce(func.sum(repaid.amount_minor), 0)).where(
        repaid.advance_id == Advance.id, repaid.payout_id.is_not(None), repaid.at >= month
    )
    query = select(
        Advance.artisan_id,
        Advance.id,
        Advance.instalment_minor,
        this_month.correlate(Advance).scalar_subquery(),
    ).where(Advance.artisan_id.in_(artisan_ids), Advance.status == AdvanceStatus.ACKNOWLEDGED)
    rows = db.session.execute(query).all()
    if not rows:
        return {}
    periods = wage_periods.of([row[0] for row in rows], at=at)
    lefts = balances.stored_many([account_of(row[0]) for row in rows])
    return {row[0]: Standing(row[1], lefts[account_of(row[0])], row[2] - int(row[3]), periods[row[0]]) for row in rows}


def recover(payout: Payout, *, at: datetime, by: User) -> int:
    """Let what is due go back with a payout that leaves now, once; return it in paise.

    The caller holds her purse, and posts the payout itself afterwards: its money is never touched.
    """
    artisan = payout.artisan
    standing = standing_of([artisan.id], at=at).get(artisan.id)
    if standing is None:
        return 0
    held = can_take(artisan).minor
    amount = min(standing.due(held), held - payout.amount_minor)
    if amount <= 0:
        return 0
    measure = {"wages_minor": standing.period.wages_minor, "wages_from": standing.period.begins}
    reference = f"advance:{standing.advance_id}:payout:{payout.id}"
    _back(artisan, standing.advance_id, amount, reference, RECOVERED, {"payout_id": payout.id, **measure}, at=at, by=by)
    return amount


def repay(artisan: Artisan, advance_id: int, amount: Money, *, mark: str, at: datetime, by: User) -> None:
    """Repay of her own wish, from what is free of what she can take; the same mark again changes nothing.

    Raises NotFound for anyone but herself, Invalid for more than is left or free, Conflict for a mark that stands
    for another amount, or an advance that she has not acknowledged.
    """
    if artisan.user_id != by.id:
        raise NotFound("artisan.unknown")
    purse.hold(artisan)
    reference = f"advance:{advance_id}:repaid:{mark}"
    before = db.session.scalar(select(AdvanceRepayment.amount_minor).where(AdvanceRepayment.reference == reference))
    if before is not None:
        if before != amount.minor:
            raise Conflict("saving.done")
        return
    mine = select(Advance.status).where(Advance.id == advance_id, Advance.artisan_id == artisan.id)
    status = db.session.scalar(mine)
    if status is None:
        raise NotFound("artisan.unknown")
    if status is not AdvanceStatus.ACKNOWLEDGED:
        raise Conflict("advance.moved_on")
    if not 0 < amount.minor <= min(left(artisan).minor, purse.free(artisan)):
        raise Invalid("advance.repay")
    hers: dict[str, object] = {"payout_id": None, "wages_minor": None, "wages_from": None}
    try:
        _back(artisan, advance_id, amount.minor, reference, REPAID, hers, at=at, by=by)
    except BelowZero as error:
        raise Invalid("advance.repay") from error


def _back(
    artisan: Artisan,
    advance_id: int,
    minor: int,
    reference: str,
    kind: str,
    period: dict[str, object],
    *,
    at: datetime,
    by: User,
) -> None:
    leg = Leg(artisan.payable, account_of(artisan.id), Money(minor, "INR"))
    entry_id = post(reference, kind, [leg], effective_on=india_date(at), at=at, by=by.actor)
    values = {"advance_id": advance_id, "amount_minor": minor, "reference": reference, "entry_id": entry_id, "at": at}
    run(adding_once(AdvanceRepayment, "reference"), {**values, **period})
    if left(artisan).minor == 0 and move_by_id(Advance, advance_id, ADVANCE_MOVES, AdvanceStatus.REPAID):
        event = {"advance_id": advance_id, "status": AdvanceStatus.REPAID, "at": at, "by": by.actor}
        run(adding(AdvanceEvent), event)
