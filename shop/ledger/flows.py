"""Where the money of a time went, by class of account: what customers paid in, and to whom it was credited.

Reversals are subtracted where they happened, so that what was taken back never counts.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from shop.db import db
from shop.ledger.chart import kind_of
from shop.ledger.models import Account, Entry, Transfer
from shop.ledger.posting import HOUSE

MAKERS_COST = ("wages", "shares", "fees")
GIVEN_BACK_FROM = ("prepaid", "sales-returns", "tax", "shipping-income")  # of a refund; a settlement goes to the bank


@dataclass(frozen=True)
class Flow:
    """Amounts in minor units of one currency; `rest` may be negative: then the house put in more than came in."""

    paid: int  # by customers, less what was given back to them
    wages: int
    shares: int
    fees: int
    tax: int
    gateway: int

    @property
    def to_makers(self) -> int:
        """Return what was credited to makers, whichever way."""
        return self.wages + self.shares + self.fees

    @property
    def rest(self) -> int:
        """Return what is left for cloth, centre, packing, carriage and the shop."""
        return self.paid - self.to_makers - self.tax - self.gateway


def of(since: date, until: date, currency: str = "INR", *, book: str = HOUSE) -> Flow:
    """Return what moved after one day up to and including another."""
    debit, credit = aliased(Account), aliased(Account)
    rows = db.session.execute(
        select(debit.code, credit.code, func.sum(Transfer.amount_minor))
        .join(debit, debit.id == Transfer.debit_account_id)
        .join(credit, credit.id == Transfer.credit_account_id)
        .join(Entry, Entry.id == Transfer.entry_id)
        .where(Transfer.book == book, Transfer.currency == currency)
        .where(Entry.effective_on > since, Entry.effective_on <= until)
        .group_by(debit.code, credit.code)
    )
    grown: dict[str, int] = {}
    paid = 0
    for gave, took, amount in rows:
        minor, giver, taker = int(amount), kind_of(gave), kind_of(took)
        if (giver, taker) == ("clearing", "prepaid"):
            paid += minor
        if taker == "clearing" and giver in GIVEN_BACK_FROM:
            paid -= minor
        grown[giver] = grown.get(giver, 0) + minor
        grown[taker] = grown.get(taker, 0) - minor
    cost = {kind: grown.get(kind, 0) for kind in MAKERS_COST}
    return Flow(paid, cost["wages"], cost["shares"], cost["fees"], -grown.get("tax", 0), grown.get("gateway-fees", 0))
