"""Advances: proposed by one person, approved by another, paid, and acknowledged by her; they carry no interest.

Giving one is `artisan:<id>:advance -> cash or bank`. Her "yes" acknowledges the amount and the instalment of the
paper that she signed; before it nothing is ever recovered (recoveries.py). "Less" or "no" puts it before the office,
and an advance that did not reach her is taken out of the books again by the mirror of its entry. Her "yes" binds
her, so it is not taken from a browser of the office, nor within a week of a PIN that somebody gave her.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select

from shop.artisans import cash_box, cash_sums, references
from shop.artisans.advance_models import ADVANCE_MOVES, Advance, AdvanceEvent, AdvanceReason, AdvanceStatus
from shop.artisans.models import Artisan, PayoutMethod
from shop.artisans.purse import hold, is_her_own, refuse_who_reset
from shop.artisans.recoveries import account_of
from shop.clock import india_date
from shop.db import adding, db, run
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.ledger.posting import Leg, post, reverse
from shop.money import Money
from shop.statuses import move
from shop.users import audit
from shop.users.models import User
from shop.users.policy import covers, whole_house

STANDING = (
    AdvanceStatus.PROPOSED,
    AdvanceStatus.APPROVED,
    AdvanceStatus.PAID,
    AdvanceStatus.QUESTIONED,
    AdvanceStatus.ACKNOWLEDGED,
)
BEFORE_HER_YES = STANDING[:-1]
WAITING_FOR_HER = (AdvanceStatus.PAID, AdvanceStatus.QUESTIONED)
PAID = "advance paid"
OWN_ANSWERS = ("yes", "less", "no")


def propose(
    artisan: Artisan,
    amount: Money,
    instalment: Money,
    reason: AdvanceReason,
    method: PayoutMethod,
    *,
    agreed_on: date,
    at: datetime,
    by: User,
) -> Advance:
    """Propose an advance with the instalment that she agreed to on paper; one at a time."""
    refuse_who_reset(artisan, at=at, by=by)
    hold(artisan)
    if amount.minor <= 0:
        raise Invalid("advance.amount")
    if not 0 < instalment.minor <= amount.minor:
        raise Invalid("advance.instalment")
    if agreed_on > india_date(at):
        raise Invalid("advance.agreed_on")
    if find_standing(artisan) is not None:
        raise Conflict("advance.one_standing")
    made = Advance(
        artisan_id=artisan.id,
        amount_minor=amount.minor,
        instalment_minor=instalment.minor,
        reason=reason,
        method=method,
        agreed_on=agreed_on,
        status=AdvanceStatus.PROPOSED,
        proposed_by=by.actor,
        proposed_at=at,
    )
    db.session.add(made)
    db.session.flush()
    _note(made, AdvanceStatus.PROPOSED, at=at, by=by.actor)
    _audit("advances.propose", made, at=at, by=by)
    return made


def approve(advance: Advance, *, at: datetime, by: User) -> None:
    """Approve a proposed advance; Refused for the one who proposed it."""
    if advance.proposed_by == by.actor:
        raise Refused("advance.two_people")
    refuse_who_reset(advance.artisan, at=at, by=by)
    _move(advance, AdvanceStatus.APPROVED, at=at, by=by.actor, approved_by=by.actor)
    _audit("advances.approve", advance, at=at, by=by)


def withdraw(advance: Advance, *, at: datetime, by: User) -> None:
    """Take an advance back before it is paid; nothing was posted."""
    _move(advance, AdvanceStatus.WITHDRAWN, at=at, by=by.actor)
    _audit("advances.withdraw", advance, at=at, by=by)


def record_paid(advance: Advance, *, bank_reference: str | None, at: datetime, by: User) -> None:
    """Record that the money left. Bank and UPI need their reference, which no other advance or payout has."""
    refuse_who_reset(advance.artisan, at=at, by=by)
    reference = references.of_sending(bank_reference, advance)
    if advance.status is not AdvanceStatus.APPROVED:
        raise Conflict("advance.moved_on")
    artisan, given = advance.artisan, Money(advance.amount_minor, "INR")
    out_of = "bank"
    if advance.method is PayoutMethod.CASH:
        out_of = cash_sums.account_of(artisan.centre_id)
        cash_box.move_advance(artisan.centre_id, advance.id, -given.minor, at=at, by=by.actor)
    leg = Leg(account_of(artisan.id), out_of, given)
    entry_id = post(f"advance:{advance.id}:paid", PAID, [leg], effective_on=india_date(at), at=at, by=by.actor)
    references.use(reference, advance, at=at)
    sent = {"bank_reference": reference, "entry_id": entry_id, "paid_at": at}
    _move(advance, AdvanceStatus.PAID, at=at, by=by.actor, **sent)
    _audit("advances.pay", advance, at=at, by=by)


def answer(advance: Advance, said: str, *, at: datetime, by: User, staff_device: bool = False) -> None:
    """Take her own answer: "yes" acknowledges the advance, "less" and "no" put a question before the office.

    Refused where a "yes" may not be hers: in a browser of the office, or within a week of a new PIN.
    """
    if said not in OWN_ANSWERS:
        raise Invalid("payout.answer")
    if advance.artisan.user_id != by.id:
        raise NotFound("advance.unknown")
    if said != "yes":
        _move(advance, AdvanceStatus.QUESTIONED, at=at, by=by.actor)
        return
    if not takes_yes(advance, staff_device, at=at):
        raise Refused("advance.own_phone")
    _move(advance, AdvanceStatus.ACKNOWLEDGED, at=at, by=by.actor, acknowledged_at=at)


def takes_yes(advance: Advance, staff_device: bool, *, at: datetime) -> bool:
    """Say whether her "yes" would be taken now, from this browser: it binds her, so it has to be her own."""
    return is_her_own(advance.artisan, staff_device, at=at)


def record_returned(advance: Advance, *, at: datetime, by: User) -> None:
    """Record that the money did not reach her, or that she gave it back unspent: she owes nothing of it."""
    if advance.entry_id is None or advance.status not in WAITING_FOR_HER:
        raise Conflict("advance.moved_on")
    _move(advance, AdvanceStatus.RETURNED, at=at, by=by.actor)
    if advance.method is PayoutMethod.CASH:
        cash_box.move_advance(advance.artisan.centre_id, advance.id, advance.amount_minor, at=at, by=by.actor)
    reverse(advance.entry_id, f"advance:{advance.id}:returned", effective_on=india_date(at), at=at, by=by.actor)
    _audit("advances.return", advance, at=at, by=by)


def find_standing(artisan: Artisan) -> Advance | None:
    """Return her advance that is not ended, or None."""
    hers = select(Advance).where(Advance.artisan_id == artisan.id, Advance.status.in_(STANDING))
    return db.session.scalars(hers).one_or_none()


def get_own(artisan: Artisan, advance_id: int) -> Advance:
    """Return one of her own advances; NotFound otherwise."""
    advance = db.session.get(Advance, advance_id)
    if advance is None or advance.artisan_id != artisan.id:
        raise NotFound("advance.unknown")
    return advance


def get_of(user: User, advance_id: int) -> Advance:
    """Return an advance that a member of staff may see; NotFound otherwise."""
    advance = db.session.get(Advance, advance_id)
    if advance is None or not covers(user, "advances.read", advance.artisan.centre_id):
        raise NotFound("advance.unknown")
    return advance


def of(user: User, statuses: Sequence[AdvanceStatus], *, limit: int | None = None) -> list[Advance]:
    """Return the advances of a member of staff's makers that stand in some status, the newest first; all by default."""
    query = select(Advance).where(Advance.status.in_(statuses)).order_by(Advance.id.desc()).limit(limit)
    if not whole_house(user, "advances.read"):
        hers = select(Artisan.id).where(Artisan.centre_id == user.centre_id)
        query = query.where(Advance.artisan_id.in_(hers))
    return list(db.session.scalars(query))


def _move(advance: Advance, to: AdvanceStatus, *, at: datetime, by: str, **values: object) -> None:
    if not move(advance, ADVANCE_MOVES, to, **values):
        raise Conflict("advance.moved_on")
    _note(advance, to, at=at, by=by)


def _note(advance: Advance, status: AdvanceStatus, *, at: datetime, by: str) -> None:
    run(adding(AdvanceEvent), {"advance_id": advance.id, "status": status, "at": at, "by": by})


def _audit(act: str, advance: Advance, *, at: datetime, by: User) -> None:
    audit.record(act, f"advance:{advance.id}", by=by.actor, at=at, reason=advance.reason.value)
