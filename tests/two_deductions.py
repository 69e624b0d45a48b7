"""What is brought about before a route about a deduction is asked: its notice is given, or it was taken."""

from datetime import datetime
from typing import TYPE_CHECKING

from shop.artisans import deductions, payouts
from shop.artisans.deduction_models import Deduction, DeductionKind, DeductionReason
from shop.artisans.models import Artisan, Payout
from shop.clock import india_date
from shop.db import db
from shop.money import Money
from shop.users.models import User
from tests.workshop import user

if TYPE_CHECKING:
    from tests.two_centres import House

ON = frozenset({DeductionKind.DAMAGE})


def propose_deduction(artisan: Artisan, *, at: datetime, by: User) -> int:
    """Propose a deduction of five paise; return its id."""
    lost = DeductionReason.TOOL_LOST
    made = deductions.propose(artisan, Money(5, "INR"), lost, due_on=india_date(at), allowed=ON, at=at, by=by)
    return made.id


def noticed(house: "House", side: str, _name: str | None) -> Deduction:
    """Give her the notice, whose days to answer are over, by one who is signed in nowhere here."""
    notice = db.session.get_one(Deduction, house.sides[side]["deduction_id"])
    second = "Rupa" if notice.proposed_by == user("Mina").actor else "Mina"
    deductions.approve(notice, days=-1, allowed=ON, at=house.world.clock.now(), by=user(second))
    return notice


def taken(house: "House", side: str, name: str | None) -> None:
    """Let it be taken with a payout."""
    notice, at = noticed(house, side, name), house.world.clock.now()
    deductions.answer(notice, "yes", at=at, by=notice.artisan.user)
    payout = db.session.get_one(Payout, house.sides[side]["payout_id"])
    second = user("Rupa" if payout.proposed_by == user("Mina").actor else "Mina")
    payouts.approve(payout, at=at, by=second)
    payouts.record_sent(payout, bank_reference="UTR-81", at=at, by=second)
