"""What giving money back would do, as the office sees it before it is done: books, paper, makers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shop.artisans import shares
from shop.errors import DomainError, Invalid
from shop.orders import invoices, lifecycle, paper_rows
from shop.orders.invoice_models import Invoice
from shop.orders.models import Order
from shop.orders.paper_rows import DELIVERY
from shop.orders.seller import Seller
from shop.payments import given_back, refund_plan, refunds
from shop.payments.refund_plan import Plan
from shop.web import edge

FIELD = "part_"  # the form's fields: one for each row of the order, by its place


@dataclass(frozen=True)
class RowLeft:
    """A row of the order with the field that names a part of it, and how much is left to give back."""

    field: str
    sku: str
    what: str
    left_minor: int

    @property
    def is_delivery(self) -> bool:
        """Say whether it is what sending cost."""
        return self.sku == DELIVERY


@dataclass(frozen=True)
class RefundPage:
    """An order and what a refund would do to it; `plan` is none where nothing is left to give back.

    `wanted`: field -> minor units of the parts that were named, none for everything that is left.
    """

    order: Order
    plan: Plan | None
    rows: Sequence[RowLeft]
    wanted: Mapping[str, int]
    is_sold: bool
    sale: Invoice | None
    shares_minor: int
    accounts: Sequence[str]


def wanted(order: Order, given: Mapping[str, str]) -> dict[str, int]:
    """Return the parts that a form names, as sku -> minor units; Invalid beside the field that says no amount."""
    named = {}
    for place, row in enumerate(paper_rows.of_order(order)):
        text = given.get(f"{FIELD}{place}", "").strip()[:20]
        if text:
            try:
                named[row["sku"]] = edge.rupees(text)
            except Invalid as error:
                raise Invalid(error.message_id, field=f"{FIELD}{place}") from None
    return named


def refund_page(order: Order, named: Mapping[str, int], seller: Seller) -> RefundPage:
    """Return what giving back the named parts would do, or everything that is left where none are."""
    left = given_back.left_of(order)
    rows = [
        RowLeft(f"{FIELD}{place}", row["sku"], row["what"], left[row["sku"]])
        for place, row in enumerate(paper_rows.of_order(order))
    ]
    references = [line.reference for line in lifecycle.lines_of(order)]
    return RefundPage(
        order,
        refund_plan.of_parts(order, named, seller) if named else _all(order, seller),
        rows,
        {row.field: named[row.sku] for row in rows if row.sku in named},
        order.status in given_back.SOLD,
        invoices.find_of_sale(order),
        sum(share.amount_minor for share in shares.pending_for(references)),
        sorted({f"gateway:{capture.gateway}:clearing" for capture in refunds.captures_of(order)}),
    )


def _all(order: Order, seller: Seller) -> Plan | None:
    try:
        return refund_plan.of_all(order, seller)
    except DomainError:
        return None
