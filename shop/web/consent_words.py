"""What the items, channels and languages of consent are called, for her and for the office."""

from collections.abc import Callable

from flask_babel import gettext as _

from shop.artisans.consent_models import Channel, Item, Language

# To her: short, as one would say it.
HERS: dict[Item, Callable[[], str]] = {
    Item.CARD: lambda: _("Your card: the name and flower you chose"),
    Item.ALIAS: lambda: _("Your chosen name beside what you made"),
    Item.STORY: lambda: _("Your story"),
    Item.PICTURE: lambda: _("Pictures of your hands and work"),
    Item.VOICE: lambda: _("Your voice"),
    Item.FACE: lambda: _("Your face"),
    Item.FIGURES: lambda: _("Counted in sums with others"),
}
PICTURED: dict[Item, str] = {
    Item.CARD: "user",
    Item.ALIAS: "bag",
    Item.STORY: "notebook",
    Item.PICTURE: "needle",
    Item.VOICE: "help",
    Item.FACE: "eye",
    Item.FIGURES: "box",
}
ITEMS: dict[Item, Callable[[], str]] = {
    Item.CARD: lambda: _("Her card: chosen name and emblem"),
    Item.ALIAS: lambda: _("Her chosen name beside products"),
    Item.STORY: lambda: _("Text of the story"),
    Item.PICTURE: lambda: _("Pictures of hands and work"),
    Item.VOICE: lambda: _("Her voice"),
    Item.FACE: lambda: _("Her face"),
    Item.FIGURES: lambda: _("Counted in sums with others"),
}
CHANNELS: dict[Channel, Callable[[], str]] = {
    Channel.SHOP: lambda: _("Pages of the shop"),
    Channel.PACKAGING: lambda: _("Packaging and the tag of a piece"),
    Channel.FEED: lambda: _("Search engines and feeds"),
    Channel.MAIL: lambda: _("Mails to customers"),
    Channel.SOCIAL: lambda: _("Social media"),
    Channel.DONORS: lambda: _("Reports to donors"),
}
LANGUAGES: dict[Language, Callable[[], str]] = {
    Language.EN: lambda: _("English"),
    Language.BN: lambda: _("Bengali"),
    Language.HI: lambda: _("Hindi"),
}
EXPLANATION: tuple[Callable[[], str], ...] = (
    lambda: _("You may say yes or no. Your work and your money stay the same."),
    lambda: _("What is on the internet can be seen by anyone, also by people who know you."),
    lambda: _("We show only what you allow, where you allow it, for as long as you allow it."),
    lambda: _("You may take it back at any time, with one tap or by telling any of us. You need no reason."),
)


def item(of: Item) -> str:
    """Return what an item is called in the office."""
    return ITEMS[of]()


def channel(of: Channel) -> str:
    """Return what a channel is called."""
    return CHANNELS[of]()


def tongue(of: Language) -> str:
    """Return what a language is called."""
    return LANGUAGES[of]()


def explanation() -> list[str]:
    """Return what is read or played to her before she agrees; its version is consents.EXPLANATION."""
    return [sentence() for sentence in EXPLANATION]
