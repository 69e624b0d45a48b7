"""Stories: written by one person, read by two others, out at the beginning of a week, and down with any edit.

A story may be an artisan's, who is paid a fee for it like for other work; whether she tells one, or takes it back,
changes nothing of her work, which cannot read any of this.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from shop import outbox
from shop.artisans import persona, publication
from shop.artisans.consent_models import Language
from shop.artisans.models import Artisan
from shop.artisans.story_models import (
    STORY_MOVES,
    PictureKind,
    Story,
    StoryEvent,
    StoryPicture,
    StoryStatus,
    StoryText,
)
from shop.artisans.wordlist import Found, warnings
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.statuses import move
from shop.users.models import User
from shop.users.policy import covers, whole_house

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MOST_PICTURES = 8


@dataclass(frozen=True)
class Words:
    """A story's words in one language."""

    title: str
    lead: str
    body: str


def write(slug: str, craft: str, words: Mapping[Language, Words], *, centre_id: int, at: datetime, by: User) -> Story:
    """Begin a draft about a craft of a centre."""
    slug = slug.strip().lower()
    if not SLUG.fullmatch(slug) or len(slug) > 80:
        raise Invalid("story.slug")
    if db.session.scalar(select(Story.id).where(Story.slug == slug)) is not None:
        raise Conflict("story.slug_taken")
    story = Story(
        slug=slug,
        craft=craft,
        centre_id=centre_id,
        shows_persona=False,
        status=StoryStatus.DRAFT,
        revision=1,
        written_by=by.id,
        created_at=at,
    )
    db.session.add(story)
    _set_words(story, words)
    db.session.flush()
    _note(story, StoryStatus.DRAFT, at=at, by=by.actor)
    return story


def rewrite(
    story: Story,
    craft: str,
    words: Mapping[Language, Words],
    *,
    artisan: Artisan | None,
    shows_persona: bool,
    at: datetime,
    by: User,
) -> None:
    """Replace what a story says and whose it is; whoever approved it has to read it again."""
    if artisan is not None and artisan.centre_id != story.centre_id:
        raise NotFound("artisan.unknown")
    if shows_persona and (artisan is None or persona.find_of(artisan) is None):
        raise Invalid("story.no_persona")
    _touch(story, at=at, by=by)
    story.craft = craft
    story.artisan_id = artisan.id if artisan else None
    story.adult_confirmed_on = artisan.adult_confirmed_on if artisan else None
    story.shows_persona = shows_persona
    _set_words(story, words)
    db.session.flush()


def add_picture(
    story: Story,
    kind: PictureKind,
    name: str,
    alt: str,
    size: tuple[int, int],
    *,
    ground: str = "",
    whole: bool = False,
    at: datetime,
    by: User,
) -> StoryPicture:
    """Add a drawn picture; one of hands needs someone whose they are, one of a face the house's switch as well.

    Unless it is `whole` the worker is asked for its other widths; till then pages show the smallest.
    """
    if len(story.pictures) >= MOST_PICTURES:
        raise Invalid("story.pictures_many", most=MOST_PICTURES)
    if kind is not PictureKind.WORK and story.artisan_id is None:
        raise Invalid("story.hands_are_someones")
    if kind is PictureKind.FACE and not publication.shows_faces():
        raise Refused("consent.faces_off")
    _touch(story, at=at, by=by)
    wide, high = size
    picture = StoryPicture(
        story_id=story.id, kind=kind, name=name, alt=alt, width=wide, height=high, ground=ground, whole=whole
    )
    db.session.add(picture)
    db.session.flush()
    if not whole:
        outbox.enqueue("story_picture.renditions", f"story_picture:{picture.id}", {"picture_id": picture.id}, at=at)
    db.session.refresh(story)
    return picture


def remove_picture(story: Story, picture_id: int, *, at: datetime, by: User) -> None:
    """Take a picture out; its row stays, so that its files go on answering as taken down."""
    picture = get_picture(story, picture_id)
    _touch(story, at=at, by=by)
    picture.removed_at = at
    db.session.flush()
    db.session.refresh(story)


def mark_whole(picture: StoryPicture) -> None:
    """Let pages show every width of a picture."""
    picture.whole = True


def get_picture(story: Story, picture_id: int) -> StoryPicture:
    """Return one picture of a story; NotFound otherwise."""
    for picture in story.pictures:
        if picture.id == picture_id:
            return picture
    raise NotFound("picture.unknown")


def found_words(story: Story) -> list[Found]:
    """Return every word of a story that should not stand, in any of its languages."""
    parts = [part for text in story.texts for part in (text.title, text.lead, text.body)]
    parts += [story.slug.replace("-", " "), *(picture.alt for picture in story.pictures)]
    return warnings("\n".join(parts), work_name_of(story))


def blocking(story: Story) -> list[Found]:
    """Return the words for which a story may not go on."""
    harsh = [found for found in found_words(story) if found.harsh]
    return [] if story.allowed_words and all(found.word != work_name_of(story) for found in harsh) else harsh


def of(user: User) -> list[Story]:
    """Return the stories of a member of staff with their words: her centre's, or all; the newest first."""
    query = select(Story).order_by(Story.id.desc()).options(selectinload(Story.texts))
    if not whole_house(user, "stories.read"):
        query = query.where(Story.centre_id == user.centre_id)
    return list(db.session.scalars(query))


def told_by(artisan: Artisan) -> list[Story]:
    """Return an artisan's own stories with their words, whatever they have come to."""
    hers = select(Story).where(Story.artisan_id == artisan.id).order_by(Story.id)
    return list(db.session.scalars(hers.options(selectinload(Story.texts))))


def get_of(user: User, story_id: int, *, action: str) -> Story:
    """Return one story with which a person may do an action; NotFound for any other."""
    whole = (selectinload(Story.texts), selectinload(Story.pictures))
    story = db.session.scalars(select(Story).where(Story.id == story_id).options(*whole)).one_or_none()
    if story is None or not covers(user, action, story.centre_id):
        raise NotFound("story.unknown")
    return story


def events(story: Story) -> list[StoryEvent]:
    """Return what happened to a story, the newest first."""
    return list(
        db.session.scalars(select(StoryEvent).where(StoryEvent.story_id == story.id).order_by(StoryEvent.id.desc()))
    )


def _set_words(story: Story, words: Mapping[Language, Words]) -> None:
    given = {language: each for language, each in words.items() if each.title.strip() or each.body.strip()}
    if not given or any(not each.title.strip() or not each.body.strip() for each in given.values()):
        raise Invalid("story.no_words")
    story.texts = [
        StoryText(
            language=language,
            title=_spelt(" ".join(each.title.split()))[:120],
            lead=_spelt(" ".join(each.lead.split()))[:300],
            body=_spelt(each.body.replace("\r\n", "\n").strip()),
        )
        for language, each in sorted(given.items())
    ]


def _spelt(text: str) -> str:
    """Return a text with one spelling of each letter, so that search finds it (as catalog's words are kept)."""
    return unicodedata.normalize("NFC", text)


def _touch(story: Story, *, at: datetime, by: User) -> None:
    """Begin an edit: only its writer's, and whoever had read the story has not read this."""
    if by.id != story.written_by:
        raise Refused("story.writer_only")
    revision = story.revision + 1
    move_on(
        story,
        StoryStatus.DRAFT,
        at=at,
        by=by.actor,
        revision=revision,
        allowed_words=None,
        allowed_words_by=None,
        **unread(),
    )


def unread() -> dict[str, None]:
    """Return what is forgotten when a story has to be read anew."""
    return dict.fromkeys(("safeguarding_by", "reviewed_by", "approved_revision", "publish_at"))


def work_name_of(story: Story) -> str:
    """Return the work name of the one who tells a story, empty where nobody does."""
    if story.artisan_id is None:
        return ""
    return db.session.get_one(Artisan, story.artisan_id).work_name


def move_on(story: Story, to: StoryStatus, *, at: datetime, by: str, note: str | None = None, **values: object) -> None:
    """Move a story along its table and note it; Conflict if it stands elsewhere by now."""
    if not move(story, STORY_MOVES, to, **values):
        raise Conflict("story.moved_on")
    _note(story, to, at=at, by=by, note=note)


def _note(story: Story, status: StoryStatus, *, at: datetime, by: str, note: str | None = None) -> None:
    event = StoryEvent(story_id=story.id, status=status, revision=story.revision, at=at, by=by, note=note)
    db.session.add(event)
    db.session.flush()
