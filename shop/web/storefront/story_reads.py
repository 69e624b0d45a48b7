"""What the storefront shows of stories and of those who make: everything asked of publication.py, now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from sqlalchemy import ColumnElement, func, select

from shop.artisans import publication
from shop.artisans.consent_models import Channel, Item
from shop.artisans.models import Artisan
from shop.artisans.publication import Card, OpenStory
from shop.artisans.story_models import StoryPicture
from shop.catalog import renditions
from shop.catalog.folding import searchable
from shop.catalog.models import Product, ProductStatus, Trade, Unit, UnitMaker, Variant
from shop.db import db
from shop.errors import NotFound
from shop.web.language import LANGUAGES, language
from shop.web.storefront.machine import in_language

FEWEST = 5  # fewer makers than this are never told as a group


@dataclass(frozen=True)
class Shown:
    """A picture of a story as the picture macro reads it."""

    alt: str
    width: int
    height: int
    ground: str
    renditions: Sequence[renditions.File]


@dataclass(frozen=True)
class StoryCard:
    """One story in a list."""

    slug: str
    title: str
    lead: str
    craft: Trade
    picture: Shown | None


@dataclass(frozen=True)
class StoryPage:
    """One story as a page."""

    told: OpenStory
    craft: Trade
    pictures: list[Shown]
    published_on: datetime


@dataclass(frozen=True)
class MadePage:
    """What a tag tells: the piece, a group of makers if there are enough, and cards whose owners agreed."""

    tag: str
    title: str
    craft: Trade
    product_slug: str | None
    group: int | None
    cards: list[Card]


def listed(
    *, at: datetime, craft: Trade | None = None, words: str = "", limit: int = 60, with_pictures: bool = True
) -> list[StoryCard]:
    """Return the stories that may be shown in the page's language, in two statements."""
    asked = searchable(words).split()[:8]
    if words and not asked:
        return []
    found = publication.stories(language(), at=at, craft=craft.value if craft else None, words=asked, limit=limit)
    covers = publication.cover_pictures([story.id for story, _ in found], language(), at=at) if with_pictures else {}
    return [
        StoryCard(story.slug, text.title, text.lead, Trade(story.craft), _shown(covers.get(story.id)))
        for story, text in found
    ]


def story_page(slug: str, *, at: datetime) -> StoryPage:
    """Return one story; Gone or NotFound as publication.py says."""
    told = publication.get_story(slug, language(), at=at)
    assert told.story.publish_at is not None  # a story that is out has its week
    shown = [picture for each in told.pictures if (picture := _shown(each))]
    return StoryPage(told, Trade(told.story.craft), shown, told.story.publish_at)


def for_machines(*, at: datetime) -> list[str]:
    """Return the addresses of the stories that search engines may be told of, in each language."""
    return [
        story_path(story.slug, code)
        for code in LANGUAGES
        for story, _ in publication.stories(code, at=at, channel=Channel.FEED, limit=5_000)
    ]


def story_path(slug: str, code: str) -> str:
    """Return a story's address in a language."""
    return _in_language(url_for("storefront.story", slug=slug), code)


def stories_path(code: str) -> str:
    """Return the address of all stories in a language: where to go on from one that it has not got."""
    return _in_language(url_for("storefront.stories"), code)


def _in_language(path: str, code: str) -> str:
    return in_language(path.removeprefix(url_for("storefront.home").rstrip("/")), code)


def makers_of(product: Product, *, at: datetime) -> list[Card]:
    """Return who is seen to have made a product: only those who agreed to their card and to their name beside it."""
    made = (
        select(UnitMaker.artisan_id)
        .join(Unit, Unit.id == UnitMaker.unit_id)
        .join(Variant, Variant.id == Unit.variant_id)
        .where(Variant.product_id == product.id)
    )
    return publication.cards(made, [Item.CARD, Item.ALIAS], Channel.SHOP, language(), at=at)


def made_page(tag: str, *, at: datetime) -> MadePage:
    """Return what a tag tells; NotFound for one that never was, and just so for one whose piece is no more."""
    query = select(Unit, Product).join(Variant, Variant.id == Unit.variant_id)
    query = query.join(Product, Product.id == Variant.product_id).where(Unit.tag == tag.upper())
    row = db.session.execute(query).one_or_none()
    if row is None or (row[0].gone_at is not None and row[0].reservation_id is None):
        raise NotFound("tag.unknown")
    unit, product = row
    makers = select(UnitMaker.artisan_id).where(UnitMaker.unit_id == unit.id)
    group = _makers_count(Product.trade == product.trade, Product.centre_id == product.centre_id)
    return MadePage(
        tag=unit.tag,
        title=product.title_in(language()),
        craft=product.trade,
        product_slug=product.slug if product.status is ProductStatus.PUBLISHED else None,
        group=group if group >= FEWEST else None,
        cards=publication.cards(makers, [Item.CARD], Channel.PACKAGING, language(), at=at),
    )


def _makers_count(*where: ColumnElement[bool]) -> int:
    """Return how many who still work with us have worked on pieces of one craft at one centre."""
    query = (
        select(func.count(UnitMaker.artisan_id.distinct()))
        .join(Unit, Unit.id == UnitMaker.unit_id)
        .join(Variant, Variant.id == Unit.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .join(Artisan, Artisan.id == UnitMaker.artisan_id)
        .where(Artisan.left_at.is_(None), *where)
    )
    return db.session.scalar(query) or 0


def _shown(picture: StoryPicture | None) -> Shown | None:
    if picture is None:
        return None
    widths = renditions.WIDTHS if picture.whole else renditions.SMALLEST
    files = renditions.files_of(picture.name, (picture.width, picture.height), widths)
    return Shown(picture.alt, picture.width, picture.height, picture.ground, files)
