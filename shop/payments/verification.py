"""Does every capture and refund stand in the books, and does every paid order have its money?"""

from collections.abc import Iterator

from sqlalchemy import Select, case, func, select

from shop.db import db
from shop.ledger.models import Account, Balance, Entry, Transfer
from shop.orders.invoice_models import Invoice, PaperKind
from shop.orders.models import Order, OrderStatus
from shop.payments.models import Attempt, AttemptStatus, Capture, Refund, RefundPart, RefundStatus
from shop.verdict import Finding

OF_REFUND = Invoice.reference.startswith("refund:")


def verify() -> Iterator[Finding]:
    """Yield every payment that rows and books tell differently."""
    yield from _in_books(
        "capture", select(func.concat("capture:", Capture.gateway, ":", Capture.payment_ref), Capture.amount_minor)
    )
    processed = select(func.concat("refund:", Refund.id), Refund.amount_minor).where(
        Refund.status == RefundStatus.PROCESSED
    )
    yield from _in_books("refund", processed)
    yield from _papers()
    yield from _attempts()
    yield from _orders()


def _in_books(kind: str, query: Select[str, int]) -> Iterator[Finding]:
    rows: dict[str, int] = dict(db.session.execute(query).all())
    posted = dict(
        db.session.execute(
            select(Entry.reference, func.sum(Transfer.amount_minor))
            .join(Transfer, Transfer.entry_id == Entry.id)
            .where(Entry.kind == kind)
            .group_by(Entry.reference)
        ).all()
    )
    for reference in sorted(rows.keys() | posted.keys()):
        if rows.get(reference) != posted.get(reference):
            yield Finding("payments", reference, f"row says {rows.get(reference)}, books say {posted.get(reference)}")


def _papers() -> Iterator[Finding]:
    """A credit note says the tax that the books took back, and a paper the sum that its refund's parts say.

    Before anything was sold no tax is taken back, and no credit note is issued.
    """
    reference = func.concat("refund:", Refund.id)
    said = _by_reference(
        select(Invoice.reference, Invoice.tax_minor).where(Invoice.kind == PaperKind.CREDIT_NOTE, OF_REFUND)
    )
    taken = _by_reference(
        select(Entry.reference, func.sum(Transfer.amount_minor))
        .join(Transfer, Transfer.entry_id == Entry.id)
        .join(Account, Account.id == Transfer.debit_account_id)
        .where(Entry.kind == "refund", Account.code.startswith("tax:"))
        .group_by(Entry.reference)
    )
    totals = _by_reference(select(Invoice.reference, Invoice.total_minor).where(OF_REFUND))
    parts = _by_reference(
        select(reference, func.sum(RefundPart.minor))
        .join(RefundPart, RefundPart.refund_id == Refund.id)
        .where(Refund.status == RefundStatus.PROCESSED)
        .group_by(Refund.id)
    )
    for each in sorted(said.keys() | taken.keys()):
        if said.get(each, 0) != taken.get(each, 0):
            yield Finding("payments", each, f"paper says {said.get(each)} tax, books took back {taken.get(each)}")
    for each, total in sorted(totals.items()):
        if total != parts.get(each):
            yield Finding("payments", each, f"paper says {total}, its parts add up to {parts.get(each)}")


def _by_reference(query: Select[str, int]) -> dict[str, int]:
    return {reference: int(minor) for reference, minor in db.session.execute(query)}


def _attempts() -> Iterator[Finding]:
    captured = (
        select(Capture.attempt_id, func.sum(Capture.amount_minor).label("minor"))
        .group_by(Capture.attempt_id)
        .subquery()
    )
    asked = (
        select(Capture.attempt_id, func.sum(Refund.amount_minor).label("minor"))
        .join(Refund, Refund.capture_id == Capture.id)
        .where(Refund.status != RefundStatus.FAILED)
        .group_by(Capture.attempt_id)
        .subquery()
    )
    query = (
        select(
            Attempt,
            func.coalesce(captured.c.minor, 0),
            func.coalesce(asked.c.minor, 0),
        )
        .outerjoin(captured, captured.c.attempt_id == Attempt.id)
        .outerjoin(asked, asked.c.attempt_id == Attempt.id)
    )
    for attempt, minor, reserved in db.session.execute(query).unique():
        row = f"attempt {attempt.key}"
        if attempt.captured_minor != minor:
            yield Finding("payments", row, f"captured {attempt.captured_minor}, captures add up to {minor}")
        if attempt.refund_reserved_minor != reserved:
            yield Finding("payments", row, f"reserves {attempt.refund_reserved_minor}, refunds add up to {reserved}")
        if (attempt.status is AttemptStatus.CAPTURED) != (minor > 0):
            yield Finding("payments", row, f"is {attempt.status.value} with {minor} captured")


def _orders() -> Iterator[Finding]:
    """What is prepaid on an order is what was captured, less what went back, less what was shipped."""
    captured = (
        select(Attempt.order_id, func.sum(Capture.amount_minor).label("minor"))
        .join(Capture, Capture.attempt_id == Attempt.id)
        .group_by(Attempt.order_id)
        .subquery()
    )
    back = (
        select(
            Attempt.order_id,
            func.sum(case((Refund.status == RefundStatus.PROCESSED, Refund.amount_minor), else_=0)).label("minor"),
        )
        .join(Capture, Capture.attempt_id == Attempt.id)
        .join(Refund, Refund.capture_id == Capture.id)
        .group_by(Attempt.order_id)
        .subquery()
    )
    held = {
        row[0]: int(row[1])
        for row in db.session.execute(
            select(Account.code, Balance.minor)
            .join(Balance, Balance.account_id == Account.id)
            .where(Account.code.startswith("prepaid:"))
        )
    }
    query = (
        select(Order, func.coalesce(captured.c.minor, 0), func.coalesce(back.c.minor, 0))
        .outerjoin(captured, captured.c.order_id == Order.id)
        .outerjoin(back, back.c.order_id == Order.id)
    )
    for order, minor, returned in db.session.execute(query):
        row = f"order {order.number}"
        shipped = order.status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED)
        wanted = max(minor - returned - (order.total_minor if shipped else 0), 0)
        if held.get(order.prepaid, 0) != wanted:
            yield Finding("payments", row, f"holds {held.get(order.prepaid, 0)} prepaid, should hold {wanted}")
        if (order.paid_at is not None) and minor < order.total_minor:
            yield Finding("payments", row, f"is paid with {minor} of {order.total_minor} captured")
        if order.status is OrderStatus.PLACED and minor > 0:
            yield Finding("payments", row, f"was captured ({minor}) and is not paid")
