"""Payouts: what each is owed, what is under way and at which step, and what has been."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shop.artisans import came_back, payouts, people, recoveries, takings
from shop.artisans.came_back_models import CameBack
from shop.artisans.models import Payout, PayoutStatus
from shop.users.models import User
from shop.web.manager.reads.money import CLOSED, Purse, events_of, payouts_of, purses
from shop.web.manager.reads.names import actors

STEPS = (PayoutStatus.PROPOSED, PayoutStatus.APPROVED, PayoutStatus.SENT, PayoutStatus.QUESTIONED)


@dataclass(frozen=True)
class UnderWay:
    """A payout with who proposed it and who approved it, in words."""

    payout: Payout
    proposed_by: str
    approved_by: str | None
    is_mine: bool


@dataclass(frozen=True)
class PayoutsPage:
    """The whole run: who is owed something, what is under way, what has been."""

    owed: Sequence[Purse]
    goes_back: Mapping[int, int]
    deducted: Mapping[int, int]
    under_way: Sequence[UnderWay]
    history: Sequence[UnderWay]

    @property
    def owed_minor(self) -> int:
        """Return what is owed to all who have no payout under way."""
        return sum(purse.owed for purse in self.owed)

    @property
    def under_way_minor(self) -> int:
        """Return what is under way in all."""
        return sum(each.payout.amount_minor for each in self.under_way)


def payouts_page(user: User, *, at: datetime) -> PayoutsPage:
    """Return the payouts of a member of staff's centre."""
    held = purses(people.of(user))
    waiting = [purse for purse in held if purse.owed and purse.payout is None]
    going = sorted(payouts_of(user, payouts.OPEN), key=lambda each: (STEPS.index(each.status), each.id))
    history = payouts_of(user, CLOSED, limit=50)
    names = _names([*going, *history])
    goes_back, deducted = taken_with(waiting, at=at)
    return PayoutsPage(
        sorted(waiting, key=lambda purse: -purse.owed),
        goes_back,
        deducted,
        [_with_names(payout, names, user) for payout in going],
        [_with_names(payout, names, user) for payout in history],
    )


def taken_with(waiting: Sequence[Purse], *, at: datetime) -> tuple[dict[int, int], dict[int, int]]:
    """Return what would go back on her advance, and be deducted, with a payout of all that is owed: artisan -> paise.

    What will be taken in truth may be less: it is counted from what she can take, which the office does not see.
    """
    held = {purse.artisan.id: purse.owed for purse in waiting}
    standing = recoveries.standing_of([*held], at=at)
    goes_back = {number: due for number, each in standing.items() if (due := each.due(held[number]))}
    return goes_back, takings.deducted(held, goes_back, at=at)


def _names(found: Sequence[Payout]) -> dict[str, str]:
    return actors([each.proposed_by for each in found] + [each.approved_by for each in found if each.approved_by])


def _with_names(payout: Payout, names: dict[str, str], user: User) -> UnderWay:
    approved_by = names[payout.approved_by] if payout.approved_by else None
    return UnderWay(payout, names[payout.proposed_by], approved_by, payout.proposed_by == user.actor)


@dataclass(frozen=True)
class Step:
    """One line of a payout's story."""

    status: PayoutStatus
    at: datetime
    by: str
    note: str | None


@dataclass(frozen=True)
class PayoutPage:
    """One payout, its story, and what she keeps."""

    under_way: UnderWay
    purse: Purse
    story: Sequence[Step]
    looked_by: str | None
    came_back: CameBack | None
    written_by: str | None
    wrote_it: bool

    @property
    def payout(self) -> Payout:
        """Return the payout itself."""
        return self.under_way.payout


def payout_page(user: User, payout_id: int) -> PayoutPage:
    """Return one payout that a member of staff may see."""
    payout = payouts.get_of(user, payout_id)
    events = events_of([payout.id])
    looked_by = payout.unwitnessed.closed_by if payout.unwitnessed else None
    back = came_back.find_standing(payout.id)
    written_by = back.written_by if back else None
    names = actors([*(event.by for event in events), *(who for who in (looked_by, written_by) if who)])
    return PayoutPage(
        _with_names(payout, _names([payout]), user),
        purses([payout.artisan])[0],
        [Step(event.status, event.at, names[event.by], event.note) for event in events],
        names[looked_by] if looked_by else None,
        back,
        names[written_by] if written_by else None,
        written_by == user.actor,
    )
