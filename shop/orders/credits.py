"""What is to be given back for pieces that came back, line by line, tax apart: for refunds and credit notes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from shop.db import db
from shop.money import split
from shop.orders import lifecycle
from shop.orders.models import OrderLine, TaxKind, TaxLine
from shop.orders.return_models import Return, ReturnPiece


@dataclass(frozen=True)
class Credit:
    """What came back of one order line, as a credit note tells it: amounts in minor units of the order's currency.

    `goods_minor` and the taxes add up to the price of the pieces.
    """

    line: OrderLine
    quantity: int
    goods_minor: int
    taxes: Mapping[TaxKind, int]

    @property
    def total_minor(self) -> int:
        """Return what the pieces had cost, tax and all."""
        return self.goods_minor + sum(self.taxes.values())


@dataclass(frozen=True)
class Received:
    """A return that has come: what a refund and a credit note need."""

    returned: Return
    credits: Sequence[Credit]

    @property
    def total_minor(self) -> int:
        """Return what all pieces that came had cost, tax and all."""
        return sum(credit.total_minor for credit in self.credits)


def credit_of(line: OrderLine, quantity: int) -> Credit:
    """Return what the next pieces of a line that come back had cost, tax apart.

    Each head of tax is divided over the line's pieces by the largest remainder, so all pieces together
    give back exactly what was charged, in however many returns they come.
    """
    came = select(ReturnPiece.unit_id).where(ReturnPiece.order_line_id == line.id)
    return _credit(line, len(db.session.scalars(came).all()), quantity)


def _credit(line: OrderLine, first: int, quantity: int) -> Credit:
    taxes: dict[TaxKind, int] = {}
    for row in db.session.scalars(select(TaxLine).where(TaxLine.order_line_id == line.id).order_by(TaxLine.id)):
        if row.amount_minor:
            each = split(row.amount_minor, [1] * line.quantity)
            taxes[row.kind] = taxes.get(row.kind, 0) + sum(each[first : first + quantity])
    return Credit(line, quantity, quantity * line.unit_minor - sum(taxes.values()), taxes)


def credits_of(received: Return) -> list[Credit]:
    """Return what came back with a return, line by line, as it was when it came: for a credit note printed later."""
    counted = Counter(piece.order_line_id for piece in received.pieces)
    found = []
    for line in lifecycle.lines_of(received.order):
        if counted[line.id]:
            before = select(ReturnPiece.unit_id).where(
                ReturnPiece.order_line_id == line.id, ReturnPiece.return_id < received.id
            )
            found.append(_credit(line, len(db.session.scalars(before).all()), counted[line.id]))
    return found
