"""Shipping: what a parcel costs by where it goes and what it weighs, and how long it is on the road.

A tariff is one document: zones, and for each way of sending and zone a row of brackets in grams with
a charge in every currency that is sold in. It is a value; `tariffs.py` keeps its versions. Within
India three zones have a fixed meaning: `remote` is a list of PIN ranges, `home` the seller's own
state, `india` the rest; every other zone is a list of countries. Where no zone fits, nothing is sent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shop.errors import Invalid
from shop.orders.pincodes import PIN

HOME, INDIA, REMOTE = "home", "india", "remote"
AT_HOME = (HOME, INDIA, REMOTE)
WAYS = {"india-standard": AT_HOME, "india-express": AT_HOME, "world-tracked": ("saarc", "europe", "world")}
ZONES = (*AT_HOME, *WAYS["world-tracked"])


@dataclass(frozen=True)
class Destination:
    """What of an address decides tax and carriage."""

    country: str
    state: str
    postcode: str = ""


@dataclass(frozen=True)
class Pins:
    """PIN codes from one to another, both included."""

    first: int
    last: int

    def holds(self, pin: str) -> bool:
        """Say whether a PIN code lies in between."""
        return bool(PIN.fullmatch(pin)) and self.first <= int(pin) <= self.last


@dataclass(frozen=True)
class Bracket:
    """What a parcel of up to so many grams costs: currency -> minor units."""

    up_to_grams: int
    charges: dict[str, int]


@dataclass(frozen=True)
class Rate:
    """One way of sending into one zone: days on the road, and its brackets, lightest first."""

    way: str
    zone: str
    least_days: int
    most_days: int
    brackets: tuple[Bracket, ...]

    def bracket_for(self, grams: int) -> Bracket | None:
        """Return the lightest bracket that a parcel fits into, or None if it is too heavy."""
        return next((bracket for bracket in self.brackets if grams <= bracket.up_to_grams), None)


@dataclass(frozen=True)
class Method:
    """A way to send one parcel: its charge in minor units of the parcel's currency, and days on the road."""

    code: str
    zone: str
    charge_minor: int
    least_days: int
    most_days: int


class Unsent(StrEnum):
    """Why a parcel cannot be sent somewhere; the values are message ids."""

    COUNTRY = "address.unserved"
    PIN_CODE = "shipping.unserved_pin"
    WEIGHT = "shipping.too_heavy"
    CURRENCY = "shipping.currency"


@dataclass(frozen=True)
class Tariff:
    """One version of all charges; 0 is the one that the shop comes with."""

    version: int
    packing_grams: int
    piece_grams: int
    unserved: tuple[Pins, ...]
    remote: tuple[Pins, ...]
    countries: dict[str, tuple[str, ...]]  # zone abroad -> countries
    rates: tuple[Rate, ...]

    @property
    def served(self) -> list[str]:
        """Return every country that a parcel can go to, India first."""
        abroad = {country for rate in self.rates if rate.brackets for country in self.countries.get(rate.zone, ())}
        return (["IN"] if any(r.brackets for r in self.rates if r.zone in AT_HOME) else []) + sorted(abroad)

    def grams_of(self, pieces: Iterable[tuple[int, int]]) -> int:
        """Return the weight of a parcel from (quantity, grams of one): the pieces and what they are packed in."""
        held = list(pieces)
        return self.packing_grams + sum(quantity * (grams + self.piece_grams) for quantity, grams in held)

    def zone_of(self, to: Destination, seller_state: str) -> str | None:
        """Return the zone of a destination, or None where no parcel goes."""
        if to.country != "IN":
            return next((zone for zone, codes in self.countries.items() if to.country in codes), None)
        if any(pins.holds(to.postcode) for pins in self.unserved):
            return None
        if any(pins.holds(to.postcode) for pins in self.remote):
            return REMOTE
        return HOME if to.state == seller_state else INDIA

    def ways(self, to: Destination, grams: int, currency: str, *, seller_state: str) -> list[Method]:
        """Return the ways to send a parcel somewhere, cheapest first; empty if there are none."""
        zone = self.zone_of(to, seller_state)
        found = [
            Method(rate.way, rate.zone, bracket.charges[currency], rate.least_days, rate.most_days)
            for rate in self.rates
            if rate.zone == zone and (bracket := rate.bracket_for(grams)) and currency in bracket.charges
        ]
        return sorted(found, key=lambda method: (method.charge_minor, method.code))

    def offers(self, grams: int, currency: str) -> list[Method]:
        """Return every way into every zone for a parcel of so many grams: what the public is told beforehand."""
        return [
            Method(rate.way, rate.zone, bracket.charges[currency], rate.least_days, rate.most_days)
            for rate in self.rates
            if (bracket := rate.bracket_for(grams)) and currency in bracket.charges
        ]

    def get_way(self, code: str, to: Destination, grams: int, currency: str, *, seller_state: str) -> Method:
        """Return the chosen way; Invalid if a parcel of this weight does not go there by it."""
        for method in self.ways(to, grams, currency, seller_state=seller_state):
            if method.code == code:
                return method
        raise Invalid("checkout.shipping_method")

    def why_not(self, to: Destination, grams: int, currency: str, *, seller_state: str) -> Unsent | None:
        """Return why nothing can be sent somewhere, or None if it can."""
        if self.ways(to, grams, currency, seller_state=seller_state):
            return None
        zone = self.zone_of(to, seller_state)
        if zone is None:
            return Unsent.PIN_CODE if to.country == "IN" else Unsent.COUNTRY
        here = [rate for rate in self.rates if rate.zone == zone and rate.brackets]
        if not here:
            return Unsent.COUNTRY
        return Unsent.CURRENCY if any(rate.bracket_for(grams) for rate in here) else Unsent.WEIGHT

    def most_grams(self, to: Destination, seller_state: str) -> int:
        """Return the weight of the heaviest parcel that can go somewhere."""
        zone = self.zone_of(to, seller_state)
        return max((bracket.up_to_grams for r in self.rates if r.zone == zone for bracket in r.brackets), default=0)


def find_rate(rates: Sequence[Rate], way: str, zone: str) -> Rate | None:
    """Return the rate of a way into a zone, or None."""
    return next((rate for rate in rates if (rate.way, rate.zone) == (way, zone)), None)
