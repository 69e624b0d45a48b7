"""What a thing is called in the reader's language: a product with the words of its options.

An option's words are English, as the office writes them and as papers keep them. A colour of the palette and a plain
size ("Small, 80 cm") are known in every language and said so; whatever else an option says stands as it was written.
An order line keeps the English of the day on which it was bought; it is said in another language only where the variant
still says the same, and every page and mail asks `bought` for it. Invoices print the line itself.
"""

import re
from collections.abc import Callable

from flask import Flask
from flask_babel import gettext as _

from shop.catalog.models import Variant
from shop.catalog.palette import find_colour
from shop.orders.models import OrderLine
from shop.web.format import digits
from shop.web.language import language

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
SIZES: dict[str, Callable[[], str]] = {
    "small": lambda: _("Small"),
    "medium": lambda: _("Medium"),
    "large": lambda: _("Large"),
    "cm": lambda: _("cm"),
    "mm": lambda: _("mm"),
    "inch": lambda: _("inch"),
}
_WORD, _NUMBER = re.compile(r"[^\W\d]+"), re.compile(r"\d+(?:\.\d+)?")


def colour_name(key: str, otherwise: str = "") -> str:
    """Return the name of a colour of the palette, or what it is called where the palette has none."""
    known = COLOURS.get(key)
    return known() if known else otherwise or key.replace("-", " ").capitalize()


def value_in_words(value: str, colour: str) -> str:
    """Return one value of an option in the page's language; `colour` is the key that its variant carries."""
    if colour and find_colour(value) == colour:
        return colour_name(colour, value)
    words = set(_WORD.findall(value.casefold()))
    if language() == "en" or not words or not words <= SIZES.keys():
        return value
    said = _NUMBER.sub(lambda number: digits(number[0]), value)
    return _WORD.sub(lambda word: SIZES[word[0].casefold()]() if word[0].isascii() else word[0], said)


def option(variant: Variant) -> str:
    """Return what sets a variant apart from its product's others, in the page's language; empty if nothing does."""
    return ", ".join(value_in_words(value, variant.colour) for value in variant.options or [variant.option] if value)


def thing(variant: Variant) -> str:
    """Return a variant's name in the page's language: its product, and its option if it has one."""
    return _named(variant.product.title_in(language()), option(variant))


def bought(line: OrderLine) -> str:
    """Return what an order line is for in the page's language, as far as its variant still says what was bought."""
    words, now = line.option, line.variant
    if language() != "en" and now.option == words:
        words = option(now)
    return _named(title_of(line), words)


def title_of(line: OrderLine) -> str:
    """Return what the product of an order line is called in the page's language, if it is still called the same."""
    product = line.variant.product
    return product.title_in(language()) if product.title == line.title else line.title


def _named(title: str, words: str) -> str:
    return f"{title}, {words}" if words else title


def init_app(app: Flask) -> None:
    """Give templates these words as filters."""
    for filter_ in (thing, option, bought):
        app.add_template_filter(filter_, filter_.__name__)
