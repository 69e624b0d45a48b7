"""Does every capture and refund stand in the books, and does every paid order have its money?"""

from collections.abc import Iterator

from sqlalchemy import Select, and_, case, exists, func, select

from shop.db import db
from shop.ledger.models import Account, Balance, Entry, Transfer
from shop.orders.hold_models import ReleaseHold
from shop.orders.invoice_models import Invoice, PaperKind
from shop.orders.models import Order, OrderStatus
from shop.orders.reduction_models import Reduction
from shop.payments import came_back, disputes
from shop.payments.dispute_models import Dispute, DisputeStatus
from shop.payments.given_back import SOLD
from shop.payments.models import Attempt, AttemptStatus, Capture, Refund, RefundAgain, RefundPart, RefundStatus
from shop.verdict import Finding

OF_REFUND = Invoice.reference.startswith("refund:")
WENT = Refund.processed_at.is_not(None)  # a bank may have sent it back since
CAME_BACK = and_(WENT, Refund.status == RefundStatus.FAILED)


def verify() -> Iterator[Finding]:
    """Yield every payment that rows and books tell differently."""
    yield from _in_books(
        "capture", select(func.concat("capture:", Capture.gateway, ":", Capture.payment_ref), Capture.amount_minor)
    )
    yield from _in_books("refund", select(func.concat("refund:", Refund.id), Refund.amount_minor).where(WENT))
    back = select(func.concat("refund:", Refund.id, ":came-back"), Refund.amount_minor).where(CAME_BACK)
    yield from _in_books(came_back.KIND, back)
    yield from _disputes()
    yield from _papers()
    yield from _attempts()
    yield from _reduced()
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


def _disputes() -> Iterator[Finding]:
    """What a gateway took and put back stands in the books, and what has ended keeps nothing waiting."""
    taken, returned = Dispute.taken_at.is_not(None), Dispute.returned_at.is_not(None)
    for kind, what, column, *which in (
        (disputes.TAKEN, "taken", Dispute.amount_minor, taken),
        (disputes.RETURNED, "returned", Dispute.amount_minor, taken, returned),
        (disputes.FEE, "fee", Dispute.fee_minor, Dispute.fee_minor > 0),
        (disputes.FEE_BACK, "fee-back", Dispute.fee_back_minor, Dispute.fee_back_minor > 0),
        (disputes.ADVANCE, "advance", Dispute.advance_minor, Dispute.advance_minor > 0),
    ):
        yield from _in_books(kind, select(func.concat("dispute:", Dispute.id, ":", what), column).where(*which))
    holds = set(db.session.scalars(select(ReleaseHold.reference).where(ReleaseHold.ended_at.is_(None))))
    for dispute in db.session.scalars(select(Dispute).order_by(Dispute.id)).unique():
        if (dispute.reference in holds) is not dispute.is_open:
            yield Finding("payments", dispute.reference, f"is {dispute.status.value}, its order's shares say otherwise")
        if dispute.status is DisputeStatus.LOST and (dispute.taken_at is None or dispute.returned_at is not None):
            yield Finding("payments", dispute.reference, "is lost and not booked as lost")
        if dispute.status in (DisputeStatus.WON, DisputeStatus.CLOSED) and dispute.reserved_minor:
            yield Finding("payments", dispute.reference, f"is over and keeps {dispute.reserved_minor} from being given")


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
        .where(WENT)
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
    disputed = (
        select(Capture.attempt_id, func.sum(Dispute.reserved_minor).label("minor"))
        .join(Dispute, Dispute.capture_id == Capture.id)
        .group_by(Capture.attempt_id)
        .subquery()
    )
    query = (
        select(
            Attempt,
            func.coalesce(captured.c.minor, 0),
            func.coalesce(asked.c.minor, 0) + func.coalesce(disputed.c.minor, 0),
        )
        .outerjoin(captured, captured.c.attempt_id == Attempt.id)
        .outerjoin(asked, asked.c.attempt_id == Attempt.id)
        .outerjoin(disputed, disputed.c.attempt_id == Attempt.id)
    )
    for attempt, minor, reserved in db.session.execute(query).unique():
        row = f"attempt {attempt.key}"
        if attempt.captured_minor != minor:
            yield Finding("payments", row, f"captured {attempt.captured_minor}, captures add up to {minor}")
        if attempt.refund_reserved_minor != reserved:
            told = f"reserves {attempt.refund_reserved_minor}, refunds and disputes add up to {reserved}"
            yield Finding("payments", row, told)
        if (attempt.status is AttemptStatus.CAPTURED) != (minor > 0):
            yield Finding("payments", row, f"is {attempt.status.value} with {minor} captured")


def _orders() -> Iterator[Finding]:
    """What is prepaid on an order is what was captured, less what was shipped, went back or covered a loss.

    After shipping a refund takes from it only what is no part of the order; what a bank sent back lies there again.
    """
    parts = select(func.coalesce(func.sum(RefundPart.minor), 0)).where(RefundPart.refund_id == Refund.id)
    of_sale = case((Order.status.in_(SOLD) & ~Refund.reduces, parts.scalar_subquery()), else_=0)
    went = case((WENT, Refund.amount_minor - of_sale), else_=0) - case((CAME_BACK, Refund.amount_minor), else_=0)
    whole = case((Capture.amount_minor == Attempt.amount_minor, Capture.amount_minor), else_=0)
    captured = _by_order(select(Attempt.order_id, func.sum(Capture.amount_minor)))
    in_full = _by_order(select(Attempt.order_id, func.sum(whole)))
    back = _by_order(select(Attempt.order_id, func.sum(went)), Refund)
    covered = _by_order(select(Attempt.order_id, func.sum(Dispute.advance_minor)), Dispute)
    held = {
        row[0]: int(row[1])
        for row in db.session.execute(
            select(Account.code, Balance.minor)
            .join(Balance, Balance.account_id == Account.id)
            .where(Account.code.startswith("prepaid:"))
        )
    }
    off = _off()
    for order in db.session.scalars(select(Order)):
        row, minor = f"order {order.number}", captured.get(order.id, 0)
        wanted = minor - back.get(order.id, 0) - covered.get(order.id, 0)
        if order.status in SOLD:
            wanted -= order.total_minor - off.get(order.id, 0)
        if held.get(order.prepaid, 0) != wanted:
            yield Finding("payments", row, f"holds {held.get(order.prepaid, 0)} prepaid, should hold {wanted}")
        if (order.paid_at is not None) and minor < order.total_minor:
            yield Finding("payments", row, f"is paid with {minor} of {order.total_minor} captured")
        if order.status is OrderStatus.PLACED and in_full.get(order.id, 0) > 0:
            yield Finding("payments", row, f"was captured ({minor}) and is not paid")


def _off() -> dict[int, int]:
    """Return order -> what went off it before its parcel left."""
    query = select(Reduction.order_id, func.sum(Reduction.minor)).group_by(Reduction.order_id)
    return {order_id: int(minor) for order_id, minor in db.session.execute(query)}


def _reduced() -> Iterator[Finding]:
    """What went off an order was asked back, row by row: in refunds that stand, or failed and can go again.

    A refund that was asked for in the place of another counts once.
    """
    asked = (
        select(Attempt.order_id, RefundPart.sku, func.sum(RefundPart.quantity), func.sum(RefundPart.minor))
        .join(Capture, Capture.attempt_id == Attempt.id)
        .join(Refund, Refund.capture_id == Capture.id)
        .join(RefundPart, RefundPart.refund_id == Refund.id)
        .where(Refund.reduces, ~exists().where(RefundAgain.refund_id == Refund.id))
        .group_by(Attempt.order_id, RefundPart.sku)
    )
    off = select(Reduction.order_id, Reduction.sku, func.sum(Reduction.quantity), func.sum(Reduction.minor)).group_by(
        Reduction.order_id, Reduction.sku
    )
    ours, theirs = ({(row[0], row[1]): (row[2], row[3]) for row in db.session.execute(query)} for query in (off, asked))
    for key in sorted(ours.keys() | theirs.keys()):
        if ours.get(key) != theirs.get(key):
            told = f"{ours.get(key)} went off {key[1] or 'the delivery'}, {theirs.get(key)} is asked back"
            yield Finding("payments", f"order {key[0]}", told)


def _by_order(query: Select[int, int], of: type[Refund] | type[Dispute] | None = None) -> dict[int, int]:
    """Return order -> the sum that a query takes over its captures, or over their refunds or disputes."""
    query = query.join(Capture, Capture.attempt_id == Attempt.id).join(Order, Order.id == Attempt.order_id)
    if of is not None:
        query = query.join(of, of.capture_id == Capture.id)
    return {order_id: int(minor) for order_id, minor in db.session.execute(query.group_by(Attempt.order_id))}
