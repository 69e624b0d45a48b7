"""Collections: things under a name of their own, picked by hand or found by a rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select

from shop.catalog.facets import BANDS, Asked, Facet, FacetIndex, Ready, band_names
from shop.catalog.listing_models import Collection, CollectionKind, CollectionPick
from shop.catalog.materials import Material
from shop.catalog.models import Product, Trade
from shop.catalog.products import SLUG
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound

MOST_PICKS = 60
MOST_NEWEST = 200
NEWEST = "newest"
_KNOWN: Mapping[Facet, frozenset[str]] = {
    Facet.TRADE: frozenset(Trade),
    Facet.MATERIAL: frozenset(Material),
    Facet.PRICE: frozenset(name for currency in BANDS for name in band_names(currency)),
    Facet.READY: frozenset(Ready),
}


@dataclass(frozen=True)
class CollectionText:
    """What the office writes about a collection; `newest`: only so many that came last, None for all."""

    title: str
    lead: str
    kind: CollectionKind
    is_shown: bool
    position: int = 0
    titles: Mapping[str, str] = field(default_factory=dict)
    leads: Mapping[str, str] = field(default_factory=dict)
    rule: Asked = field(default_factory=dict)
    newest: int | None = None
    picks: Sequence[str] = ()


def create(slug: str, words: CollectionText) -> Collection:
    """Create a collection; Conflict if its address is taken."""
    slug = slug.strip().lower()
    if not SLUG.fullmatch(slug) or len(slug) > 80:
        raise Invalid("product.slug")
    if db.session.scalar(select(Collection.id).where(Collection.slug == slug)):
        raise Conflict("collection.slug_taken", slug=slug)
    collection = Collection(slug=slug, picks=[])
    _write(collection, words)
    db.session.add(collection)
    db.session.flush()
    return collection


def rewrite(collection: Collection, words: CollectionText) -> None:
    """Replace what is written about a collection, its rule and its picks."""
    _write(collection, words)
    db.session.flush()


def _write(collection: Collection, words: CollectionText) -> None:
    if not words.title.strip():
        raise Invalid("collection.title")
    if words.newest is not None and not 1 <= words.newest <= MOST_NEWEST:
        raise Invalid("collection.newest", most=MOST_NEWEST)
    if any(set(chosen) - _KNOWN.get(facet, set(chosen)) for facet, chosen in words.rule.items()):
        raise Invalid("form.choice")
    is_ruled = words.kind is CollectionKind.RULED
    collection.title, collection.titles = words.title.strip(), dict(words.titles)
    collection.lead, collection.leads = words.lead.strip(), dict(words.leads)
    collection.kind, collection.is_shown, collection.position = words.kind, words.is_shown, words.position
    rule: dict[str, object] = {facet.value: list(chosen) for facet, chosen in words.rule.items() if chosen}
    if words.newest is not None:
        rule[NEWEST] = words.newest
    collection.rule = rule if is_ruled else {}
    ids = [] if is_ruled else _ids_of(words.picks)
    standing = {pick.product_id: pick for pick in collection.picks}
    picks = [standing.get(each) or CollectionPick(product_id=each) for each in ids]
    for position, pick in enumerate(picks):
        pick.position = position
    collection.picks = picks


def _ids_of(slugs: Sequence[str]) -> list[int]:
    """Return the products of some addresses, each once, in their order; NotFound names the first that is none."""
    asked = list(dict.fromkeys(slug.strip().lower() for slug in slugs if slug.strip()))
    if len(asked) > MOST_PICKS:
        raise Invalid("collection.picks", most=MOST_PICKS)
    known = {
        row.slug: row.id for row in db.session.execute(select(Product.slug, Product.id).where(Product.slug.in_(asked)))
    }
    for slug in asked:
        if slug not in known:
            raise Invalid("collection.pick_unknown", slug=slug)
    return [known[slug] for slug in asked]


def rule_of(collection: Collection) -> Asked:
    """Return the facets of a collection's rule."""
    return {facet: tuple(collection.rule.get(facet.value, ())) for facet in Facet if collection.rule.get(facet.value)}


def within(collection: Collection, index: FacetIndex) -> list[int] | None:
    """Return the products a collection is held to, in their order; None if its rule alone decides."""
    if collection.kind is CollectionKind.PICKED:
        return [pick.product_id for pick in collection.picks]
    newest = collection.rule.get(NEWEST)
    return index.newest(int(newest)) if newest else None


def shown() -> list[Collection]:
    """Return the collections that the shop shows, in their order, in one statement."""
    query = select(Collection).where(Collection.is_shown).order_by(Collection.position, Collection.id)
    return list(db.session.scalars(query).unique())


def all_collections() -> list[Collection]:
    """Return every collection for the office, in their order."""
    return list(db.session.scalars(select(Collection).order_by(Collection.position, Collection.id)).unique())


def get_shown(slug: str) -> Collection:
    """Return a collection that the shop shows; NotFound otherwise."""
    collection = _find(slug)
    if collection is None or not collection.is_shown:
        raise NotFound("collection.unknown")
    return collection


def get(slug: str) -> Collection:
    """Return a collection for the office, shown or not; NotFound otherwise."""
    collection = _find(slug)
    if collection is None:
        raise NotFound("collection.unknown")
    return collection


def picked_slugs(collection: Collection) -> list[str]:
    """Return the addresses of what was picked, in their order."""
    ids = [pick.product_id for pick in collection.picks]
    slugs = {
        row.id: row.slug for row in db.session.execute(select(Product.id, Product.slug).where(Product.id.in_(ids)))
    }
    return [slugs[each] for each in ids]


def next_position() -> int:
    """Return the place after the last collection."""
    return (db.session.scalar(select(func.max(Collection.position))) or 0) + 1


def _find(slug: str) -> Collection | None:
    return db.session.scalars(select(Collection).where(Collection.slug == slug)).unique().one_or_none()
