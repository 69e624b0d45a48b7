"""Facets: what a list can be narrowed by, and how many things each value would leave.

A count has to respect every other facet, so it cannot be kept in a table: there are too many ways to narrow.
It is kept in memory instead, as one bit for each product and value: a whole number of 20,000 bits is ANDed and
counted in a microsecond or two. `FacetIndex` is only ever a copy of `listing`: each request asks the table what
has changed since the last one (nothing, nearly always) before it counts, so every server process says the same.
"""

import heapq
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, func, literal, literal_column, select

from shop.catalog.listing_models import NEVER, Listing, ListingPrice
from shop.catalog.models import Trade
from shop.db import db

# Up to so much in minor units, for each currency: prices are set, not converted, and so are these.
BANDS: Mapping[str, tuple[int, ...]] = {
    "INR": (50_000, 100_000, 150_000),
    "USD": (1_500, 2_500, 4_000),
    "EUR": (1_200, 2_200, 3_500),
    "GBP": (1_000, 2_000, 3_000),
}


class Facet(StrEnum):
    """What a list can be narrowed by."""

    TRADE = "trade"
    COLOUR = "colour"
    MATERIAL = "material"
    PRICE = "price"
    READY = "ready"


class Ready(StrEnum):
    """now: a piece lies on the shelf; made: one is made for whoever orders it."""

    NOW = "now"
    MADE = "made"


# What is asked of a list: values of one facet are alternatives, facets narrow each other.
Asked = Mapping[Facet, Sequence[str]]
NOTHING: Asked = MappingProxyType({})
Key = tuple[str, str]


def band_of(amount_minor: int, currency: str) -> str:
    """Return the price band of an amount: "1" is the lowest."""
    return str(1 + sum(amount_minor >= limit for limit in BANDS[currency]))


def band_ends(band: str, currency: str) -> tuple[int, int | None]:
    """Return from how much (included) to how much (left out) a band goes; None: without an end."""
    ends = (0, *BANDS[currency], None)
    start = ends[int(band) - 1]
    assert start is not None  # only the last has no end
    return start, ends[int(band)]


def band_names(currency: str) -> list[str]:
    """Return the bands of a currency, lowest first."""
    return [str(number) for number in range(1, len(BANDS[currency]) + 2)]


@dataclass(frozen=True)
class Counted:
    """How many things fit what was asked, how many each value would leave, and which they are if they are few."""

    total: int
    values: Mapping[Facet, Mapping[str, int]]
    few: Sequence[int] | None


@dataclass(frozen=True)
class _Change:
    """A product as the table has it now; without keys if it is not on sale."""

    listed_at: datetime
    keys: list[Key]


class FacetIndex:
    """The bits of every product on sale, as the table had them when it was last asked."""

    FEW = 400  # up to so many matches, a list is read by its ids instead of along its order

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.since = 0
        self._products: list[int] = []
        self._slots: dict[int, int] = {}
        self._keys: dict[int, tuple[Key, ...]] = {}
        self._listed_at: dict[int, datetime] = {}
        self._bits: dict[Key, int] = {}

    def follow(self) -> None:
        """Take in what changed in the database since the last call, in one statement; the caller holds the lock."""
        horizon, changes = _changes(self.since)
        touched: dict[Key, bytearray] = {}
        for product_id, change in changes.items():
            self._note(product_id, change, touched)
        self._bits |= {key: int.from_bytes(bits, "little") for key, bits in touched.items()}
        self.since = max(self.since, horizon)

    def _note(self, product_id: int, change: _Change, touched: dict[Key, bytearray]) -> None:
        """Exchange one product's bits."""
        slot = self._slots.setdefault(product_id, len(self._products))
        if slot == len(self._products):
            self._products.append(product_id)
        for is_set, changed in ((False, self._keys.get(product_id, ())), (True, change.keys)):
            for key in changed:
                bits = touched.get(key)
                if bits is None:
                    known = self._bits.get(key, 0)
                    bits = touched[key] = bytearray(known.to_bytes((known.bit_length() + 7) // 8, "little"))
                if len(bits) <= slot >> 3:
                    bits.extend(bytes(max(64, (slot >> 3) + 1 - len(bits))))
                if is_set:
                    bits[slot >> 3] |= 1 << (slot & 7)
                else:
                    bits[slot >> 3] &= ~(1 << (slot & 7))
        self._keys[product_id] = tuple(change.keys)
        if change.keys:
            self._listed_at[product_id] = change.listed_at
        else:
            self._listed_at.pop(product_id, None)

    def count(
        self, asked: Asked, currency: str, *, within: Iterable[int] | None = None, rule: Asked = NOTHING
    ) -> Counted:
        """Count what fits; `within` some products, and under a `rule` that the reader cannot lift."""
        base = self._matching(rule, currency)
        if within is not None:
            base &= self._set_of(within)
        fitting = {facet: self._either(facet, chosen, currency) for facet, chosen in asked.items() if chosen}
        values: dict[Facet, dict[str, int]] = {facet: {} for facet in Facet}
        for facet in Facet:
            left = base
            for other, bits in fitting.items():
                left = left if other is facet else left & bits
            for name, bits in self._values(facet, currency):
                values[facet][name] = (left & bits).bit_count()
        for bits in fitting.values():
            base &= bits
        total = base.bit_count()
        return Counted(total, values, list(self._ids(base)) if total <= self.FEW else None)

    def newest(self, number: int) -> list[int]:
        """Return the products that came into the shop last."""
        return heapq.nlargest(number, self._listed_at, key=lambda each: (self._listed_at[each], each))

    def first_of(self, rule: Asked, currency: str, within: Sequence[int] | None, taken: set[int]) -> int | None:
        """Return one product that stands for a rule, not one that is taken already if there is another."""
        bits = self._matching(rule, currency)
        ids = list(self._ids(bits)) if within is None else [each for each in within if self._set_of([each]) & bits]
        return next((each for each in ids if each not in taken), ids[0] if ids else None)

    def _matching(self, rule: Asked, currency: str) -> int:
        bits = self._bits.get(("sold", currency), 0)
        for facet, chosen in rule.items():
            if chosen:
                bits &= self._either(facet, chosen, currency)
        return bits

    def _either(self, facet: Facet, chosen: Iterable[str], currency: str) -> int:
        bits = 0
        for name in chosen:
            bits |= self._bits.get(_key(facet, name, currency), 0)
        return bits

    def _values(self, facet: Facet, currency: str) -> Iterator[tuple[str, int]]:
        kind, prefix = _key(facet, "", currency)
        for (each, name), bits in list(self._bits.items()):
            if each == kind and name.startswith(prefix) and bits:
                yield name.removeprefix(prefix), bits

    def _set_of(self, products: Iterable[int]) -> int:
        bits = 0
        for product_id in products:
            if product_id in self._slots:
                bits |= 1 << self._slots[product_id]
        return bits

    def _ids(self, bits: int) -> Iterator[int]:
        for at, byte in enumerate(bits.to_bytes((bits.bit_length() + 7) // 8, "little")):
            if byte:
                yield from (self._products[at * 8 + bit] for bit in range(8) if byte >> bit & 1)


def _key(facet: Facet, name: str, currency: str) -> Key:
    """Return under which key a value's bits lie; bands are of a currency."""
    return (facet.value, f"{currency}:{name}" if facet is Facet.PRICE else name)


def new_stamp() -> ColumnElement[int]:
    """Return the stamp of a change made now, for UPDATE and INSERT.

    On PostgreSQL it is the transaction's own number, since transactions do not end in the order they began;
    SQLite's end one after another, so counting is enough.
    """
    if db.engine.dialect.name == "postgresql":
        return literal_column("pg_current_xact_id()::text::bigint")
    return _next_count()


def _next_count() -> ColumnElement[int]:
    return select(func.coalesce(func.max(Listing.stamp), 0) + 1).scalar_subquery()


def _changes(since: int) -> tuple[int, dict[int, _Change]]:
    """Return from which stamp to ask the next time, and the products that changed with their prices.

    On PostgreSQL every transaction below the oldest one still open has ended, and its changes were seen now. Stamps
    above the newest are those of another server, from which this database was brought over: seen at the beginning.
    """
    rows = db.session.execute(_changed(db.engine.dialect.name, since == 0), {"since": since}).all()
    changes: dict[int, _Change] = {}
    for row in rows:
        if row.product_id is None:
            continue
        if row.product_id not in changes:
            keys = _own_keys(row.trade, row.colours, row.materials, row.shelved, row.made_days)
            changes[row.product_id] = _Change(row.listed_at, keys if row.is_listed else [])
        if row.is_listed and row.currency is not None:
            band = band_of(row.amount_minor, row.currency)
            changes[row.product_id].keys.extend([("sold", row.currency), _key(Facet.PRICE, band, row.currency)])
    return int(rows[0].horizon), changes


@cache
def _changed(
    dialect: str, from_the_start: bool
) -> Select[int, int, bool, Trade, str, str, int, int, datetime, str, int]:
    is_new: ColumnElement[bool] = Listing.stamp >= bindparam("since", type_=BigInteger)
    horizon: ColumnElement[int] = _next_count()
    if dialect == "postgresql":
        horizon = literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        newest: ColumnElement[int] = literal_column("pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        is_new = is_new if from_the_start else and_(is_new, Listing.stamp < newest)
    once = select(literal(1).label("one")).subquery()
    return (
        select(
            horizon.label("horizon"),
            Listing.product_id,
            Listing.is_listed,
            Listing.trade,
            Listing.colours,
            Listing.materials,
            Listing.shelved,
            Listing.made_days,
            Listing.listed_at,
            ListingPrice.currency,
            ListingPrice.amount_minor,
        )
        .select_from(once)
        .outerjoin(Listing, is_new)
        .outerjoin(ListingPrice, ListingPrice.product_id == Listing.product_id)
    )


def _own_keys(trade: Trade, colours: str, materials: str, shelved: int, made_days: int) -> list[Key]:
    """Return the keys of a product that do not depend on a currency."""
    keys = [(Facet.TRADE.value, trade.value)]
    keys += [(Facet.COLOUR.value, colour) for colour in colours.split()]
    keys += [(Facet.MATERIAL.value, material) for material in materials.split()]
    if shelved:
        keys.append((Facet.READY.value, Ready.NOW.value))
    elif made_days < NEVER:
        keys.append((Facet.READY.value, Ready.MADE.value))
    return keys
