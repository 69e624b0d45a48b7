"""What an order's papers say row by row: lines and delivery, each with the tax inside, and what is left of them.

A row is what a paper's document keeps: a mapping with what, sku (empty for the delivery), hsn, quantity, rate_bp, and
amounts in minor units: total_minor, taxable_minor and each head of tax, which add up to the total. A part of a row
takes its heads along by the largest remainder, of what earlier credit notes left: however an order is given back, all
parts together are the row, to the last paisa.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from shop.db import db
from shop.errors import Invalid
from shop.money import split
from shop.orders.invoice_models import Invoice, PaperKind
from shop.orders.models import Order, OrderLine, TaxKind, TaxLine

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
    """Return the rows of an order: its lines in their order, then its delivery if that cost something."""
    taxes: dict[int | None, list[TaxLine]] = {}
    for tax in db.session.scalars(select(TaxLine).where(TaxLine.order_id == order.id).order_by(TaxLine.id)):
        taxes.setdefault(tax.order_line_id, []).append(tax)
    lines = db.session.scalars(select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position))
    rows = [_of_line(line, taxes.get(line.id, ())) for line in lines]
    if order.shipping_minor:
        sent = taxes.get(None, ())
        rows.append(_row("Delivery", DELIVERY, sent[0].hsn if sent else "", 1, order.shipping_minor, sent))
    return rows


def left_of(order: Order) -> dict[str, Row]:
    """Return sku -> what of an order's row no credit note has taken back yet, in amounts."""
    left = {row["sku"]: dict(row) for row in of_order(order)}
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
        **row,
        **dict(zip(AMOUNTS, amounts, strict=True)),
        "quantity": part.quantity,
        "total_minor": part.minor,
    }


def tax_of(rows: Sequence[Row]) -> int:
    """Return the tax inside rows, over all heads."""
    return sum(row[head.value] for row in rows for head in HEADS)


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
