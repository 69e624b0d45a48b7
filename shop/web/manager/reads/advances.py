"""Advances: what waits for an act of the office or of her, what is being repaid, and what has been."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from shop.artisans import advances
from shop.artisans.advance_models import Advance, AdvanceReason, AdvanceStatus
from shop.artisans.models import Artisan
from shop.artisans.recoveries import account_of
from shop.ledger import balances
from shop.users.models import User
from shop.users.policy import may
from shop.web.manager.reads.names import actors

REASONS: dict[AdvanceReason, Callable[[], str]] = {
    AdvanceReason.LARGE_ORDER: lambda: _("Before a large order"),
    AdvanceReason.TOOLS: lambda: _("Tools and material"),
    AdvanceReason.FESTIVAL: lambda: _("Before a festival"),
    AdvanceReason.HER_OWN: lambda: _("A reason of her own"),
}
OVER = tuple(status for status in AdvanceStatus if status not in advances.STANDING)
ENDED = 200  # of those that are over, the newest; what stands is listed whole


@dataclass(frozen=True)
class Listed:
    """An advance with what it is for in words, what is left of it, and who proposed and approved it."""

    advance: Advance
    reason: str
    left_minor: int
    proposed_by: str
    approved_by: str | None
    is_mine: bool


@dataclass(frozen=True)
class AdvancesPage:
    """What stands, the oldest first, and what is over."""

    standing: Sequence[Listed]
    over: Sequence[Listed]

    @property
    def left_minor(self) -> int:
        """Return what is left to repay in all."""
        return sum(each.left_minor for each in self.standing)


def advances_page(user: User) -> AdvancesPage:
    """Return the advances of a member of staff's makers."""
    standing = listed(user, advances.of(user, advances.STANDING))
    return AdvancesPage(standing[::-1], listed(user, advances.of(user, OVER, limit=ENDED)))


def own_advance(user: User, artisan: Artisan) -> Listed | None:
    """Return the advance of one maker that is not over, or None; None too for who may not read advances."""
    if not may(user.role, "advances.read"):
        return None
    standing = advances.find_standing(artisan)
    return listed(user, [standing])[0] if standing else None


def listed(user: User, found: Sequence[Advance]) -> list[Listed]:
    """Return advances with what is left of each and with names in words."""
    if not found:
        return []
    owing = [
        each for each in found if each.status is AdvanceStatus.ACKNOWLEDGED or each.status in advances.WAITING_FOR_HER
    ]
    lefts = balances.stored_many([account_of(each.artisan_id) for each in owing]) if owing else {}
    names = actors([each.proposed_by for each in found] + [each.approved_by for each in found if each.approved_by])
    return [
        Listed(
            each,
            REASONS[each.reason](),
            lefts[account_of(each.artisan_id)] if each in owing else 0,
            names[each.proposed_by],
            names[each.approved_by] if each.approved_by else None,
            each.proposed_by == user.actor,
        )
        for each in found
    ]
