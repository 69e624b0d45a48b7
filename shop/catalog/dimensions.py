"""How large a thing is, read from what the office wrote about its size: `36 × 40 × 9 cm`.

Width, height and, where there is one, depth, in this order. Whoever writes anything else ("fits a phone", a belt's
waist) is understood by people alone: then there are no dimensions, and nothing is drawn. Where sizes differ by variant,
each stands behind the value of the option that it belongs to: `for 13 inch (33 × 24 cm) or 15 inch (36 × 26 cm)`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

_TIMES, _NUMBER = r"\s*[×xX*]\s*", r"(\d{1,4}(?:\.\d{1,2})?)"
_MEASURES = rf"{_NUMBER}{_TIMES}{_NUMBER}(?:{_TIMES}{_NUMBER})?\s*(mm|cm|m)"
_MM = {"mm": 1, "cm": 10, "m": 1000}
_SMALLEST, _LARGEST = 5, 5_000


@dataclass(frozen=True)
class Dimensions:
    """Width, height and depth in millimetres; None: too flat to speak of."""

    width: int
    height: int
    depth: int | None = None


def read(size: str, options: Sequence[str] = ()) -> Dimensions | None:
    """Return the dimensions that a size tells, those of a variant's own options if they differ; None if none are."""
    whole = re.fullmatch(_MEASURES, size.strip())
    own = (re.search(rf"(?<!\w){re.escape(value)}\s*\({_MEASURES}\)", size) for value in options if value)
    found = whole or next((each for each in own if each), None)
    if found is None:
        return None
    *numbers, unit = found.groups()
    width, height, depth = (round(Decimal(each) * _MM[unit]) if each else None for each in numbers)
    if not width or not height or not all(_SMALLEST <= each <= _LARGEST for each in (width, height)):
        return None
    return Dimensions(width, height, depth or None)
