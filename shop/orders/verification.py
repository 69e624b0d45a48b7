"""Do orders add up, and do the books hold for each what its status says?"""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from shop.catalog.models import Reservation, ReservationStatus
from shop.db import db
from shop.ledger.models import Account, Entry, Transfer
from shop.orders import returns
from shop.orders.invoice_models import Invoice
from shop.orders.models import Order, OrderLine, OrderStatus, TaxLine
from shop.orders.paper_rows import DELIVERY
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
    yield from _reduced()
    yield from _standing()
    yield from _invoiced()
    yield from _frozen()
    yield from _returns()


def _reduced() -> Iterator[Finding]:
    """What is left of a row is what it was less what went off it, each step following the one before."""
    for order in db.session.scalars(select(Order).where(Order.reductions.any()).order_by(Order.id)):
        left = {line.sku: (line.quantity, line.total_minor) for line in order.lines}
        left[DELIVERY] = (0, order.shipping_minor)
        for each in order.reductions:
            pieces, minor = left.get(each.sku, (0, 0))
            left[each.sku] = (pieces - each.quantity, minor - each.minor)
            if left[each.sku] != (each.quantity_left, each.minor_left):
                written = (each.quantity_left, each.minor_left)
                told = f"{left[each.sku]} is left of {each.sku or 'the delivery'}, {written} is written down"
                yield Finding("orders", f"order {order.number}", told)


def _standing() -> Iterator[Finding]:
    """As many pieces are set aside, being made or sent for a line as still are the customer's.

    And one more for each that came back in the place of another. None at all for money that came late, while the
    customer is asked.
    """
    paid = (ReservationStatus.WAITING, ReservationStatus.ALLOCATED, ReservationStatus.SHIPPED)
    sums = select(Reservation.reference, func.sum(Reservation.quantity)).where(Reservation.status.in_(paid))
    standing: dict[str, int] = dict(db.session.execute(sums.group_by(Reservation.reference)).all())
    going = (OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED)
    anew = _exchanged()
    whole = selectinload(Order.lines), selectinload(Order.reductions)
    for order in db.session.scalars(select(Order).where(Order.status.in_(going)).order_by(Order.id).options(*whole)):
        found = {line.reference: standing.get(line.reference, 0) for line in order.lines}
        if order.status is OrderStatus.PAID and not any(found.values()):
            continue
        for line in order.lines:
            wanted = line.pieces + anew.get(line.id, 0)
            if found[line.reference] != wanted:
                told = f"{found[line.reference]} pieces stand for it, {wanted} are the customer's"
                yield Finding("orders", line.reference, told)


def _exchanged() -> dict[int, int]:
    """Return order line -> how many of its pieces came back in the place of another."""
    query = select(ReturnPiece.order_line_id, func.count()).where(returns.is_exchanged())
    return {row[0]: int(row[1]) for row in db.session.execute(query.group_by(ReturnPiece.order_line_id))}


def _invoiced() -> Iterator[Finding]:
    """What a paper of a sale says is what was sold: its sum, the tax in the books, what the order costs now.

    Who was not registered charged none.
    """
    sold = select(Entry.reference, func.sum(Transfer.amount_minor)).join(Transfer, Transfer.entry_id == Entry.id)
    sums = dict(db.session.execute(sold.where(Entry.reference.startswith("shipment:")).group_by(Entry.reference)).all())
    of_sale = select(Invoice, Order).join(Order, Order.id == Invoice.order_id)
    of_sale = of_sale.where(Invoice.reference.startswith("shipment:")).options(selectinload(Order.reductions))
    for paper, order in db.session.execute(of_sale):
        if not paper.total_minor == sums.get(paper.reference) == order.now_minor:
            told = f"paper says {paper.total_minor}, sold were {sums.get(paper.reference)} of {order.now_minor}"
            yield Finding("orders", paper.reference, told)
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
    """No more pieces of a line come back than she got, and a return is settled with its last piece."""
    anew = _exchanged()
    came = (
        select(ReturnPiece.order_line_id, func.count().label("pieces"), OrderLine.quantity)
        .join(OrderLine, OrderLine.id == ReturnPiece.order_line_id)
        .group_by(ReturnPiece.order_line_id, OrderLine.quantity)
        .having(func.count() > OrderLine.quantity)
    )
    for line_id, pieces, quantity in db.session.execute(came):
        if pieces > quantity + anew.get(line_id, 0):
            yield Finding("orders", f"order-line:{line_id}", f"{pieces} pieces came back, {quantity} were sold")
    for each in db.session.scalars(select(Return).order_by(Return.id)):
        open_pieces = [piece for piece in each.pieces if piece.outcome is None]
        is_wrong = {
            ReturnStatus.BACK: not open_pieces,
            ReturnStatus.SETTLED: bool(open_pieces) or not each.pieces,
        }.get(each.status, bool(each.pieces))
        if is_wrong:
            yield Finding("orders", f"return {each.id}", f"is {each.status.value} with {len(open_pieces)} open pieces")
