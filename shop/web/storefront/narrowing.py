"""How a list is narrowed in its address: what is asked, what each value would leave, and the way back."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from shop.catalog.browsing import Sort
from shop.catalog.facets import Asked, Counted, Facet, Ready, band_ends, band_names
from shop.catalog.materials import Material
from shop.catalog.models import Trade
from shop.errors import NotFound
from shop.money import CURRENCIES
from shop.web.format import price
from shop.web.storefront.words import material_name, trade_name
from shop.web.thing_words import colour_name

MOST_VALUES = 20
MOST_OPEN = 9
LONGEST = 24


@dataclass(frozen=True)
class Value:
    """One value of a facet: how many things it would leave, and, if it was chosen, the address without it."""

    value: str
    name: str
    count: int
    is_chosen: bool
    without_url: str


@dataclass(frozen=True)
class FacetShown:
    """One facet with the values that would leave something."""

    name: str
    title: str
    values: Sequence[Value]

    @property
    def first(self) -> Sequence[Value]:
        """Return the values that stand open."""
        return self.values[:MOST_OPEN]

    @property
    def more(self) -> Sequence[Value]:
        """Return those that are folded away where there are many."""
        return self.values[MOST_OPEN:]


@dataclass(frozen=True)
class Narrowed:
    """What a list is narrowed to, in words and addresses."""

    facets: Sequence[FacetShown]
    sort: Sort
    sorts: Sequence[tuple[str, str]]
    currency: str
    asked: Asked
    slug: str | None

    @property
    def chosen(self) -> list[Value]:
        """Return what was chosen, over all facets."""
        return [value for facet in self.facets for value in facet.values if value.is_chosen]

    @property
    def key(self) -> tuple[object, ...]:
        """Return what was asked, as a key."""
        return tuple(self.asked.items()), self.sort, self.currency, self.slug

    @property
    def trade(self) -> str | None:
        """Return the craft if nothing else was asked for than one."""
        trades = self.asked.get(Facet.TRADE, ())
        return trades[0] if len(trades) == 1 and len(self.chosen) == 1 else None

    @property
    def action(self) -> str:
        """Return the list's bare address, where its form is sent."""
        return address({}, "INR", Sort.OURS, self.slug)

    @property
    def bare_url(self) -> str:
        """Return the address with nothing narrowed."""
        return address({}, self.currency, self.sort, self.slug)

    @property
    def canonical_url(self) -> str:
        """Return the one address of this choice of things, however it is ordered and wherever it is read on."""
        return address(self.asked, self.currency, Sort.OURS, self.slug)

    @property
    def may_be_indexed(self) -> bool:
        """Say whether search engines should keep this choice: everything, or one value."""
        return len(self.chosen) <= 1 and self.currency == "INR"

    def url(self, **more: Any) -> str:
        """Return the address of this choice in this order."""
        return address(self.asked, self.currency, self.sort, self.slug, **more)


def asked_from(args: "MultiDict[str, str]") -> Asked:
    """Return what an address asks for; NotFound for a value that no list knows."""
    asked: dict[Facet, tuple[str, ...]] = dict.fromkeys(Facet, ())
    for facet in Facet if args else ():
        given = [value for value in dict.fromkeys(args.getlist(facet.value)) if value][:MOST_VALUES]
        known = _known(facet)
        if any(len(value) > LONGEST or (known is not None and value not in known) for value in given):
            raise NotFound("list.value")
        asked[facet] = tuple(sorted(given))
    return asked


def sort_from(args: "MultiDict[str, str]") -> Sort:
    """Return the order an address asks for; NotFound for one that no list knows."""
    given = args.get("sort") or Sort.OURS.value
    if given not in list(Sort):
        raise NotFound("list.value")
    return Sort(given)


def currency_from(args: "MultiDict[str, str]") -> str:
    """Return the currency an address asks for, rupees otherwise."""
    asked = args.get("currency", "INR")
    return asked if asked in CURRENCIES else "INR"


@cache
def _known(facet: Facet) -> set[str] | None:
    """Return the values that a facet can have; None where the office names them."""
    known: dict[Facet, set[str]] = {
        Facet.TRADE: {each.value for each in Trade},
        Facet.MATERIAL: {each.value for each in Material},
        Facet.PRICE: set(band_names("INR")),
        Facet.READY: {each.value for each in Ready},
    }
    return known.get(facet)


def narrowed(asked: Asked, currency: str, sort: Sort, slug: str | None, counted: Counted) -> Narrowed:
    """Return the facets with their counts; a value that would leave nothing is shown only if it was chosen."""
    facets = [_facet(facet, asked, currency, sort, slug, counted) for facet in Facet]
    telling = [each for each in facets if len(each.values) > 1 or any(value.is_chosen for value in each.values)]
    return Narrowed(telling, sort, sort_names(), currency, asked, slug)


def _facet(facet: Facet, asked: Asked, currency: str, sort: Sort, slug: str | None, counted: Counted) -> FacetShown:
    chosen = asked.get(facet, ())
    counts = {value: count for value, count in counted.values[facet].items() if count} | {
        value: counted.values[facet].get(value, 0) for value in chosen
    }
    values = [
        Value(
            value,
            value_name(facet, value, currency),
            counts[value],
            value in chosen,
            _without(value, facet, asked, currency, sort, slug) if value in chosen else "",
        )
        for value in _ordered(facet, counts)
    ]
    return FacetShown(facet.value, facet_name(facet), values)


def _without(value: str, facet: Facet, asked: Asked, currency: str, sort: Sort, slug: str | None) -> str:
    """Return the address of what was asked, one value left out."""
    left = tuple(each for each in asked[facet] if each != value)
    return address({**asked, facet: left}, currency, sort, slug)


def _ordered(facet: Facet, counts: dict[str, int]) -> list[str]:
    """Return values in the order of their kind; colours, which have none, by how many things have them."""
    order = {
        Facet.TRADE: [each.value for each in Trade],
        Facet.MATERIAL: [each.value for each in Material],
        Facet.READY: [each.value for each in Ready],
    }.get(facet)
    if order is not None:
        return [value for value in order if value in counts]
    return sorted(counts) if facet is Facet.PRICE else sorted(counts, key=lambda value: (-counts[value], value))


def facet_name(facet: Facet) -> str:
    """Return what a facet is called."""
    names: dict[Facet, str] = {
        Facet.TRADE: _("Craft"),
        Facet.COLOUR: _("Colour"),
        Facet.MATERIAL: _("Material"),
        Facet.PRICE: _("Price"),
        Facet.READY: _("When it leaves"),
    }
    return names[facet]


def value_name(facet: Facet, value: str, currency: str) -> str:
    """Return what a value of a facet is called."""
    if facet is Facet.TRADE:
        return trade_name(Trade(value))
    if facet is Facet.COLOUR:
        return colour_name(value)
    if facet is Facet.MATERIAL:
        return material_name(Material(value))
    if facet is Facet.READY:
        leaves: dict[Ready, str] = {Ready.NOW: _("Ready to ship"), Ready.MADE: _("Made for you")}
        return leaves[Ready(value)]
    start, end = band_ends(value, currency)
    least, most = price(start, currency), "" if end is None else price(end, currency)
    told: str = _("%(least)s to %(most)s", least=least, most=most)
    if end is None:
        told = _("%(amount)s and more", amount=least)
    elif start == 0:
        told = _("Under %(amount)s", amount=most)
    return told


def sort_names() -> list[tuple[str, str]]:
    """Return the orders of a list with their names."""
    return [
        (Sort.OURS.value, _("As we lay them out")),
        (Sort.NEWEST.value, _("Newest first")),
        (Sort.PRICE_UP.value, _("Price, lowest first")),
        (Sort.PRICE_DOWN.value, _("Price, highest first")),
        (Sort.SOONEST.value, _("Ready soonest")),
    ]


def address(asked: Asked, currency: str, sort: Sort, slug: str | None, **more: Any) -> str:
    """Return the address of a choice: the same choice always has the same one."""
    values: dict[str, Any] = {facet.value: list(asked[facet]) for facet in Facet if asked.get(facet)}
    values["sort"] = None if sort is Sort.OURS else sort.value
    values["currency"] = None if currency == "INR" else currency
    if slug:
        return url_for("storefront.collection", slug=slug, **values, **more)
    return url_for("storefront.products", **values, **more)
