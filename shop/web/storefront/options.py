"""What can be chosen on a product's page: for each option its values, each a link to the nearest variant that has it.

Links alone, so that choosing a colour and a size needs no script; each keeps what was chosen of the other options.
Where every value has a picture of its own, as colours do, it is chosen by that picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from flask_babel import gettext as _

from shop.catalog.models import Picture
from shop.web.thing_words import value_in_words


class Chooseable(Protocol):
    """A variant as it can be chosen; `days` None: it cannot be had."""

    @property
    def sku(self) -> str: ...

    @property
    def option(self) -> str: ...

    @property
    def options(self) -> tuple[str, ...]: ...

    @property
    def colour(self) -> str: ...

    @property
    def days(self) -> int | None: ...

    @property
    def picture(self) -> Picture | None: ...


@dataclass(frozen=True)
class Value:
    """One value of an option: the variant that it leads to, whether that can be had, and its picture."""

    label: str
    sku: str
    is_chosen: bool
    can_be_had: bool
    picture: Picture | None


@dataclass(frozen=True)
class Option:
    """One thing to choose, with the words of what is chosen now."""

    label: str
    chosen: str
    values: Sequence[Value]

    @property
    def is_pictured(self) -> bool:
        """Tell whether pictures alone would tell its values apart."""
        pictures = {value.picture.id for value in self.values if value.picture}
        return len(pictures) == len(self.values)


def options_of(names: Sequence[str], choices: Sequence[Chooseable], chosen: Chooseable | None) -> list[Option]:
    """Return what can be chosen among variants; nothing where there is only one."""
    if chosen is None or len(choices) < 2:
        return []
    if not names:
        return [_option(_("Choose"), 0, [(choice, (choice.option,)) for choice in choices], chosen)]
    fitting = [(choice, choice.options) for choice in choices if len(choice.options) == len(names)]
    made = [_option(_name(name), at, fitting, chosen) for at, name in enumerate(names)]
    return [option for option in made if len(option.values) > 1]


def _option(label: str, at: int, choices: Sequence[tuple[Chooseable, tuple[str, ...]]], chosen: Chooseable) -> Option:
    here = next((options for choice, options in choices if choice is chosen), ())
    values = []
    for value in dict.fromkeys(options[at] for _choice, options in choices):
        having = [pair for pair in choices if pair[1][at] == value]
        nearest = max(having, key=lambda pair: (_alike(pair[1], here), pair[0].days is not None))[0]
        words = value_in_words(value, nearest.colour)
        is_chosen = bool(here) and here[at] == value
        values.append(Value(words, nearest.sku, is_chosen, nearest.days is not None, nearest.picture))
    return Option(label, next((value.label for value in values if value.is_chosen), ""), values)


def _alike(options: Sequence[str], here: Sequence[str]) -> int:
    return sum(1 for one, other in zip(options, here, strict=False) if one == other)


def _name(name: str) -> str:
    known: dict[str, str] = {"colour": _("Colour"), "color": _("Colour"), "size": _("Size")}
    return known.get(name.casefold(), name)
