"""Parts of pages, kept in each process for the next page that has them: a card, the counts, the head and the foot.

A page that is not kept whole, being a choice that nobody made yet or one that was crowded out, is made of what
other pages had before. A part lies under the same numbers as a kept page (kept.py), which are read before anything
else of the request, and beside them under its language and the day that it may name: so an old one cannot be
shown, for the same reason as there. Where a request carries no numbers nothing is kept; where it carries them
Flask is not told of cookies, so there is nothing of a visitor that a part could hold.

What stands around every page of the storefront is made of the settings and the language alone, and is kept under these.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from flask import Flask, current_app, g, request
from markupsafe import Markup

from shop.clock import india_date
from shop.web.edge import now
from shop.web.house import house
from shop.web.language import language

NUMBERS = "shop.page_numbers"  # where a request carries them
MOST = 8_000_000  # letters in each process; a card has a thousand, what stands around a list some fifteen
UNREAD = object()
WEIGHT = 2_000  # of what is no text: counts and names
Kept = TypeVar("Kept")


class Parts:
    """What was made, up to so many letters; the least lately used is forgotten first."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self.letters = most, 0
        self._made: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._made)

    def of(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """Return what lies under a key, made now if there is nothing; two threads may both make it."""
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return cast("Kept", self._made[key])
        made = make()
        with self._lock:
            self.letters += _letters(made) - (_letters(self._made.pop(key)) if key in self._made else 0)
            self._made[key] = made
            while self.letters > self._most:
                self.letters -= _letters(self._made.popitem(last=False)[1])
        return made

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._made.clear()
            self.letters = 0


def _letters(made: object) -> int:
    """Return how much room something takes."""
    texts = made if isinstance(made, tuple) else (made,)
    return sum(len(each) if isinstance(each, str) else WEIGHT for each in texts)


def kept_part(key: tuple[Hashable, ...], make: Callable[[], Kept]) -> Kept:
    """Return a part of this page, as kept under its numbers or made now.

    The key names everything besides the database that the part is made of.
    """
    under = g.get("parts_under", UNREAD)
    if under is UNREAD:
        under = g.parts_under = _under()
    if under is None:
        return make()
    parts: Parts = current_app.extensions["parts"]
    return parts.of((under, key), make)


def part(*key: Hashable, caller: Callable[[], Markup]) -> Markup:
    """Keep what stands between `{% call part(…) %}` and `{% endcall %}`."""
    return kept_part(key, caller)


def lasting(*key: Hashable, caller: Callable[[], Markup]) -> Markup:
    """Keep what stands between `{% call lasting(…) %}` and `{% endcall %}` as long as this process lives.

    It is made of the settings, the language and the key, and of nothing of the database or of whoever looks.
    """
    if current_app.debug:
        return caller()
    settled: Parts = current_app.extensions["lasting_parts"]
    return settled.of((language(), house(), key), caller)


def _under() -> tuple[Hashable, ...] | None:
    """Return what every part of this page lies under, the same from its first part to its last."""
    numbers = None if current_app.debug else request.environ.get(NUMBERS)
    return None if numbers is None else (numbers, language(), india_date(now()))


def init_app(app: Flask) -> None:
    """Give templates `part` and `lasting`."""
    app.extensions["parts"], app.extensions["lasting_parts"] = Parts(), Parts()
    app.add_template_global(part)
    app.add_template_global(lasting)
