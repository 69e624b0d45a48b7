"""How an advance goes back: a little with a payout as it leaves, or as much as she likes by herself.

With a payout at most: what is left; the instalment that was agreed on paper, in a calendar month of India; half of
what she can take; and half of the wages of the period. The last is the law's: all deductions of a wage period together
stay at or under half of its wages (Code on Wages 2019, s. 18(3); advances s. 18(2)(f) and s. 23), to be confirmed by a
professional before a real shop relies on it. A period runs from the last time anything was taken or paid out to her,
and no longer back than a month: two periods never share a rupee, and wages that she has in her hand are over. Wages
are accepted pieces alone: shares of sales and fees are hers whole. No interest, no recovery before she has
acknowledged the advance, nothing left to owe below zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from shop.artisans import purse
from shop.artisans.advance_models import ADVANCE_MOVES, Advance, AdvanceEvent, AdvanceRepayment, AdvanceStatus
from shop.artisans.earnings import can_take
from shop.artisans.models import Artisan, Earning, EarningKind, Payout, PayoutStatus
from shop.clock import INDIA, india_date
from shop.db import adding, adding_once, db, run
from shop.errors import Conflict, Invalid, NotFound
from shop.ledger import balances
from shop.ledger.posting import BelowZero, Leg, post
from shop.money import Money
from shop.statuses import move_by_id
from shop.users.models import User

LONGEST_PERIOD = timedelta(days=31)
RECOVERED, REPAID = "advance recovered", "advance repaid"


@dataclass(frozen=True)
class Standing:
    """An acknowledged advance: what is left of it, what of this month's instalment, and the wages of the period."""

    advance_id: int
    left_minor: int
    instalment_minor: int
    wages_minor: int
    wages_from: datetime

    def due(self, can_take_minor: int) -> int:
        """Return what goes back with a payout of one who can take so much, in paise."""
        return max(min(self.left_minor, self.instalment_minor, self.wages_minor // 2, can_take_minor // 2), 0)


def account_of(artisan_id: int) -> str:
    """Return the code of the account that holds what she has been given in advance and not repaid."""
    return f"artisan:{artisan_id}:advance"


def left(artisan: Artisan) -> Money:
    """Return what is left to repay."""
    return balances.stored(account_of(artisan.id))


def standing_of(artisan_ids: Sequence[int], *, at: datetime) -> dict[int, Standing]:
    """Return artisan -> her acknowledged advance, in one statement where nobody has one and in three at most."""
    month = at.astimezone(INDIA).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    earlier, repaid = aliased(Advance), AdvanceRepayment
    taken = select(func.max(repaid.at)).join(earlier, earlier.id == repaid.advance_id)
    taken = taken.where(earlier.artisan_id == Advance.artisan_id, repaid.payout_id.is_not(None))
    paid = select(func.max(Payout.sent_at)).where(
        Payout.artisan_id == Advance.artisan_id, Payout.status == PayoutStatus.SETTLED
    )
    this_month = select(func.coalesce(func.sum(repaid.amount_minor), 0)).where(
        repaid.advance_id == Advance.id, repaid.payout_id.is_not(None), repaid.at >= month
    )
    query = select(
        Advance.artisan_id,
        Advance.id,
        Advance.instalment_minor,
        taken.correlate(Advance).scalar_subquery(),
        paid.correlate(Advance).scalar_subquery(),
        this_month.correlate(Advance).scalar_subquery(),
    ).where(Advance.artisan_id.in_(artisan_ids), Advance.status == AdvanceStatus.ACKNOWLEDGED)
    rows = db.session.execute(query).all()
    if not rows:
        return {}
    longest = at - LONGEST_PERIOD
    begins = {row[0]: max(row[3] or longest, row[4] or longest, longest) for row in rows}
    wages = _wages(begins, at)
    lefts = balances.stored_many([account_of(row[0]) for row in rows])
    return {
        row[0]: Standing(row[1], lefts[account_of(row[0])], row[2] - int(row[5]), wages.get(row[0], 0), begins[row[0]])
        for row in rows
    }


def _wages(begins: dict[int, datetime], at: datetime) -> dict[int, int]:
    """Return artisan -> what she was credited for pieces since her period began, without what was taken back.

    What was credited later than `at`, while this unit waited for her purse, counts the next time.
    """
    hers = [and_(Earning.artisan_id == artisan_id, Earning.earned_at > begin) for artisan_id, begin in begins.items()]
    query = select(Earning.artisan_id, func.sum(Earning.amount_minor)).where(
        or_(*hers), Earning.earned_at <= at, Earning.kind == EarningKind.PIECE, Earning.reversed_at.is_(None)
    )
    return {row[0]: int(row[1]) for row in db.session.execute(query.group_by(Earning.artisan_id))}


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
    period = {"payout_id": payout.id, "wages_minor": standing.wages_minor, "wages_from": standing.wages_from}
    reference = f"advance:{standing.advance_id}:payout:{payout.id}"
    _back(artisan, standing.advance_id, amount, reference, RECOVERED, period, at=at, by=by)
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
