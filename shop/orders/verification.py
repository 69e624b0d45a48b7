"""Do orders add up, and do the books hold for each what its status says?"""

from collections.abc import Iterator

from sqlalchemy import func, select

from shop.db import db
from shop.ledger.models import Account, Balance
from shop.orders.models import Order, OrderLine, OrderStatus, TaxLine
from shop.verdict import Finding


def verify() -> Iterator[Finding]:
    """Yield every order whose lines, tax or prepaid money disagree with it."""
    lines = (
        select(OrderLine.order_id, func.sum(OrderLine.total_minor).label("minor"))
        .group_by(OrderLine.order_id)
        .subquery()
    )
    taxes = (
        select(TaxLine.order_id, func.sum(TaxLine.amount_minor).label("minor")).group_by(TaxLine.order_id).subquery()
    )
    rows = db.session.execute(
        select(Order.number, Order.items_minor, lines.c.minor, Order.tax_minor, taxes.c.minor)
        .outerjoin(lines, lines.c.order_id == Order.id)
        .outerjoin(taxes, taxes.c.order_id == Order.id)
    )
    for number, items, line_sum, tax, tax_sum in rows:
        if items != line_sum:
            yield Finding("orders", f"order {number}", f"items {items}, lines add up to {line_sum}")
        if tax != (tax_sum or 0):
            yield Finding("orders", f"order {number}", f"tax {tax}, tax lines add up to {tax_sum}")
    yield from _prepaid()


def _prepaid() -> Iterator[Finding]:
    """Nothing is prepaid on an order that was never paid or has shipped."""
    held = {
        row[0]: row[1]
        for row in db.session.execute(
            select(Account.code, Balance.minor)
            .join(Balance, Balance.account_id == Account.id)
            .where(Account.code.startswith("prepaid:"), Balance.minor > 0)
        )
    }
    settled = (OrderStatus.SHIPPED, OrderStatus.DELIVERED)
    for order in db.session.scalars(select(Order).where(Order.status.in_(settled))):
        if order.prepaid in held:
            yield Finding(
                "orders", f"order {order.number}", f"has shipped and still holds {held[order.prepaid]} prepaid"
            )
