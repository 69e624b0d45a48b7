"""The file of a paper: what stands on it, and where its file is once it is drawn; it is never drawn again."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency
from sqlalchemy import select

from shop import documents
from shop.db import db, upsert
from shop.orders.invoice_models import Invoice, InvoiceFile, PaperKind
from shop.orders.models import Order
from shop.orders.paper_rows import HEADS
from shop.orders.states import STATE_CODES

FOLDER = "papers"  # in the store
TITLES = {
    PaperKind.TAX_INVOICE: "Tax invoice",
    PaperKind.BILL_OF_SUPPLY: "Bill of supply",
    PaperKind.CREDIT_NOTE: "Credit note",
    PaperKind.REFUND_VOUCHER: "Refund voucher",
}
SUMS = {
    PaperKind.TAX_INVOICE: "Total",
    PaperKind.BILL_OF_SUPPLY: "Total",
    PaperKind.CREDIT_NOTE: "Credited in all",
    PaperKind.REFUND_VOUCHER: "Given back in all",
}
GIVEN_BACK = (PaperKind.CREDIT_NOTE, PaperKind.REFUND_VOUCHER)
ABROAD_CODE = "96"  # what the GST network writes for a country abroad
LOCALE = "en_IN"
# What the fonts beside the template can write: Latin, signs of currencies, Bengali, Devanagari and their joiners.
UNWRITABLE = re.compile(
    "[^ -~\u00a0-\u00ff\u0131\u0152\u0153\u2013\u2014\u2018\u2019\u201c\u201d\u20ac\u20b9"
    "\u0964\u0965\u0980-\u0983\u0985-\u098c\u098f\u0990\u0993-\u09a8\u09aa-\u09b0\u09b2\u09b6-\u09b9\u09bc-\u09c4"
    "\u09c7\u09c8\u09cb-\u09ce\u09d7\u09dc\u09dd\u09df-\u09e3\u09e6-\u09f1\u09f3-\u09fb"
    "\u0901-\u0903\u0905-\u090d\u090f-\u0911\u0913-\u0939\u093c-\u0945\u0947-\u0949"
    "\u094b-\u094d\u0950\u0958-\u095f\u0960-\u0970\u0972\u200c\u200d]"
)
AS_ON_THE_PARCEL = "(as written on the parcel)"


def draw(invoice: Invoice) -> bytes:
    """Return a paper as a PDF."""
    return documents.draw("invoice.typ", paper=words_of(invoice, db.session.get_one(Order, invoice.order_id)))


def record(invoice_id: int, sha256: str, size: int, *, at: datetime) -> None:
    """Note which file a paper has; the first one noted stays."""
    row = upsert(InvoiceFile).values(invoice_id=invoice_id, sha256=sha256, size=size, drawn_at=at)
    db.session.execute(row.on_conflict_do_nothing(index_elements=["invoice_id"]))


def find(invoice: Invoice, *, papers: str) -> bytes | None:
    """Return the stored bytes of a paper, or None if it is not drawn yet; Unavailable if they have changed."""
    sha256 = db.session.scalar(select(InvoiceFile.sha256).where(InvoiceFile.invoice_id == invoice.id))
    return documents.get(sha256, FOLDER, papers=papers, lost="invoice.lost") if sha256 is not None else None


def words_of(invoice: Invoice, order: Order) -> dict[str, Any]:
    """Return everything that stands on a paper, as text."""
    seller, rows = invoice.document["seller"], invoice.document["rows"]
    registered, voucher = bool(seller["gstin"]), invoice.kind is PaperKind.REFUND_VOUCHER
    taxed = registered and not voucher  # whether a row tells its tax apart
    counted = any(row["quantity"] for row in rows)  # money alone takes no piece back
    less = any(row.get("less_minor") for row in rows)  # a discount given before the supply stands on its paper
    heads = [head.value for head in HEADS if any(row[head.value] for row in rows)] if taxed else []

    def money(minor: int) -> str:
        return str(format_currency(Decimal(minor).scaleb(-2), invoice.currency, locale=LOCALE))

    return {
        "title": TITLES[invoice.kind],
        "number": invoice.number,
        "seller": [part for part in (seller["name"] or "Missing Bags", seller["address"], seller["state"]) if part],
        "seller_ids": [
            *([f"GSTIN {seller['gstin']}"] if registered else ["Not registered under GST"]),
            *[part for part in (seller["email"], seller["phone"]) if part],
        ],
        "receiver": list(dict.fromkeys(_writable(part) for part in _receiver(order) if part)),
        "facts": _facts(invoice, registered),
        "columns": [
            "What", "HSN", *(["Pieces"] if counted else []), *(["Rate"] if registered else []),
            *(["Price"] if less else []), *(["Discount"] if less else []),
            *(["Taxable", *(head.upper() for head in heads)] if taxed else []), "Total",
        ],
        "rows": [
            [
                row["hsn"],
                *([str(row["quantity"] or "–")] if counted else []),
                *([_percent(row["rate_bp"])] if registered else []),
                *([money(row["total_minor"] + row.get("less_minor", 0))] if less else []),
                *([money(-row.get("less_minor", 0))] if less else []),
                *([money(row["taxable_minor"]), *(money(row[head]) for head in heads)] if taxed else []),
                money(row["total_minor"]),
            ]
            for row in rows
        ],
        "names": [[row["what"], row["sku"]] for row in rows],
        "sums": [
            *([["Taxable value", money(invoice.total_minor - invoice.tax_minor)]] if taxed else []),
            *([head.upper(), money(sum(row[head] for row in rows))] for head in heads),
            *([["Tax paid on the advance", money(0)]] if voucher else []),
        ],
        "sum": SUMS[invoice.kind],
        "total": money(invoice.total_minor),
        "statements": _statements(invoice, registered),
        "note": "Drawn by computer and valid without a signature."
        + ("" if invoice.kind in GIVEN_BACK else " Country of origin: India."),
    }  # fmt: skip


def _facts(invoice: Invoice, registered: bool) -> list[list[str]]:
    document = invoice.document
    facts = [
        ["Number", invoice.number],
        ["Date", _day(invoice.issued_on.isoformat())],
        ["Order", f"{document['order']} of {_day(document['ordered_on'])}"],
    ]
    if "credits" in document:
        of = "For invoice" if registered else "For bill of supply"
        facts.append([of, f"{document['credits'][0]} of {_day(document['credits'][1])}"])
    if "received" in document:
        facts.append(["For payment", f"{document['received'][0]} of {_day(document['received'][1])}"])
    if registered:
        facts += [["Place of supply", place_of_supply(document["place_of_supply"])], ["Reverse charge", "No"]]
    if "reason" in document:
        facts.append(["Reason", document["reason"]])
    return facts


def _day(iso: str) -> str:
    return str(format_date(date.fromisoformat(iso), "d MMMM y", locale=LOCALE)).replace(" ", "\u00a0")


def _percent(basis_points: int) -> str:
    return f"{Decimal(basis_points).scaleb(-2).normalize():f}\u00a0%"


def place_of_supply(place: str) -> str:
    """Return a state with its code as the tax office writes it, or a country abroad as an export."""
    code = STATE_CODES.get(place)
    return f"{place} ({code})" if code else f"Outside India: {_country(place)} ({ABROAD_CODE})"


def _country(code: str) -> str:
    return str(Locale.parse(LOCALE).territories.get(code, code))


def _writable(text: str) -> str:
    """Return a line as our fonts can write it; a script that they lack is left to the parcel's own label."""
    composed = unicodedata.normalize("NFC", text)
    bare = UNWRITABLE.sub(lambda found: _bare(found[0]), composed)
    return AS_ON_THE_PARCEL if UNWRITABLE.search(bare) else bare


def _bare(letter: str) -> str:
    """Return a letter without its accents. Only one that cannot be written: in Bengali and Hindi such signs spell."""
    return "".join(each for each in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(each))


def _receiver(order: Order) -> tuple[str, ...]:
    town = " ".join(part for part in (order.city, order.postcode) if part)
    abroad = "" if order.country == "IN" else _country(order.country)
    return order.name, order.line1, order.line2, town, order.state, abroad


def _statements(invoice: Invoice, registered: bool) -> list[str]:
    """Return what the law wants said beside the figures."""
    notes, seller = [], invoice.document["seller"]
    is_sale = invoice.kind is PaperKind.TAX_INVOICE
    if is_sale and invoice.document["export"]:  # the words of rule 46 of the CGST Rules
        if invoice.tax_minor:
            notes.append("Supply meant for export on payment of integrated tax.")
        else:
            notes.append(
                "Supply meant for export under bond or letter of undertaking without payment of integrated tax."
                + (f" LUT {seller['lut']}." if seller["lut"] else "")
            )
    if invoice.kind is PaperKind.REFUND_VOUCHER:
        notes.append(
            "No tax was paid on the advance, since tax on goods falls due with the invoice "
            "(Notification 66/2017-Central Tax): so none is reversed."
        )
    if not registered:
        notes.append("The seller is not registered under GST: no tax is collected on this supply.")
    return notes
