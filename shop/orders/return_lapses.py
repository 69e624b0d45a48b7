"""Returns that were agreed and never came: after so many days they lapse; they keep the makers' shares waiting."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from shop.db import db
from shop.orders import returns
from shop.orders.return_models import Return, ReturnEvent, ReturnStatus


def due(after: timedelta, *, at: datetime) -> list[int]:
    """Return the returns that were agreed to so long ago and of which nothing has come, the oldest first."""
    agreed_at = (
        select(func.max(ReturnEvent.at))
        .where(ReturnEvent.return_id == Return.id, ReturnEvent.status == ReturnStatus.AGREED)
        .scalar_subquery()
    )
    query = select(Return.id).where(Return.status == ReturnStatus.AGREED, agreed_at <= at - after)
    return list(db.session.scalars(query.order_by(Return.id)))


def lapse(return_id: int, after: timedelta, *, at: datetime, by: str) -> bool:
    """Call a return off that is still due, and tell the customer; False if something has come of it meanwhile."""
    if return_id not in due(after, at=at):
        return False
    returns.call_off(db.session.get_one(Return, return_id), lapsed=True, at=at, by=by)
    return True
