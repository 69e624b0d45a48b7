"""How the pictures of a product lie on a wide screen, so that they fill their column at any count of them.

The first one lies alone; below it rows of three, and what three do not divide ends in rows of two. On a phone
all of them stand in one row that is swiped.
"""

from enum import StrEnum


class Place(StrEnum):
    """How wide a picture lies, by the name that macros/picture.html knows its width under."""

    ALONE = "product alone"
    WHOLE = "product"
    HALF = "half of a product"
    THIRD = "third of a product"


def places(count: int) -> list[Place]:
    """Return the place of each of so many pictures, in their order."""
    if count < 2:
        return [Place.ALONE] * count
    rest = count - 1
    halves = {0: 0, 1: 4, 2: 2}[rest % 3]  # of four, not three and one
    below = [Place.WHOLE] if rest == 1 else [Place.THIRD] * (rest - halves) + [Place.HALF] * halves
    return [Place.WHOLE, *below]
