"""Her passbook, read as she does: from today back to her first month, page by page, against what the model moved."""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from shop.artisans.models import Artisan
from shop.web.artisan.passbook_reads import Passbook, passbook


def compare_passbook(she: Artisan, today: date, can_take: int, moved: Mapping[date, int]) -> None:
    """Follow every month and page: each closing is the next opening, the first opening nothing, the lines the model's.

    `moved` says what the model moved on a day on what she can take.
    """
    month: date | None = today.replace(day=1)
    closing, told = can_take, Counter[date]()
    while month is not None:
        pages = _pages(she, month, today)
        first, last = pages[0], pages[-1]
        assert first.closing == closing, f"{month:%Y-%m} ends with {first.closing}, the next begins with {closing}"
        grown = 0
        for page in pages:
            lines = sum(line.minor for line in page.lines)
            assert all(line.on.replace(day=1) == month for line in page.lines), f"{month:%Y-%m} has another's lines"
            grown += lines
            before = first.closing - grown
            assert page.opening == before, f"{month:%Y-%m}: a page opens with {page.opening}, its lines say {before}"
            for line in page.lines:
                told[line.on] += line.minor
        closing, month = last.opening, first.earlier
    assert closing == 0, f"her first month opens with {closing}"
    wrong = {
        day: (told[day], moved.get(day, 0)) for day in told.keys() | moved.keys() if told[day] != moved.get(day, 0)
    }
    assert not wrong, f"day: (her passbook, the model): {wrong}"


def _pages(she: Artisan, month: date, today: date) -> list[Passbook]:
    """Return a month's pages, the newest first; the older ones have to lie before the newer."""
    pages = [passbook(she, month, today, "en")]
    while (older := pages[-1].older) is not None:
        pages.append(passbook(she, month, today, "en", older))
        assert not pages[-1].is_first, f"the page before {older} is the first one again"
    return pages
