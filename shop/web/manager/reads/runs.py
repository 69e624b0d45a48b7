"""Payout runs as the office reads them: how far each is, who can be paid, and what waits for whom.

What a woman can take stands nowhere here (docs/decisions/0025): a run offers what is owed to her, less what may go
back on an advance or be deducted, and says of a wish that is too large only that it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import func, select

from shop import identities
from shop.artisans import people, runs
from shop.artisans.models import Payout, PayoutMethod, PayoutStatus
from shop.artisans.run_models import PayoutRun
from shop.artisans.vault import payout_file
from shop.artisans.vault.keys import Keyring
from shop.clock import india_date
from shop.db import db
from shop.identities import VaultClosed
from shop.users import enrolment
from shop.users.models import Centre, User
from shop.users.policy import whole_house
from shop.web.manager.reads.money import Purse, purses
from shop.web.manager.reads.names import actors
from shop.web.manager.reads.payouts import taken_with

ON_THE_WAY = (PayoutStatus.SENT, PayoutStatus.QUESTIONED)
STEPS = (
    PayoutStatus.PROPOSED,
    PayoutStatus.APPROVED,
    PayoutStatus.SENT,
    PayoutStatus.QUESTIONED,
    PayoutStatus.SETTLED,
    PayoutStatus.FAILED,
    PayoutStatus.CAME_BACK,
)


@dataclass(frozen=True)
class Step:
    """How many payouts of a run stand at a status, and what they come to."""

    status: PayoutStatus
    count: int
    minor: int


@dataclass(frozen=True)
class Progress:
    """How far a run is, from its payouts alone."""

    payouts: Sequence[Payout]

    @property
    def steps(self) -> list[Step]:
        """Return every status with how many stand there, what was taken back aside."""
        return [Step(status, len(found), sum(each.amount_minor for each in found)) for status, found in self._by()]

    def _by(self) -> list[tuple[PayoutStatus, list[Payout]]]:
        return [(status, self.at(status)) for status in STEPS]

    def at(self, *statuses: PayoutStatus) -> list[Payout]:
        """Return the payouts at some statuses."""
        return [each for each in self.payouts if each.status in statuses]

    @property
    def total_minor(self) -> int:
        """Return what the run comes to, what was taken back or failed aside."""
        over = (PayoutStatus.WITHDRAWN, PayoutStatus.FAILED, PayoutStatus.CAME_BACK)
        return sum(each.amount_minor for each in self.payouts if each.status not in over)

    @property
    def unconfirmed_minor(self) -> int:
        """Return what has left and is not confirmed."""
        return sum(each.amount_minor for each in self.at(*ON_THE_WAY))

    @property
    def unconfirmed_since(self) -> datetime | None:
        """Return when the oldest of it left."""
        return min((each.sent_at for each in self.at(*ON_THE_WAY) if each.sent_at), default=None)

    @property
    def state(self) -> str:
        """Return where the run stands: at the first step that something of it still waits for."""
        for status in (PayoutStatus.PROPOSED, PayoutStatus.APPROVED, PayoutStatus.QUESTIONED, PayoutStatus.SENT):
            if self.at(status):
                return status.value
        return "settled" if self.at(PayoutStatus.SETTLED) else "draft"


@dataclass(frozen=True)
class Shown:
    """A run with how far it is and who began it."""

    run: PayoutRun
    progress: Progress
    proposed_by: str
    approved_by: str | None


@dataclass(frozen=True)
class RunsPage:
    """The runs there are, and the period that the next one would be for."""

    runs: Sequence[Shown]
    centres: Sequence[Centre]
    first_on: date
    last_on: date


def runs_page(user: User, *, at: datetime) -> RunsPage:
    """Return the last runs of a member of staff's centre, and last month as the next period."""
    found = runs.of(user)
    last = india_date(at).replace(day=1) - timedelta(days=1)
    whole = whole_house(user, "payouts.read")
    centres = enrolment.centres() if whole else [each for each in [user.centre] if each]
    return RunsPage(_shown(found), centres, last.replace(day=1), last)


def _shown(found: Sequence[PayoutRun]) -> list[Shown]:
    held = runs.payouts_of([each.id for each in found])
    names = actors([name for each in found for name in (each.proposed_by, each.approved_by) if name])
    return [
        Shown(
            each,
            Progress(held[each.id]),
            names[each.proposed_by],
            names[each.approved_by] if each.approved_by else None,
        )
        for each in found
    ]


@dataclass(frozen=True)
class Candidate:
    """A woman whom the run can pay, or why it cannot."""

    purse: Purse
    back_minor: int
    deducted_minor: int
    method: PayoutMethod
    fields: Sequence[str] | None
    blocked: str | None

    @property
    def offered_minor(self) -> int:
        """Return what the run offers to pay: what is owed, less what may be taken with it."""
        return self.purse.owed - self.back_minor - self.deducted_minor

    @property
    def lacks_details(self) -> bool:
        """Say whether the bank details that her way of being paid needs are not on file."""
        needed = payout_file.NEEDED.get(self.method, ())
        return self.fields is not None and not set(needed) <= set(self.fields)


@dataclass(frozen=True)
class RunPage:
    """One run: how far it is, whom it can still pay, and what waits for a second person or for its payment."""

    shown: Shown
    candidates: Sequence[Candidate]
    mine: frozenset[int]
    at: datetime

    @property
    def offered_minor(self) -> int:
        """Return what the run offers to pay now, to those whom nothing bars."""
        free = [each for each in self.candidates if each.blocked is None]
        return sum(each.offered_minor for each in free if each.offered_minor >= self.shown.run.least_minor)

    def days(self, payout: Payout) -> int:
        """Return how many days ago a payout left."""
        return (india_date(self.at) - india_date(payout.sent_at)).days if payout.sent_at else 0


def run_page(user: User, run_id: int, keys: Keyring | None, *, at: datetime) -> RunPage:
    """Return a run that a member of staff may see."""
    going = runs.get_of(user, run_id)
    shown = _shown([going])[0]
    mine = frozenset(each.id for each in shown.progress.payouts if each.proposed_by == user.actor)
    return RunPage(shown, _candidates(user, going, shown.progress, keys, at), mine, at)


def _candidates(
    user: User, going: PayoutRun, progress: Progress, keys: Keyring | None, at: datetime
) -> list[Candidate]:
    here = {each.id for each in progress.at(*runs.UNFINISHED, *ON_THE_WAY)}
    held = [
        purse
        for purse in purses([each for each in people.of(user) if each.centre_id == going.centre_id])
        if purse.owed and (purse.payout is None or purse.payout.id not in here)
    ]
    ids = [purse.artisan.id for purse in held]
    usual, on_file = _usual(ids), _on_file(keys, ids)
    goes_back, deducted = taken_with(held, at=at)
    barred = enrolment.barred_by_reset([purse.artisan.user_id for purse in held], user.id, at)
    return [
        Candidate(
            purse,
            goes_back.get(purse.artisan.id, 0),
            deducted.get(purse.artisan.id, 0),
            usual.get(purse.artisan.id, PayoutMethod.CASH),
            on_file.get(purse.artisan.id, ()) if on_file is not None else None,
            _why_not(purse, barred),
        )
        for purse in held
    ]


def _why_not(purse: Purse, barred: set[int]) -> str | None:
    if purse.payout is not None and purse.payout.status is PayoutStatus.QUESTIONED:
        return str(_("She questions an earlier payout. Answer that first."))
    if purse.payout is not None:
        return str(_("A payout to her is already under way."))
    if purse.artisan.user_id in barred:
        return str(_("You gave her a new PIN within the last seven days, so someone else has to pay her."))
    return None


def _usual(artisan_ids: Sequence[int]) -> Mapping[int, PayoutMethod]:
    """Return artisan -> how she was paid the last time."""
    last = select(func.max(Payout.id)).where(Payout.artisan_id.in_(artisan_ids)).group_by(Payout.artisan_id)
    query = select(Payout.artisan_id, Payout.method).where(Payout.id.in_(last))
    return {row[0]: row[1] for row in db.session.execute(query)}


def _on_file(keys: Keyring | None, artisan_ids: Sequence[int]) -> Mapping[int, Sequence[str]] | None:
    """Return maker -> which fields are on file; None while the vault is closed."""
    try:
        return identities.on_file(keys, artisan_ids)
    except VaultClosed:
        return None


NOTES = (500, 200, 100, 50, 20, 10, 5, 2, 1)  # rupees; what is left over is told in paise


@dataclass(frozen=True)
class CashList:
    """What one who hands out cash needs: whom, how much, and which notes to bring."""

    shown: Shown
    payouts: Sequence[Payout]
    notes: Sequence[tuple[int, int]]
    rest_minor: int

    @property
    def total_minor(self) -> int:
        """Return what is to be handed out in all."""
        return sum(each.amount_minor for each in self.payouts)


def cash_list(user: User, run_id: int) -> CashList:
    """Return the approved cash payouts of a run, by card number, with the notes that pay each sum exactly."""
    shown = _shown([runs.get_of(user, run_id)])[0]
    cash = [each for each in shown.progress.at(PayoutStatus.APPROVED) if each.method is PayoutMethod.CASH]
    cash.sort(key=lambda each: each.artisan.user.card_number or "")
    counts, rest = dict.fromkeys(NOTES, 0), 0
    for each in cash:
        rupees, paise = divmod(each.amount_minor, 100)
        rest += paise
        for note in NOTES:
            count, rupees = divmod(rupees, note)
            counts[note] += count
    return CashList(shown, cash, [(note, count) for note, count in counts.items() if count], rest)
