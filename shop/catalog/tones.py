"""The colour that lies where a picture will be, until it is there.

A page may not set a colour of its own (the policy forbids inline style), so the dominant colour of a picture
is shown as the nearest of twenty tones, each a class of `tokens.css`. The colour itself is kept, not the tone.
"""

from functools import cache

from PIL import Image

TONES = {
    "white": "#ffffff", "calico": "#f5ecdd", "cotton": "#e9dfcb", "straw": "#e4d5b3", "rose": "#ecdacb",
    "clay": "#dfc9b5", "mist": "#dfe1dc", "pale": "#dcdecb", "sand": "#c8baa5", "taupe": "#a09283",
    "jute": "#b99b6d", "turmeric": "#c18e3a", "tan": "#965f3b", "rust": "#a8604d", "oxblood": "#743036",
    "leaf": "#6c7650", "sky": "#8893a0", "indigo": "#3f4561", "plum": "#574f60", "tyre": "#383334",
}  # fmt: skip
COLOURS = 8


def dominant(image: Image.Image) -> str:
    """Return the colour that covers most of a picture, as #rrggbb."""
    few = image.convert("RGB").resize((32, 40), Image.Resampling.BOX, reducing_gap=2).quantize(COLOURS)
    counted, palette = few.histogram(), few.getpalette()
    assert palette is not None  # a picture of few colours has one
    start = 3 * counted.index(max(counted))
    return "#" + bytes(palette[start : start + 3]).hex()


@cache
def nearest(ground: str) -> str:
    """Return the name of the tone nearest to a colour as #rrggbb; calico for a picture that has none."""
    if len(ground) != 7:
        return "calico"
    return min(TONES, key=lambda name: _distance(TONES[name], ground))


def _distance(one: str, other: str) -> int:
    """Return how far apart two colours look: eyes are keenest for green, then red."""
    red, green, blue = ((a - b) ** 2 for a, b in zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True))
    return 3 * red + 6 * green + blue
