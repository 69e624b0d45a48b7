"""Is a private value found by searching, or only what is like it?"""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
LONG = re.compile(r"[^\W_]{8,}")  # so many letters in a row of a random key are near no word by chance


def is_found(search: Callable[[str], T], value: str, likenesses: Sequence[str], nothing: T) -> bool:
    """Say whether a search finds a value itself: not what it finds for nobody's word, nor for what only is like it."""
    found = search(value)
    return found != nothing and all(found != search(each) for each in likenesses)


def alike(key: str) -> list[str]:
    """Return other values like a random key: one of its shape, and one that shares its short parts alone.

    A few letters of a key come near a word of the shop by chance, and a search that forgives slips then finds that.
    """
    return [like(key), LONG.sub(lambda part: like(part[0].casefold()), key)]


def like(value: str) -> str:
    """Return another value of the same shape, which stands nowhere."""
    return "".join(
        chr((ord(c) - ord("a") + 7) % 26 + ord("a")) if c.islower() else str(9 - int(c)) if c.isdecimal() else c
        for c in value
    )
