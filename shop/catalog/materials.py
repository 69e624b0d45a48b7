"""The materials that lists are narrowed by, and what a product's own words tell of them."""

import re
from enum import StrEnum


class Material(StrEnum):
    """What a thing is made of, as people look for it; its page says it more finely."""

    COTTON = "cotton"
    JUTE = "jute"
    LEATHER = "leather"
    TYRE = "tyre"
    PAPER = "paper"
    WOOD = "wood"
    BRASS = "brass"
    STEEL = "steel"
    SPICE = "spice"


# The words of a list of materials that leave no doubt. "Block-printed cotton cover" is cotton, "leather label" leather.
_WORDS = {
    Material.COTTON: r"cotton(?!-rag)|kantha thread|canvas",
    Material.JUTE: r"jute",
    Material.LEATHER: r"leather(?! label)",
    Material.TYRE: r"tyres?|inner tubes?|recycled rubber",
    Material.PAPER: r"papers?",
    Material.WOOD: r"wood|wooden",
    Material.BRASS: r"brass",
    Material.STEEL: r"steel",
    Material.SPICE: r"turmeric|chilli|coriander|cumin|spices?",
}
_PLAIN = {material: re.compile(rf"\b(?:{words})\b") for material, words in _WORDS.items()}


def named_in(words: str) -> list[Material]:
    """Return the materials that a list of materials names plainly, in the order of the enum."""
    return [material for material, pattern in _PLAIN.items() if pattern.search(words.casefold())]
