"""How much of her wages may be taken with a payout: the one computation for an advance's part and for deductions.

The law's measure is all deductions of a wage period together, at or under half of its wages (Code on Wages 2019,
s. 18(3)), to be confirmed by a professional before a real shop relies on it. A period runs from the last time anything
was taken or paid out to her, and no longer back than a month: two periods never share a rupee, and wages that she has
in her hand are over. Wages are accepted pieces and paid mendings alone: shares of sales, fees and royalties are hers
whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select

from shop.artisans.advance_models import Advance, AdvanceRepayment
from shop.artisans.deduction_models import Deduction
from shop.artisans.models import WAGES, Artisan, Earning, Payout, PayoutStatus
from shop.db import db

LONGEST_PERIOD = timedelta(days=31)


@dataclass(frozen=True)
class Period:
    """The wages of one woman's present period, in paise, and since when."""

    wages_minor: int
    begins: datetime

    def most(self, can_take_minor: int) -> int:
        """Return the most that all takings together may come to, of one who can take so much."""
        return max(min(self.wages_minor, can_take_minor) // 2, 0)


def of(artisan_ids: Sequence[int], *, at: datetime) -> dict[int, Period]:
    """Return artisan -> her present period, in two statements however many there are."""
    if not artisan_ids:
        return {}
    recovered = select(func.max(AdvanceRepayment.at)).join(Advance, Advance.id == AdvanceRepayment.advance_id)
    recovered = recovered.where(Advance.artisan_id == Artisan.id, AdvanceRepayment.payout_id.is_not(None))
    deducted = select(func.max(Deduction.taken_at)).where(Deduction.artisan_id == Artisan.id)
    paid = select(func.max(Payout.sent_at)).where(
        Payout.artisan_id == Artisan.id, Payout.status == PayoutStatus.SETTLED
    )
    ends = [each.correlate(Artisan).scalar_subquery() for each in (recovered, deducted, paid)]
    rows = db.session.execute(select(Artisan.id, *ends).where(Artisan.id.in_(artisan_ids)))
    longest = at - LONGEST_PERIOD
    begins = {row[0]: max([longest, *(end for end in row[1:] if end is not None)]) for row in rows}
    wages = _wages(begins, at)
    return {artisan_id: Period(wages.get(artisan_id, 0), begin) for artisan_id, begin in begins.items()}


def _wages(begins: dict[int, datetime], at: datetime) -> dict[int, int]:
    """Return artisan -> what she was credited for work since her period began, without what was taken back.

    What was credited later than `at`, while this unit waited for her purse, counts the next time.
    """
    hers = [and_(Earning.artisan_id == artisan_id, Earning.earned_at > begin) for artisan_id, begin in begins.items()]
    query = select(Earning.artisan_id, func.sum(Earning.amount_minor)).where(
        or_(*hers), Earning.earned_at <= at, Earning.kind.in_(WAGES), Earning.reversed_at.is_(None)
    )
    return {row[0]: int(row[1]) for row in db.session.execute(query.group_by(Earning.artisan_id))}
