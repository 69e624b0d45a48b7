"""What of a side is shown, and whose it is: a persona, consents, a story in each state, a customer's address and link.

`tests/two_centres.py` takes these into the records of its two sides.
"""

from datetime import timedelta

from sqlalchemy import select

from shop.artisans import consents, persona, stories, story_reviews
from shop.artisans.consent_models import Channel, Item, Language, Told
from shop.artisans.consents import Wish
from shop.artisans.models import Artisan
from shop.artisans.stories import Words
from shop.artisans.story_models import PictureKind
from shop.catalog import whole_pictures
from shop.catalog.models import Unit
from shop.db import db
from shop.money import Money
from shop.orders import customers as theirs
from shop.orders.address import Address
from shop.users import customers, links
from shop.users.customers import Asking
from shop.users.links import MailedLink
from shop.users.models import User
from tests.cast import a_picture
from tests.workshop import artisan, user, variant
from tests.world import ADDRESS, World

PLACE = {name: ADDRESS[name] for name in theirs.PLACE}
# a maker -> the name she goes by outside, and the title of her stories
OUTSIDE = {"Rina": ("Doyelpakhi", "Where the gauze meets"), "Shila": ("Shalukphul", "Where the fold is turned")}
STORY_OF = {"manager.allow_story_words": "in-review", "manager.review_story": "in-review",
            "manager.take_story_down": "out"}  # fmt: skip
PICTURE_OF = ("manager.remove_story_picture", "manager.story_picture")


def shown_of(world: World, maker: str, writer: str, sku: str) -> dict[str, object]:
    """Return a maker's persona, what she agreed to, and her centre's stories in each state."""
    public, title = OUTSIDE[maker]
    slug = title.lower().replace(" ", "-")
    drawn = whole_pictures.draw(a_picture((900, 700)), media=world.app.config["MEDIA_URL"])
    with world.writing() as at:
        by, hers = user(writer), artisan(maker)
        persona.choose(hers, {"en": public}, "tide", not_her_own=True, at=at, by=by)
        states: dict[str, int] = {}
        for state in ("draft", "in-review", "out"):
            teller = None if state == "in-review" else hers
            states[state] = _draft(f"{slug}-{state}", f"{title}: {state}", teller, by, world)
        made = stories.get_of(by, states["draft"], action="stories.read")
        picture = stories.add_picture(made, PictureKind.HANDS, drawn.name, "Hands", drawn.size, at=at, by=by)
        wishes = [Wish(Item.STORY, Channel.SHOP, Language.EN, f"story:{states['out']}")]
        wishes += [Wish(item, Channel.SHOP, Language.EN) for item in (Item.CARD, Item.ALIAS)]
        consents.grant(hers, wishes, told=Told.READ, witness=user("Bina"), at=at, by=by)
        story_reviews.submit(stories.get_of(by, states["in-review"], action="stories.read"), at=at, by=by)
        _publish(states["out"], by, world)
        reviewed = stories.get_of(by, states["in-review"], action="stories.read")
        return {
            "story_id": states["draft"],
            **{f"{endpoint}:story_id": states[state] for endpoint, state in STORY_OF.items()},
            **{f"{endpoint}:picture_id": picture.id for endpoint in PICTURE_OF},
            "storefront.story:slug": f"{slug}-out",
            "revision": reviewed.revision,
            "witness": user("Bina").id,
            "tag": db.session.scalars(select(Unit.tag).where(Unit.variant_id == variant(sku).id)).first(),
        }


def _draft(slug: str, title: str, teller: Artisan | None, by: User, world: World) -> int:
    words = {Language.EN: Words(title, "", "The needle goes under three threads.")}
    at = world.clock.now()
    story = stories.write(slug, "kantha", words, centre_id=by.centre_id or 0, at=at, by=by)
    if teller is not None:
        stories.rewrite(story, "kantha", words, artisan=teller, shows_persona=True, at=at, by=by)
    return story.id


def _publish(story_id: int, by: User, world: World) -> None:
    """Have a story read by two, so long ago that its week has begun."""
    before = world.clock.now() - timedelta(days=14)
    story_reviews.submit(stories.get_of(by, story_id, action="stories.read"), at=before, by=by)
    for name in ("Nasrin", "Anita"):
        reader = user(name)
        story = stories.get_of(reader, story_id, action="stories.read")
        ticked = list(story_reviews.CHECKLIST)
        story_reviews.approve(story, ticked, revision=story.revision, fee=Money(0, "INR"), at=before, by=reader)


def customers_own(world: World, name: str) -> dict[str, object]:
    """Return a customer's saved address and a link that was mailed to her."""
    with world.writing() as at:
        her = user(name)
        assert her.email
        saved = theirs.add_address(her, Address(**{**PLACE, "email": her.email}), at=at)
        customers.ask_for_link(her.email, Asking("hers"), at=at)
        link = db.session.scalars(select(MailedLink).where(MailedLink.user_id == her.id)).one()
        return {"address_id": saved.id, "token": links.mint(link.id, at=at)}
