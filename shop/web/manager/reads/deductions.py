"""Deductions: what waits for an act of the office or of her, and what has been."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shop.artisans import deductions
from shop.artisans.deduction_models import Deduction, DeductionStatus
from shop.users.models import User
from shop.web.deduction_words import reason
from shop.web.manager.reads.names import actors

OVER = tuple(status for status in DeductionStatus if status not in deductions.STANDING)
ENDED = 200  # of those that are over, the newest; what stands is listed whole


@dataclass(frozen=True)
class Listed:
    """A deduction with its reason in words, who settled it, and what the one who looks may do."""

    deduction: Deduction
    reason: str
    people: Sequence[str]
    is_mine: bool
    is_first_or_second: bool
    days_over: bool


@dataclass(frozen=True)
class DeductionsPage:
    """What stands, the oldest first, and what is over."""

    standing: Sequence[Listed]
    over: Sequence[Listed]


def deductions_page(user: User, *, today: date) -> DeductionsPage:
    """Return the deductions of a member of staff's makers."""
    standing = _listed(user, deductions.of(user, deductions.STANDING), today)
    return DeductionsPage(standing[::-1], _listed(user, deductions.of(user, OVER, limit=ENDED), today))


def _listed(user: User, found: Sequence[Deduction], today: date) -> list[Listed]:
    settled = [[who for who in (each.proposed_by, each.approved_by, each.decided_by) if who] for each in found]
    names = actors([who for people in settled for who in people])
    return [
        Listed(
            each,
            reason(each.reason),
            [names[who] for who in people],
            each.proposed_by == user.actor,
            user.actor in (each.proposed_by, each.approved_by),
            each.respond_by is not None and today > each.respond_by,
        )
        for each, people in zip(found, settled, strict=True)
    ]
