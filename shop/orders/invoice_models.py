"""Papers of a sale: invoices, bills of supply, credit notes and refund vouchers, without a gap, and their files.

What a paper says is frozen in its row, save who received it: that stands in the file alone, drawn once
and served again as the same bytes. A paper is never changed; what was wrong is put right by a credit note.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column

APPEND_ONLY = {"invoice": "id", "invoice_file": "invoice_id"}


class PaperKind(StrEnum):
    """What a paper is: a seller without GSTIN gives a bill of supply."""

    TAX_INVOICE = "tax-invoice"
    BILL_OF_SUPPLY = "bill-of-supply"
    CREDIT_NOTE = "credit-note"
    REFUND_VOUCHER = "refund-voucher"


class InvoiceSeries(Model):
    """The last number given in a series of a seller and a financial year; it grows with each paper, never alone."""

    __tablename__ = "invoice_series"
    __table_args__ = (CheckConstraint("last >= 0", name="not_negative"),)

    seller: Mapped[str] = mapped_column(String(15), primary_key=True)
    series: Mapped[str] = mapped_column(String(3), primary_key=True)
    year: Mapped[str] = mapped_column(String(5), primary_key=True)
    last: Mapped[int]


class Invoice(Model):
    """One paper. `reference` names the parcel or the refund that it is for, so that it is issued once."""

    __tablename__ = "invoice"
    __table_args__ = (
        UniqueConstraint("seller", "series", "year", "seq"),
        UniqueConstraint("seller", "number"),
        CheckConstraint("seq > 0 AND total_minor > 0 AND tax_minor >= 0 AND tax_minor < total_minor", name="sums"),
        CheckConstraint("(kind = 'credit-note') = (credits_id IS NOT NULL)", name="credits_something"),
        one_of("kind", PaperKind),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[PaperKind] = mapped_column(status_column(PaperKind))
    number: Mapped[str] = mapped_column(String(16))
    seller: Mapped[str] = mapped_column(String(15))
    series: Mapped[str] = mapped_column(String(3))
    year: Mapped[str] = mapped_column(String(5))
    seq: Mapped[int]
    reference: Mapped[str] = mapped_column(String(60), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    credits_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"), index=True)
    issued_on: Mapped[date]
    issued_at: Mapped[datetime] = mapped_column(UTCDateTime)
    issued_by: Mapped[str] = mapped_column(String(40))
    currency: Mapped[str] = mapped_column(String(3))
    total_minor: Mapped[int] = mapped_column(Minor)
    tax_minor: Mapped[int] = mapped_column(Minor)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)


class InvoiceFile(Model):
    """The drawn file of a paper: its bytes lie in the store under their hash."""

    __tablename__ = "invoice_file"

    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    drawn_at: Mapped[datetime] = mapped_column(UTCDateTime)
