"""Claims: what the shop says of itself in figures, and which of it may be said now.

`CLAIMS` is what could be said: a live measure, or what an organisation has published in a year. A row of the register
says that somebody looked. Without a row, with one that has run out or was about another definition, or where a figure
rests on fewer than five makers, nothing is said at all.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from shop.clock import india_date
from shop.db import db, upsert
from shop.errors import NotFound
from shop.programme.measures import MEASURES, Measure
from shop.programme.models import Claim

FEWEST = 5  # makers, and things counted: a figure about fewer would be about someone, or about nothing
HOLDS = timedelta(days=180)
STATED = "stated"


@dataclass(frozen=True)
class Definition:
    """A claim as the shop defines it. A stated one carries its figures, a live one names its query."""

    id: str
    numerator: str
    denominator: str
    source: str
    figures: tuple[int, ...] = ()
    year: int | None = None

    @property
    def is_live(self) -> bool:
        """Say whether the figure is counted in the shop's own books."""
        return self.numerator in MEASURES


TRUST = "Missing Link Trust, a page without a date, about 2020"
LIVE = "the shop's own books"
CLAIMS = (
    Definition("makers-earning", "makers-earning", "makers who work with us", LIVE),
    Definition("money-to-makers", "money-to-makers", "rupees that customers paid", LIVE),
    Definition("passed-at-once", "passed-at-once", "pieces looked at", LIVE),
    Definition("left-in-time", "left-in-time", "parcels that left", LIVE),
    Definition("money-flow", "money-to-makers", "rupees that customers paid", LIVE),
    Definition(
        "india-ministry", STATED, "women and children in India", "Ministry of Women and Child Development, 2016",
        (19_223, 25), 2016,
    ),
    Definition(
        "india-records", STATED, "people in India", "National Crime Records Bureau, 2016", (22_955, 8_281), 2016,
    ),
    Definition("programme-women", STATED, "women of the programme", TRUST, (40, 50), 2020),
    Definition("programme-first-job", STATED, "women of the programme", TRUST, (94,), 2020),
    Definition("programme-family", STATED, "women of the programme", TRUST, (58,), 2020),
)  # fmt: skip
BY_ID = {each.id: each for each in CLAIMS}


@dataclass(frozen=True)
class Shown:
    """A claim that may be shown, with what it rests on."""

    definition: Definition
    row: Claim
    measure: Measure | None
    as_of: date

    @property
    def percent(self) -> int:
        """Return the share in whole per cent, rounded down: never more than is true."""
        return self.measure.numerator * 100 // self.measure.denominator if self.measure else 0


@dataclass(frozen=True)
class Standing:
    """A claim as the office sees it: its row, what it would say now, and what stands in the way."""

    definition: Definition
    row: Claim | None
    measure: Measure | None
    why_not: str | None


def standings(*, at: datetime) -> list[Standing]:
    """Return every claim with whether it may be shown; `why_not` is missing, changed, expired or few."""
    rows = {row.id: row for row in db.session.scalars(select(Claim))}
    return [_standing(each, rows.get(each.id), at) for each in CLAIMS]


def shown(*, at: datetime) -> dict[str, Shown]:
    """Return the claims that may be shown at a moment, by id."""
    today = india_date(at)
    return {
        each.definition.id: Shown(each.definition, each.row, each.measure, today)
        for each in standings(at=at)
        if each.row is not None and each.why_not is None
    }


def check(claim_id: str, *, at: datetime, by: str) -> None:
    """Note that somebody looked at where a claim comes from; it holds half a year. NotFound for none of ours."""
    definition = BY_ID.get(claim_id)
    if definition is None:
        raise NotFound("claim.unknown")
    values = {
        "numerator": definition.numerator,
        "denominator": definition.denominator,
        "source": definition.source,
        "checked_by": by,
        "checked_at": at,
        "valid_until": india_date(at + HOLDS),
    }
    row = upsert(Claim).values(id=claim_id, **values)
    db.session.execute(row.on_conflict_do_update(index_elements=["id"], set_=values))


def _standing(definition: Definition, row: Claim | None, at: datetime) -> Standing:
    measure = MEASURES[definition.numerator](at) if definition.is_live else None
    return Standing(definition, row, measure, _why_not(definition, row, measure, india_date(at)))


def _why_not(definition: Definition, row: Claim | None, measure: Measure | None, today: date) -> str | None:
    if row is None:
        return "missing"
    if (row.numerator, row.denominator, row.source) != (
        definition.numerator,
        definition.denominator,
        definition.source,
    ):
        return "changed"
    if row.valid_until < today:
        return "expired"
    if measure is not None and (min(measure.makers, measure.denominator) < FEWEST):
        return "few"
    return None
