"""What stands in the books about one payment: every entry that is named for it or moved what was held for it."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from shop.db import db
from shop.ledger.models import Account, Entry, Transfer
from shop.ledger.posting import Leg
from shop.money import Money
from shop.orders.models import Order
from shop.payments import disputes
from shop.payments.dispute_models import Dispute
from shop.payments.models import Capture, Refund
from shop.payments.settlement_models import SettlementLine


class Written(NamedTuple):
    """An entry and what it moved."""

    entry: Entry
    legs: Sequence[Leg]


def references(
    captures: Sequence[Capture], back: Sequence[Refund], asked: Sequence[Dispute], lines: Sequence[SettlementLine]
) -> list[str]:
    """Return what the entries are called that were written for these."""
    names = [f"capture:{each.gateway}:{each.payment_ref}" for each in captures]
    names += [f"refund:{each.id}{step}" for each in back for step in ("", ":came-back")]
    names += [f"{each.reference}:{step}" for each in asked for step in disputes.STEPS]
    names += sorted({line.settlement.failure for line in lines})
    return names + [line.reference for line in lines]


def written(order: Order, names: Sequence[str]) -> list[Written]:
    """Return the entries of some names and those that moved what is held for an order, the oldest first.

    The second are what a list of names could leave out: the parcel that earned the money, say.
    """
    held = select(Account.id).where(Account.code == order.prepaid)
    moved = or_(Transfer.debit_account_id.in_(held), Transfer.credit_account_id.in_(held))
    debit, credit = aliased(Account), aliased(Account)
    query = (
        select(Entry, debit.code, credit.code, Transfer.amount_minor, Transfer.currency)
        .join(Transfer, Transfer.entry_id == Entry.id)
        .join(debit, debit.id == Transfer.debit_account_id)
        .join(credit, credit.id == Transfer.credit_account_id)
        .where(or_(Entry.reference.in_(names), Entry.id.in_(select(Transfer.entry_id).where(moved))))
        .order_by(Transfer.id)
    )
    found: dict[int, tuple[Entry, list[Leg]]] = {}
    for entry, gave, took, minor, currency in db.session.execute(query):
        found.setdefault(entry.id, (entry, []))[1].append(Leg(gave, took, Money(minor, currency)))
    return [Written(entry, legs) for entry, legs in found.values()]
