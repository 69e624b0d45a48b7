"""What the order's page shows of a thank-you: the one that was written, or the form for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shop.orders import thanks, thanks_words
from shop.orders.models import Order, OrderStatus
from shop.orders.thanks_models import LONGEST, LONGEST_NAME, Thanks


@dataclass(frozen=True)
class ThanksPart:
    """The part of an order's page about thanking: what stands, or what is in the form and has to be put right."""

    note: Thanks | None
    name: str
    text: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    longest: int = LONGEST
    longest_name: int = LONGEST_NAME


def of_order(
    order: Order, sent: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> ThanksPart | None:
    """Return what an order's page says of thanking, None before its parcel has arrived; `sent` is what was typed."""
    if order.status is not OrderStatus.DELIVERED:
        return None
    typed = sent or {"name": thanks_words.suggested_name(order)}
    return ThanksPart(thanks.find_of_order(order.id), typed["name"], typed.get("text", ""), errors or {})
