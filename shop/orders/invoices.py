"""Issuing invoices and credit notes, with numbers that have no gap.

Rule 46 of the CGST Rules wants a consecutive number of at most 16 letters, digits, hyphens and strokes,
unique in a financial year (April to March). A database sequence leaves a gap whenever a transaction is
rolled back, so the number comes from a counter row that is moved by one UPDATE inside the very transaction
that writes the paper: who comes second waits for the first, and what is rolled back takes its number along.

Place of supply is where the parcel goes (IGST Act s.10). Settings, to be confirmed by an accountant before
a shop opens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from shop import outbox
from shop.clock import india_date
from shop.db import db, upsert
from shop.errors import Invalid
from shop.money import split
from shop.orders.invoice_models import Invoice, InvoiceSeries, PaperKind
from shop.orders.models import Order, OrderLine, Shipment, TaxKind, TaxLine

UNREGISTERED = "unregistered"
NUMBERS = {"INV": "MB", "CRN": "MBC"}  # series -> how its numbers begin
HEADS = (TaxKind.CGST, TaxKind.SGST, TaxKind.IGST)


@dataclass(frozen=True)
class Seller:
    """Who sells, as it stands on a paper; without a GSTIN a bill of supply. `lut` is the letter of undertaking."""

    name: str
    address: str
    state: str
    gstin: str = ""
    email: str = ""
    phone: str = ""
    lut: str = ""

    @property
    def key(self) -> str:
        """Return what the seller's numbers are counted by."""
        return self.gstin or UNREGISTERED


@dataclass(frozen=True)
class Credited:
    """What of an invoice's row (its index) is credited: pieces, and the amount with its tax in minor units.

    `taxes` says how much of it is tax where that is known; else tax goes back in the row's proportion.
    """

    row: int
    quantity: int
    minor: int
    taxes: Mapping[TaxKind, int] | None = None


def financial_year(on: date) -> str:
    """Return the Indian financial year of a day: "26-27" from 1 April 2026 to 31 March 2027."""
    first = on.year if on.month >= 4 else on.year - 1
    return f"{first % 100:02d}-{(first + 1) % 100:02d}"


def next_number(seller: str, series: str, on: date) -> tuple[str, int]:
    """Return the next number of a series and what it counts; it is given only if this transaction commits."""
    year = financial_year(on)
    key = {"seller": seller, "series": series, "year": year}
    first = upsert(InvoiceSeries).values(**key, last=0)
    db.session.execute(first.on_conflict_do_nothing(index_elements=list(key)))
    seq = db.session.scalar(
        update(InvoiceSeries)
        .where(*(getattr(InvoiceSeries, name) == value for name, value in key.items()))
        .values(last=InvoiceSeries.last + 1)
        .returning(InvoiceSeries.last)
        .execution_options(synchronize_session=False)
    )
    assert seq is not None
    return f"{NUMBERS[series]}/{year}/{seq:05d}", seq


def issue_invoice(shipment: Shipment, seller: Seller, *, at: datetime, by: str) -> Invoice:
    """Issue the invoice of a parcel, once, in the transaction that ships it; its file is drawn by the worker."""
    reference = f"shipment:{shipment.id}"
    if (known := find_by_reference(reference)) is not None:
        return known
    order = db.session.get_one(Order, shipment.order_id)
    rows = _rows(order)
    kind = PaperKind.TAX_INVOICE if seller.gstin else PaperKind.BILL_OF_SUPPLY
    document = {
        "seller": asdict(seller),
        "order": order.number,
        "ordered_on": india_date(order.placed_at).isoformat(),
        "place_of_supply": order.place_of_supply,
        "export": order.country != "IN",
        "rows": rows,
    }
    return _write(kind, "INV", reference, order, document, seller.key, at=at, by=by)


def issue_credit_note(
    of: Invoice, reference: str, credited: Sequence[Credited], reason: str, *, at: datetime, by: str
) -> Invoice:
    """Credit rows of an invoice, once for a reference (a return or a refund), in its own gapless series.

    Invalid if more is credited than was invoiced.
    """
    if (known := find_by_reference(reference)) is not None:
        return known
    if of.kind is PaperKind.CREDIT_NOTE or not credited:
        raise Invalid("invoice.credit")
    rows = [_part_of(of.document["rows"][each.row], each) for each in credited]
    order = db.session.get_one(Order, of.order_id)
    db.session.refresh(order, with_for_update=True)  # who credits the same sale at the same moment waits
    kept = {name: of.document[name] for name in ("seller", "order", "ordered_on", "place_of_supply", "export")}
    document = {**kept, "rows": rows, "reason": reason[:200], "credits": [of.number, of.issued_on.isoformat()]}
    issued = _write(PaperKind.CREDIT_NOTE, "CRN", reference, order, document, of.seller, at=at, by=by, credits_id=of.id)
    total = db.session.scalar(select(func.sum(Invoice.total_minor)).where(Invoice.credits_id == of.id)) or 0
    if total > of.total_minor:
        raise Invalid("invoice.credit")
    return issued


def find_by_reference(reference: str) -> Invoice | None:
    """Return the paper of a parcel or a refund, or None."""
    return db.session.scalars(select(Invoice).where(Invoice.reference == reference)).one_or_none()


def find_of_sale(order: Order) -> Invoice | None:
    """Return the invoice or bill of supply of an order's parcel, or None before it has left."""
    return next((paper for paper in papers_of(order) if paper.kind is not PaperKind.CREDIT_NOTE), None)


def papers_of(order: Order) -> list[Invoice]:
    """Return the papers of an order, oldest first."""
    return list(db.session.scalars(select(Invoice).where(Invoice.order_id == order.id).order_by(Invoice.id)))


def _write(
    kind: PaperKind,
    series: str,
    reference: str,
    order: Order,
    document: dict[str, Any],
    seller: str,
    *,
    at: datetime,
    by: str,
    credits_id: int | None = None,
) -> Invoice:
    on = india_date(at)
    number, seq = next_number(seller, series, on)
    rows = document["rows"]
    invoice = db.session.scalars(
        insert(Invoice)
        .values(
            kind=kind,
            number=number,
            seller=seller,
            series=series,
            year=financial_year(on),
            seq=seq,
            reference=reference,
            order_id=order.id,
            credits_id=credits_id,
            issued_on=on,
            issued_at=at,
            issued_by=by,
            currency=order.currency,
            total_minor=sum(row["total_minor"] for row in rows),
            tax_minor=sum(row[head.value] for row in rows for head in HEADS),
            document=document,
        )
        .returning(Invoice)
    ).one()
    outbox.enqueue("invoice.draw", f"invoice:{invoice.id}", {"invoice_id": invoice.id}, at=at)
    return invoice


def _rows(order: Order) -> list[dict[str, Any]]:
    """Return the order's lines and its carriage as rows: what, HSN, pieces, and each head of tax."""
    taxes: dict[int | None, list[TaxLine]] = {}
    for tax in db.session.scalars(select(TaxLine).where(TaxLine.order_id == order.id).order_by(TaxLine.id)):
        taxes.setdefault(tax.order_line_id, []).append(tax)
    lines = db.session.scalars(select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position))
    rows = [
        _row(
            f"{line.title}, {line.option}" if line.option else line.title,
            line.sku,
            line.quantity,
            line.total_minor,
            taxes[line.id],
        )
        for line in lines
    ]
    if order.shipping_minor:
        rows.append(_row("Delivery", "", 1, order.shipping_minor, taxes[None]))
    return rows


def _row(what: str, sku: str, quantity: int, total: int, taxes: Sequence[TaxLine]) -> dict[str, Any]:
    heads = {head.value: sum(tax.amount_minor for tax in taxes if tax.kind is head) for head in HEADS}
    return {
        "what": what,
        "sku": sku,
        "hsn": taxes[0].hsn,
        "quantity": quantity,
        "taxable_minor": total - sum(heads.values()),
        "rate_bp": sum(tax.rate_bp for tax in taxes),
        **heads,
        "total_minor": total,
    }


def _part_of(row: dict[str, Any], credited: Credited) -> dict[str, Any]:
    """Return the credited part of a row, its taxable value and heads of tax in proportion and to the last paisa."""
    if not 0 < credited.minor <= row["total_minor"] or not 0 <= credited.quantity <= row["quantity"]:
        raise Invalid("invoice.credit")
    names = ("taxable_minor", *(head.value for head in HEADS))
    if credited.taxes is None:
        parts = split(credited.minor, [row[name] for name in names])
    else:
        heads = [credited.taxes.get(head, 0) for head in HEADS]
        parts = [credited.minor - sum(heads), *heads]
    return {
        **row,
        **dict(zip(names, parts, strict=True)),
        "quantity": credited.quantity,
        "total_minor": credited.minor,
    }
