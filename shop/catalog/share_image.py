"""What other sites show of a link to a product: its picture, laid beside the shop's sign and name on cotton.

Drawn by the worker at 1200 by 630, the size that they all take. The name is in Latin letters in every
language, so the ground is one file, drawn once, and nothing here needs a font.
"""

from functools import cache
from pathlib import Path

from PIL import Image, ImageOps

SIZE = (1200, 630)
PICTURE = (504, 630)  # 4 by 5, as masters are; from edge to edge on the right
GROUND = Path(__file__).parent.parent.joinpath("static", "img", "share-ground.png")


def compose(master: Image.Image) -> Image.Image:
    """Return the share image of a product's picture, which is cropped to 4 by 5."""
    sheet = Image.new("RGB", SIZE)
    sheet.paste(_ground(), (0, 0))
    sheet.paste(ImageOps.fit(master.convert("RGB"), PICTURE, Image.Resampling.LANCZOS), (SIZE[0] - PICTURE[0], 0))
    return sheet


@cache
def _ground() -> Image.Image:
    with Image.open(GROUND, formats=("PNG",)) as opened:
        return opened.convert("RGB")
