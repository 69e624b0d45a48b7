"""Deductions: off until the house's settings name a kind, and then with a notice, her answer and three people.

One person proposes, another approves, and that gives her the notice: kind, sum, reason, day. Her "yes" agrees. Her
"no", her question or her silence lets nothing be taken, unless a third person upholds it with a written reason that
she reads, after the days that she had to answer. One rule for every kind, the strictest that the law has for any of
them. What is taken leaves with a payout, whole or not at all (takings.py), and can be given back once.

Every verb holds her row before it moves a deduction, as a payout does that takes one: whoever then writes a line of
the audit waits for no row any more (docs/decisions/0028).
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select

from shop.artisans.deduction_models import (
    DEDUCTION_MOVES,
    REASONS,
    Deduction,
    DeductionEvent,
    DeductionKind,
    DeductionReason,
    DeductionStatus,
)
from shop.artisans.models import Artisan
from shop.artisans.purse import hold, is_her_own, refuse_who_reset
from shop.clock import india_date
from shop.db import adding, db, run
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.ledger.posting import reverse
from shop.money import Money
from shop.statuses import move
from shop.users import audit
from shop.users.models import User
from shop.users.policy import covers, whole_house

ANSWERS = {
    "yes": DeductionStatus.AGREED,
    "no": DeductionStatus.OBJECTED,
    "question": DeductionStatus.QUESTIONED,
}
UNSETTLED = (DeductionStatus.NOTICED, DeductionStatus.OBJECTED, DeductionStatus.QUESTIONED)
SETTLED = (DeductionStatus.AGREED, DeductionStatus.UPHELD)
STANDING = (DeductionStatus.PROPOSED, *UNSETTLED, *SETTLED)


def kinds_of(text: str) -> frozenset[DeductionKind]:
    """Return the kinds that a setting allows, given as names with commas; a name that is none allows nothing."""
    named = {name.strip() for name in text.split(",")}
    return frozenset(kind for kind in DeductionKind if kind.value in named)


def propose(
    artisan: Artisan,
    amount: Money,
    reason: DeductionReason,
    *,
    due_on: date,
    allowed: Collection[DeductionKind],
    at: datetime,
    by: User,
) -> Deduction:
    """Propose a deduction for a reason; Refused for a kind that is off. She hears nothing of it yet."""
    kind = next(each for each, reasons in REASONS.items() if reason in reasons)
    _refuse_off(kind, allowed)
    refuse_who_reset(artisan, at=at, by=by)
    if amount.minor <= 0:
        raise Invalid("deduction.amount")
    if due_on < india_date(at):
        raise Invalid("deduction.due_on")
    made = Deduction(
        artisan_id=artisan.id,
        kind=kind,
        reason=reason,
        amount_minor=amount.minor,
        due_on=due_on,
        status=DeductionStatus.PROPOSED,
        proposed_by=by.actor,
        proposed_at=at,
    )
    db.session.add(made)
    db.session.flush()
    _note(made, DeductionStatus.PROPOSED, at=at, by=by)
    _audit("deductions.propose", made, at=at, by=by)
    return made


def approve(deduction: Deduction, *, days: int, allowed: Collection[DeductionKind], at: datetime, by: User) -> None:
    """Approve what another proposed: from now on the notice stands on her page, and she has so many days to answer."""
    if deduction.proposed_by == by.actor:
        raise Refused("deduction.two_people")
    _refuse_off(deduction.kind, allowed)
    refuse_who_reset(deduction.artisan, at=at, by=by)
    hold(deduction.artisan)
    respond_by = india_date(at) + timedelta(days=days)
    given = {"approved_by": by.actor, "noticed_at": at, "respond_by": respond_by}
    _move(deduction, DeductionStatus.NOTICED, at=at, by=by, **given)
    _audit("deductions.approve", deduction, at=at, by=by)


def answer(deduction: Deduction, said: str, *, at: datetime, by: User, staff_device: bool = False) -> None:
    """Take her own answer: "yes" agrees, "no" and "question" let nothing be taken.

    Refused where a "yes" may not be hers: in a browser of the office, or within a week of a new PIN.
    """
    if said not in ANSWERS:
        raise Invalid("payout.answer")
    if deduction.artisan.user_id != by.id:
        raise NotFound("deduction.unknown")
    hold(deduction.artisan)
    if said != "yes":
        _move(deduction, ANSWERS[said], at=at, by=by)
        return
    if not is_her_own(deduction.artisan, staff_device, at=at):
        raise Refused("advance.own_phone")
    _move(deduction, DeductionStatus.AGREED, at=at, by=by, agreed_at=at)


def uphold(deduction: Deduction, why: str, *, allowed: Collection[DeductionKind], at: datetime, by: User) -> None:
    """Decide as a third person that it stands all the same, with a reason that she reads, after her days are over."""
    if by.actor in (deduction.proposed_by, deduction.approved_by):
        raise Refused("deduction.third_person")
    _refuse_off(deduction.kind, allowed)
    refuse_who_reset(deduction.artisan, at=at, by=by)
    if not why.strip():
        raise Invalid("deduction.decision")
    if deduction.respond_by is not None and india_date(at) <= deduction.respond_by:
        raise Conflict("deduction.too_soon")
    hold(deduction.artisan)
    _move(deduction, DeductionStatus.UPHELD, at=at, by=by, decided_by=by.actor, decision=why.strip()[:200])
    _audit("deductions.uphold", deduction, at=at, by=by)


def withdraw(deduction: Deduction, *, at: datetime, by: User) -> None:
    """Take a deduction back before anything was taken; any kind, on or off."""
    hold(deduction.artisan)
    _move(deduction, DeductionStatus.WITHDRAWN, at=at, by=by)
    _audit("deductions.withdraw", deduction, at=at, by=by)


def give_back(deduction: Deduction, *, at: datetime, by: User) -> None:
    """Give back what was taken, all of it and once: it is hers to take again."""
    if deduction.entry_id is None:
        raise Conflict("deduction.moved_on")
    hold(deduction.artisan)
    if deduction.status is not DeductionStatus.TAKEN:
        raise Conflict("deduction.moved_on")
    back = f"deduction:{deduction.id}:given-back"
    reversal = reverse(deduction.entry_id, back, effective_on=india_date(at), at=at, by=by.actor)
    _move(deduction, DeductionStatus.REVERSED, at=at, by=by, reversal_id=reversal)
    _audit("deductions.give-back", deduction, at=at, by=by)


def unsettled(artisan: Artisan) -> Deduction | None:
    """Return the oldest notice that waits for her answer, or None."""
    hers = select(Deduction).where(Deduction.artisan_id == artisan.id, Deduction.status == DeductionStatus.NOTICED)
    return db.session.scalars(hers.order_by(Deduction.id).limit(1)).one_or_none()


def get_own(artisan: Artisan, deduction_id: int) -> Deduction:
    """Return one of her own deductions of which she has had the notice; NotFound otherwise."""
    found = db.session.get(Deduction, deduction_id)
    if found is None or found.artisan_id != artisan.id or found.noticed_at is None:
        raise NotFound("deduction.unknown")
    return found


def get_of(user: User, deduction_id: int) -> Deduction:
    """Return a deduction that a member of staff may see; NotFound otherwise."""
    found = db.session.get(Deduction, deduction_id)
    if found is None or not covers(user, "deductions.read", found.artisan.centre_id):
        raise NotFound("deduction.unknown")
    return found


def of(user: User, statuses: Sequence[DeductionStatus], *, limit: int | None = None) -> list[Deduction]:
    """Return the deductions of a member of staff's makers that stand in some status, the newest first."""
    query = select(Deduction).where(Deduction.status.in_(statuses)).order_by(Deduction.id.desc()).limit(limit)
    if not whole_house(user, "deductions.read"):
        hers = select(Artisan.id).where(Artisan.centre_id == user.centre_id)
        query = query.where(Deduction.artisan_id.in_(hers))
    return list(db.session.scalars(query))


def note_taken(deduction: Deduction, *, at: datetime, by: User, **taken: object) -> None:
    """Write down that it was taken; Conflict if it moved on meanwhile."""
    _move(deduction, DeductionStatus.TAKEN, at=at, by=by, taken_at=at, **taken)


def _refuse_off(kind: DeductionKind, allowed: Collection[DeductionKind]) -> None:
    if kind not in allowed:
        raise Refused("deduction.off")


def _move(deduction: Deduction, to: DeductionStatus, *, at: datetime, by: User, **values: object) -> None:
    if not move(deduction, DEDUCTION_MOVES, to, **values):
        raise Conflict("deduction.moved_on")
    _note(deduction, to, at=at, by=by)


def _note(deduction: Deduction, status: DeductionStatus, *, at: datetime, by: User) -> None:
    run(adding(DeductionEvent), {"deduction_id": deduction.id, "status": status, "at": at, "by": by.actor})


def _audit(act: str, deduction: Deduction, *, at: datetime, by: User) -> None:
    audit.record(act, f"deduction:{deduction.id}", by=by.actor, at=at, reason=deduction.reason.value)
