"""Who sells, and how she stands before the tax office: what decides whether a price has tax inside."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from shop.orders.models import Order

UNREGISTERED = "unregistered"


@dataclass(frozen=True)
class Seller:
    """Who sells, as it stands on a paper.

    Without a GSTIN no tax is charged and the paper is a bill of supply. `lut` is the letter of undertaking under
    which exports carry no tax; without one an export pays IGST.
    """

    name: str
    address: str
    state: str
    gstin: str = ""
    email: str = ""
    phone: str = ""
    lut: str = ""

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Seller":
        """Return who sells, as the settings say."""
        names = ("NAME", "ADDRESS", "STATE", "GSTIN", "EMAIL", "PHONE", "LUT")
        return cls(**{name.lower(): settings[f"SELLER_{name}"] for name in names})

    @property
    def key(self) -> str:
        """Return what the seller's numbers are counted by."""
        return self.gstin or UNREGISTERED

    def when_placed(self, order: Order) -> "Seller":
        """Return the seller with the registration that held when an order was placed, whatever the settings say now."""
        if order.seller_gstin is None:  # placed before orders kept it
            return self
        return replace(self, gstin=order.seller_gstin)
