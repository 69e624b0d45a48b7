"""Verbs of publication for tests: a persona, consents and a story, given as the office gives them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select

from shop.artisans import consents, persona, stories, story_reviews
from shop.artisans.consent_models import Channel, Item, Language, Told
from shop.artisans.consents import Wish
from shop.artisans.models import Artisan
from shop.artisans.stories import Words
from shop.artisans.story_models import PictureKind, Story
from shop.artisans.story_reviews import CHECKLIST
from shop.catalog import pictures
from shop.db import db
from shop.money import Money
from shop.page_versions import PUBLICATION, PageVersion
from shop.users.models import User
from tests.cast import a_picture
from tests.workshop import artisan, user
from tests.world import World

FEE = Money(50_000, "INR")
PERSONA = "Doyelpakhi"
TITLE = {"en": "Where the gauze meets", "bn": "যেখানে জালি মেলে"}
BODY = {
    "en": "The needle goes under three threads.\n\nThen it comes up where it began.",
    "bn": "সুচ তিন সুতোর নিচে যায়।\n\nতারপর যেখানে শুরু সেখানে ওঠে।",
}
SLUG = "where-the-gauze-meets"
EVERYWHERE = tuple(Channel)
BOTH = (Language.EN, Language.BN)


def words(*languages: str, body: str = "") -> dict[Language, Words]:
    """Return a story's words in some languages."""
    return {Language(code): Words(TITLE[code], "", body or BODY[code]) for code in languages or ("en", "bn")}


def choose(world: World, name: str = "Rina", public: str = PERSONA, emblem: str = "tide") -> None:
    """Let a maker of the cast choose how she is known."""
    with world.writing() as at:
        names = {"en": public, "bn": "দোয়েলপাখি"}
        persona.choose(artisan(name), names, emblem, not_her_own=False, at=at, by=user("Meera"))


def agree(
    world: World,
    items: Iterable[Item] = (Item.CARD, Item.ALIAS),
    *,
    name: str = "Rina",
    channels: Iterable[Channel] = EVERYWHERE,
    languages: Iterable[Language] = BOTH,
    about: str = "",
    days: int = 365,
    at: datetime | None = None,
) -> None:
    """Write down what a maker of the cast agrees to, before Nasrin."""
    wishes = [Wish(item, channel, tongue, about) for item in items for channel in channels for tongue in languages]
    with world.writing() as now:
        consents.grant(
            artisan(name), wishes, told=Told.READ, witness=user("Nasrin"), at=at or now, by=user("Meera"), days=days
        )


def draft(world: World, *, teller: str | None = "Rina", picture: bool = True, slug: str = SLUG, body: str = "") -> int:
    """Have Meera write a story, with a picture; return its id."""
    drawn = pictures.draw(a_picture((900, 700)), media=world.app.config["MEDIA_URL"]) if picture else None
    with world.writing() as at:
        by = user("Meera")
        given = words(body=body)
        story = stories.write(slug, "block-print", given, centre_id=by.centre_id or 0, at=at, by=by)
        if teller:
            who: Artisan = artisan(teller)
            shows = persona.find_of(who) is not None
            stories.rewrite(story, "block-print", given, artisan=who, shows_persona=shows, at=at, by=by)
        if drawn:
            kind = PictureKind.HANDS if teller else PictureKind.WORK
            stories.add_picture(story, kind, drawn.name, "Hands at the frame", drawn.size, at=at, by=by)
        return story.id


def story_of(by: User, story_id: int) -> Story:
    """Return a story as a member of staff reads it."""
    return stories.get_of(by, story_id, action="stories.read")


def publish(world: World, story_id: int) -> None:
    """Have a draft submitted, read by two, and let its week begin."""
    with world.writing() as at:
        story_reviews.submit(story_of(user("Meera"), story_id), at=at, by=user("Meera"))
    for reader in ("Nasrin", "Anita"):
        read(world, story_id, reader)
    world.advance(timedelta(days=8))


def read(world: World, story_id: int, reader: str, ticked: Iterable[str] = CHECKLIST) -> bool:
    """Have someone approve a story as it stands; True if it is due to come out."""
    with world.writing() as at:
        by = user(reader)
        story = story_of(by, story_id)
        return story_reviews.approve(story, list(ticked), revision=story.revision, fee=FEE, at=at, by=by)


def told(world: World, *, teller: str = "Rina") -> Story:
    """Publish a story of a maker who agrees to all of it; return it as it is then, detached."""
    choose(world, teller)
    story_id = draft(world, teller=teller)
    agree(world, name=teller)
    agree(world, (Item.STORY, Item.PICTURE), name=teller, about=f"story:{story_id}")
    publish(world, story_id)
    return get(world, story_id)


def get(world: World, story_id: int) -> Story:
    """Return a story with its words and pictures, detached."""
    with world.reading():
        story = story_of(user("Anita"), story_id)
        assert story.texts is not None and story.pictures is not None
        db.session.expunge_all()
        return story


def number(world: World) -> int:
    """Return the number that moves with every change of what may be shown."""
    with world.reading():
        return db.session.scalar(select(PageVersion.version).where(PageVersion.scope == PUBLICATION)) or 0
