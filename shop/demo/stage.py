"""What every part of the demo's year acts on: the people, the clock, the gateways, chance, and what is yet to come.

Chance is seeded, so that a year loaded on the same day is the same year. What will happen is written into a diary
by day: a day reads its own page, and what stands on pages after the last day is what is open when the demo is loaded.

A writing unit goes on from day to day until a gateway is to be asked, which is done with none open: a year costs the
disk a few hundred waits less, and whoever works here is read once in a unit. All else is read anew each day.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random

from sandbox.client import SandboxControl
from shop.clock import INDIA, FixedClock
from shop.db import writing
from shop.demo.people import Cast
from shop.demo.stories import Desk
from shop.orders.window import Window
from shop.phases import Counter

SEED = 20
MORNING = time(10, 0, tzinfo=INDIA)
Act = Callable[[datetime], None]


@dataclass(frozen=True)
class Terms:
    """What of the shop's settings its year depends on."""

    hold: timedelta
    shop_url: str
    window: Window


@dataclass
class Stage:
    """The demo while it is told. `day` counts from the first one; `last` is the day before it is loaded."""

    counter: Counter
    clock: FixedClock
    sandbox: SandboxControl
    cast: Cast
    terms: Terms
    desk: Desk
    first: datetime
    last: int
    day: int = 0
    chance: Random = field(default_factory=lambda: Random(SEED))
    diary: dict[int, list[Act]] = field(default_factory=lambda: defaultdict(list))
    refunds: list[int] = field(default_factory=list)  # asked for in this unit, to be sent after it
    _unit: ExitStack = field(default_factory=ExitStack)
    _writes: bool = False

    def in_days(self, days: int, act: Act) -> None:
        """Write into the diary what happens on the morning of a day to come."""
        self.diary[self.day + days].append(act)

    def morning(self) -> datetime:
        """Return when the office opens on this day."""
        return self.first + timedelta(days=self.day)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Tell some of the year: its last unit is committed at the end, or rolled back if it fails."""
        try:
            with self._unit:
                yield
        finally:
            self._writes = False

    def write(self) -> None:
        """Open a writing unit, or go on in the open one; either way all but the people is read anew."""
        if self._writes:
            self.cast.read_anew()
            return
        self._unit.enter_context(writing())
        self._unit.enter_context(self.cast.on_stage())
        self._writes = True

    def commit(self) -> None:
        """End the writing unit, if one is open: a gateway is asked with none open."""
        self._unit.close()
        self._writes = False

    def at_minute(self, minute: int) -> datetime:
        """Let the clock stand so many minutes after the morning, or stay where it is if that is past.

        On the day of loading the office may not have opened yet: then only the clock counts.
        """
        if self.day > self.last:
            return self.tick(5)
        self.clock.at = max(self.clock.at, self.morning() + timedelta(minutes=minute))
        return self.clock.at

    def tick(self, minutes: int = 3) -> datetime:
        """Let some minutes pass and return the moment."""
        self.clock.advance(timedelta(minutes=minutes))
        return self.clock.now()

    def set_gateways_clock(self, at: datetime | None = None) -> None:
        """Tell the gateways what time it is, or was; with no unit open."""
        self.sandbox.set_clock(int((at or self.clock.now()).timestamp()), frozen=True)


def mornings(now: datetime, days: int) -> datetime:
    """Return the morning that lies so many days before the last whole one before now."""
    last = datetime.combine(now.astimezone(INDIA).date() - timedelta(days=1), MORNING)
    return (last - timedelta(days=days)).astimezone(now.tzinfo)
