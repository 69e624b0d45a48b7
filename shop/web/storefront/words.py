"""Words for things the domain knows by code: crafts, ways of sending, countries, the fields of an address."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from babel import Locale
from flask_babel import gettext as _

from shop.catalog.materials import Material
from shop.catalog.models import Trade
from shop.orders.address import AS_WRITTEN, QUESTION, elsewhere
from shop.web.language import LOCALES, language
from shop.web.sentences import sentence, sentence_of
from shop.web.storefront import blueprint
from shop.web.thing_words import colour_name, value_in_words
from shop.web.ways import paper_name, way_name, zone_name

# Asked for one at a time: a list names dozens.
TRADES: dict[Trade, Callable[[], str]] = {
    Trade.BLOCK_PRINT: lambda: _("Block print"),
    Trade.KANTHA: lambda: _("Kantha"),
    Trade.TYRE: lambda: _("Recycled tyre"),
    Trade.PAPER: lambda: _("Handmade paper"),
    Trade.LEATHER: lambda: _("Embossed leather"),
    Trade.KITCHEN: lambda: _("Kitchen"),
}
MATERIALS: dict[Material, Callable[[], str]] = {
    Material.COTTON: lambda: _("Cotton"),
    Material.JUTE: lambda: _("Jute"),
    Material.LEATHER: lambda: _("Leather"),
    Material.TYRE: lambda: _("Recycled tyre"),
    Material.PAPER: lambda: _("Handmade paper"),
    Material.WOOD: lambda: _("Wood"),
    Material.BRASS: lambda: _("Brass"),
    Material.STEEL: lambda: _("Steel"),
    Material.SPICE: lambda: _("Spices"),
}


def trade_name(trade: Trade) -> str:
    """Return a craft's name."""
    return TRADES[trade]()


def material_name(material: Material) -> str:
    """Return a material's name."""
    return MATERIALS[material]()


MEASURE = re.compile(r"\d[\d.]*(?:\s*[×,]\s*\d[\d.]*)*(?:\s*(?:cm|mm|inch)\b)?")


@blueprint.app_template_filter()
def size_named(size: str) -> str:
    """Return a product's size: in English as the workshop wrote it, else its measures alone, which need no language."""
    measures = MEASURE.findall(size) if language() != "en" else []
    return value_in_words(", ".join(measures), "") if measures else size


def country_names(codes: Sequence[str]) -> list[tuple[str, str]]:
    """Return the countries of some codes, India first, then by name."""
    return _country_names(tuple(codes), language())


def country_name(code: str) -> str:
    """Return a country's name in the page's language."""
    return _country_name(code, language())


@lru_cache(maxsize=64)
def _country_names(codes: tuple[str, ...], written: str) -> list[tuple[str, str]]:
    named = ((code, _country_name(code, written)) for code in codes)
    return sorted(named, key=lambda pair: (pair[0] != "IN", pair[1]))


def _country_name(code: str, written: str) -> str:
    return str(Locale.parse(LOCALES[written]).territories.get(code, code))


# What the people of a country call the fields of an address; the rest is the same everywhere.
CALLED: dict[str, Callable[[], str]] = {
    "line1": lambda: _("House and street"),
    "line2": lambda: _("Area, landmark"),
    "city": lambda: _("Town"),
    "post_town": lambda: _("Post town"),
    "district": lambda: _("District"),
    "suburb": lambda: _("Suburb"),
    "state": lambda: _("State or territory"),  # not what a piece of work is in
    "province": lambda: _("Province"),
    "county": lambda: _("County"),
    "emirate": lambda: _("Emirate"),
    "prefecture": lambda: _("Prefecture"),
    "area": lambda: _("Area"),
    "island": lambda: _("Island"),
    "pin": lambda: _("PIN code"),
    "zip": lambda: _("ZIP code"),
    "eircode": lambda: _("Eircode"),
    "postal": lambda: _("Postcode"),
}


def field_name(called: str) -> str:
    """Return what a field of an address is called."""
    return CALLED[called]()


def address_sentences(wrong: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return field -> sentence for what an address check found."""
    lies_in = elsewhere(given)
    said = {"pin": given.get("postcode", "").strip(), "state": given.get("state", "").strip()}
    return {
        name: sentence_of(message_id, **said, lies_in=_(" or ").join(lies_in))
        if message_id == QUESTION
        else sentence_of(message_id)
        for name, message_id in wrong.items()
    }


@blueprint.app_context_processor
def words() -> dict[str, object]:
    """Give templates the words."""
    return {
        "trade_name": trade_name,
        "material_name": material_name,
        "all_materials": list(Material),
        "colour_name": colour_name,
        "way_name": way_name,
        "zone_name": zone_name,
        "paper_name": paper_name,
        "all_trades": list(Trade),
        "country_names": country_names,
        "country_name": country_name,
        "field_name": field_name,
        "elsewhere": elsewhere,
        "as_written": AS_WRITTEN,
        "sentence": sentence,
        "sentence_of": sentence_of,
    }
