"""Today: what needs someone, with the one act that settles it. When it is settled, its row is gone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

from flask_babel import gettext as _

from shop.artisans import people
from shop.clock import india_date
from shop.ledger import verification_runs
from shop.ledger.verification_models import VerificationRun
from shop.production.leadtime import queue_minutes
from shop.users import enrolment
from shop.users.models import Centre, User
from shop.users.policy import covers
from shop.web.manager.reads import (
    today_books,
    today_first,
    today_money,
    today_promises,
    today_returns,
    today_safety,
    today_thanks,
    today_work,
)
from shop.web.manager.reads.money import purses
from shop.web.manager.reads.rows import Row


@dataclass(frozen=True)
class Group:
    """Rows of one kind, the oldest first."""

    title: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Workload:
    """The work that waits at a centre against what it can do in a day."""

    centre: Centre
    minutes: int

    @property
    def days(self) -> int:
        """Return in how many days the centre could be through."""
        return -(-self.minutes // self.centre.minutes_per_day)


@dataclass(frozen=True)
class Today:
    """The page: groups with something in them, the makers' money, the work ahead, and how the books were found."""

    on: date
    groups: Sequence[Group]
    owed: int
    on_the_way: int
    workloads: Sequence[Workload]
    verified: VerificationRun | None

    @property
    def count(self) -> int:
        """Return how many things need someone."""
        return sum(len(group.rows) for group in self.groups)


def today(user: User, *, at: datetime) -> Today:
    """Return what needs a member of staff now: her money before our promises before our stock."""
    held = purses(people.of(user))
    verified = verification_runs.find_newest()
    money = chain(today_books.rows(user, verified, at=at), today_money.rows(user, held, at=at))
    promises = today_promises.gather(user, at=at)
    groups = [
        Group(_("First steps"), list(today_first.rows(user))),
        Group(_("Money"), _oldest_first(money)),
        Group(_("Safety"), _oldest_first(today_safety.rows(user))),
        Group(_("Promises to customers"), _oldest_first(today_promises.rows(promises, user, at=at))),
        Group(_("Sent back"), _oldest_first(today_returns.rows(user, at=at))),
        Group(_("Waiting for you"), _oldest_first(chain(today_work.waiting(user, at=at), today_thanks.rows(user)))),
        Group(_("Work and stock"), _oldest_first(today_work.rows(user, promises, at=at))),
    ]
    return Today(
        india_date(at),
        [group for group in groups if group.rows],
        sum(purse.owed for purse in held),
        sum(purse.on_the_way for purse in held),
        _workloads(user),
        verified,
    )


def _oldest_first(rows: Iterator[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.since)


def _workloads(user: User) -> list[Workload]:
    queue = queue_minutes()
    return [
        Workload(centre, queue.get(centre.id, 0))
        for centre in enrolment.centres()
        if covers(user, "today.read", centre.id)
    ]
