"""What an order's papers say row by row: lines and delivery, each with the tax inside, and what is left of them.

What is supplied is what was ordered less what went off before the parcel left: fewer pieces, or a lower price. The
value of a supply is its price less a discount given before it and recorded in the invoice (CGST Act s.15(3)(a)), so
such a row says the discount (`less_minor`), and its tax is reckoned anew, at the rate that was frozen, from what it
still costs.

A row is what a paper's document keeps: a mapping with what, sku (empty for the delivery), hsn, quantity, rate_bp, and
amounts in minor units: total_minor, taxable_minor and each head of tax, which add up to the total. A part of a row
takes its heads along by the largest remainder, of what earlier credit notes left: however an order is given back, all
parts together are the row, to the last paisa.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from shop.db import db
from shop.errors import Invalid
from shop.money import included_tax, split
from shop.orders.invoice_models import Invoice, PaperKind
from shop.orders.models import Order, OrderLine, TaxKind, TaxLine
from shop.orders.reduction_models import Reduction

Row = Mapping[str, Any]
DELIVERY = ""  # the sku of the row that says what sending cost
HEADS = (TaxKind.CGST, TaxKind.SGST, TaxKind.IGST)
AMOUNTS = (*(head.value for head in HEADS), "taxable_minor")  # equal remainders go to the tax first


@dataclass(frozen=True)
class Part:
    """How much of an order's row is given back: pieces, where any came back, and minor units with their tax."""

    sku: str
    quantity: int
    minor: int


def of_order(order: Order) -> list[Row]:
    """Return the rows of an order as it was placed: its lines in their order, then delivery if that cost something."""
    taxes: dict[int | None, list[TaxLine]] = {}
    for tax in db.session.scalars(select(TaxLine).where(TaxLine.order_id == order.id).order_by(TaxLine.id)):
        taxes.setdefault(tax.order_line_id, []).append(tax)
    lines = db.session.scalars(select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position))
    rows = [_of_line(line, taxes.get(line.id, ())) for line in lines]
    if order.shipping_minor:
        sent = taxes.get(None, ())
        rows.append(_row("Delivery", DELIVERY, sent[0].hsn if sent else "", 1, order.shipping_minor, sent))
    return rows


def supplied(order: Order) -> list[Row]:
    """Return the rows of an order as it is supplied: those of which nothing is left are not there."""
    latest = {each.sku: each for each in order.reductions}
    rows = []
    for row in of_order(order):
        off = latest.get(row["sku"])
        if off is None:
            rows.append(row)
        elif off.minor_left:
            rows.append(_reduced(row, off))
    return rows


def _reduced(row: Row, off: Reduction) -> Row:
    """Return what a row is after it was reduced; the discount is what its pieces cost less now than before."""
    heads = [head.value for head in HEADS if row[head.value]]
    tax = included_tax(off.minor_left, row["rate_bp"]) if heads else 0
    parts = dict(zip(heads, split(tax, [1] * len(heads)), strict=True)) if heads else {}
    quantity = off.quantity_left if row["sku"] else row["quantity"]
    return {
        **row,
        **parts,
        "quantity": quantity,
        "taxable_minor": off.minor_left - tax,
        "total_minor": off.minor_left,
        "less_minor": row["total_minor"] // row["quantity"] * quantity - off.minor_left,
    }


def earned(rows: Sequence[Row], sales: str) -> Counter[str]:
    """Return account -> what rows earn it, tax apart; goods go to `sales`."""
    found: Counter[str] = Counter()
    for row in rows:
        found["shipping-income" if row["sku"] == DELIVERY else sales] += row["taxable_minor"]
        for head in HEADS:
            found[f"tax:{head.value}"] += row[head.value]
    return found


def left_of(order: Order) -> dict[str, Row]:
    """Return sku -> what of a supplied row no credit note has taken back yet, in amounts."""
    left = {row["sku"]: dict(row) for row in supplied(order)}
    notes = select(Invoice.document).where(Invoice.order_id == order.id, Invoice.kind == PaperKind.CREDIT_NOTE)
    for document in db.session.scalars(notes):
        for credited in document["rows"]:
            for name in (*AMOUNTS, "total_minor"):
                left[credited["sku"]][name] -= credited[name]
    return dict(left)


def part_of(row: Row, part: Part) -> dict[str, Any]:
    """Return a part of a row with its taxable value and heads of tax; Invalid if the row holds less."""
    if not 0 < part.minor <= row["total_minor"] or not 0 <= part.quantity <= row["quantity"]:
        raise Invalid("invoice.credit")
    amounts = split(part.minor, [row[name] for name in AMOUNTS])
    return {
        **{name: value for name, value in row.items() if name != "less_minor"},
        **dict(zip(AMOUNTS, amounts, strict=True)),
        "quantity": part.quantity,
        "total_minor": part.minor,
    }


def tax_of(rows: Sequence[Row]) -> int:
    """Return the tax inside rows, over all heads."""
    return sum(row[head.value] for row in rows for head in HEADS)


def tax_now(order: Order) -> int:
    """Return the tax inside an order as it stands, over all heads."""
    return tax_of(supplied(order)) if order.reductions else order.tax_minor


def _of_line(line: OrderLine, taxes: Sequence[TaxLine]) -> Row:
    what = f"{line.title}, {line.option}" if line.option else line.title
    return _row(what, line.sku, line.hsn, line.quantity, line.total_minor, taxes)


def _row(what: str, sku: str, hsn: str, quantity: int, total: int, taxes: Sequence[TaxLine]) -> Row:
    heads = {head.value: sum(tax.amount_minor for tax in taxes if tax.kind is head) for head in HEADS}
    return {
        "what": what,
        "sku": sku,
        "hsn": hsn,
        "quantity": quantity,
        "taxable_minor": total - sum(heads.values()),
        "rate_bp": sum(tax.rate_bp for tax in taxes),
        **heads,
        "total_minor": total,
    }
