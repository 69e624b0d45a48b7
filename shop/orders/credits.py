"""What came back with a return and had cost, line by line: for its refund, whose credit note says it on paper."""

from collections.abc import Sequence
from dataclasses import dataclass

from shop.orders.models import OrderLine
from shop.orders.return_models import Return


@dataclass(frozen=True)
class Credit:
    """How many pieces of an order line came back, and how many of it the customer keeps."""

    line: OrderLine
    quantity: int
    kept: int

    @property
    def total_minor(self) -> int:
        """Return what the pieces had cost when they left, tax and all, in minor units of the order's currency.

        Pieces that come back one by one come to the same sum as together.
        """
        return self.line.cost_of(self.kept + self.quantity) - self.line.cost_of(self.kept)


@dataclass(frozen=True)
class Received:
    """A return that has come and is not exchanged, or is no longer: what a refund needs."""

    returned: Return
    credits: Sequence[Credit]
