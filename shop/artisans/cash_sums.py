"""What a centre's cash comes to: on its account of the books, and handed out but not confirmed.

A payout in cash is on its way in the books until she says yes; an advance has left the account when it was paid, and
waits for her yes all the same. The first stands between the box and the account, so `unconfirmed` is of payouts alone.
"""

from datetime import datetime

from sqlalchemy import CompoundSelect, String, cast, func, literal, select, union_all

from shop.artisans.advance_models import Advance, AdvanceStatus
from shop.artisans.models import Artisan, Payout, PayoutMethod, PayoutStatus
from shop.db import db
from shop.ledger.models import Account, Transfer
from shop.ledger.posting import HOUSE

ON_THE_WAY = (PayoutStatus.SENT, PayoutStatus.QUESTIONED)
UNANSWERED = (AdvanceStatus.PAID, AdvanceStatus.QUESTIONED)
OUT = (Payout.method == PayoutMethod.CASH, Payout.status.in_(ON_THE_WAY))
GIVEN = (Advance.method == PayoutMethod.CASH, Advance.status.in_(UNANSWERED))


def account_of(centre_id: int) -> str:
    """Return the code of the account that a centre's cash is kept under in the books."""
    return f"cash:{centre_id}"


def unconfirmed(centre_id: int) -> int:
    """Return what was handed out in a centre and not yet confirmed, in paise."""
    return unconfirmed_by_centre().get(centre_id, 0)


def unconfirmed_by_centre() -> dict[int, int]:
    """Return centre -> what was handed out there and not yet confirmed, in paise, of those that have any."""
    query = select(Artisan.centre_id, func.sum(Payout.amount_minor)).select_from(Payout)
    query = query.join(Artisan, Artisan.id == Payout.artisan_id).where(*OUT).group_by(Artisan.centre_id)
    return {row[0]: int(row[1]) for row in db.session.execute(query)}


def given_by_centre() -> dict[int, int]:
    """Return centre -> what was given there in cash as advances that nobody has acknowledged, in paise."""
    query = select(Artisan.centre_id, func.sum(Advance.amount_minor)).select_from(Advance)
    query = query.join(Artisan, Artisan.id == Advance.artisan_id).where(*GIVEN).group_by(Artisan.centre_id)
    return {row[0]: int(row[1]) for row in db.session.execute(query)}


def hands() -> CompoundSelect[int, str, datetime, bool]:
    """Select what ever was handed out in cash: centre, name (`cash:7`, `cash-advance:3`), when, and if it waits."""
    paid, given = (
        select(
            Artisan.centre_id.label("centre_id"),
            literal(name).concat(cast(kind.id, String)).label("name"),
            left_at.label("left_at"),
            kind.status.in_(waits).label("waits"),
        )
        .select_from(kind)
        .join(Artisan, Artisan.id == kind.artisan_id)
        .where(kind.method == PayoutMethod.CASH, left_at.is_not(None))
        for kind, name, left_at, waits in (
            (Payout, "cash:", Payout.sent_at, ON_THE_WAY),
            (Advance, "cash-advance:", Advance.paid_at, UNANSWERED),
        )
    )
    return union_all(paid, given)


def pay_cash() -> set[int]:
    """Return the centres where a payout in cash ever left."""
    query = select(Artisan.centre_id).join(Payout, Payout.artisan_id == Artisan.id).distinct()
    return set(db.session.scalars(query.where(Payout.method == PayoutMethod.CASH, Payout.sent_at.is_not(None))))


def known(centre_id: int) -> int:
    """Return what the books say that lies here, in paise: the account less what is on its way, as of one moment.

    One statement reads both, for her "yes" moves both and waits for nobody. It is asked once, when a box is opened.
    """
    mine = (Account.code == account_of(centre_id), Account.book == HOUSE, Account.currency == "INR")
    account = select(Account.id).where(*mine).scalar_subquery()
    came, went = (
        select(func.coalesce(func.sum(Transfer.amount_minor), 0)).where(side == account).scalar_subquery()
        for side in (Transfer.debit_account_id, Transfer.credit_account_id)
    )
    out = select(func.coalesce(func.sum(Payout.amount_minor), 0)).join(Artisan, Artisan.id == Payout.artisan_id)
    away = out.where(Artisan.centre_id == centre_id, *OUT).scalar_subquery()
    return int(db.session.scalar(select(came - went - away)) or 0)
