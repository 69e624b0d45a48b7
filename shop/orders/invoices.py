"""Issuing the papers of a sale: invoices, credit notes and refund vouchers, with numbers that have no gap.

Rules 46, 51 and 53 of the CGST Rules want a consecutive number of at most 16 letters, digits, hyphens and
strokes, unique in a financial year (April to March). A database sequence leaves a gap whenever a transaction is
rolled back, so the number comes from a counter row that is moved by one UPDATE inside the very transaction
that writes the paper: who comes second waits for the first, and what is rolled back takes its number along.

An invoice goes with the parcel. Money that goes back after it takes a credit note (CGST Act s.34); money that
was paid in advance and goes back before it, a refund voucher (s.31(3)(e)), which only a registered seller gives.
To be confirmed by an accountant before a shop opens.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update

from shop import outbox
from shop.clock import india_date
from shop.db import db, upsert
from shop.errors import Invalid
from shop.orders import paper_rows
from shop.orders.invoice_models import Invoice, InvoiceSeries, PaperKind
from shop.orders.models import Order, Shipment
from shop.orders.paper_rows import HEADS, Part, Row
from shop.orders.seller import Seller

NUMBERS = {"INV": "MB", "CRN": "MBC", "RFV": "MBR"}  # series -> how its numbers begin
OF_A_SALE = (PaperKind.TAX_INVOICE, PaperKind.BILL_OF_SUPPLY)


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
    """Issue the invoice of a parcel, once, in the transaction that ships it; its file is drawn by the worker.

    It says what is really supplied, at the price that stands. Without a GSTIN when the order was placed it is a bill of
    supply.
    """
    reference = f"shipment:{shipment.id}"
    if (known := find_by_reference(reference)) is not None:
        return known
    order = db.session.get_one(Order, shipment.order_id)
    seller = seller.when_placed(order)
    kind = PaperKind.TAX_INVOICE if seller.gstin else PaperKind.BILL_OF_SUPPLY
    document = {**_about(order, seller), "rows": paper_rows.supplied(order)}
    return _write(kind, "INV", reference, order, document, seller.key, at=at, by=by)


def issue_credit_note(
    of: Invoice, reference: str, parts: Sequence[Part], reason: str, *, at: datetime, by: str
) -> Invoice:
    """Credit parts of an invoice's rows, once for a reference (a refund), in a gapless series of its own.

    Invalid if more of a row is credited than earlier credit notes left.
    """
    if (known := find_by_reference(reference)) is not None:
        return known
    if of.kind not in OF_A_SALE or not parts:
        raise Invalid("invoice.credit")
    order = db.session.get_one(Order, of.order_id)
    db.session.refresh(order, with_for_update=True)  # who credits the same sale at the same moment waits
    kept = {name: of.document[name] for name in ("seller", "order", "ordered_on", "place_of_supply", "export")}
    document = {
        **kept,
        "rows": credited(order, parts),
        "reason": reason[:200],
        "credits": [of.number, of.issued_on.isoformat()],
    }
    return _write(PaperKind.CREDIT_NOTE, "CRN", reference, order, document, of.seller, at=at, by=by, credits_id=of.id)


def credited(order: Order, parts: Sequence[Part]) -> list[dict[str, Any]]:
    """Return what a credit note for parts of an order says, tax apart; Invalid if more is credited than is left."""
    left = paper_rows.left_of(order)
    if any(part.sku not in left for part in parts):
        raise Invalid("invoice.credit")
    return [paper_rows.part_of(left[part.sku], part) for part in parts]


def issue_refund_voucher(
    order: Order,
    reference: str,
    parts: Sequence[Part],
    received: tuple[str, date],
    reason: str,
    seller: Seller,
    *,
    at: datetime,
    by: str,
) -> Invoice | None:
    """Confirm that an advance went back for what is not supplied, once for a reference; None for no GSTIN.

    `received`: the gateway's own number of the payment and its day. No tax was paid on the advance, since on goods
    it falls due with the invoice (Notification 66/2017-Central Tax): the voucher says so and reverses none.
    """
    if (known := find_by_reference(reference)) is not None:
        return known
    seller = seller.when_placed(order)
    if not seller.gstin:
        return None
    document = {
        **_about(order, seller),
        "rows": advanced(order, parts),
        "received": [received[0], received[1].isoformat()],
        "reason": reason,
    }
    return _write(PaperKind.REFUND_VOUCHER, "RFV", reference, order, document, seller.key, at=at, by=by)


def advanced(order: Order, parts: Sequence[Part]) -> list[Row]:
    """Return what a refund voucher says of parts of an order: their amounts, the rate, and no tax."""
    rows = {row["sku"]: row for row in paper_rows.of_order(order)}
    none = {head.value: 0 for head in HEADS}
    return [
        {**rows[part.sku], **none, "quantity": part.quantity, "taxable_minor": part.minor, "total_minor": part.minor}
        for part in parts
    ]


def find_by_reference(reference: str) -> Invoice | None:
    """Return the paper of a parcel or a refund, or None."""
    return db.session.scalars(select(Invoice).where(Invoice.reference == reference)).one_or_none()


def find_of_sale(order: Order) -> Invoice | None:
    """Return the invoice or bill of supply of an order's parcel, or None before it has left."""
    return next((paper for paper in papers_of(order) if paper.kind in OF_A_SALE), None)


def papers_of(order: Order) -> list[Invoice]:
    """Return the papers of an order, oldest first."""
    return list(db.session.scalars(select(Invoice).where(Invoice.order_id == order.id).order_by(Invoice.id)))


def _about(order: Order, seller: Seller) -> dict[str, Any]:
    return {
        "seller": asdict(seller),
        "order": order.number,
        "ordered_on": india_date(order.placed_at).isoformat(),
        "place_of_supply": order.place_of_supply,
        "export": order.country != "IN",
    }


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
            tax_minor=paper_rows.tax_of(rows),
            document=document,
        )
        .returning(Invoice)
    ).one()
    outbox.enqueue("invoice.draw", f"invoice:{invoice.id}", {"invoice_id": invoice.id}, at=at)
    return invoice
