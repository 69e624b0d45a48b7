"""What giving money back would do, told before anything is done: the paper, its tax, and the accounts.

It is reckoned by the very functions that ask for a refund and book it, so what is shown is what happens.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shop.errors import Conflict
from shop.orders import invoices, paper_rows, reductions
from shop.orders.invoice_models import PaperKind
from shop.orders.models import Order
from shop.orders.paper_rows import Part, Row
from shop.orders.reductions import Asked, Effect
from shop.orders.seller import Seller
from shop.payments import captures, given_back, refund_papers


@dataclass(frozen=True)
class Plan:
    """What a refund would do, in minor units of the order's currency.

    `rows` are what its paper would say, none without one; `moves` tell account -> how much is taken from it, and
    `beyond` how much of the money was never the order's. `parts` were named, `effect` is what taking them off an order
    that has not left does to its pieces, and `left_minor` what that order costs from then on.
    """

    amount_minor: int
    paper: PaperKind | None
    rows: Sequence[Row]
    moves: Mapping[str, int]
    beyond_minor: int
    parts: Sequence[Part] = ()
    effect: Effect | None = None
    left_minor: int = 0

    @property
    def pieces(self) -> int:
        """Return how many pieces go off the order."""
        return sum(part.quantity for part in self.parts)

    @property
    def tax_minor(self) -> int:
        """Return the tax that the paper reverses."""
        return paper_rows.tax_of(self.rows)


def of_all(order: Order, seller: Seller) -> Plan:
    """Return what giving back everything that is left would do; Conflict if nothing is left."""
    amount = sum(given_back.free_of(capture) for capture in captures.of_order(order))
    if amount <= 0:
        raise Conflict("refund.too_much")
    return _plan(order, amount, given_back.parts_of(order, amount), seller)


def of_parts(order: Order, wanted: Mapping[str, Asked], seller: Seller) -> Plan:
    """Return what giving back a part would do, as sku -> what is asked; raises what asking for it would."""
    if order.status in given_back.SOLD:
        parts = given_back.named(order, given_back.priced(order, wanted))
        return replace(_plan(order, sum(part.minor for part in parts), parts, seller), parts=parts)
    parts = reductions.named(order, wanted)
    amount = sum(part.minor for part in parts)
    told = _plan(order, amount, parts, seller)
    return replace(told, parts=parts, effect=reductions.effect_of(order, parts), left_minor=order.now_minor - amount)


def _plan(order: Order, amount_minor: int, parts: Sequence[Part], seller: Seller) -> Plan:
    paper = refund_papers.kind_for(order, seller) if parts else None
    rows: Sequence[Row] = ()
    if paper is PaperKind.CREDIT_NOTE:
        rows = invoices.credited(order, parts)
    elif paper is PaperKind.REFUND_VOUCHER:
        rows = invoices.advanced(order, parts)
    moves: Counter[str] = Counter()
    taken = rows if paper is PaperKind.CREDIT_NOTE else ()
    for leg in given_back.legs(order, "", amount_minor, taken):
        moves[leg.debit] += leg.amount.minor
    return Plan(amount_minor, paper, rows, moves, amount_minor - sum(part.minor for part in parts))
