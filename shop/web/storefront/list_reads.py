"""What lists, collections, the home page and search show: at most four statements each."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property

from flask import current_app, url_for
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import aliased

from shop.catalog import browsing, collections, search
from shop.catalog.browsing import Line, Sort
from shop.catalog.facets import Asked, FacetIndex
from shop.catalog.listing_models import Collection
from shop.catalog.models import Picture, Rendition
from shop.catalog.renditions import File
from shop.db import db
from shop.errors import Invalid
from shop.web.language import language
from shop.web.parts import kept_part
from shop.web.storefront import narrowing, story_reads
from shop.web.storefront.narrowing import Narrowed
from shop.web.storefront.story_reads import Shown, StoryCard

PAGE = 24
ON_HOME = 8


@dataclass(frozen=True)
class Card:
    """One product in a list; `days` None: it cannot be had just now."""

    title: str
    url: str
    picture: Shown | None
    minor: int
    currency: str
    days: int | None


@dataclass(frozen=True)
class Around:
    """What stands around a list however far one has read on; `title` and `lead` are those of a collection."""

    narrowed: Narrowed
    total: int
    rule: Asked
    few: Sequence[int] | None
    title: str
    lead: str


@dataclass(frozen=True)
class ListPage:
    """One page of a list; `after`, `before`: from where one reads on and back; `lost`: the address named no place."""

    lines: tuple[Line, ...]
    around: Around
    after: str | None
    before: str | None
    lost: bool

    @property
    def next_url(self) -> str | None:
        """Return the address of the next page, if there is one."""
        return self.around.narrowed.url(after=self.after) if self.after else None

    @property
    def previous_url(self) -> str | None:
        """Return the address of the page before, if there is one."""
        return self.around.narrowed.url(before=self.before) if self.before else None

    def card(self, line: Line) -> Card:
        """Return one of its lines as a card."""
        return _card(line, self._pictures)

    @cached_property
    def _pictures(self) -> dict[int, Shown]:
        return first_pictures([line.product_id for line in self.lines])


@dataclass(frozen=True)
class CollectionCard:
    """One collection on the home page."""

    title: str
    lead: str
    url: str
    picture: Shown | None


@dataclass(frozen=True)
class HomePage:
    """What the home page shows of the catalogue."""

    cards: Sequence[Card]
    collections: Sequence[CollectionCard]


@dataclass(frozen=True)
class SearchPage:
    """What was found, and what not."""

    currency: str
    cards: Sequence[Card]
    stories: Sequence[StoryCard]
    is_partial: bool
    has_more: bool


def index() -> FacetIndex:
    """Return this process's copy of what facets count."""
    found: FacetIndex = current_app.extensions.setdefault("facets", FacetIndex())
    return found


def list_page(
    asked: Asked, currency: str, sort: Sort, after: str | None, before: str | None, *, slug: str | None = None
) -> ListPage:
    """Return one page of everything, or of a collection; NotFound if it is not shown."""
    choice = ("around", tuple(asked.items()), currency, sort, slug)
    around = kept_part(choice, lambda: _around(asked, currency, sort, slug))

    def page(**marks: str | None) -> browsing.Page:
        return browsing.page(
            asked, currency, language(), sort=sort, rule=around.rule, within=around.few, limit=PAGE, **marks
        )

    try:
        found, lost = page(after=after, before=before), False
    except Invalid:
        found, lost = page(), True
    return ListPage(tuple(found.lines), around, found.after, found.before, lost)


def _around(asked: Asked, currency: str, sort: Sort, slug: str | None) -> Around:
    """Return what stands around a list, in at most two statements; NotFound for a collection that is not shown."""
    collection = collections.get_shown(slug) if slug else None
    rule = collections.rule_of(collection) if collection else {}
    counts = index()
    with counts.lock:
        counts.follow()
        held_to = collections.within(collection, counts) if collection else None
        counted = counts.count(asked, currency, within=held_to, rule=rule)
    narrowed = narrowing.narrowed(asked, currency, sort, slug, counted)
    few = counted.few if counted.few is not None else held_to
    title, lead = (collection.title_in(language()), collection.lead_in(language())) if collection else ("", "")
    return Around(narrowed, counted.total, rule, few, title, lead)


def home_page() -> HomePage:
    """Return what the home page shows: things, and a row of collections, each with a picture."""
    counts = index()
    shown = collections.shown()
    with counts.lock:
        counts.follow()
        covers = _covers(shown, counts)
    found = browsing.page({}, "INR", language(), limit=ON_HOME)
    pictures = first_pictures([*(line.product_id for line in found.lines), *covers.values()])
    return HomePage(
        [_card(line, pictures) for line in found.lines],
        [
            CollectionCard(
                each.title_in(language()),
                each.lead_in(language()),
                url_for("storefront.collection", slug=each.slug),
                pictures.get(covers[each.id]),
            )
            for each in shown
            if each.id in covers
        ],
    )


def _covers(shown: Iterable[Collection], counts: FacetIndex) -> dict[int, int]:
    """Return collection -> a product that stands for it; one without products is left out."""
    covers: dict[int, int] = {}
    for each in shown:
        held_to = collections.within(each, counts)
        product_id = counts.first_of(collections.rule_of(each), "INR", held_to, set(covers.values()))
        if product_id is not None:
            covers[each.id] = product_id
    return covers


def search_page(words: str, currency: str, *, at: datetime) -> SearchPage:
    """Return the things that fit some words best, and the stories that have them all."""
    if not words:
        return SearchPage(currency, [], [], False, False)
    found = search.find(words, currency, language())
    stories = story_reads.listed(at=at, words=words, with_pictures=False)
    return SearchPage(currency, cards_of(found.lines), stories, found.is_partial, found.has_more)


def suggestions(words: str, currency: str) -> list[dict[str, str]]:
    """Return the titles and addresses of what may be meant while someone is still typing."""
    found = search.find(words, currency, language(), typing=True, limit=6) if words else search.Found()
    return [] if found.is_partial else [{"title": line.title, "url": _address(line)} for line in found.lines]


def cards_of(lines: Sequence[Line]) -> list[Card]:
    """Return lines with their pictures, in one statement."""
    pictures = first_pictures([line.product_id for line in lines])
    return [_card(line, pictures) for line in lines]


def first_pictures(product_ids: Sequence[int]) -> dict[int, Shown]:
    """Return product -> its first picture with the files that are drawn so far."""
    if not product_ids:
        return {}
    rows = db.session.execute(_first_pictures(), {"ids": sorted(set(product_ids))})
    pictures: dict[int, Shown] = {}
    files: dict[int, list[File]] = defaultdict(list)
    for row in rows:
        found = files[row.product_id]
        found.append(File(row.name, row.file_width, row.file_height, row.format))
        pictures[row.product_id] = Shown(row.alt, row.width, row.height, row.ground, found)
    return pictures


@cache
def _first_pictures() -> Select[int, str, int, int, str, str, int, int, str]:
    other = aliased(Picture)
    first = (
        select(other.id)
        .where(other.product_id == Picture.product_id)
        .order_by(other.position, other.id)
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(
            Picture.product_id,
            Picture.alt,
            Picture.width,
            Picture.height,
            Picture.ground,
            Rendition.name,
            Rendition.width.label("file_width"),
            Rendition.height.label("file_height"),
            Rendition.format,
        )
        .join(Rendition, Rendition.picture_id == Picture.id)
        .where(Picture.product_id.in_(bindparam("ids", expanding=True)), Picture.id == first)
        .order_by(Picture.product_id, Rendition.width)
    )


def _card(line: Line, pictures: dict[int, Shown]) -> Card:
    return Card(line.title, _address(line), pictures.get(line.product_id), line.minor, line.currency, line.days)


def _address(line: Line) -> str:
    currency = None if line.currency == "INR" else line.currency
    return url_for("storefront.product", slug=line.slug, currency=currency)
