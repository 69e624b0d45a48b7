"""People: the makers of a centre under their work names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from shop.artisans import people
from shop.artisans.models import Artisan, Payout, PayoutStatus
from shop.db import db
from shop.ledger.statements import Line
from shop.production import tasks
from shop.production.models import Task
from shop.users.models import User
from shop.web.artisan.share_reads import Coming, coming_to
from shop.web.language import language
from shop.web.manager.reads import owed
from shop.web.manager.reads.advances import Listed, own_advance
from shop.web.manager.reads.money import Load, Purse, earned_since, loads, month_start, purses


@dataclass(frozen=True)
class Maker:
    """One artisan of the list."""

    purse: Purse
    load: Load
    earned_minor: int

    @property
    def artisan(self) -> Artisan:
        """Return the artisan herself."""
        return self.purse.artisan


@dataclass(frozen=True)
class PeoplePage:
    """The makers of a centre, or of the whole house."""

    makers: Sequence[Maker]

    @property
    def owed(self) -> int:
        """Return what they are owed together."""
        return sum(maker.purse.owed for maker in self.makers)


def people_page(user: User, *, at: datetime) -> PeoplePage:
    """Return the makers of a member of staff's centre."""
    artisans = people.of(user)
    ids = [artisan.id for artisan in artisans]
    load, earned = loads(ids), earned_since(ids, month_start(at))
    makers = [Maker(purse, load[purse.artisan.id], earned[purse.artisan.id]) for purse in purses(artisans)]
    return PeoplePage(makers)


@dataclass(frozen=True)
class MakerPage:
    """One artisan: her money line by line, her work, her payouts. Nothing of who she is elsewhere."""

    maker: Maker
    lines: Sequence[Line]
    tasks: Sequence[Task]
    payouts: Sequence[Payout]
    older: int | None
    coming: Sequence[Coming]
    advance: Listed | None

    @property
    def artisan(self) -> Artisan:
        """Return the artisan herself."""
        return self.maker.artisan


LINES = 30


def maker_page(user: User, artisan_id: int, before: int | None, *, at: datetime) -> MakerPage:
    """Return one artisan of a member of staff."""
    artisan = people.get_of(user, artisan_id, action="makers.read")
    earned = earned_since([artisan.id], month_start(at))[artisan.id]
    maker = Maker(purses([artisan])[0], loads([artisan.id])[artisan.id], earned)
    lines, older = owed.lines(artisan.payable, limit=LINES, before=before)
    return MakerPage(
        maker,
        lines,
        tasks.of(artisan),
        _payouts(artisan),
        older,
        coming_to(artisan, language()),
        own_advance(user, artisan),
    )


def _payouts(artisan: Artisan) -> list[Payout]:
    query = select(Payout).where(Payout.artisan_id == artisan.id, Payout.status != PayoutStatus.WITHDRAWN)
    return list(db.session.scalars(query.order_by(Payout.id.desc()).limit(10)))
