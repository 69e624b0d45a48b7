"""Words for things the domain knows by code: crafts, ways of sending, countries."""

from babel import Locale
from flask_babel import gettext as _

from shop.catalog.materials import Material
from shop.catalog.models import Trade
from shop.orders import shipping
from shop.orders.shipping import Method
from shop.web.language import LOCALES, language
from shop.web.sentences import sentence, sentence_of
from shop.web.storefront import blueprint


def trade_name(trade: Trade) -> str:
    """Return a craft's name."""
    names: dict[Trade, str] = {
        Trade.BLOCK_PRINT: _("Block print"),
        Trade.KANTHA: _("Kantha"),
        Trade.TYRE: _("Recycled tyre"),
        Trade.PAPER: _("Handmade paper"),
        Trade.LEATHER: _("Embossed leather"),
        Trade.KITCHEN: _("Kitchen"),
    }
    return names[trade]


def material_name(material: Material) -> str:
    """Return a material's name."""
    names: dict[Material, str] = {
        Material.COTTON: _("Cotton"),
        Material.JUTE: _("Jute"),
        Material.LEATHER: _("Leather"),
        Material.TYRE: _("Recycled tyre"),
        Material.PAPER: _("Handmade paper"),
        Material.WOOD: _("Wood"),
        Material.BRASS: _("Brass"),
        Material.STEEL: _("Steel"),
        Material.SPICE: _("Spices"),
    }
    return names[material]


def colour_name(colour: str) -> str:
    """Return a colour's name; one that the office named by itself is told as it was written."""
    names = {
        "indigo": _("Indigo"),
        "madder": _("Madder"),
        "turmeric": _("Turmeric"),
        "leaf": _("Leaf green"),
        "sky": _("Sky blue"),
        "night": _("Night blue"),
        "natural": _("Natural"),
        "cotton": _("Cotton white"),
        "black": _("Black"),
        "tan": _("Tan"),
        "oxblood": _("Oxblood"),
        "terracotta": _("Terracotta"),
        "petal": _("Petal"),
        "mixed": _("Mixed"),
    }
    return names.get(colour) or colour.replace("-", " ").capitalize()


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
        "way_name": way_name,
        "all_trades": list(Trade),
        "country_names": country_names,
        "sentence": sentence,
        "sentence_of": sentence_of,
    }
