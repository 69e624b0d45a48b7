"""The colours of the workshops, by the key that a variant carries; lists are filtered and swatches drawn by it."""

COLOURS: dict[str, str] = {
    "indigo": "#25365f",
    "madder": "#9c2f27",
    "turmeric": "#d9a02b",
    "night": "#1b2747",
    "leaf": "#566f3f",
    "natural": "#e6d8bc",
    "cotton": "#efe4ce",
    "sky": "#8fb0c4",
    "terracotta": "#b9653f",
    "black": "#2a2a2c",
    "mixed": "#b08d6a",
    "petal": "#d58f8c",
    "tan": "#b07a4a",
    "oxblood": "#6b2327",
    "four": "#c98b3c",
}


def find_colour(name: str) -> str:
    """Return the key of a colour by its English name, or nothing if the workshops have no such colour."""
    key = name.strip().casefold()
    return key if key in COLOURS else ""
