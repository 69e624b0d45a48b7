"""Which accounts a refund after shipping is taken from: the sale's own parts, and never more of one than it earned.

The price of pieces that came back is taken from exactly what those pieces had earned: sales, and each
head of tax. Money alone is a part of everything that is left of the sale, by the largest remainder. So
however many refunds an order has, together they take back what it earned and not a paisa more.
"""

from collections import Counter

from sqlalchemy import func, select

from shop.db import db
from shop.ledger.models import Account, Entry, Transfer
from shop.money import split
from shop.orders import lifecycle
from shop.orders.credits import credits_of
from shop.orders.models import Order
from shop.orders.return_models import Return
from shop.payments.models import Attempt, Capture, Refund, RefundStatus

SALES_RETURN = {"sales": "sales-returns"}  # tax and carriage go back through their own accounts


def parts(order: Order, amount_minor: int, came: Return | None) -> dict[str, int]:
    """Return account -> how much of a refund is taken from it; the parts add up to the refund."""
    left = left_of_sale(order)
    if came is not None:
        wanted = _of_return(came)
        if sum(wanted.values()) == amount_minor and all(minor <= left[code] for code, minor in wanted.items()):
            return dict(wanted)
    codes = sorted(code for code, minor in left.items() if minor > 0)
    if sum(left[code] for code in codes) < amount_minor:  # money that was never a sale: it came twice
        return {"sales-returns": amount_minor}
    shared = split(amount_minor, [left[code] for code in codes])
    return {code: minor for code, minor in zip(codes, shared, strict=True) if minor}


def left_of_sale(order: Order) -> Counter[str]:
    """Return account -> what of an order's sale has not been taken back yet, in its currency's minor units."""
    left = Counter({SALES_RETURN.get(code, code): part.minor for code, part in lifecycle.earned_parts(order)})
    taken = (
        select(Account.code, func.sum(Transfer.amount_minor))
        .join(Transfer, Transfer.debit_account_id == Account.id)
        .join(Entry, Entry.id == Transfer.entry_id)
        .join(Refund, Entry.reference == func.concat("refund:", Refund.id))
        .join(Capture, Capture.id == Refund.capture_id)
        .join(Attempt, Attempt.id == Capture.attempt_id)
        .where(Attempt.order_id == order.id, Refund.status == RefundStatus.PROCESSED)
        .group_by(Account.code)
    )
    for code, minor in db.session.execute(taken):
        if code in left:
            left[code] -= int(minor)
    return left


def _of_return(came: Return) -> Counter[str]:
    wanted: Counter[str] = Counter()
    for credit in credits_of(came):
        wanted["sales-returns"] += credit.goods_minor
        for kind, minor in credit.taxes.items():
            wanted[f"tax:{kind.value}"] += minor
    return wanted
