"""The bank's reference of a payment: one stands for one, be it a payout, an advance, or cash brought and taken.

Two people type the same number in two ways (`utr 0012`, `UTR-0012`), so it is compared by its letters and digits
alone, and kept as it was typed where it is shown. A table whose key is the compared form holds that it is used once:
whoever comes second waits for the first and is refused, on any of the three kinds of payment.
"""

import unicodedata
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import delete, func, select

from shop.artisans.advance_models import Advance
from shop.artisans.cash_models import CashAct, CashActStatus
from shop.artisans.models import Payout, PayoutMethod
from shop.artisans.reference_models import BankReference
from shop.db import adding_once, changed, db, run
from shop.errors import Conflict, Invalid
from shop.snapshots import streamed
from shop.users.signin import canonical_digits
from shop.verdict import Finding

Payment = Payout | Advance | CashAct
KINDS: dict[type[Payment], str] = {Payout: "payout", Advance: "advance", CashAct: "cash-act"}


def canonical(text: str | None) -> str:
    """Return a reference as it is compared: letters and digits, in capitals; empty if there are none."""
    plain = unicodedata.normalize("NFKC", canonical_digits(text or "")).upper()
    return "".join(each for each in plain if each.isalnum())


def are_same(one: str | None, other: str | None) -> bool:
    """Say whether two people typed the same reference, or none."""
    return canonical(one) == canonical(other)


def written(text: str | None, *, is_cash: bool) -> str | None:
    """Return a reference as it was typed, or None for cash without one; Invalid if a bank or UPI payment has none."""
    if not canonical(text):
        if not is_cash:
            raise Invalid("payout.bank_reference")
        return None
    return (text or "").strip()


def of_sending(text: str | None, payment: Payout | Advance) -> str | None:
    """Return the reference under which a payment leaves, as it was typed; None and Invalid as `written` says."""
    return written(text, is_cash=payment.method is PayoutMethod.CASH)


def use(reference: str | None, payment: Payment, *, at: datetime) -> None:
    """Let a reference stand for this payment from now on; Conflict if it stands for another one.

    The caller holds the woman or the box already: who else uses the same reference now is waited for.
    """
    if reference is not None and not _claim(canonical(reference), _name(payment), at):
        raise Conflict("payout.bank_reference_used")


def let_go(payment: Payment) -> None:
    """Let a reference stand for nothing again: what it named never happened."""
    changed(delete(BankReference).where(BankReference.stands_for == _name(payment)))


def verify() -> Iterator[Finding]:
    """Yield payments whose reference does not stand for them alone."""
    for kind, name in KINDS.items():
        stands_for = func.concat(f"{name}:", kind.id)
        query = select(kind.id, kind.bank_reference, BankReference.reference).where(kind.bank_reference.is_not(None))
        query = query.outerjoin(BankReference, BankReference.stands_for == stands_for).order_by(kind.id)
        if kind is CashAct:
            query = query.where(CashAct.status != CashActStatus.WITHDRAWN)
        for number, typed, standing in streamed(query):
            if canonical(typed) != standing:
                yield Finding("artisans", f"{name} {number}", "has a reference of the bank that stands for another")


def _claim(reference: str, stands_for: str, at: datetime) -> bool:
    """Say whether a reference stands for a payment now: written this moment, or by the same payment before."""
    values = {"reference": reference, "stands_for": stands_for, "at": at}
    made = run(adding_once(BankReference, "reference", returned=("reference",)), values).scalar()
    if made is not None:
        return True
    holder = select(BankReference.stands_for).where(BankReference.reference == reference)
    return db.session.scalar(holder) == stands_for


def _name(payment: Payment) -> str:
    return f"{KINDS[type(payment)]}:{payment.id}"
