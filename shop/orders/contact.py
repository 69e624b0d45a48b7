"""A customer's contact: shown one order at a time, for a purpose that is written down before it is shown."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shop.orders import lifecycle
from shop.orders.models import Order
from shop.users import audit
from shop.users.models import User


class Purpose(StrEnum):
    """Why someone looks."""

    DELIVERY = "delivery"
    QUESTION = "question"
    REFUND = "refund"
    TAX = "tax"


@dataclass(frozen=True)
class Contact:
    """Who bought, and how to reach that person."""

    name: str
    email: str
    phone: str
    lines: tuple[str, ...]


def reveal(user: User, number: str, purpose: Purpose, *, at: datetime) -> Contact:
    """Note in the audit that a member of staff looks, and return the contact; NotFound if the order is not hers."""
    order = lifecycle.get_of(user, number)
    audit.record("customers.contact", f"order:{order.id}", by=user.actor, at=at, reason=purpose.value)
    return Contact(order.name, order.email, order.phone, _address(order))


def note_label(order: Order, *, at: datetime, by: User) -> None:
    """Note in the audit that a member of staff opens a parcel's label: it shows whose it is and where it goes."""
    audit.record("customers.open-label", f"order:{order.id}", by=by.actor, at=at)


def note_paper(order: Order, *, at: datetime, by: User) -> None:
    """Note in the audit that a member of staff opens a paper of a sale: it names who bought."""
    audit.record("customers.open-paper", f"order:{order.id}", by=by.actor, at=at)


def _address(order: Order) -> tuple[str, ...]:
    town = ", ".join(part for part in (order.city, order.state) if part)
    parts = (order.line1, order.line2, f"{town} {order.postcode}", "" if order.country == "IN" else order.country)
    return tuple(part for part in parts if part)
