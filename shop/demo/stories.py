"""The demo's stories: two that are out, with personas, and one that is being read. All of it is invented."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shop.artisans import consents, persona, stories, story_reviews
from shop.artisans.consent_models import Channel, Item, Language, Told
from shop.artisans.consents import Wish
from shop.artisans.models import Artisan
from shop.artisans.stories import Words
from shop.artisans.story_models import PictureKind, Story
from shop.artisans.story_reviews import CHECKLIST
from shop.catalog import pictures
from shop.catalog.models import Trade
from shop.db import db, writing
from shop.demo.catalogue import FOLDER
from shop.demo.people import Cast
from shop.money import Money
from shop.users.models import User

PERSONAS = {
    "Shapla": ({"en": "Machranga", "bn": "মাছরাঙা", "hi": "किलकिला"}, "kingfisher", "turmeric"),
    "Beli": ({"en": "Jowar", "bn": "জোয়ার"}, "tide", "sky"),
}
PUBLIC = (Channel.SHOP, Channel.FEED, Channel.PACKAGING, Channel.MAIL)
READ_IN = (Language.EN, Language.BN)


@dataclass(frozen=True)
class Script:
    """One story of the demo; without reviewers it waits for them."""

    slug: str
    craft: Trade
    teller: str | None
    writer: str
    reviewers: Sequence[str]
    shots: Sequence[tuple[str, str]]
    words: dict[Language, Words]


SCRIPTS = (
    Script(
        "one-block-for-each-colour",
        Trade.BLOCK_PRINT,
        "Shapla",
        "Meera",
        ("Anita", "Nasrin"),
        (
            ("kalka-tote--indigo--corner.webp", "The corner of a tote where two prints of one block meet"),
            ("hibiscus-messenger--leaf--detail.webp", "A printed hibiscus whose red lies a little beside its line"),
        ),
        {
            Language.EN: Words(
                "One block for each colour",
                "The line comes first, then the ground, then the red; each has a block of its own.",
                "A kalka is three blocks of wood. The first prints the line, the second fills the ground, the "
                "third sets "
                "the red dots. Each is pressed into a tray of colour, lifted, looked at, and put down once.\n\n"
                "You do not measure. You look at the corner of the print before, and the corner tells you where "
                "the next "
                "one stands. When the cloth is damp it takes more colour, so on wet mornings you press less.\n\n"
                "The small gaps where two prints meet are not mistakes. They are where the hand was. I can tell my own "
                "cloth from a whole pile by them.",
            ),
            Language.BN: Words(
                "এক রঙে এক ছাঁচ",
                "আগে রেখা, তারপর জমি, তারপর লাল; প্রতিটির নিজের ছাঁচ।",
                "একটা কল্কা মানে তিনটে কাঠের ছাঁচ। প্রথমটা রেখা ছাপে, দ্বিতীয়টা জমি ভরে, তৃতীয়টা লাল ফোঁটা "
                "বসায়। প্রতিটা রঙের "
                "থালায় চেপে, তুলে, দেখে, একবারই বসাতে হয়।\n\n"
                "মাপতে হয় না। আগের ছাপের কোণটা দেখলেই বোঝা যায় পরেরটা কোথায় বসবে। কাপড় ভেজা থাকলে রং বেশি "
                "টানে, তাই "
                "বর্ষার সকালে চাপ কম দিতে হয়।\n\n"
                "দুটো ছাপের মাঝে যে ছোট ফাঁক, সেটা ভুল নয়। ওখানেই হাতটা ছিল।",
            ),
        },
    ),
    Script(
        "paper-that-was-cloth",
        Trade.PAPER,
        "Beli",
        "Ruma",
        ("Anita", "Nasrin"),
        (("petal-journal--petal--detail.webp", "Petals pressed into the cover of a journal of handmade paper"),),
        {
            Language.EN: Words(
                "Paper that was cloth",
                "Cuttings from the cutting table become sheets, and the sheets become notebooks.",
                "What is left on the cutting table is sorted by colour and torn small. It soaks for two nights. "
                "Then it is "
                "beaten until no thread can be felt between two fingers.\n\n"
                "The frame goes into the vat straight down and comes up flat. If you hurry, the sheet is thick on one "
                "side. Petals go on while it is still wet; afterwards they would only lie there.\n\n"
                "A sheet dries on the wall for a day. You hear when it is ready: it lets go with a small sound.",
            ),
        },
    ),
    Script(
        "a-tyre-has-four-skins",
        Trade.TYRE,
        None,
        "Meera",
        (),
        (("tyre-wallet--black--detail.webp", "The stitched edge of a wallet cut from a tyre’s inner tube"),),
        {
            Language.EN: Words(
                "A tyre has four skins",
                "Only the inner one bends without breaking, and it is the one a wallet is made of.",
                "The inner tube is washed, slit along its seam and laid under a board for a night until it "
                "forgets that it "
                "was round.\n\nA needle does not go through it twice in the same place: the hole stays. So the line is "
                "marked with an awl first, and then stitched without a second try.",
            ),
        },
    ),
)


@dataclass(frozen=True)
class Desk:
    """Where the demo's stories are written and read: the folder of their pictures, and the fee of one."""

    media: str
    fee_minor: int

    def write(self, slug: str, cast: Cast, *, at: datetime) -> None:
        """Write a story; let its teller choose how she is known, and its readers approve it some hours later."""
        script = next(script for script in SCRIPTS if script.slug == slug)
        masters = [(FOLDER / "pictures" / shot).read_bytes() for shot, _ in script.shots]
        drawn = pictures.draw_apart(masters, media=self.media)
        with writing():
            writer = cast.member(script.writer)
            teller = cast.maker(script.teller) if script.teller else None
            assert writer.centre_id is not None  # a manager of the demo
            story = stories.write(slug, script.craft.value, script.words, centre_id=writer.centre_id, at=at, by=writer)
            if teller is not None:
                _tell(story, script, teller, cast.member("Nasrin"), at=at, by=writer)
            for own, (_, alt) in zip(drawn, script.shots, strict=True):
                stories.add_picture(
                    story,
                    PictureKind.WORK,
                    own.name,
                    alt,
                    own.size,
                    ground=own.ground,
                    whole=own.whole,
                    at=at,
                    by=writer,
                )
            story_reviews.submit(story, at=at, by=writer)
            for name in script.reviewers:
                _approve(story, cast.member(name), Money(self.fee_minor, "INR"), at=at + timedelta(hours=5))


def _tell(story: Story, script: Script, teller: Artisan, witness: User, *, at: datetime, by: User) -> None:
    names, emblem, dye = PERSONAS[script.teller or ""]
    persona.choose(teller, names, emblem, dye=dye, not_her_own=True, at=at, by=by)
    stories.rewrite(story, script.craft.value, script.words, artisan=teller, shows_persona=True, at=at, by=by)
    db.session.refresh(story)
    languages = [language for language in READ_IN if language in script.words]
    wishes = [
        Wish(item, channel, language) for item in (Item.CARD, Item.ALIAS) for channel in PUBLIC for language in READ_IN
    ]
    wishes += [
        Wish(item, channel, language, story.about)
        for item in (Item.STORY, Item.PICTURE)
        for channel in (Channel.SHOP, Channel.FEED)
        for language in languages
    ]
    consents.grant(teller, wishes, told=Told.PLAYED, witness=witness, at=at, by=by)


def _approve(story: Story, reader: User, fee: Money, *, at: datetime) -> None:
    story_reviews.approve(story, list(CHECKLIST), revision=story.revision, fee=fee, at=at, by=reader)
