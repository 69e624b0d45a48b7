"""The bank's reference of a payment to a woman: one stands for one payment, be it a payout or an advance."""

from sqlalchemy import select

from shop.artisans.advance_models import Advance
from shop.artisans.models import Payout, PayoutMethod
from shop.db import db
from shop.errors import Conflict, Invalid


def of_sending(text: str | None, payment: Payout | Advance) -> str | None:
    """Return the reference under which a payment leaves, or None for cash without one.

    Invalid if a bank or UPI payment has none, Conflict if it stands for another payment.
    """
    reference = (text or "").strip() or None
    if reference is None and payment.method is not PayoutMethod.CASH:
        raise Invalid("payout.bank_reference")
    if reference is not None and _is_used(reference, payment):
        raise Conflict("payout.bank_reference_used")
    return reference


def _is_used(reference: str, by: Payout | Advance) -> bool:
    """Say whether a reference stands for another payment than this one."""
    kinds: tuple[type[Payout] | type[Advance], ...] = (Payout, Advance)
    for kind in kinds:
        taken = select(kind.id).where(kind.bank_reference == reference)
        if isinstance(by, kind):
            taken = taken.where(kind.id != by.id)
        if db.session.scalar(taken) is not None:
            return True
    return False
