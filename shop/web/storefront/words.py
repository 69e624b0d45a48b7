"""Words for things the domain knows by code: crafts, ways of sending, countries."""

from collections.abc import Callable

from babel import Locale
from flask_babel import gettext as _

from shop.catalog.materials import Material
from shop.catalog.models import Trade
from shop.orders import shipping
from shop.orders.shipping import Method
from shop.web.language import LOCALES, language
from shop.web.sentences import sentence, sentence_of
from shop.web.storefront import blueprint

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
COLOURS: dict[str, Callable[[], str]] = {
    "indigo": lambda: _("Indigo"),
    "madder": lambda: _("Madder"),
    "turmeric": lambda: _("Turmeric"),
    "leaf": lambda: _("Leaf"),
    "sky": lambda: _("Sky"),
    "night": lambda: _("Night"),
    "natural": lambda: _("Natural"),
    "cotton": lambda: _("Cotton"),
    "black": lambda: _("Black"),
    "tan": lambda: _("Tan"),
    "oxblood": lambda: _("Oxblood"),
    "terracotta": lambda: _("Terracotta"),
    "petal": lambda: _("Petal"),
    "mixed": lambda: _("Mixed colours"),
    "four": lambda: _("Four colours"),
}


def trade_name(trade: Trade) -> str:
    """Return a craft's name."""
    return TRADES[trade]()


def material_name(material: Material) -> str:
    """Return a material's name."""
    return MATERIALS[material]()


def colour_name(key: str, otherwise: str = "") -> str:
    """Return the name of a colour of the palette, or what it is called where the palette has none."""
    known = COLOURS.get(key)
    return known() if known else otherwise or key.replace("-", " ").capitalize()


def way_name(method: Method) -> str:
    """Return the name of a way of sending."""
    names: dict[str, str] = {
        "india-standard": _("Post within India"),
        "india-express": _("Express within India"),
        "world-tracked": _("Tracked post abroad"),
    }
    return names[method.code]


def country_names() -> list[tuple[str, str]]:
    """Return the countries we send to, India first, then by name."""
    territories = Locale.parse(LOCALES[language()]).territories
    named = [(code, territories.get(code, code)) for code in shipping.SERVED]
    return sorted(named, key=lambda pair: (pair[0] != "IN", pair[1]))


@blueprint.app_context_processor
def words() -> dict[str, object]:
    """Give templates the words."""
    return {
        "trade_name": trade_name,
        "material_name": material_name,
        "all_materials": list(Material),
        "colour_name": colour_name,
        "way_name": way_name,
        "all_trades": list(Trade),
        "country_names": country_names,
        "sentence": sentence,
        "sentence_of": sentence_of,
    }
