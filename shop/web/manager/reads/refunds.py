"""What giving money back would do, as the office sees it before it is done: books, paper, makers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from shop.artisans import shares
from shop.artisans.models import Artisan
from shop.artisans.share_models import Share
from shop.db import db
from shop.errors import DomainError, Invalid
from shop.orders import invoices, lifecycle, paper_rows, reductions
from shop.orders.invoice_models import Invoice
from shop.orders.models import Order, OrderLine, OrderStatus
from shop.orders.paper_rows import DELIVERY
from shop.orders.reductions import Asked
from shop.orders.seller import Seller
from shop.payments import captures, given_back, refund_plan
from shop.payments.refund_plan import Plan
from shop.web import edge

FIELD = "part_"  # the form's fields: one for each row of the order, by its place
PIECES = "pieces_"  # and how many of its pieces, where that is easier said than a sum


@dataclass(frozen=True)
class RowLeft:
    """A row of the order with the fields that name a part of it, and how much is left to give back.

    `costs`: what its first, first two, … pieces cost; as many as can still be given back or taken off.
    """

    field: str
    sku: str
    what: str
    left_minor: int
    pieces_field: str
    costs: Sequence[int]

    @property
    def is_delivery(self) -> bool:
        """Say whether it is what sending cost."""
        return self.sku == DELIVERY


@dataclass(frozen=True)
class RefundPage:
    """An order and what a refund would do to it; `plan` is none where nothing is left to give back.

    `wanted`: field -> minor units of the parts that were named, none for everything that is left; `pieces`: field ->
    how many pieces are named with them, of an order that has not left. `is_disputed`: a bank has what would be left.
    `makers`: work name and share of the sale of each who has one pending, of those pieces if some were named.
    """

    order: Order
    plan: Plan | None
    rows: Sequence[RowLeft]
    wanted: Mapping[str, int]
    pieces: Mapping[str, int]
    is_sold: bool
    sale: Invoice | None
    shares_minor: int
    accounts: Sequence[str]
    is_disputed: bool
    makers: Sequence[tuple[str, int]]

    @property
    def may_name(self) -> bool:
        """Say whether parts can be named: of what was sold, or of a paid order before it leaves."""
        return self.is_sold or self.order.status is OrderStatus.PAID


def wanted(order: Order, given: Mapping[str, str]) -> dict[str, Asked]:
    """Return the parts that a form names, as sku -> what is asked; Invalid beside the field that says no amount."""
    named: dict[str, Asked] = {}
    for place, row in enumerate(paper_rows.of_order(order)):
        pieces, text = (given.get(f"{name}{place}", "").strip()[:20] for name in (PIECES, FIELD))
        try:
            asked = Asked(edge.whole(pieces) if pieces else 0, edge.rupees(text) if text else 0)
        except Invalid as error:
            raise Invalid(error.message_id, field=f"{FIELD}{place}") from None
        if asked.pieces or text:
            named[row["sku"]] = asked
    return named


def refund_page(order: Order, named: Mapping[str, Asked], seller: Seller) -> RefundPage:
    """Return what giving back the named parts would do, or everything that is left where none are."""
    lines = {line.sku: line for line in lifecycle.lines_of(order)}
    plan = refund_plan.of_parts(order, named, seller) if named else _all(order, seller)
    rows, is_sold = _rows(order, lines), order.status in given_back.SOLD
    pending = (
        plan.effect.ended
        if plan and plan.effect and plan.pieces
        else shares.pending_for([each.reference for each in order.lines])
    )
    taken = captures.of_order(order)
    sums = {part.sku: part.minor if is_sold else named[part.sku].minor for part in plan.parts} if plan else {}
    return RefundPage(
        order,
        plan,
        rows,
        {row.field: sums[row.sku] for row in rows if sums.get(row.sku)},
        {row.pieces_field: named[row.sku].pieces for row in rows if not is_sold and row.sku in named},
        is_sold,
        invoices.find_of_sale(order),
        sum(share.amount_minor for share in pending),
        sorted({f"gateway:{capture.gateway}:clearing" for capture in taken}),
        captures.nothing_left(taken).message_id == "refund.disputed",
        _makers(pending),
    )


def _rows(order: Order, lines: Mapping[str, OrderLine]) -> list[RowLeft]:
    """Return the rows of an order with what is left of each: to give back of the sale, or to take off before it."""
    is_sold = order.status in given_back.SOLD
    left = given_back.left_of(order) if is_sold else {sku: row[1] for sku, row in reductions.rows_left(order).items()}
    most = sum(line.pieces for line in lines.values()) - (0 if is_sold else 1)  # the last piece is a cancellation
    return [
        RowLeft(
            f"{FIELD}{place}",
            row["sku"],
            row["what"],
            left.get(row["sku"], 0),
            f"{PIECES}{place}",
            _costs(lines.get(row["sku"]), left.get(row["sku"], 0), most),
        )
        for place, row in enumerate(paper_rows.of_order(order))
    ]


def _costs(line: OrderLine | None, left_minor: int, most: int) -> list[int]:
    if line is None:
        return []
    costs = [line.cost_of(count) for count in range(1, min(line.pieces, most) + 1)]
    return [cost for cost in costs if cost <= left_minor]


def _makers(pending: Sequence[Share]) -> list[tuple[str, int]]:
    sums: Counter[int] = Counter()
    for share in pending:
        for part in share.parts:
            sums[part.artisan_id] += part.amount_minor
    query = select(Artisan.id, Artisan.work_name).where(Artisan.id.in_(list(sums))).order_by(Artisan.id)
    return [(name, sums[artisan_id]) for artisan_id, name in db.session.execute(query)]


def _all(order: Order, seller: Seller) -> Plan | None:
    try:
        return refund_plan.of_all(order, seller)
    except DomainError:
        return None
