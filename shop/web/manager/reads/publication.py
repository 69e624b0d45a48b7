"""What the office sees of personas, consents and stories."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from shop.artisans import consents, people, persona, publication, stories
from shop.artisans.consent_models import Channel, Consent, Item, Language, Persona
from shop.artisans.models import Artisan
from shop.artisans.story_models import Story, StoryEvent, StoryReview
from shop.artisans.wordlist import Found
from shop.db import db
from shop.users.models import User
from shop.web.manager.reads.names import actors


@dataclass(frozen=True)
class Standing:
    """One thing of hers that stands, with every channel and language it stands for, until it first ends."""

    item: Item
    about: str
    title: str
    channels: list[Channel]
    languages: list[Language]
    until: datetime


@dataclass(frozen=True)
class ConsentsPage:
    """A maker's persona, what she agreed to, her stories, and who may witness."""

    artisan: Artisan
    persona: Persona | None
    standing: list[Standing]
    stories: list[tuple[str, str]]
    witnesses: list[User]
    faces: bool


@dataclass(frozen=True)
class StoryView:
    """A story as its writer and reviewers see it."""

    story: Story
    teller: Artisan | None
    makers: list[Artisan]
    found: list[Found]
    blocking: list[Found]
    events: list[StoryEvent]
    people: dict[str, str]
    reviews: list[StoryReview]
    agreed: list[tuple[Language, bool, bool]]
    faces: bool
    read_by_me: bool


def consents_page(user: User, artisan: Artisan, *, at: datetime) -> ConsentsPage:
    """Return what a member of staff sees of one maker's publication."""
    own = [(story.about, _title(story)) for story in stories.told_by(artisan)]
    return ConsentsPage(
        artisan,
        persona.find_of(artisan),
        _standing(artisan, dict(own), at=at),
        own,
        consents.witnesses(user),
        publication.shows_faces(),
    )


def summary(artisan: Artisan, *, at: datetime) -> list[Standing]:
    """Return what stands of a maker, for her page in the office."""
    return _standing(artisan, {story.about: _title(story) for story in stories.told_by(artisan)}, at=at)


def _standing(artisan: Artisan, titles: dict[str, str], *, at: datetime) -> list[Standing]:
    groups: dict[tuple[Item, str], list[Consent]] = {}
    for consent in consents.standing(artisan, at=at):
        groups.setdefault((consent.item, consent.about), []).append(consent)
    return [
        Standing(
            item,
            about,
            titles.get(about, ""),
            [channel for channel in Channel if any(each.channel is channel for each in group)],
            [language for language in Language if any(each.language is language for each in group)],
            min(each.expires_at for each in group),
        )
        for (item, about), group in groups.items()
    ]


def story_view(user: User, story_id: int, *, at: datetime) -> StoryView:
    """Return one story of a member of staff with everything its readers have to know."""
    story = stories.get_of(user, story_id, action="stories.read")
    teller = db.session.get_one(Artisan, story.artisan_id) if story.artisan_id is not None else None
    told = stories.events(story)
    reviews = select(StoryReview).where(StoryReview.story_id == story.id, StoryReview.revision == story.revision)
    read = list(db.session.scalars(reviews.order_by(StoryReview.id)))
    makers = [artisan for artisan in people.of(user) if artisan.centre_id == story.centre_id]
    return StoryView(
        story=story,
        teller=teller,
        makers=makers,
        found=stories.found_words(story),
        blocking=stories.blocking(story),
        events=told,
        people=actors([event.by for event in told] + [f"user:{review.reviewer_id}" for review in read]),
        reviews=read,
        agreed=[(text.language, *_agreed(teller, story, text.language, at=at)) for text in story.texts],
        faces=publication.shows_faces(),
        read_by_me=any(review.reviewer_id == user.id for review in read),
    )


def _agreed(teller: Artisan | None, story: Story, language: Language, *, at: datetime) -> tuple[bool, bool]:
    """Return whether text and pictures of a story may be shown in a language, as far as she is asked."""
    if teller is None:
        return True, True
    text, picture = (
        publication.may_show(teller, item, Channel.SHOP, language, at=at, about=story.about)
        for item in (Item.STORY, Item.PICTURE)
    )
    return text, picture


def _title(story: Story) -> str:
    return (story.text_in("en") or story.texts[0]).title if story.texts else story.slug
