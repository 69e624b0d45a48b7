"""Cash that was handed out, in a payout or an advance, and not confirmed: finance is told once of each payment.

The mail names nobody and no sum; it leads to the cash book, behind the office's own sign-in. Nothing is posted.
"""

from datetime import datetime

from sqlalchemy import func, select

from shop import mail
from shop.artisans import cash_sums
from shop.db import db
from shop.users.models import Role, User

TEMPLATE = "cash_unconfirmed"


def late(before: datetime, user_id: int) -> list[tuple[int, int, str]]:
    """Return centre, how many payments in cash left before a moment and are not confirmed, and the newest one's name.

    Only of the centres where one has become late since this person was told: payments become late in the order in
    which they left, so a mail that names one has told of all that left before it.
    """
    hands = cash_sums.hands().subquery()
    about = hands.c.name.concat(f":{user_id}")
    told = select(hands.c.centre_id, func.max(hands.c.left_at)).where(mail.asked_for(about)).group_by(hands.c.centre_id)
    told_until = {row[0]: row[1] for row in db.session.execute(told)}
    query = select(hands.c.centre_id, hands.c.name, hands.c.left_at).where(hands.c.waits, hands.c.left_at <= before)
    found: dict[int, list[tuple[datetime, str]]] = {}
    for centre_id, name, left_at in db.session.execute(query.order_by(hands.c.left_at, hands.c.name)):
        found.setdefault(centre_id, []).append((left_at, name))
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
            mail.enqueue(TEMPLATE, f"{newest}:{user_id}", email, values, at=at)
