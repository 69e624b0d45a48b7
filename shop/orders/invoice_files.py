"""The file of a paper: drawn once by Typst, kept under the hash of its bytes, and never drawn again.

Everything reaches the drawing as data, which Typst does not evaluate: nobody's name can become code.
"""

import hashlib
import json
import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import typst
from babel.dates import format_date
from babel.numbers import format_currency
from sqlalchemy import select

from shop import storage
from shop.db import db, upsert
from shop.errors import Unavailable
from shop.orders.invoice_models import Invoice, InvoiceFile, PaperKind
from shop.orders.models import Order
from shop.orders.states import STATE_CODES

DOCUMENTS = Path(__file__).resolve().parent.parent.joinpath("templates", "documents")
TITLES = {
    PaperKind.TAX_INVOICE: "Tax invoice",
    PaperKind.BILL_OF_SUPPLY: "Bill of supply",
    PaperKind.CREDIT_NOTE: "Credit note",
}
LOCALE = "en_IN"
# What the fonts beside the template can write: Latin, Bengali, and the signs of our currencies.
UNWRITABLE = re.compile(
    "[^ -~\u00a0-\u00ff\u0964\u0965\u0980-\u09ff\u200c\u200d\u2013\u2014\u2018\u2019\u201c\u201d\u20ac\u20b9]"
)
AS_ON_THE_PARCEL = "(as written on the parcel)"


def draw(invoice: Invoice) -> bytes:
    """Return a paper as a PDF, made for print and for a reading aid (PDF/UA-1)."""
    order = db.session.get_one(Order, invoice.order_id)
    drawn: bytes = typst.compile(
        str(DOCUMENTS.joinpath("invoice.typ")),
        root=str(DOCUMENTS),
        font_paths=[str(DOCUMENTS.joinpath("fonts"))],
        ignore_system_fonts=True,
        sys_inputs={"paper": json.dumps(words_of(invoice, order), ensure_ascii=False)},
        pdf_standards=["ua-1"],
    )
    return drawn


def keep(drawn: bytes, *, papers: str) -> tuple[str, int]:
    """Lay a drawn paper into the store and return its hash and size. Run with no transaction open."""
    sha256 = hashlib.sha256(drawn).hexdigest()
    storage.put(papers, _name(sha256), drawn)
    return sha256, len(drawn)


def record(invoice_id: int, sha256: str, size: int, *, at: datetime) -> None:
    """Note which file a paper has; the first one noted stays."""
    row = upsert(InvoiceFile).values(invoice_id=invoice_id, sha256=sha256, size=size, drawn_at=at)
    db.session.execute(row.on_conflict_do_nothing(index_elements=["invoice_id"]))


def find(invoice: Invoice, *, papers: str) -> bytes | None:
    """Return the stored bytes of a paper, or None if it is not drawn yet; Unavailable if they have changed."""
    sha256 = db.session.scalar(select(InvoiceFile.sha256).where(InvoiceFile.invoice_id == invoice.id))
    if sha256 is None:
        return None
    stored = storage.find(papers, _name(sha256))
    if stored is None or hashlib.sha256(stored).hexdigest() != sha256:
        raise Unavailable("invoice.lost")
    return stored


def _name(sha256: str) -> str:
    return f"papers/{sha256[:2]}/{sha256}.pdf"


def words_of(invoice: Invoice, order: Order) -> dict[str, Any]:
    """Return everything that stands on a paper, as text."""
    document = invoice.document
    seller, export = document["seller"], document["export"]

    def money(minor: int) -> str:
        return str(format_currency(Decimal(minor).scaleb(-2), invoice.currency, locale=LOCALE))

    def day(iso: str) -> str:
        return str(format_date(date.fromisoformat(iso), "d MMMM y", locale=LOCALE))

    heads = [head for head in ("cgst", "sgst", "igst") if any(row[head] for row in document["rows"])]
    taxed = bool(seller["gstin"])
    facts = [
        ["Number", invoice.number],
        ["Date", day(invoice.issued_on.isoformat())],
        ["Order", f"{document['order']} of {day(document['ordered_on'])}"],
        ["Place of supply", place_of_supply(document["place_of_supply"])],
        ["Reverse charge", "No"],
    ]
    if "credits" in document:
        facts.insert(2, ["For invoice", f"{document['credits'][0]} of {day(document['credits'][1])}"])
        facts.append(["Reason", document["reason"]])
    return {
        "title": TITLES[invoice.kind],
        "number": invoice.number,
        "seller": [part for part in (seller["name"] or "Missing Bags", seller["address"], seller["state"]) if part],
        "seller_ids": [
            *([f"GSTIN {seller['gstin']}"] if taxed else ["Not registered under GST"]),
            *[part for part in (seller["email"], seller["phone"]) if part],
        ],
        "receiver": list(dict.fromkeys(_writable(part) for part in _receiver(order) if part)),
        "facts": facts,
        "heads": [head.upper() for head in heads] if taxed else [],
        "taxed": taxed,
        "rows": [
            {
                "what": row["what"],
                "sku": row["sku"],
                "hsn": row["hsn"],
                "quantity": str(row["quantity"]),
                "rate": f"{Decimal(row['rate_bp']).scaleb(-2):g} %",
                "taxable": money(row["taxable_minor"]),
                "heads": [money(row[head]) for head in heads] if taxed else [],
                "total": money(row["total_minor"]),
            }
            for row in document["rows"]
        ],
        "sums": [
            *([["Taxable value", money(invoice.total_minor - invoice.tax_minor)]] if taxed else []),
            *([[head.upper(), money(sum(row[head] for row in document["rows"]))] for head in heads] if taxed else []),
        ],
        "total": money(invoice.total_minor),
        "notes": _notes(seller, export, taxed),
    }


def place_of_supply(place: str) -> str:
    """Return a state with its code as the tax office writes it, or a country abroad as an export."""
    code = STATE_CODES.get(place)
    return f"{place} ({code})" if code else f"Outside India ({place})"


def _writable(text: str) -> str:
    """Return a line as our fonts can write it; a script that they lack is left to the parcel's own label."""
    if not UNWRITABLE.search(text):
        return text
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return AS_ON_THE_PARCEL if UNWRITABLE.search(bare) else bare


def _receiver(order: Order) -> tuple[str, ...]:
    town = " ".join(part for part in (order.city, order.postcode) if part)
    return order.name, order.line1, order.line2, town, order.state, "" if order.country == "IN" else order.country


def _notes(seller: dict[str, str], export: bool, taxed: bool) -> list[str]:
    notes = []
    if export and taxed and seller["lut"]:
        notes.append(
            "Supply meant for export under letter of undertaking without payment of integrated tax. "
            f"LUT {seller['lut']}."
        )
    elif export:
        notes.append("Supply meant for export; no tax is charged.")
    if not taxed:
        notes.append("The seller is not registered under GST: no tax is collected on this supply.")
    notes.append("Drawn by computer and valid without a signature. Country of origin: India.")
    return notes
