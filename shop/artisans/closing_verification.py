"""Do the closes that the house wrote down still have their closed month in the books?

A close that is deleted together with the balances it kept leaves the months before it whole. What stands beside it,
the house's own note of it and every woman's statement, is what tells of it.
"""

from collections.abc import Iterator

from sqlalchemy import or_, select

from shop.artisans.slip_models import MonthClose, Slip
from shop.ledger.models import Period
from shop.ledger.posting import HOUSE
from shop.snapshots import streamed
from shop.verdict import Finding


def verify() -> Iterator[Finding]:
    """Yield notes of a close, and statements, whose month is not closed in the house's book or is another one."""
    for name, owner in (("month close", MonthClose), ("slip", Slip)):
        table = owner.__table__.c
        apart = or_(Period.id.is_(None), Period.month != table.month, Period.book != HOUSE)
        lost = select(table.id, table.month).select_from(owner).outerjoin(Period, Period.id == table.period_id)
        for number, month in streamed(lost.where(apart).order_by(table.id)):
            yield Finding("artisans", f"{name} {number}", f"{month:%Y-%m} is not closed in the books as it says")
