"""What a centre's cash comes to: on its account of the books, and handed out but not confirmed."""

from sqlalchemy import func, select

from shop.artisans.models import Artisan, Payout, PayoutMethod, PayoutStatus
from shop.db import db
from shop.ledger.models import Account, Transfer
from shop.ledger.posting import HOUSE

ON_THE_WAY = (PayoutStatus.SENT, PayoutStatus.QUESTIONED)
OUT = (Payout.method == PayoutMethod.CASH, Payout.status.in_(ON_THE_WAY))


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
