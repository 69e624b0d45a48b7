"""Which rows of an order a refund gives back, and so which accounts it is taken from and what its paper says.

The parts are fixed when a refund is asked for, under the order's lock: no row gives back more than it was, whatever
is asked at once. What went off an order before its parcel left was never sold, so it is no part of the sale's rows.
What of a refund no part claims was never the order's, because it was paid twice: it goes from the money held for the
order, and no paper speaks of it. Before the parcel leaves, everything is held for the order; after it, the parts are
taken from what the sale earned, row by row, to the paisa that the credit note says.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import aliased

from shop.db import db
from shop.errors import Conflict, Invalid
from shop.ledger.posting import Leg
from shop.money import Money, split
from shop.orders import paper_rows
from shop.orders.models import Order, OrderStatus
from shop.orders.paper_rows import Part, Row
from shop.orders.reductions import Asked
from shop.payments import captures
from shop.payments.models import Attempt, Capture, Refund, RefundAgain, RefundPart, RefundStatus

SOLD = (OrderStatus.SHIPPED, OrderStatus.DELIVERED)
PAPER_STANDS = or_(Refund.status != RefundStatus.FAILED, Refund.processed_at.is_not(None))


def left_of(order: Order) -> dict[str, int]:
    """Return sku -> what of an order's row no refund has asked back yet, save those that failed before they went.

    What went and came back is held for the order: it goes again without a part, since its paper was issued. Once the
    order has left, only what was supplied counts.
    """
    is_sold = order.status in SOLD
    asked = (
        select(RefundPart.sku, func.sum(RefundPart.minor))
        .join(Refund, Refund.id == RefundPart.refund_id)
        .where(Refund.capture_id.in_(_captures(order)), PAPER_STANDS)
        .group_by(RefundPart.sku)
    )
    rows = paper_rows.supplied(order) if is_sold else paper_rows.of_order(order)
    left = {row["sku"]: int(row["total_minor"]) for row in rows}
    if is_sold:
        asked = asked.where(~Refund.reduces)
    for sku, minor in db.session.execute(asked):
        left[sku] -= int(minor)
    return left


def parts_of(order: Order, amount_minor: int) -> list[Part]:
    """Return which parts of an order money alone gives back: of everything that is left, by the largest remainder.

    First goes what was paid beyond the order, which is no part of it.
    """
    left = {sku: minor for sku, minor in left_of(order).items() if minor}
    rows_minor = sum(left.values())
    captured = db.session.scalar(select(func.sum(Capture.amount_minor)).where(Capture.id.in_(_captures(order)))) or 0
    asked = db.session.scalar(
        select(func.sum(Refund.amount_minor)).where(
            Refund.capture_id.in_(_captures(order)), Refund.status != RefundStatus.FAILED
        )
    )
    owed = sum(db.session.scalars(_owed(order.id))) if order.status in SOLD else 0
    beyond = int(captured) - int(asked or 0) - rows_minor - owed
    taken = min(amount_minor - max(beyond, 0), rows_minor)
    if taken <= 0:
        return []
    shares = zip(left, split(taken, list(left.values())), strict=True)
    return [Part(sku, 0, minor) for sku, minor in shares if minor]


def free_of(capture: Capture) -> int:
    """Return what of a capture can be given back in one go, in its minor units.

    Once the order has left, that is without what went off before and failed to go: it goes again, under its own paper.
    """
    order = capture.attempt.order
    owed = _owed(order.id).where(Refund.capture_id == capture.id)
    return captures.left_of(capture) - (sum(db.session.scalars(owed)) if order.status in SOLD else 0)


def _owed(order_id: int) -> Select[int]:
    """Select what failed to go of what went off an order, and was not asked for again."""
    again = aliased(RefundAgain)
    return (
        select(Refund.amount_minor)
        .join(Capture, Capture.id == Refund.capture_id)
        .join(Attempt, Attempt.id == Capture.attempt_id)
        .where(Attempt.order_id == order_id, Refund.reduces, ~PAPER_STANDS)
        .where(~exists().where(again.again_of_id == Refund.id))
    )


def priced(order: Order, wanted: Mapping[str, Asked]) -> dict[str, int]:
    """Return sku -> minor units of what is named of an order that has left: each piece at what it had cost."""
    lines = {line.sku: line for line in order.lines}
    named = {}
    for sku, asked in wanted.items():
        line = lines.get(sku)
        if not 0 <= asked.pieces <= (line.pieces if line else 0):
            raise Conflict("refund.part_too_much")
        named[sku] = asked.minor + (line.cost_of(asked.pieces) if line else 0)
    return named


def named(order: Order, wanted: Mapping[str, int]) -> list[Part]:
    """Return the parts that someone names of an order that has left, as sku -> minor units of its row.

    Conflict unless it has left, since what was not sold has no paper to credit, and if less is left of a row.
    """
    if order.status not in SOLD:
        raise Conflict("refund.not_sent")
    left = left_of(order)
    if not wanted or any(minor <= 0 or sku not in left for sku, minor in wanted.items()):
        raise Invalid("refund.part")
    if any(minor > left[sku] for sku, minor in wanted.items()):
        raise Conflict("refund.part_too_much")
    return [Part(sku, 0, minor) for sku, minor in wanted.items()]


def legs(order: Order, clearing: str, amount_minor: int, rows: Sequence[Row]) -> list[Leg]:
    """Return what a refund moves: `rows` are those of its credit note, none before the parcel has left."""
    taken = paper_rows.earned(rows, "sales-returns")
    taken[order.prepaid] += amount_minor - sum(taken.values())
    return [Leg(code, clearing, Money(minor, order.currency)) for code, minor in taken.items() if minor]


def take(parts: Sequence[Part], amount_minor: int) -> tuple[list[Part], list[Part]]:
    """Cut parts at an amount: those that fill it, and what is left of them."""
    filled, rest = [], []
    for part in parts:
        minor = min(part.minor, amount_minor)
        amount_minor -= minor
        if minor:
            filled.append(Part(part.sku, part.quantity, minor))
        if part.minor > minor:
            rest.append(Part(part.sku, 0 if minor else part.quantity, part.minor - minor))
    return filled, rest


def _captures(order: Order) -> Select[int]:
    return select(Capture.id).join(Attempt, Attempt.id == Capture.attempt_id).where(Attempt.order_id == order.id)
