"""Words for things the domain knows by code: crafts, ways of sending, countries."""

from babel import Locale
from flask_babel import gettext as _

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


def colour_name(key: str, otherwise: str = "") -> str:
    """Return the name of a colour of the palette, or what it is called where the palette has none."""
    names: dict[str, str] = {
        "indigo": _("Indigo"),
        "madder": _("Madder"),
        "turmeric": _("Turmeric"),
        "night": _("Night"),
        "leaf": _("Leaf"),
        "natural": _("Natural"),
        "cotton": _("Cotton"),
        "sky": _("Sky"),
        "terracotta": _("Terracotta"),
        "black": _("Black"),
        "mixed": _("Mixed colours"),
        "petal": _("Petal"),
        "tan": _("Tan"),
        "oxblood": _("Oxblood"),
        "four": _("Four colours"),
    }
    return names.get(key, otherwise or key)


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
        "colour_name": colour_name,
        "way_name": way_name,
        "all_trades": list(Trade),
        "country_names": country_names,
        "sentence": sentence,
        "sentence_of": sentence_of,
    }
