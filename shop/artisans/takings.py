"""What is taken of her wages with a payout as it leaves: an advance's part first, then deductions, under one cap.

Her own debt goes first, because it is one that she asked for. A deduction is taken whole, or waits for a payout that
has the room: the notice named a sum. A fine is at most three in a hundred of the period's wages and lapses after
ninety days (Code on Wages 2019, s. 19(3) and (5); to be confirmed by a professional).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from shop.artisans import deductions, recoveries, wage_periods
from shop.artisans.deduction_models import Deduction, DeductionKind
from shop.artisans.earnings import can_take
from shop.artisans.models import Artisan, Payout
from shop.artisans.wage_periods import Period
from shop.clock import india_date
from shop.db import db
from shop.ledger.posting import Leg, post
from shop.money import Money
from shop.users.models import User

DEDUCTED = "deduction taken"
FINE_LAPSES = timedelta(days=90)


def choose(ready: Sequence[tuple[DeductionKind, int]], *, room: int, wages: int) -> list[int]:
    """Return which of the deductions that are ready, given with their sums in paise, are taken: each whole or not.

    Together at most `room`; the fines among them at most three in a hundred of the wages.
    """
    chosen: list[int] = []
    fines = wages * 3 // 100
    for number, (kind, minor) in enumerate(ready):
        if minor > room or (kind is DeductionKind.FINE and minor > fines):
            continue
        chosen.append(number)
        room -= minor
        fines -= minor if kind is DeductionKind.FINE else 0
    return chosen


def due(artisan: Artisan, *, at: datetime) -> int:
    """Return what would be taken with a payout of all that she can take, in paise."""
    held = {artisan.id: can_take(artisan).minor}
    recovered = {number: each.due(held[number]) for number, each in recoveries.standing_of([*held], at=at).items()}
    return recovered.get(artisan.id, 0) + deducted(held, recovered, at=at).get(artisan.id, 0)


def deducted(held: Mapping[int, int], recovered: Mapping[int, int], *, at: datetime) -> dict[int, int]:
    """Return artisan -> which deductions would be taken beside an advance's part, in paise; without those of none."""
    ready: dict[int, list[Deduction]] = {}
    for each in _ready([*held], at):
        ready.setdefault(each.artisan_id, []).append(each)
    periods = wage_periods.of([*ready], at=at)
    sums = {
        number: sum(
            each.amount_minor
            for each in _fitting(hers, periods[number], periods[number].most(held[number]) - recovered.get(number, 0))
        )
        for number, hers in ready.items()
    }
    return {number: minor for number, minor in sums.items() if minor}


def take(payout: Payout, *, at: datetime, by: User) -> int:
    """Take what is due with a payout that leaves now, each once; return it in paise.

    The caller holds her purse, and posts the payout itself afterwards: its money is never touched. Raises Conflict if
    a deduction is withdrawn in this very moment; then nothing leaves.
    """
    artisan = payout.artisan
    held = can_take(artisan).minor
    ready = _ready([artisan.id], at)
    period = wage_periods.of([artisan.id], at=at)[artisan.id] if ready else None  # before anything is taken of it
    taken = recoveries.recover(payout, at=at, by=by)
    if period is None:
        return taken
    room = min(period.most(held), held - payout.amount_minor) - taken
    for each in _fitting(ready, period, room):
        taken += each.amount_minor
        _take(each, payout, period, taken, at=at, by=by)
    return taken


def _ready(artisan_ids: Sequence[int], at: datetime) -> list[Deduction]:
    """Return what two or three people and she have settled and whose day has come, the oldest first."""
    query = select(Deduction).where(
        Deduction.artisan_id.in_(artisan_ids),
        Deduction.status.in_(deductions.SETTLED),
        Deduction.due_on <= india_date(at),
        or_(Deduction.kind != DeductionKind.FINE, Deduction.noticed_at >= at - FINE_LAPSES),
    )
    return list(db.session.scalars(query.order_by(Deduction.id).execution_options(populate_existing=True)))


def _fitting(ready: Sequence[Deduction], period: Period, room: int) -> list[Deduction]:
    sums = [(each.kind, each.amount_minor) for each in ready]
    return [ready[number] for number in choose(sums, room=room, wages=period.wages_minor)]


def _take(deduction: Deduction, payout: Payout, period: Period, together: int, *, at: datetime, by: User) -> None:
    leg = Leg(payout.artisan.payable, f"deductions:{deduction.kind.value}", Money(deduction.amount_minor, "INR"))
    entry_id = post(f"deduction:{deduction.id}", DEDUCTED, [leg], effective_on=india_date(at), at=at, by=by.actor)
    measure = {"wages_minor": period.wages_minor, "wages_from": period.begins, "together_minor": together}
    deductions.note_taken(deduction, at=at, by=by, payout_id=payout.id, entry_id=entry_id, **measure)
