"""A payout that the bank sends back after her "yes": one person writes it down, another has seen it in the statement.

Then the money is hers to take again, from the day of the bank. Nobody asks her: what she had said was true that day.
Cash does not come back by a bank.
"""

from datetime import date, datetime

from sqlalchemy import select

from shop.artisans import payouts
from shop.artisans.came_back_models import CAME_BACK_MOVES, CameBack, CameBackStatus
from shop.artisans.models import Artisan, Payout, PayoutMethod, PayoutStatus
from shop.clock import india_date
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.statuses import move
from shop.users import audit
from shop.users.models import User
from shop.users.policy import whole_house

STANDING = (CameBackStatus.WAITING, CameBackStatus.SEEN)


def write(payout: Payout, returned_on: date, bank_reference: str, *, at: datetime, by: User) -> CameBack:
    """Write down that the bank sent a settled payout back; nothing moves before a second person has seen it.

    Invalid without the bank's reference, or for a day before it left or ahead; Conflict for a payout that she has not
    confirmed, one in cash, and while it is written down already.
    """
    reference = bank_reference.strip()
    if not reference:
        raise Invalid("payout.bank_reference")
    if payout.method is PayoutMethod.CASH or payout.status is not PayoutStatus.SETTLED or payout.sent_at is None:
        raise Conflict("payout.moved_on", status=payout.status.value)
    if not india_date(payout.sent_at) <= returned_on <= india_date(at):
        raise Invalid("came_back.day")
    payouts.hold_row(payout)
    if find_standing(payout.id) is not None:
        raise Conflict("came_back.waits")
    made = CameBack(
        payout_id=payout.id,
        status=CameBackStatus.WAITING,
        returned_on=returned_on,
        bank_reference=reference,
        written_by=by.actor,
        written_at=at,
    )
    db.session.add(made)
    db.session.flush()
    audit.record("payouts.write-back", f"payout:{payout.id}", by=by.actor, at=at)
    return made


def see(written: CameBack, *, at: datetime, by: User) -> None:
    """Say as the second person that the bank sent it back: it is hers to take again. Refused for the one who wrote."""
    if written.written_by == by.actor:
        raise Refused("came_back.two_people")
    payouts.hold_row(written.payout)
    if not move(written, CAME_BACK_MOVES, CameBackStatus.SEEN, seen_by=by.actor, seen_at=at):
        raise Conflict("came_back.moved_on")
    payouts.record_came_back(written.payout, written.returned_on, at=at, by=by)


def withdraw(written: CameBack, *, at: datetime, by: User) -> None:
    """Take back what nobody has seen yet; nothing had moved."""
    if not move(written, CAME_BACK_MOVES, CameBackStatus.WITHDRAWN):
        raise Conflict("came_back.moved_on")
    audit.record("payouts.withdraw-back", f"payout:{written.payout_id}", by=by.actor, at=at)


def find_standing(payout_id: int) -> CameBack | None:
    """Return what was written down about a payout and not taken back, or None."""
    mine = (CameBack.payout_id == payout_id, CameBack.status.in_(STANDING))
    return db.session.scalars(select(CameBack).where(*mine)).one_or_none()


def get_waiting(payout_id: int) -> CameBack:
    """Return what waits for a second person; NotFound if nothing does."""
    found = find_standing(payout_id)
    if found is None or found.status is not CameBackStatus.WAITING:
        raise NotFound("payout.unknown")
    return found


def waiting(user: User) -> list[CameBack]:
    """Return what waits for a second person among the payouts that a member of staff may see, the oldest first."""
    query = select(CameBack).where(CameBack.status == CameBackStatus.WAITING).order_by(CameBack.id)
    if not whole_house(user, "payouts.read"):
        query = query.join(Payout, Payout.id == CameBack.payout_id).join(Artisan, Artisan.id == Payout.artisan_id)
        query = query.where(Artisan.centre_id == user.centre_id)
    return list(db.session.scalars(query))
