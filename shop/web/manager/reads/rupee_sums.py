"""Where what a customer paid went, to the paisa. What is left over after all that is known is the house's own.

An order in rupees is one sum. In another currency it is two: what was paid and what of it the customer, the bank, the
tax and the gateway have, and, in rupees, what the gateway made of the rest and what of that is the makers'. Nothing is
ever converted by a rate of our own, so before the gateway has exchanged it the second sum has no beginning and no rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from shop.ledger.chart import kind_of
from shop.orders import paper_rows
from shop.orders.models import Order, OrderStatus
from shop.payments.settlement_models import SettlementLine
from shop.web.manager.reads import payment_books
from shop.web.manager.reads.payment_story import Rows, sums_of
from shop.web.manager.reads.rupee_pieces import Pieces

HOME = "INR"


@dataclass(frozen=True)
class Sheet:
    """One sum in one currency, in minor units: what came, what of it went where, and what is left (below zero too).

    `came` is None where the gateway has not exchanged it yet; then nothing is said of what is left.
    """

    currency: str
    begins: str
    came: int | None
    went: Sequence[tuple[str, int]]
    rest: str

    @property
    def left(self) -> int | None:
        """Return what is left, so that all parts add up to what came."""
        return None if self.came is None else self.came - sum(minor for _words, minor in self.went)


def sheets(order: Order, rows: Rows, pieces: Pieces, *, with_gateway: bool) -> list[Sheet]:
    """Return the sums of one order; without the gateway's part (then it is in the rest) for who reads no payments."""
    sums = sums_of(order, rows)
    posted = [line for line in rows.lines if line.posted_at is not None] if with_gateway else []
    went = [
        (_("Given back to the customer"), sums.refunded),
        (_("Taken back by the bank"), sums.lost),
        (_("Tax"), _tax(order, rows)),
        (_("Kept by the gateway"), _kept(rows, posted, order.currency)),
    ]
    makers = [(_("Makers: wages"), pieces.wages_minor), (_("Makers: share of the sale"), pieces.shares_minor)]
    rest = (
        _("Cloth, centre, packing, carriage and the shop")
        if with_gateway
        else _("The gateway, cloth, centre, packing, carriage and the shop")
    )
    paid = _("The customer paid")
    if order.currency == HOME:
        return [Sheet(HOME, paid, sums.captured, _some([*went, *makers]), rest)]
    exchanged = [line for line in posted if line.currency == HOME and (line.capture_id or line.refund_id)]
    came = sum(line.gross_minor for line in exchanged) if exchanged else None
    in_rupees = [(_("Kept by the gateway"), _kept(rows, posted, HOME)), *makers]
    return [
        Sheet(order.currency, paid, sums.captured, _some(went), _("For the makers and the house")),
        Sheet(HOME, _("The gateway made of it"), came, _some(in_rupees), rest),
    ]


def _some(went: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    return [(words, minor) for words, minor in went if minor]


def _kept(rows: Rows, posted: Sequence[SettlementLine], currency: str) -> int:
    """Return what a gateway kept in a currency: of what it settled, and for disputes where the line has none."""
    of_lines = sum(line.fee_minor for line in posted if line.currency == currency)
    told = {line.about for line in posted if line.fee_minor}
    return of_lines + sum(
        each.fee_minor - each.fee_back_minor
        for each in rows.disputes
        if posted and each.fee_currency == currency and each.dispute_ref not in told
    )


def _tax(order: Order, rows: Rows) -> int:
    """Return the tax: what the books hold of it once the parcel has left, before that what is inside the order."""
    if order.status is OrderStatus.PAID:
        return paper_rows.tax_now(order)
    names = payment_books.references(rows.captures, rows.back, rows.disputes, rows.lines)
    legs = [leg for _entry, some in payment_books.written(order, names) for leg in some]
    return sum(leg.amount.minor * ((kind_of(leg.credit) == "tax") - (kind_of(leg.debit) == "tax")) for leg in legs)
