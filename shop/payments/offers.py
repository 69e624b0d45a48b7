"""Which ways to pay are offered to whom, by currency and country; what fits best comes first.

UPI, net banking and wallets need an Indian bank account and rupees; a card of any country pays in any currency
that we sell in. So rupees within India are offered Razorpay first, whose page begins with UPI, and everyone
else a card. Both gateways take cards from abroad, so either of them alone is enough to open.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """A way to pay."""

    UPI = "upi"
    CARD = "card"
    NET_BANKING = "net-banking"
    WALLET = "wallet"


AT_HOME = {"razorpay": (Way.UPI, Way.CARD, Way.NET_BANKING, Way.WALLET), "stripe": (Way.CARD,)}
ABROAD = {"stripe": (Way.CARD,), "razorpay": (Way.CARD,)}  # in the order in which they are offered


@dataclass(frozen=True)
class Offer:
    """A gateway that may be chosen, and the ways to pay on its page, the first one first."""

    gateway: str
    ways: tuple[Way, ...]


def offers(gateways: Iterable[str], currency: str, country: str) -> list[Offer]:
    """Return what is offered to someone who pays in a currency and has it sent to a country."""
    open_ones = set(gateways)
    table = AT_HOME if (currency, country) == ("INR", "IN") else ABROAD
    return [Offer(name, ways) for name, ways in table.items() if name in open_ones]
