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
from shop.orders import invoices, lifecycle, paper_rows
from shop.orders.invoice_models import Invoice
from shop.orders.models import Order, OrderLine
from shop.orders.paper_rows import DELIVERY, Row
from shop.orders.seller import Seller
from shop.payments import captures, given_back, refund_plan, refunds
from shop.payments.refund_plan import Plan
from shop.web import edge

FIELD = "part_"  # the form's fields: one for each row of the order, by its place
PIECES = "pieces_"  # and how many of its pieces, where that is easier said than a sum


@dataclass(frozen=True)
class RowLeft:
    """A row of the order with the fields that name a part of it, and how much is left to give back.

    `pieces`: how many of its pieces that still covers, with `each_minor` for one of them.
    """

    field: str
    sku: str
    what: str
    left_minor: int
    pieces_field: str
    pieces: int
    each_minor: int

    @property
    def is_delivery(self) -> bool:
        """Say whether it is what sending cost."""
        return self.sku == DELIVERY


@dataclass(frozen=True)
class RefundPage:
    """An order and what a refund would do to it; `plan` is none where nothing is left to give back.

    `wanted`: field -> minor units of the parts that were named, none for everything that is left. `is_disputed`: a
    bank has what would be left. `makers`: work name and share of the sale of each who has one pending.
    """

    order: Order
    plan: Plan | None
    rows: Sequence[RowLeft]
    wanted: Mapping[str, int]
    is_sold: bool
    sale: Invoice | None
    shares_minor: int
    accounts: Sequence[str]
    is_disputed: bool
    makers: Sequence[tuple[str, int]]


def wanted(order: Order, given: Mapping[str, str]) -> dict[str, int]:
    """Return the parts that a form names, as sku -> minor units; Invalid beside the field that says no amount."""
    named: dict[str, int] = {}
    prices = {line.sku: line.unit_minor for line in lifecycle.lines_of(order)}
    for place, row in enumerate(paper_rows.of_order(order)):
        pieces, text = (given.get(f"{name}{place}", "").strip()[:20] for name in (PIECES, FIELD))
        try:
            minor = edge.rupees(text) if text else 0
            minor += edge.whole(pieces) * prices.get(row["sku"], 0) if pieces else 0
        except Invalid as error:
            raise Invalid(error.message_id, field=f"{FIELD}{place}") from None
        if minor or text:
            named[row["sku"]] = minor
    return named


def refund_page(order: Order, named: Mapping[str, int], seller: Seller) -> RefundPage:
    """Return what giving back the named parts would do, or everything that is left where none are."""
    left = given_back.left_of(order)
    lines = {line.sku: line for line in lifecycle.lines_of(order)}
    rows = [
        _row(place, row, left[row["sku"]], lines.get(row["sku"]))
        for place, row in enumerate(paper_rows.of_order(order))
    ]
    pending = shares.pending_for([line.reference for line in lines.values()])
    taken = refunds.captures_of(order)
    return RefundPage(
        order,
        refund_plan.of_parts(order, named, seller) if named else _all(order, seller),
        rows,
        {row.field: named[row.sku] for row in rows if row.sku in named},
        order.status in given_back.SOLD,
        invoices.find_of_sale(order),
        sum(share.amount_minor for share in pending),
        sorted({f"gateway:{capture.gateway}:clearing" for capture in taken}),
        captures.nothing_left(taken).message_id == "refund.disputed",
        _makers(pending),
    )


def _row(place: int, row: Row, left_minor: int, line: OrderLine | None) -> RowLeft:
    each = line.unit_minor if line is not None else 0
    pieces = min(line.quantity, left_minor // each) if line is not None and line.quantity > 1 and each else 0
    return RowLeft(f"{FIELD}{place}", row["sku"], row["what"], left_minor, f"{PIECES}{place}", pieces, each)


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
