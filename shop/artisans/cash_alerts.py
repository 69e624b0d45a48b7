"""Cash that was handed out and that she has not confirmed: finance is told of it once for each such payment.

The mail names nobody and no sum; it leads to the cash book, behind the office's own sign-in. Nothing is posted.
"""

from datetime import datetime

from sqlalchemy import func, select

from shop import mail
from shop.artisans.cash_sums import ON_THE_WAY
from shop.artisans.models import Artisan, Payout, PayoutMethod
from shop.db import db
from shop.users.models import Role, User

TEMPLATE = "cash_unconfirmed"


def late(before: datetime) -> list[tuple[int, int, int]]:
    """Return centre, how many payments in cash left before a moment and are not confirmed, and the newest of them."""
    old = (Payout.method == PayoutMethod.CASH, Payout.status.in_(ON_THE_WAY), Payout.sent_at <= before)
    query = select(Artisan.centre_id, func.count(), func.max(Payout.id)).select_from(Payout)
    query = query.join(Artisan, Artisan.id == Payout.artisan_id).where(*old)
    rows = db.session.execute(query.group_by(Artisan.centre_id).order_by(Artisan.centre_id))
    return [(row[0], row[1], row[2]) for row in rows]


def tell(before: datetime, *, at: datetime) -> None:
    """Ask for a mail to everyone in finance for each centre where a payment has become late since the last one."""
    found = late(before)
    if not found:
        return
    query = select(User.id, User.email).where(User.role == Role.FINANCE, User.disabled_at.is_(None))
    for user_id, email in db.session.execute(query.order_by(User.id)):
        assert email is not None  # staff has one: a CHECK
        for centre_id, count, newest in found:
            values = {"centre_id": centre_id, "count": count}
            mail.enqueue(TEMPLATE, f"cash:{centre_id}:{newest}:{user_id}", email, values, at=at)
