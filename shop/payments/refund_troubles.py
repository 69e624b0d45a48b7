"""Refunds that did not arrive: refused, sent back by a bank, given up by the worker, or never heard of again.

Each is found here until it is settled, with the verb that settles it: `again` asks for another refund in its place,
`send_again` lets the worker ask the gateway once more about the same one.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, func, select, update
from sqlalchemy.orm import aliased

from shop.db import changed, db
from shop.errors import Conflict
from shop.orders.locks import lock
from shop.orders.models import Order, OrderEvent, OrderStatus
from shop.orders.paper_rows import Part
from shop.outbox import OutboxRow
from shop.payments import given_back, refunds
from shop.payments.models import Attempt, Capture, Refund, RefundAgain, RefundEvent, RefundStatus, ReturnRefund
from shop.users import audit

KIND = "refund.send"
UNDER_WAY = (RefundStatus.REQUESTED, RefundStatus.SENT)
SILENT_AFTER = timedelta(days=7)  # what banks need at most, as the gateways say
REFERENCE = func.concat("refund:", Refund.id)


def failed() -> Select[Refund]:
    """Return the question for refunds that failed, were not replaced, and can still be given."""
    again = aliased(RefundAgain)
    return _with_orders().where(
        Refund.status == RefundStatus.FAILED,
        ~exists().where(again.again_of_id == Refund.id),
        Attempt.refund_reserved_minor + Refund.amount_minor <= Attempt.captured_minor,
        ~_went_with_order(),
    )


def _went_with_order() -> ColumnElement[bool]:
    """Say of what went off an order whether it failed before it was cancelled, and so went back with the rest."""
    return Refund.reduces & exists().where(
        RefundEvent.refund_id == Refund.id,
        RefundEvent.status == RefundStatus.FAILED,
        OrderEvent.order_id == Order.id,
        OrderEvent.status == OrderStatus.CANCELLED,
        RefundEvent.at <= OrderEvent.at,
    )


def stuck(*, at: datetime) -> Select[Refund]:
    """Return the question for refunds that the worker has given up, or of which nothing was heard for a week."""
    given_up = exists().where(
        OutboxRow.kind == KIND, OutboxRow.reference == REFERENCE, OutboxRow.gave_up_at.is_not(None)
    )
    asked = exists().where(OutboxRow.kind == KIND, OutboxRow.reference == REFERENCE, OutboxRow.done_at.is_(None))
    latest = select(func.max(RefundEvent.at)).where(RefundEvent.refund_id == Refund.id).scalar_subquery()
    silent = (Refund.status == RefundStatus.SENT) & (latest <= at - SILENT_AFTER) & ~asked
    return _with_orders().where(Refund.status.in_(UNDER_WAY), given_up | silent)


def _with_orders() -> Select[Refund]:
    return (
        select(Refund)
        .join(Capture, Capture.id == Refund.capture_id)
        .join(Attempt, Attempt.id == Capture.attempt_id)
        .join(Order, Order.id == Attempt.order_id)
        .order_by(Refund.id)
    )


def find_owed(capture: Capture, amount_minor: int) -> Refund | None:
    """Return the oldest refund of what went off an order that failed to go, of a capture and just that sum, or None."""
    whose = (Refund.capture_id == capture.id, Refund.amount_minor == amount_minor, Refund.reduces)
    query = failed().where(*whose).limit(1)
    return db.session.scalars(query).unique().one_or_none()


def again(refund: Refund, *, has_gone: bool = False, at: datetime, by: str) -> Refund:
    """Ask for another refund in the place of one that failed, of the same sum and for the same reason.

    `has_gone`: someone has made it on the gateway's own page, and only the books are behind.

    Conflict if it did not fail, was replaced before, or its money or its rows went back another way meanwhile. What
    had gone and came back goes without a paper: the first one stands.
    """
    order = refund.capture.attempt.order
    lock(order)
    db.session.refresh(refund)
    replaced = db.session.scalar(select(RefundAgain.refund_id).where(RefundAgain.again_of_id == refund.id))
    is_whole = db.session.scalar(_with_orders().where(Refund.id == refund.id, _went_with_order())) is not None
    if refund.status is not RefundStatus.FAILED or replaced is not None or is_whole:
        raise Conflict("refund.not_again")
    parts = [] if refund.came_back else [Part(part.sku, part.quantity, part.minor) for part in refund.parts]
    left = {} if refund.reduces else given_back.left_of(order)  # what went off is off, whatever is left
    if any(part.minor > left[part.sku] for part in parts if not refund.reduces):
        raise Conflict("refund.part_too_much")
    made = refunds.request(
        refund.capture,
        refund.amount_minor,
        refund.reason,
        parts=parts,
        reduces=refund.reduces,
        has_gone=has_gone,
        at=at,
        by=by,
    )
    db.session.add(RefundAgain(refund_id=made.id, again_of_id=refund.id))
    returned = db.session.scalar(select(ReturnRefund.return_id).where(ReturnRefund.refund_id == refund.id))
    if returned is not None:
        db.session.add(ReturnRefund(refund_id=made.id, return_id=returned))
    db.session.flush()
    audit.record("orders.refund-again", f"refund:{refund.id}", by=by, at=at)
    return made


def send_again(refund: Refund, *, at: datetime, by: str) -> None:
    """Let the worker ask the gateway once more about a refund that is under way; Conflict if it is not.

    It looks first whether the gateway has it, under the same key: nothing goes twice.
    """
    revived = changed(
        update(OutboxRow)
        .where(OutboxRow.kind == KIND, OutboxRow.reference == f"refund:{refund.id}")
        .where(OutboxRow.gave_up_at.is_not(None) | OutboxRow.done_at.is_not(None))
        .values(payload={"refund_id": refund.id}, due_at=at, tries=0, done_at=None, gave_up_at=None, lease_until=None)
    )
    if refund.status not in UNDER_WAY or revived != 1:
        raise Conflict("refund.not_stuck")
    audit.record("orders.ask-refund", f"refund:{refund.id}", by=by, at=at)


def find_all(query: Select[Refund]) -> list[Refund]:
    """Return the refunds of a question, the oldest first."""
    return list(db.session.scalars(query).unique())
