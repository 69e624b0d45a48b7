"""The bank's reference of a payment to a woman: one stands for one payment, be it a payout or an advance."""

from sqlalchemy import select

from shop.artisans.advance_models import Advance
from shop.artisans.models import Payout
from shop.db import db


def is_used(reference: str, by: Payout | Advance) -> bool:
    """Say whether a reference stands for another payment than this one."""
    kinds: tuple[type[Payout] | type[Advance], ...] = (Payout, Advance)
    for kind in kinds:
        taken = select(kind.id).where(kind.bank_reference == reference)
        if isinstance(by, kind):
            taken = taken.where(kind.id != by.id)
        if db.session.scalar(taken) is not None:
            return True
    return False
