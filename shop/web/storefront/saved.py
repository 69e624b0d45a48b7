"""What a signed-in customer need not type again at the checkout. For anyone else there is nothing here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import request
from flask_login import current_user

from shop.orders import customers
from shop.orders.address_models import SavedAddress
from shop.users.policy import may
from shop.web.edge import signed_in


@dataclass(frozen=True)
class Known:
    """The addresses she saved, which of them the page is filled with, and what stands in its fields."""

    addresses: Sequence[SavedAddress] = ()
    chosen: int | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


def known() -> Known:
    """Return what is known of the visitor: nothing, unless she is a customer who is signed in."""
    if not current_user.is_authenticated or not may(current_user.role, "own.account"):
        return Known()
    user = signed_in()
    addresses = customers.addresses_of(user)
    asked = request.args.get("address", type=int)
    place = next((place for place in addresses if place.id == asked), next(iter(addresses), None))
    fields = {name: str(getattr(place, name)) for name in customers.PLACE} if place else {"name": user.name}
    return Known(addresses, place.id if place else None, {**fields, "email": user.email or ""})
