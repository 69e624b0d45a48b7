"""Corrections: what waits for a second person, and what was decided, with every name in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from shop.artisans import corrections
from shop.artisans.models import Artisan, Correction, CorrectionEvent, CorrectionReason, CorrectionStatus, Earning
from shop.artisans.share_models import ShareStatus
from shop.db import db
from shop.money import Money
from shop.production import crediting, recounts
from shop.production.models import Task
from shop.production.recount_models import Recount
from shop.users.models import User
from shop.users.policy import may
from shop.web.manager.reads import owed
from shop.web.manager.reads.names import actors


@dataclass(frozen=True)
class Owed:
    """What the house owes one woman now, as the office reads it, and would once a correction is approved; in paise."""

    artisan: Artisan
    minor: int
    after_minor: int


@dataclass(frozen=True)
class Effect:
    """What approving a correction does: to each woman it is about, and to the share of a piece that was sold."""

    owed: Sequence[Owed]
    divided_minor: int  # pending: divided anew
    stays_minor: int  # released: with whom it is


@dataclass(frozen=True)
class Listed:
    """A correction with who proposed it, who decided it and what that person said."""

    correction: Correction
    proposed_by: str
    decided_by: str | None
    answer: str | None
    is_mine: bool
    effect: Effect | None  # while it waits

    @property
    def earning(self) -> Earning:
        """Return the earning that it is about."""
        return self.correction.earning


@dataclass(frozen=True)
class Uncounted:
    """A lost piece of a task that someone proposes to count after all."""

    recount: Recount
    task: Task
    number: int
    proposed_by: str
    is_mine: bool


@dataclass(frozen=True)
class CorrectionsPage:
    """What waits, what was decided, and which lost pieces wait to be counted after all."""

    waiting: Sequence[Listed]
    decided: Sequence[Listed]
    recounts: Sequence[Uncounted]


def corrections_page(user: User) -> CorrectionsPage:
    """Return the corrections about makers of a member of staff."""
    found = listed(user, corrections.of(user))
    waiting = [each for each in found if each.correction.status is CorrectionStatus.PROPOSED]
    decided = [each for each in found if each.correction.status is not CorrectionStatus.PROPOSED]
    return CorrectionsPage(waiting, decided, _uncounted(user))


def _uncounted(user: User) -> list[Uncounted]:
    if not may(user.role, "corrections.propose"):
        return []
    found = recounts.waiting(user)
    names = actors([each.proposed_by for each, _task in found])
    return [
        Uncounted(each, task, each.entry.piece.number, names[each.proposed_by], each.proposed_by == user.actor)
        for each, task in found
    ]


def listed(user: User, found: Sequence[Correction]) -> list[Listed]:
    """Return corrections with the names that belong to them."""
    query = (
        select(CorrectionEvent)
        .where(CorrectionEvent.correction_id.in_([each.id for each in found]))
        .where(CorrectionEvent.status != CorrectionStatus.PROPOSED)
    )
    decided = {event.correction_id: event for event in db.session.scalars(query)}
    names = actors([each.proposed_by for each in found] + [event.by for event in decided.values()])
    waiting = [each for each in found if each.status is CorrectionStatus.PROPOSED]
    minor = owed.to_many([woman for each in waiting for woman in each.women])
    effects = {each.id: _effect(each.earning, each.right_minor, each.credit_artisan, minor) for each in waiting}
    return [_listed(each, decided.get(each.id), names, user, effects.get(each.id)) for each in found]


def effect_of(earning: Earning, reason: CorrectionReason, *, right: Money | None, credit: Artisan | None) -> Effect:
    """Return what a correction would do if it were proposed and approved now; raises as proposing it would."""
    right_minor = corrections.refuse_unsound(earning, reason, right=right, credit=credit)
    women = [earning.artisan, *([credit] if credit else [])]
    return _effect(earning, right_minor, credit, owed.to_many(women))


def _effect(earning: Earning, right_minor: int | None, credit: Artisan | None, minor: Mapping[int, int]) -> Effect:
    stays, other = (0, right_minor or 0) if credit else (right_minor or 0, 0)
    hers = minor[earning.artisan_id]
    women = [Owed(earning.artisan, hers, hers - earning.amount_minor + stays)]
    if credit is not None:
        women.append(Owed(credit, minor[credit.id], minor[credit.id] + other))
    shares = crediting.shares_of(earning) if right_minor is not None else ()
    released = sum(share.amount_minor for share in shares if share.status is ShareStatus.RELEASED)
    return Effect(women, sum(share.amount_minor for share in shares) - released, released)


def _listed(
    one: Correction, decided: CorrectionEvent | None, names: dict[str, str], user: User, effect: Effect | None
) -> Listed:
    decided_by, answer = (names[decided.by], decided.note) if decided else (None, None)
    return Listed(one, names[one.proposed_by], decided_by, answer, one.proposed_by == user.actor, effect)
