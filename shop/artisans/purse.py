"""What of her money is free to be moved: all that she can take, but for what an approved payout has promised her.

A payout that is only proposed binds nothing: her own wish comes before a proposal of the office. One that two people
have approved may stand in a bank file already, so its money waits for it. Whoever moves money by what is free holds
her row first, so that two who do so at once look one after the other.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select

from shop.artisans.earnings import can_take
from shop.artisans.models import Artisan, Payout, PayoutStatus
from shop.db import db
from shop.errors import Refused
from shop.users.enrolment import reset_by_within
from shop.users.models import User


def hold(artisan: Artisan) -> None:
    """Let nobody else decide by this woman's money before the present unit ends."""
    hold_all([artisan.id])


def hold_all(artisan_ids: Collection[int]) -> None:
    """Let nobody else decide by these women's money before the present unit ends; always in the same order."""
    rows = select(Artisan.id).where(Artisan.id.in_(artisan_ids)).order_by(Artisan.id)
    db.session.execute(rows.with_for_update(key_share=True))


def promised(artisan: Artisan) -> int:
    """Return what an approved payout has promised her and not sent yet, in paise."""
    waiting = select(func.coalesce(func.sum(Payout.amount_minor), 0))
    mine = (Payout.artisan_id == artisan.id, Payout.status == PayoutStatus.APPROVED)
    return int(db.session.scalar(waiting.where(*mine)) or 0)


def free(artisan: Artisan) -> int:
    """Return what she can put elsewhere now, in paise."""
    return max(can_take(artisan).minor - promised(artisan), 0)


def refuse_who_reset(artisan: Artisan, *, at: datetime, by: User) -> None:
    """Refuse one who knows, or may know, her PIN: she could say "yes" in her name."""
    if by.id in reset_by_within(artisan.user_id, at):
        raise Refused("payout.reset_pin")


def is_her_own(artisan: Artisan, staff_device: bool, *, at: datetime) -> bool:
    """Say whether a "yes" that binds her would be taken now: not from the office, nor after a PIN of theirs."""
    return not staff_device and not reset_by_within(artisan.user_id, at)
