"""Thank-you notes as she reads them: the words as they were written, whose they are, and for which piece."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shop.artisans.models import Artisan
from shop.clock import india_date
from shop.orders import thanks
from shop.web.artisan.reads import Thumb, thumbs_of


@dataclass(frozen=True)
class Praise:
    """One note that went to her."""

    name: str
    text: str
    language: str
    on: date
    title: str
    thumb: Thumb | None


@dataclass(frozen=True)
class ThanksPage:
    """Her notes, and whether she takes any."""

    flower: str
    wanted: bool
    notes: Sequence[Praise]


def thanks_page(artisan: Artisan, language: str) -> ThanksPage:
    """Return the notes that went to her, the newest first; none while she wants none."""
    found = thanks.of_artisan(artisan)
    thumbs = thumbs_of([each.variant for each in found])
    notes = [
        Praise(
            name=each.thanks.name,
            text=each.thanks.text,
            language=each.thanks.language,
            on=india_date(each.thanks.written_at),
            title=each.variant.product.title_in(language),
            thumb=thumbs.get(each.variant_id),
        )
        for each in found
    ]
    return ThanksPage(artisan.emblem, artisan.takes_thanks, notes)
