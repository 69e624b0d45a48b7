"""Shipping: a flat charge per zone and currency, and how many days the carrier takes."""

from dataclasses import dataclass

from shop.errors import Invalid


@dataclass(frozen=True)
class Method:
    """A way to send a parcel: its charge by currency in minor units, and days on the road."""

    code: str
    zone: str
    charges: dict[str, int]
    least_days: int
    most_days: int


METHODS = (
    Method("india-standard", "IN", {"INR": 7_000, "USD": 100, "EUR": 100, "GBP": 100}, 4, 7),
    Method("india-express", "IN", {"INR": 16_000, "USD": 220, "EUR": 200, "GBP": 180}, 2, 3),
    Method("world-tracked", "*", {"INR": 150_000, "USD": 1_800, "EUR": 1_600, "GBP": 1_400}, 10, 18),
)

# Where the carrier takes parcels; a country that is not here is said to be unserved.
SERVED = [
    "IN",
    "AE",
    "AT",
    "AU",
    "BD",
    "BE",
    "BT",
    "CA",
    "CH",
    "DE",
    "DK",
    "ES",
    "FI",
    "FR",
    "GB",
    "HK",
    "IE",
    "IT",
    "JP",
    "LK",
    "LU",
    "MV",
    "MY",
    "NL",
    "NO",
    "NP",
    "NZ",
    "PT",
    "QA",
    "SE",
    "SG",
    "US",
]


def methods_for(country: str, currency: str) -> list[Method]:
    """Return the ways to send to a country, cheapest first; empty if it is not served."""
    if country not in SERVED:
        return []
    zone = "IN" if country == "IN" else "*"
    fitting = [method for method in METHODS if method.zone == zone and currency in method.charges]
    return sorted(fitting, key=lambda method: method.charges[currency])


def get_method(code: str, country: str, currency: str) -> Method:
    """Return the chosen way; Invalid if it does not go there."""
    for method in methods_for(country, currency):
        if method.code == code:
            return method
    raise Invalid("checkout.shipping_method")
