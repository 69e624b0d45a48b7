"""Corrections: what waits for a second person, and what was decided, with every name in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from shop.artisans import corrections
from shop.artisans.models import Correction, CorrectionEvent, CorrectionStatus, Earning
from shop.db import db
from shop.users.models import User
from shop.web.manager.reads import owed
from shop.web.manager.reads.names import actors


@dataclass(frozen=True)
class Listed:
    """A correction with who proposed it, who decided it and what that person said."""

    correction: Correction
    proposed_by: str
    decided_by: str | None
    answer: str | None
    is_mine: bool
    owed_minor: int  # to her now, as the office reads it

    @property
    def owed_after_minor(self) -> int:
        """Return what would be owed to her once it is approved."""
        return self.owed_minor - self.earning.amount_minor + (self.correction.right_minor or 0)

    @property
    def earning(self) -> Earning:
        """Return the earning that it is about."""
        return self.correction.earning


@dataclass(frozen=True)
class CorrectionsPage:
    """What waits, and what was decided."""

    waiting: Sequence[Listed]
    decided: Sequence[Listed]


def corrections_page(user: User) -> CorrectionsPage:
    """Return the corrections about makers of a member of staff."""
    found = listed(user, corrections.of(user))
    waiting = [each for each in found if each.correction.status is CorrectionStatus.PROPOSED]
    return CorrectionsPage(waiting, [each for each in found if each.correction.status is not CorrectionStatus.PROPOSED])


def listed(user: User, found: Sequence[Correction]) -> list[Listed]:
    """Return corrections with the names that belong to them."""
    query = (
        select(CorrectionEvent)
        .where(CorrectionEvent.correction_id.in_([each.id for each in found]))
        .where(CorrectionEvent.status != CorrectionStatus.PROPOSED)
    )
    decided = {event.correction_id: event for event in db.session.scalars(query)}
    names = actors([each.proposed_by for each in found] + [event.by for event in decided.values()])
    minor = owed.to_many([each.earning.artisan for each in found])
    return [_listed(each, decided.get(each.id), names, user, minor[each.earning.artisan_id]) for each in found]


def _listed(
    one: Correction, decided: CorrectionEvent | None, names: dict[str, str], user: User, owed_minor: int
) -> Listed:
    decided_by, answer = (names[decided.by], decided.note) if decided else (None, None)
    return Listed(one, names[one.proposed_by], decided_by, answer, one.proposed_by == user.actor, owed_minor)
