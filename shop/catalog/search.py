"""Search: from what someone typed to the products that fit best, in two statements on either database.

First the words: `spelling` says which words of the catalogue each may stand for. Then the products: those with
the rarest word are taken along the index, best places first, and kept if they have the other words too. So a word
that stands in every product costs no more than one that stands in thirty. A title goes before the text, the word
itself before its likeness; what has only some of the words is shown when nothing has all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, select, union
from sqlalchemy.orm import aliased

from shop.catalog import search_index, spelling
from shop.catalog.browsing import Line, line_columns, line_of
from shop.catalog.listing_models import Listing, ListingPrice, SearchPosting
from shop.catalog.models import Product
from shop.catalog.spelling import Meant
from shop.db import db

MOST_TAKEN = 120  # products looked at for each of them
MOST_HITS = 48
PLACE_COSTS = {search_index.TITLE: 0, search_index.WHAT: 4, search_index.TEXT: 8}
MISSING = 100


@dataclass(frozen=True)
class Found:
    """What a search found, the best first; `is_partial`: nothing has all the words; `unknown`: no product has these."""

    lines: Sequence[Line] = ()
    is_partial: bool = False
    unknown: Sequence[str] = field(default_factory=list)
    has_more: bool = False


def find(words: str, currency: str, language: str, *, typing: bool = False, limit: int = MOST_HITS) -> Found:
    """Return the products that fit some words best; `typing`: the last word may be only begun."""
    typed = spelling.typed(words)
    if not typed:
        return Found()
    meant = spelling.meant(typed, typing)
    known = [each for each in meant if each.likes]
    unknown = [each.typed for each in meant if not each.likes]
    if not known:
        return Found(unknown=unknown)
    found = _products(known, currency, language, limit)
    return replace(found, unknown=unknown)


def _products(meant: Sequence[Meant], currency: str, language: str, limit: int) -> Found:
    """Return the best products, in one statement."""
    lead = min(range(len(meant)), key=lambda at: meant[at].products)
    takes = [
        _taken(word_id, [other for at, other in enumerate(meant) if at != lead], MOST_TAKEN)
        for word_id in meant[lead].likes
    ]
    if len(meant) > 1:
        takes += [_taken(word_id, [], limit) for each in meant for word_id in list(each.likes)[:2]]
    taken = union(*(select(each.subquery().c.product_id) for each in takes)).cte("taken")
    costs = [_cost(each, taken.c.product_id) for each in meant]
    missing = sum(
        (case((cost.is_(None), 1), else_=0) for cost in costs[1:]), start=case((costs[0].is_(None), 1), else_=0)
    )
    total = sum((func.coalesce(cost, MISSING) for cost in costs[1:]), start=func.coalesce(costs[0], MISSING))
    ranked = (
        select(taken.c.product_id, missing.label("missing"), total.label("total")).select_from(taken).subquery("ranked")
    )
    query = (
        select(*line_columns(language), ranked.c.missing)
        .select_from(ranked)
        .join(Listing, Listing.product_id == ranked.c.product_id)
        .join(ListingPrice, and_(ListingPrice.product_id == Listing.product_id, ListingPrice.currency == currency))
        .join(Product, Product.id == Listing.product_id)
        .where(Listing.is_listed)
        .order_by(ranked.c.missing, ranked.c.total, Listing.position, Listing.product_id)
        .limit(limit + 1)
    )
    rows = db.session.execute(query).all()
    is_partial = bool(rows) and rows[0].missing > 0
    fitting = [row for row in rows if is_partial or row.missing == 0]
    lines = [line_of(row) for row in fitting[:limit]]
    return Found(lines, is_partial, has_more=len(fitting) > limit)


def _taken(word_id: int, others: Sequence[Meant], most: int) -> Select[int]:
    """Return the products with a word, best places first along the index, if they have the other words too."""
    query = select(SearchPosting.product_id).where(SearchPosting.word_id == word_id)
    for other in others:
        beside = aliased(SearchPosting)
        query = query.where(
            exists().where(beside.product_id == SearchPosting.product_id, beside.word_id.in_(list(other.likes)))
        )
    return query.order_by(SearchPosting.place, SearchPosting.product_id).limit(most)


def _cost(meant: Meant, product_id: ColumnElement[int]) -> ColumnElement[int | None]:
    """Return what a product costs for one word: likeness and place of the best fit; NULL if it has none."""
    here = aliased(SearchPosting)
    likeness = case(meant.likes, value=here.word_id, else_=literal(MISSING))
    place = case(PLACE_COSTS, value=here.place, else_=literal(MISSING))
    return (
        select(func.min(likeness + place))
        .where(here.product_id == product_id, here.word_id.in_(list(meant.likes)))
        .scalar_subquery()
    )
