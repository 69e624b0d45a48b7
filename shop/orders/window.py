"""How long a customer may send something back, which is also when the makers' share becomes theirs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shop.orders.models import Order, OrderStatus, Shipment


@dataclass(frozen=True)
class Window:
    """So long after delivery; without news of it, so long after shipping. From the settings."""

    after_delivery: timedelta = timedelta(days=14)
    without_news: timedelta = timedelta(days=30)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Window":
        """Return the window that the settings give, in days."""
        return cls(timedelta(days=settings["RETURN_DAYS"]), timedelta(days=settings["NO_NEWS_DAYS"]))

    def ends(self, shipment: Shipment) -> datetime:
        """Return the last moment at which something of a parcel may be sent back."""
        if shipment.delivered_at is not None:
            return shipment.delivered_at + self.after_delivery
        return shipment.shipped_at + self.without_news

    def end_of(self, order: Order) -> datetime | None:
        """Return the last moment at which something of an order may be sent back; None if it has not left.

        The parcel of an exchange opens it anew.
        """
        if order.status not in (OrderStatus.SHIPPED, OrderStatus.DELIVERED) or not order.shipments:
            return None
        return max(self.ends(parcel) for parcel in order.shipments)


USUAL = Window()
