"""Do orders add up, and do the books hold for each what its status says?"""

from collections.abc import Iterator

from sqlalchemy import func, select

from shop.catalog.models import Reservation
from shop.db import db
from shop.ledger.models import Account, Entry, Transfer
from shop.orders.invoice_models import Invoice
from shop.orders.models import Order, OrderLine, TaxLine
from shop.orders.return_models import Return, ReturnPiece, ReturnStatus
from shop.verdict import Finding


def verify() -> Iterator[Finding]:
    """Yield every order whose lines, tax, papers or returns disagree with it."""
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
    yield from _invoiced()
    yield from _frozen()
    yield from _returns()


def _invoiced() -> Iterator[Finding]:
    """What a paper of a sale says of its tax is what the books set aside, and who was not registered charged none."""
    booked = dict(
        db.session.execute(
            select(Entry.reference, func.sum(Transfer.amount_minor))
            .join(Transfer, Transfer.entry_id == Entry.id)
            .join(Account, Account.id == Transfer.credit_account_id)
            .where(Entry.reference.startswith("shipment:"), Account.code.startswith("tax:"))
            .group_by(Entry.reference)
        ).all()
    )
    papers = select(Invoice.reference, Invoice.tax_minor).where(Invoice.reference.startswith("shipment:"))
    for reference, minor in db.session.execute(papers):
        if minor != booked.get(reference, 0):
            yield Finding("orders", reference, f"paper says {minor} tax, books set aside {booked.get(reference, 0)}")
    untaxed = select(Order.number, Order.tax_minor).where(Order.seller_gstin == "", Order.tax_minor > 0)
    for number, minor in db.session.execute(untaxed):
        yield Finding("orders", f"order {number}", f"was sold without registration, with {minor} tax")


def _frozen() -> Iterator[Finding]:
    """What was frozen on a line is what its promises carry, and its breakdown adds up to a price in rupees."""
    carried = select(Reservation.share_minor).where(
        Reservation.reference == func.concat("order-line:", OrderLine.id),
        Reservation.share_minor != OrderLine.share_minor,
    )
    for line in db.session.scalars(select(OrderLine).where(carried.exists())):
        yield Finding("orders", line.reference, f"froze a share of {line.share_minor}, its pieces carry another")
    rows = select(OrderLine.id, OrderLine.share_minor, OrderLine.breakdown).where(OrderLine.breakdown.is_not(None))
    for line_id, share, kept in db.session.execute(rows):
        if kept is None:
            continue
        if sum(kept["parts"].values()) != kept["price"]:
            yield Finding("orders", f"order-line:{line_id}", "its breakdown does not add up to the price")
        if kept["parts"]["share"] != share:
            yield Finding(
                "orders", f"order-line:{line_id}", f"shows a share of {kept['parts']['share']}, froze {share}"
            )


def _returns() -> Iterator[Finding]:
    """No more pieces of a line come back than were sold, and a return is settled with its last piece."""
    came = (
        select(ReturnPiece.order_line_id, func.count().label("pieces"), OrderLine.quantity)
        .join(OrderLine, OrderLine.id == ReturnPiece.order_line_id)
        .group_by(ReturnPiece.order_line_id, OrderLine.quantity)
        .having(func.count() > OrderLine.quantity)
    )
    for line_id, pieces, quantity in db.session.execute(came):
        yield Finding("orders", f"order-line:{line_id}", f"{pieces} pieces came back, {quantity} were sold")
    for each in db.session.scalars(select(Return).order_by(Return.id)):
        open_pieces = [piece for piece in each.pieces if piece.outcome is None]
        is_wrong = {
            ReturnStatus.BACK: not open_pieces,
            ReturnStatus.SETTLED: bool(open_pieces) or not each.pieces,
        }.get(each.status, bool(each.pieces))
        if is_wrong:
            yield Finding("orders", f"return {each.id}", f"is {each.status.value} with {len(open_pieces)} open pieces")
