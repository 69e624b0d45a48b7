"""What the order's page shows of sending something back."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import current_app
from flask_babel import gettext as _

from shop.clock import india_date
from shop.orders import again, returns
from shop.orders.models import Order, OrderLine, OrderStatus
from shop.orders.return_models import COMING, OPEN, Return, ReturnReason
from shop.orders.window import Window

REASONS: dict[ReturnReason, Callable[[], str]] = {
    ReturnReason.NOT_AS_SHOWN: lambda: _("It is not as it was shown"),
    ReturnReason.DAMAGED: lambda: _("It came damaged"),
    ReturnReason.WRONG_PIECE: lambda: _("Something else was in the parcel"),
    ReturnReason.SIZE: lambda: _("The size does not suit"),
    ReturnReason.CHANGED_MIND: lambda: _("I have changed my mind"),
}


@dataclass(frozen=True)
class Told:
    """One return as its customer reads it."""

    returned: Return
    reason: str


@dataclass(frozen=True)
class ReturnPart:
    """The part of an order's page about returns: what may be asked until when, and what was asked."""

    may_ask: bool
    until: date | None
    left: Counter[int]
    told: Sequence[Told]
    reasons: Sequence[tuple[str, str]]
    again: frozenset[int] = frozenset()  # the lines of which another can be had
    is_over: bool = False  # too late for a change of mind, with pieces that she still has; a fault is another matter

    @property
    def open_one(self) -> Return | None:
        """Return the return that the customer may still call off, or None."""
        return next((told.returned for told in self.told if told.returned.status in COMING), None)


def window() -> Window:
    """Return how long something may be sent back, from the settings."""
    return Window.of(current_app.config)


def of_order(order: Order, lines: Sequence[OrderLine], *, at: datetime) -> ReturnPart:
    """Return what an order's page says of returns; nothing is read before the parcel has left."""
    reasons = [(reason.value, words()) for reason, words in REASONS.items()]
    if order.status not in (OrderStatus.SHIPPED, OrderStatus.DELIVERED):
        return ReturnPart(False, None, Counter(), [], reasons)
    end = window().end_of(order)
    asked = returns.of_order(order.id)
    told = [Told(each, REASONS[each.reason]()) for each in asked]
    left = returns.left_with_customer(order.id)
    is_open = any(each.status in OPEN for each in asked)
    may_come = not is_open and bool(left)
    is_over = may_come and end is not None and at > end
    may_ask = may_come and end is not None and not is_over
    with_her = [line for line in lines if left[line.id]]
    once_more = again.can_be_had(with_her, dict.fromkeys(left, 1)) if may_ask else ()
    return ReturnPart(may_ask, india_date(end) if end else None, left, told, reasons, frozenset(once_more), is_over)
