"""Cash that was handed out and that she has not confirmed: finance is told of it once for each such payment.

The mail names nobody and no sum; it leads to the cash book, behind the office's own sign-in. Nothing is posted.
"""

from datetime import datetime

from sqlalchemy import String, cast, func, literal, select

from shop import mail
from shop.artisans.cash_sums import ON_THE_WAY
from shop.artisans.models import Artisan, Payout, PayoutMethod
from shop.db import db
from shop.users.models import Role, User

TEMPLATE = "cash_unconfirmed"


def late(before: datetime, user_id: int) -> list[tuple[int, int, int]]:
    """Return centre, how many payments in cash left before a moment and are not confirmed, and the newest of them.

    Only of the centres where one has become late since this person was told: payments become late in the order in
    which they left, so a mail that names one has told of all that left before it.
    """
    name = literal("cash:").concat(cast(Payout.id, String)).concat(f":{user_id}")
    told = select(Artisan.centre_id, func.max(Payout.sent_at)).select_from(Payout)
    told = told.join(Artisan, Artisan.id == Payout.artisan_id).where(mail.asked_for(name)).group_by(Artisan.centre_id)
    told_until = {row[0]: row[1] for row in db.session.execute(told) if row[1] is not None}
    old = (Payout.method == PayoutMethod.CASH, Payout.status.in_(ON_THE_WAY), Payout.sent_at <= before)
    query = select(Artisan.centre_id, Payout.id, Payout.sent_at).select_from(Payout)
    query = query.join(Artisan, Artisan.id == Payout.artisan_id).where(*old)
    found: dict[int, list[tuple[datetime, int]]] = {}
    for centre_id, payout_id, sent_at in db.session.execute(query.order_by(Payout.sent_at, Payout.id)):
        if sent_at is not None:
            found.setdefault(centre_id, []).append((sent_at, payout_id))
    return [
        (centre_id, len(hers), hers[-1][1])
        for centre_id, hers in sorted(found.items())
        if centre_id not in told_until or hers[-1][0] > told_until[centre_id]
    ]


def tell(before: datetime, *, at: datetime) -> None:
    """Ask for a mail to everyone in finance for each centre where a payment has become late since their last one."""
    query = select(User.id, User.email).where(User.role == Role.FINANCE, User.disabled_at.is_(None))
    for user_id, email in db.session.execute(query.order_by(User.id)).all():
        assert email is not None  # staff has one: a CHECK
        for centre_id, count, newest in late(before, user_id):
            values = {"centre_id": centre_id, "count": count}
            mail.enqueue(TEMPLATE, f"cash:{newest}:{user_id}", email, values, at=at)
