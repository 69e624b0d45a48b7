"""What a claim says, as a sentence; every figure in it comes from the claim."""

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import gettext as _

from shop.programme.claims import Shown
from shop.web.format import digits, price


@dataclass(frozen=True)
class Said:
    """A claim in words: the large figure, what it means, the count behind it, and who published a stated one."""

    figure: str
    meaning: str
    count: str
    source: str = ""


def claim_words(claim: Shown) -> Said:
    """Return a claim in the page's language."""
    return WORDS[claim.definition.id](claim)


def _count(claim: Shown, words: Callable[[str, str], str]) -> str:
    assert claim.measure is not None
    return words(digits(claim.measure.numerator), digits(claim.measure.denominator))


def _earning(claim: Shown) -> Said:
    assert claim.measure is not None
    return Said(
        digits(claim.measure.numerator),
        _("makers earned with us in the last ninety days"),
        _count(claim, lambda n, of: _("%(n)s of %(of)s makers who work with us", n=n, of=of)),
    )


def _money(claim: Shown) -> Said:
    assert claim.measure is not None
    n, of = price(claim.measure.numerator // 100 * 100), price(claim.measure.denominator // 100 * 100)
    return Said(
        digits(claim.percent) + " %",
        _("of what customers paid in twelve months was credited to makers"),
        _("%(n)s of %(of)s, whole rupees", n=n, of=of),
    )


def _passed(claim: Shown) -> Said:
    return Said(
        digits(claim.percent) + " %",
        _("of pieces passed the check by a second person the first time, in twelve months"),
        _count(claim, lambda n, of: _("%(n)s of %(of)s pieces looked at", n=n, of=of)),
    )


def _in_time(claim: Shown) -> Said:
    return Said(
        digits(claim.percent) + " %",
        _("of parcels left by the day we had promised, in twelve months"),
        _count(claim, lambda n, of: _("%(n)s of %(of)s parcels", n=n, of=of)),
    )


def _ministry(claim: Shown) -> Said:
    people, more = (digits(number) for number in claim.definition.figures)
    return Said(
        people,
        _("women and children were counted as trafficked in India in a single year"),
        _("in %(year)s, almost %(more)s %% more than the year before", year=_year(claim), more=more),
        _("Ministry of Women and Child Development, %(year)s", year=_year(claim)),
    )


def _records(claim: Shown) -> Said:
    people, before = (digits(number) for number in claim.definition.figures)
    words = _(
        "in %(year)s, after %(before)s the year before; the two offices count differently",
        before=before,
        year=_year(claim),
    )
    return Said(
        people,
        _("people, by the count of another office for the same year"),
        words,
        _("National Crime Records Bureau, %(year)s", year=_year(claim)),
    )


def _women(claim: Shown) -> Said:
    women, goal = (digits(number) for number in claim.definition.figures)
    return Said(
        women + "+",
        _("women earned a steady income in the programme when it last reported"),
        _("with the aim that %(goal)s more begin each year", goal=goal),
        _trust(claim),
    )


def _first_job(claim: Shown) -> Said:
    return Said(
        digits(claim.definition.figures[0]) + " %",
        _("of the women in the programme were in paid work for the first time"),
        _("and more than half could pay for better schooling of their children"),
        _trust(claim),
    )


def _family(claim: Shown) -> Said:
    return Said(
        digits(claim.definition.figures[0]) + " %",
        _("said that their families stand behind them more than before"),
        _("as the women themselves told the programme"),
        _trust(claim),
    )


def _trust(claim: Shown) -> str:
    told: str = _("Missing Link Trust, a page without a date, about %(year)s", year=_year(claim))
    return told


def _year(claim: Shown) -> str:
    return digits(str(claim.definition.year))


WORDS: dict[str, Callable[[Shown], Said]] = {
    "makers-earning": _earning,
    "money-to-makers": _money,
    "passed-at-once": _passed,
    "left-in-time": _in_time,
    "money-flow": _money,
    "india-ministry": _ministry,
    "india-records": _records,
    "programme-women": _women,
    "programme-first-job": _first_job,
    "programme-family": _family,
}
