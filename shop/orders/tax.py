"""Indian GST inside tax-inclusive prices, by HSN and date.

Sources, as read in November 2026: Notification 9/2025-CT(R) of 17 September 2025 in force from
22 September 2025, and 13/2025 for listed handicrafts. These are settings with dates, to be
confirmed by an accountant before a shop opens: the office's pages say so too.

Place of supply is where the parcel goes (IGST Act s.10(1)): the seller's own state pays CGST and
SGST in halves, another state IGST. An export is zero-rated (IGST Act s.16): under a letter of undertaking
no tax is in it, without one the seller pays IGST out of the same price and claims it back. Who is not
registered may collect no tax (CGST Act s.32), so there is none inside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shop.errors import Conflict
from shop.money import included_tax, split
from shop.orders.models import TaxKind
from shop.orders.seller import Seller

NEW_RATES = date(2025, 9, 22)
GST = date(2017, 7, 1)

# (HSN prefix, in force from, basis points). The longest prefix, then the newest date, wins.
RATES: tuple[tuple[str, date, int], ...] = (
    ("4202", GST, 1800),
    ("420222", GST, 1200), ("420222", NEW_RATES, 500),
    ("420229", GST, 1200), ("420229", NEW_RATES, 500),
    ("420231", GST, 1200), ("420231", NEW_RATES, 500),
    ("420232", GST, 1200), ("420232", NEW_RATES, 500),
    ("420239", GST, 1200), ("420239", NEW_RATES, 500),
    ("4015", GST, 1800),
    ("4016", GST, 1800),
    ("4817", GST, 1800),
    ("4820", GST, 1200), ("4820", NEW_RATES, 500),
    ("4821", GST, 1800),
    ("6214", GST, 500),
    ("6302", GST, 500),
    ("6304", GST, 500),
    ("0910", GST, 500),
)  # fmt: skip


@dataclass(frozen=True)
class TaxPart:
    """One head of tax inside an amount."""

    kind: TaxKind
    hsn: str
    rate_bp: int
    rate_from: date
    taxable_minor: int
    amount_minor: int


def rate_of(hsn: str, on: date) -> tuple[int, date]:
    """Return the rate in basis points and the day it came into force; Conflict if none is known."""
    fitting = [rate for rate in RATES if hsn.startswith(rate[0]) and rate[1] <= on]
    if not fitting:
        raise Conflict("tax.unknown_hsn", hsn=hsn)
    _, since, basis_points = max(fitting, key=lambda rate: (len(rate[0]), rate[1]))
    return basis_points, since


def inside(gross_minor: int, hsn: str, *, on: date, country: str, state: str, seller: Seller) -> list[TaxPart]:
    """Return the tax inside an amount, whose taxable value and tax add up to it; nothing if the seller charges none."""
    if not seller.gstin:
        return []
    rate_bp, since = rate_of(hsn, on)
    if country != "IN" and seller.lut:
        return [TaxPart(TaxKind.ZERO, hsn, 0, since, gross_minor, 0)]
    tax = included_tax(gross_minor, rate_bp)
    taxable = gross_minor - tax
    if country != "IN" or state != seller.state:
        return [TaxPart(TaxKind.IGST, hsn, rate_bp, since, taxable, tax)]
    central, own = split(tax, [1, 1])
    half = rate_bp // 2
    return [
        TaxPart(TaxKind.CGST, hsn, half, since, taxable, central),
        TaxPart(TaxKind.SGST, hsn, rate_bp - half, since, taxable, own),
    ]


def carriage_hsn(hsns: Sequence[str], on: date) -> str:
    """Return the HSN whose rate carriage follows: the highest in the parcel (a composite supply)."""
    return max(hsns, key=lambda hsn: rate_of(hsn, on)[0])
