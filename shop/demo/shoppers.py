"""Who buys in the demo, and what: invented first names, addresses that say so, and a wish drawn by chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from shop.demo.people import CUSTOMER

NAMES = (
    "Kabir", "Dev", "Emma", "Noor", "Ila", "Tara", "Omar", "Rohan", "Mina", "Leela", "Arjun", "Sara", "Nikhil", "Puja",
    "Farah", "Ishaan", "Maya", "Rehan", "Tanvi", "Joy", "Anjali", "Imran", "Ritu", "Vivek", "Zoya", "Manas", "Piya",
    "Sameer", "Diya", "Neel", "Kavya", "Aditi", "Ravi", "Nandini", "Yusuf", "Gauri", "Mohan", "Trisha", "Sohail", "Uma",
)  # fmt: skip
ABROAD_NAMES = ("Emma", "Lukas", "Grace", "Ana", "Oliver", "Chloe", "Hana", "Marco", "Ingrid", "Noah")


@dataclass(frozen=True)
class Place:
    """An address that says of itself that it is invented, and the currency its people pay in."""

    address: Mapping[str, str]
    currency: str
    weight: int
    days: tuple[int, int]  # on the road

    @property
    def is_abroad(self) -> bool:
        """Say whether a parcel leaves India."""
        return self.address["country"] != "IN"


def _in_india(line1: str, city: str, state: str, postcode: str, weight: int, days: tuple[int, int]) -> Place:
    address = {"line1": line1, "city": city, "state": state, "postcode": postcode, "country": "IN"}
    return Place(address, "INR", weight, days)


PLACES = (
    _in_india("12 Invented Lane", "Kolkata", "West Bengal", "700019", 30, (2, 4)),
    _in_india("3 Invented Street", "Howrah", "West Bengal", "711101", 8, (2, 4)),
    _in_india("4 Example Road", "Pune", "Maharashtra", "411001", 12, (4, 7)),
    _in_india("7 Sample Cross", "Bengaluru", "Karnataka", "560001", 18, (4, 7)),
    _in_india("21 Example Nagar", "Chennai", "Tamil Nadu", "600004", 8, (4, 7)),
    _in_india("9 Invented Enclave", "New Delhi", "Delhi", "110016", 16, (4, 7)),
    _in_india("5 Sample Society", "Mumbai", "Maharashtra", "400050", 14, (4, 7)),
)
ABROAD = (
    Place({"line1": "9 Sample Street", "city": "Bristol", "postcode": "BS1 4DJ", "country": "GB"}, "GBP", 5, (9, 15)),
    Place({"line1": "Musterweg 3", "city": "Berlin", "postcode": "10115", "country": "DE"}, "EUR", 4, (9, 15)),
    Place(
        {"line1": "14 Example Ave", "city": "Portland", "state": "Oregon", "postcode": "97201", "country": "US"},
        "USD",
        4,
        (11, 18),
    ),
)
# How often each is asked for, beside the others; what is not named here is asked for once.
ASKED = {
    "MB-TOTE-KALKA-IND": 6, "MB-TOTE-FISH-MAD": 4, "MB-JUTE-BOAT-NAT": 4, "MB-NOTE-LEAF-IND": 5,
    "MB-JRNL-PETAL-PET": 5, "MB-DRAW-TER": 5, "MB-TAG-8-MIX": 4, "MB-TYRE-WALLET-BLK": 5, "MB-TYRE-FOB-BLK": 4,
    "MB-PENCIL-IND": 4, "MB-ENV-3-NAT": 4, "MB-SLING-LOTUS-IND": 3, "MB-TOWEL-3-MIX": 4, "MB-KEYCASE-KF-TAN": 3,
    "MB-MSGR-HIBIS-LEA": 3, "MB-HOOP-KF-NAT": 2, "MB-CUSH-LOTUS-COT": 3, "MB-TOTE-KANTHA-NAT": 3, "MB-POTLI-MAD": 4,
}  # fmt: skip
SMALL = ("MB-TAG", "MB-ENV", "MB-NOTE", "MB-JRNL", "MB-PENCIL", "MB-DRAW", "MB-NAPKIN", "MB-POTLI", "MB-TYRE-FOB")
LARGE = (10, 12, 15, 20)  # a firm's gifts


@dataclass(frozen=True)
class Wish:
    """One order to be: who, where to, what, and the minute of the day."""

    who: str
    place: Place
    items: Mapping[str, int]
    gateway: str
    minute: int
    pays: bool = True


def draw(chance: Random, skus: Sequence[str], *, large: bool = False) -> Wish:
    """Draw an order of what is sold; `large`: gifts that a firm orders."""
    abroad = not large and chance.random() < 0.08
    places = ABROAD if abroad else PLACES
    (place,) = chance.choices(places, [place.weight for place in places])
    who = chance.choice(ABROAD_NAMES if abroad else (CUSTOMER, *NAMES))
    gateway = "stripe" if abroad or chance.random() < 0.25 else "razorpay"
    (lines,) = chance.choices((1, 2, 3), (68, 24, 8))
    items: dict[str, int] = {}
    for _ in range(1 if large else lines):
        some = [sku for sku in skus if sku.startswith(SMALL)] if large else skus
        (sku,) = chance.choices(some, [ASKED.get(sku, 1) for sku in some])
        items[sku] = chance.choice(LARGE) if large else _how_many(chance, sku)
    return Wish(who, place, items, gateway, chance.randrange(120, 600), pays=chance.random() > 0.03)


def _how_many(chance: Random, sku: str) -> int:
    return chance.choices((1, 2, 3, 4), (50, 30, 12, 8) if sku.startswith(SMALL) else (88, 12, 0, 0))[0]


def _hers(items: Mapping[str, int], gateway: str = "razorpay") -> tuple[Wish, ...]:
    return (Wish(CUSTOMER, PLACES[0], items, gateway, 240),)


# What is there whatever chance says, by days before the last one: the orders of the one who has an account.
PLANNED = {
    17: _hers({"MB-TOTE-KALKA-IND": 1, "MB-TAG-8-MIX": 1}),
    6: _hers({"MB-NOTE-LEAF-IND": 2}, "stripe"),
    2: _hers({"MB-MSGR-HIBIS-LEA": 1}),
}
THIS_MORNING = (
    Wish("Rohan", PLACES[0], {"MB-TYRE-FOB-BLK": 1, "MB-ENV-3-NAT": 1}, "razorpay", 0),
    Wish("Hana", ABROAD[1], {"MB-TOTE-KALKA-TUR": 1}, "stripe", 0),
    Wish("Leela", PLACES[3], {"MB-DRAW-TER": 2}, "razorpay", 0, pays=False),
)
