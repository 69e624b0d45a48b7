"""What may be shown now: the one question that every surface asks, at every request.

`shown` is the condition itself; all else here is a query built of it. It fails closed: no row, a row that ended,
another channel, another language, an artisan who left, an age that is not confirmed: each hides. Pages, machine
data, sitemap, search, mails, tags and the bytes of pictures read through this file, so that a new surface
cannot forget the question; `tests/journeys/test_withdrawal.py` counts them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    String,
    and_,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from shop.artisans.consent_models import (
    Channel,
    Consent,
    ConsentWithdrawal,
    HouseSwitch,
    Item,
    Language,
    Persona,
)
from shop.artisans.models import Artisan
from shop.artisans.story_models import PictureKind, Story, StoryPicture, StoryStatus, StoryText
from shop.clock import india_date
from shop.db import db
from shop.errors import Gone, NotFound

FACES = "faces"
Column = ColumnElement[int] | InstrumentedAttribute[int] | InstrumentedAttribute[int | None]
Tongue = str | InstrumentedAttribute[Language]


def shown(
    artisan_id: Column,
    item: Item,
    channel: Channel,
    language: Tongue,
    *,
    at: datetime,
    about: ColumnElement[str] | str = "",
) -> ColumnElement[bool]:
    """Return the condition that something of an artisan may be shown on a channel, in a language, at a moment."""
    given, she, ended = aliased(Consent), aliased(Artisan), aliased(ConsentWithdrawal)
    stands = exists(
        select(given.id)
        .join(she, and_(she.id == given.artisan_id, she.adult_confirmed_on == given.adult_confirmed_on))
        .where(
            given.artisan_id == artisan_id,
            given.item == item,
            given.channel == channel,
            given.language == language,
            given.about == about,
            given.given_at <= at,
            given.expires_at > at,
            she.left_at.is_(None),
            she.adult_confirmed_on <= india_date(at),
            ~exists(select(ended.consent_id).where(ended.consent_id == given.id)),
        )
    )
    return and_(stands, faces_are_on()) if item is Item.FACE else stands


def faces_are_on() -> ColumnElement[bool]:
    """Return the condition that the house shows faces at all."""
    return exists(select(HouseSwitch.name).where(HouseSwitch.name == FACES, HouseSwitch.is_on))


def shows_faces() -> bool:
    """Say whether the house shows faces at all, to those who ask before anything is drawn or agreed to."""
    return bool(db.session.scalar(select(faces_are_on())))


def may_show(artisan: Artisan, item: Item, channel: Channel, language: str, *, at: datetime, about: str = "") -> bool:
    """Say whether one thing of one artisan may be shown."""
    if language not in list(Language):
        return False
    asked = shown(Artisan.id, item, channel, language, at=at, about=about)
    return db.session.scalar(select(Artisan.id).where(Artisan.id == artisan.id, asked)) is not None


@dataclass(frozen=True)
class Card:
    """A persona as the public sees it: nothing here leads to a card number, a work name or an id of ours."""

    public_id: str
    name: str
    emblem: str
    dye: str


def cards(
    artisan_ids: Select[int] | Collection[int], items: Sequence[Item], channel: Channel, language: str, *, at: datetime
) -> list[Card]:
    """Return the personas among some artisans that may be shown, each of `items` being agreed to; one statement."""
    if language not in list(Language):
        return []
    wanted = select(Persona).where(
        Persona.artisan_id.in_(artisan_ids),
        *(shown(Persona.artisan_id, item, channel, language, at=at) for item in items),
    )
    found = db.session.scalars(wanted.order_by(Persona.public_id))
    return [Card(each.public_id, each.name_in(language), each.emblem, each.dye) for each in found]


def next_change(*, at: datetime) -> datetime | None:
    """Return when something that may be shown begins or ends by itself, or None: a page is kept no longer than that."""
    return min(filter(None, db.session.execute(select(*next_changes(at=at))).one()), default=None)


def next_changes(*, at: datetime) -> list[ScalarSelect[datetime | None]]:
    """Return the moments of `next_change` as parts of a statement that asks for something else as well."""
    columns = (Consent.expires_at, Consent.given_at, Story.publish_at)
    return [select(func.min(column)).where(column > at).scalar_subquery() for column in columns]


@dataclass(frozen=True)
class OpenStory:
    """A story as the public reads it in one language."""

    story: Story
    text: StoryText
    pictures: list[StoryPicture]
    teller: Card | None
    languages: list[str]
    for_machines: bool


def stories(
    language: str,
    *,
    at: datetime,
    channel: Channel = Channel.SHOP,
    craft: str | None = None,
    words: Sequence[str] = (),
    limit: int = 60,
) -> list[tuple[Story, StoryText]]:
    """Return the stories that may be shown in a language, newest first; by a craft, or with all of some words."""
    if language not in list(Language):
        return []
    query = (
        select(Story, StoryText)
        .join(StoryText, StoryText.story_id == Story.id)
        .where(StoryText.language == language, _out(at), _agreed(Item.STORY, Channel.SHOP, at))
        .order_by(Story.publish_at.desc(), Story.id.desc())
        .limit(limit)
    )
    if channel is not Channel.SHOP:
        query = query.where(_agreed(Item.STORY, channel, at))
    if craft is not None:
        query = query.where(Story.craft == craft)
    for word in words:
        inside = (part.icontains(word, autoescape=True) for part in (StoryText.title, StoryText.lead, StoryText.body))
        query = query.where(or_(*inside))
    return [(row[0], row[1]) for row in db.session.execute(query)]


def get_story(slug: str, language: str, *, at: datetime) -> OpenStory:
    """Return a story; Gone if it was out and is no longer, NotFound if it never was or not in this language."""
    agreed, machines = _agreed(Item.STORY, Channel.SHOP, at), _agreed(Item.STORY, Channel.FEED, at)
    rows = db.session.execute(
        select(Story, StoryText, and_(_out(at), agreed), and_(_out(at), agreed, machines))
        .join(StoryText, StoryText.story_id == Story.id)
        .where(Story.slug == slug)
    ).all()
    standing = {row[1].language.value: row for row in rows if row[2]}
    if language not in standing:
        before = [row[0].first_publish_at for row in rows if row[1].language == language]
        if any(first is not None and first <= at for first in before):
            raise Gone("story.gone")
        raise NotFound("story.unknown")
    story, text, _, for_machines = standing[language]
    pictures = select(StoryPicture).join(Story, Story.id == StoryPicture.story_id)
    pictures = pictures.where(Story.id == story.id, _picture_shown(language, at)).order_by(StoryPicture.id)
    teller = [story.artisan_id] if story.shows_persona and story.artisan_id is not None else []
    told_by = cards(teller, [Item.CARD], Channel.SHOP, language, at=at) if teller else []
    return OpenStory(
        story,
        text,
        list(db.session.scalars(pictures)),
        told_by[0] if told_by else None,
        sorted(standing),
        bool(for_machines),
    )


def cover_pictures(story_ids: Collection[int], language: str, *, at: datetime) -> dict[int, StoryPicture]:
    """Return the first picture of each story that may be shown."""
    if not story_ids or language not in list(Language):
        return {}
    query = (
        select(StoryPicture)
        .join(Story, Story.id == StoryPicture.story_id)
        .where(Story.id.in_(story_ids), _picture_shown(language, at))
        .order_by(StoryPicture.id.desc())
    )
    return {picture.story_id: picture for picture in db.session.scalars(query)}


def check_picture(name: str, *, at: datetime) -> bool:
    """Say whether a file's picture belongs to a story; Gone or NotFound if it may not be shown in any language."""
    rows = db.session.execute(
        select(Story.first_publish_at, StoryPicture.removed_at)
        .join(Story, Story.id == StoryPicture.story_id)
        .where(StoryPicture.name == name)
    ).all()
    if not rows:
        return False
    somewhere = or_(
        *(
            and_(
                exists(
                    select(StoryText.story_id).where(StoryText.story_id == Story.id, StoryText.language == language)
                ),
                _agreed(Item.STORY, Channel.SHOP, at, language),
                _picture_shown(language, at),
            )
            for language in Language
        )
    )
    found = select(StoryPicture.id).join(Story, Story.id == StoryPicture.story_id)
    if db.session.scalar(found.where(StoryPicture.name == name, somewhere).limit(1)) is not None:
        return True
    if any(row[0] is not None and row[0] <= at for row in rows):
        raise Gone("story.gone")
    raise NotFound("story.unknown")


def _about() -> ColumnElement[str]:
    return literal("story:").concat(cast(Story.id, String))


def _out(at: datetime) -> ColumnElement[bool]:
    return and_(Story.status == StoryStatus.PUBLISHED, Story.publish_at <= at)


def _agreed(item: Item, channel: Channel, at: datetime, language: Tongue = StoryText.language) -> ColumnElement[bool]:
    """Return the condition that a story is nobody's own, or that she whose it is agreed."""
    hers = shown(Story.artisan_id, item, channel, language, at=at, about=_about())
    return or_(Story.artisan_id.is_(None), hers)


def _picture_shown(language: str, at: datetime) -> ColumnElement[bool]:
    """Return the condition that a picture may be shown: work alone where the story is nobody's own."""
    nobody = and_(Story.artisan_id.is_(None), StoryPicture.kind == PictureKind.WORK)
    hers = shown(Story.artisan_id, Item.PICTURE, Channel.SHOP, language, at=at, about=_about())
    face = shown(Story.artisan_id, Item.FACE, Channel.SHOP, language, at=at, about=_about())
    agreed = or_(nobody, and_(hers, or_(StoryPicture.kind != PictureKind.FACE, face)))
    return and_(_out(at), StoryPicture.removed_at.is_(None), agreed) if language in list(Language) else false()
