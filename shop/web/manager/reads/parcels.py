"""What is printed for a parcel."""

from collections.abc import Sequence
from dataclasses import dataclass

from shop.errors import Conflict
from shop.orders import exchanges, lifecycle
from shop.orders.lifecycle import Progress
from shop.orders.models import Order, OrderLine
from shop.users.models import User
from shop.web.manager.reads.standing import progress_of


@dataclass(frozen=True)
class Parcel:
    """What is printed for a parcel: the address, and what belongs in it."""

    order: Order
    lines: Sequence[tuple[OrderLine, int]]
    grams: int

    @property
    def pieces(self) -> int:
        """Return how many pieces belong in it."""
        return sum(pieces for _line, pieces in self.lines)


def parcel(user: User, number: str) -> Parcel:
    """Return what is printed for a parcel; Conflict unless it is ready to leave.

    Nobody who packs needs an address before that, and nobody after. It is the only page that shows one
    to a manager.
    """
    order = lifecycle.get_of(user, number)
    if progress_of([order])[order.id] is not Progress.READY:
        raise Conflict("order.no_label")
    lines = lifecycle.lines_of(order)
    grams = sum(line.pieces * line.variant.grams for line in lines)
    if order.grams is not None:  # what was weighed when it was placed, less what went off
        grams = order.grams - sum((line.quantity - line.pieces) * line.variant.grams for line in lines)
    return Parcel(order, [(line, line.pieces) for line in lines if line.pieces], grams)


def of_exchange(user: User, return_id: int) -> Parcel:
    """Return what is printed for the parcel of an exchange; Conflict unless it is ready to leave."""
    row = exchanges.get_of(user, return_id)
    if row.id not in exchanges.ready([row]):
        raise Conflict("order.no_label")
    lines = row.returned.came()
    return Parcel(row.returned.order, lines, sum(pieces * line.variant.grams for line, pieces in lines))
