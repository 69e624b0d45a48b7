"""A list of products, page by page: narrowed, put in order, and read on, or back, from where another page ended.

Pages are found by key, not by number: the address carries the last row's place in the order, so a product that
comes in meanwhile neither repeats a row nor hides one, and the hundredth page is read as fast as the first. Reading
back is the same question in the opposite order; where less than a page stands before, it is the first page.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, UnaryExpression, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from shop.catalog import facets
from shop.catalog.facets import NOTHING, Asked, Facet, Ready
from shop.catalog.listing_models import NEVER, Listing, ListingPrice
from shop.catalog.models import Product
from shop.db import read
from shop.errors import Invalid


class Sort(StrEnum):
    """In which order a list is read."""

    OURS = "ours"
    NEWEST = "newest"
    PRICE_UP = "price-up"
    PRICE_DOWN = "price-down"
    SOONEST = "soonest"


Frozen = tuple[tuple[Facet, tuple[str, ...]], ...]


class Line(NamedTuple):
    """One product of a list; `days` None: it cannot be had just now."""

    product_id: int
    slug: str
    title: str
    minor: int
    currency: str
    days: int | None


_WIDE = len(Line._fields)


@dataclass(frozen=True)
class Page:
    """One page of a list, and the marks from which one reads on and back, if there is anything."""

    lines: Sequence[Line]
    after: str | None
    before: str | None = None


Key = InstrumentedAttribute[int] | InstrumentedAttribute[datetime]
_KEYS: dict[Sort, tuple[Key, bool]] = {
    Sort.OURS: (Listing.position, False),
    Sort.NEWEST: (Listing.listed_at, True),
    Sort.PRICE_UP: (ListingPrice.amount_minor, False),
    Sort.PRICE_DOWN: (ListingPrice.amount_minor, True),
    Sort.SOONEST: (Listing.days, False),
}


def page(
    asked: Asked,
    currency: str,
    language: str,
    *,
    sort: Sort = Sort.OURS,
    after: str | None = None,
    before: str | None = None,
    rule: Asked = NOTHING,
    within: Sequence[int] | None = None,
    limit: int = 24,
) -> Page:
    """Return one page of what fits: the first, or what stands right after a mark, or right before one.

    It takes one statement; one more, for the first page, if less than a page stands before a mark. Invalid if a mark
    is none of this order, or both are given. `within` narrows it to some products; every other condition is held to
    all the same.
    """
    if after is not None and before is not None:
        raise Invalid("list.mark")
    mark, back = (before, True) if before is not None else (after, False)
    rows = _rows(asked, currency, language, sort, mark, back, rule, within, limit)
    more, rows = len(rows) > limit, rows[:limit]
    if back and not more:
        return page(asked, currency, language, sort=sort, rule=rule, within=within, limit=limit)
    if back:
        rows = rows[::-1]
    return Page(
        [line_of(row) for row in rows],
        _mark(sort, rows[-1].place, rows[-1].product_id) if more or back else None,
        _mark(sort, rows[0].place, rows[0].product_id) if rows and mark is not None else None,
    )


def _rows(
    asked: Asked,
    currency: str,
    language: str,
    sort: Sort,
    mark: str | None,
    back: bool,
    rule: Asked,
    within: Sequence[int] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Return the rows from a mark on, in the direction of reading, and one more if there is one."""
    given: dict[str, Any] = {}
    if within is not None:
        given["within"] = within
    if mark is not None:
        given["place"], given["number"] = _read_mark(mark, sort)
    query = _query(_frozen(asked), _frozen(rule), currency, language, sort, back, limit, frozenset(given))
    return read(query, given)


def _frozen(asked: Asked) -> Frozen:
    return tuple((facet, tuple(chosen)) for facet, chosen in asked.items() if chosen)


@lru_cache(maxsize=256)
def _query(
    asked: Frozen, rule: Frozen, currency: str, language: str, sort: Sort, back: bool, limit: int, given: frozenset[str]
) -> Select[*tuple[Any, ...]]:
    """Return the statement of a page, which takes longer to build than to answer; `given` names its parameters."""
    key, falls = _KEYS[sort]
    falls = falls is not back  # read back, the order is the opposite one
    query = (
        select(*line_columns(language), key.label("place"))
        .join(ListingPrice, ListingPrice.product_id == Listing.product_id)
        .join(Product, Product.id == Listing.product_id)
        .where(Listing.is_listed, ListingPrice.currency == currency)
        .where(*_conditions(asked, currency), *_conditions(rule, currency))
        .order_by(*_order(key, falls))
        .limit(limit + 1)
    )
    if "within" in given:
        query = query.where(Listing.product_id.in_(bindparam("within", expanding=True)))
    if "place" in given:
        query = query.where(_beyond(key, falls))
    return query


def line_columns(language: str) -> tuple[ColumnElement[Any], ...]:
    """Return what a statement over listing, price and product selects first for `line_of`; English if untranslated."""
    title: ColumnElement[str] = Product.title.expression
    if language != "en":
        title = func.coalesce(func.nullif(Product.titles[language].as_string(), ""), Product.title)
    days = case((Listing.days < NEVER, Listing.days))
    return (
        Listing.product_id.expression,
        Product.slug.expression,
        title,
        ListingPrice.amount_minor.expression,
        ListingPrice.currency.expression,
        days,
    )


def line_of(row: Row[*tuple[Any, ...]]) -> Line:
    """Return the first columns of a row as a line of a list."""
    return Line._make(row[:_WIDE])


def _order(key: Key, falls: bool) -> tuple[UnaryExpression[int] | UnaryExpression[datetime], UnaryExpression[int]]:
    """Return the order, along an index: the product's number decides among equals."""
    number = ListingPrice.product_id if key.class_ is ListingPrice else Listing.product_id
    return (key.desc(), number.desc()) if falls else (key.asc(), number.asc())


def _beyond(key: Key, falls: bool) -> ColumnElement[bool]:
    place: ColumnElement[Any] = bindparam("place", type_=key.type)
    product_id: ColumnElement[int] = bindparam("number", type_=Listing.product_id.type)
    number = ListingPrice.product_id if key.class_ is ListingPrice else Listing.product_id
    if falls:
        return and_(key <= place, or_(key < place, number < product_id))
    return and_(key >= place, or_(key > place, number > product_id))


def _conditions(asked: Frozen, currency: str) -> list[ColumnElement[bool]]:
    """Return the conditions of what was asked, each on a column of the listing itself."""
    found: list[ColumnElement[bool]] = []
    for facet, chosen in asked:
        if facet is Facet.TRADE:
            found.append(Listing.trade.in_(chosen))
        elif facet is Facet.COLOUR:
            found.append(or_(*(Listing.colours.contains(f" {each} ", autoescape=True) for each in chosen)))
        elif facet is Facet.MATERIAL:
            found.append(or_(*(Listing.materials.contains(f" {each} ", autoescape=True) for each in chosen)))
        elif facet is Facet.PRICE:
            found.append(or_(*(_in_band(each, currency) for each in chosen)))
        else:
            found.append(or_(*(_is_ready(Ready(each)) for each in chosen)))
    return found


def _in_band(band: str, currency: str) -> ColumnElement[bool]:
    start, end = facets.band_ends(band, currency)
    above = ListingPrice.amount_minor >= start
    return above if end is None else and_(above, ListingPrice.amount_minor < end)


def _is_ready(ready: Ready) -> ColumnElement[bool]:
    if ready is Ready.NOW:
        return Listing.shelved > 0
    return and_(Listing.shelved == 0, Listing.made_days < NEVER)


@lru_cache(maxsize=1024)
def _mark(sort: Sort, place: int | datetime, product_id: int) -> str:
    """Return a row's place in an order, as an address carries it."""
    told = place.isoformat() if isinstance(place, datetime) else place
    text = json.dumps([sort.value, told, product_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_mark(mark: str, sort: Sort) -> tuple[int | datetime, int]:
    """Return the place that a mark tells; Invalid for anything but a mark of this order."""
    try:
        told = json.loads(base64.b64decode(mark + "=" * (-len(mark) % 4), altchars=b"-_", validate=True))
        written, place, product_id = told
        place = _moment(place) if sort is Sort.NEWEST else place
        fits = sort is Sort.NEWEST or _is_whole(place)
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise Invalid("list.mark") from error
    if not (fits and written == sort.value and _is_whole(product_id)):
        raise Invalid("list.mark")
    return place, product_id


def _moment(told: str) -> datetime:
    """Return the moment that a mark tells, in UTC; ValueError without a zone, OverflowError before all calendars."""
    moment = datetime.fromisoformat(told)
    if moment.tzinfo is None:
        raise ValueError(told)
    return moment.astimezone(UTC)


def _is_whole(told: object) -> bool:
    """Say whether a mark tells a whole number that a column can hold."""
    return type(told) is int and 0 <= told < 2**62
