"""The bank's reference of a payment: one stands for one, be it a payout, an advance, or cash brought and taken."""

from sqlalchemy import select

from shop.artisans.advance_models import Advance
from shop.artisans.cash_models import CashAct, CashActStatus
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
    if reference is not None and is_used(reference, by=payment):
        raise Conflict("payout.bank_reference_used")
    return reference


def is_used(reference: str, *, by: Payout | Advance | None = None) -> bool:
    """Say whether a reference of the bank stands for another payment than this one, or for cash that was moved."""
    for kind in (Payout, Advance, CashAct):
        taken = select(kind.id).where(kind.bank_reference == reference)
        if kind is CashAct:
            taken = taken.where(CashAct.status != CashActStatus.WITHDRAWN)
        elif isinstance(by, kind):
            taken = taken.where(kind.id != by.id)
        if db.session.scalar(taken.limit(1)) is not None:
            return True
    return False
