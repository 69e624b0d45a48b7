"""The one source of the present moment. Domain code takes `at=`; only edges ask a clock."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Protocol

INDIA = timezone(timedelta(hours=5, minutes=30), "IST")  # India keeps no summer time


class Clock(Protocol):
    """Tells the present moment as aware UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved; for the demo's year and for tests."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


def india_date(at: datetime) -> date:
    """Return the calendar day in India, which is what books and promises are dated by."""
    return at.astimezone(INDIA).date()
