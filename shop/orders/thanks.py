"""A thank-you from a customer to the makers of her order: written once it has arrived, read by the office, passed on.

It reaches the makers of the pieces that are with the customer, by the provenance of each piece, under a first name and
no more. Whoever wants no thank-you notes gets none, and nobody is told: what the customer and the office see is the
same, however many makers read it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, or_, select

from shop.artisans.models import Artisan
from shop.catalog.models import Unit, UnitMaker
from shop.db import changed, db, upsert
from shop.errors import Conflict, NotFound, Refused
from shop.orders import lifecycle, returns, thanks_words
from shop.orders.models import Order, OrderStatus
from shop.orders.thanks_models import THANKS_MOVES, Thanks, ThanksFor, ThanksStatus
from shop.statuses import move
from shop.users import audit
from shop.users.models import User

ACTION = "thanks.moderate"
KEPT = timedelta(days=730)
KEPT_ASIDE = timedelta(days=90)
MOST_SHOWN = 50


def write(order: Order, name: str, text: str, *, language: str, at: datetime) -> Thanks:
    """Keep a customer's thank-you until the office has read it; one an order.

    Conflict before the parcel has arrived or after she has written one, Invalid for what may not stand in it.
    """
    if order.status is not OrderStatus.DELIVERED:
        raise Conflict("thanks.not_yet")
    said = {"name": thanks_words.first_name(name, order), "text": thanks_words.passable(text, order)}
    standing = {"order_id": order.id, "status": ThanksStatus.WAITING, "language": language, "written_at": at}
    once = upsert(Thanks).values(**standing, **said).on_conflict_do_nothing(index_elements=["order_id"])
    thanks_id = db.session.scalar(once.returning(Thanks.id))
    if thanks_id is None:
        raise Conflict("thanks.written")
    return db.session.get_one(Thanks, thanks_id)


def pass_on(note: Thanks, *, at: datetime, by: str) -> None:
    """Let the makers of an order's pieces read its thank-you; Conflict if someone has decided meanwhile."""
    _decide(note, ThanksStatus.PASSED, at=at, by=by)
    rows = [
        {"thanks_id": note.id, "artisan_id": artisan_id, "variant_id": variant_id}
        for artisan_id, variant_id in _makers_of(note.order_id)
    ]
    if rows:
        db.session.execute(insert(ThanksFor), rows)
    audit.record("thanks.pass-on", f"thanks:{note.id}", by=by, at=at)


def set_aside(note: Thanks, *, at: datetime, by: str) -> None:
    """Pass a thank-you on to nobody; Conflict if someone has decided meanwhile."""
    _decide(note, ThanksStatus.SET_ASIDE, at=at, by=by)
    audit.record("thanks.set-aside", f"thanks:{note.id}", by=by, at=at)


def _decide(note: Thanks, to: ThanksStatus, *, at: datetime, by: str) -> None:
    if not move(note, THANKS_MOVES, to, decided_at=at, decided_by=by):
        raise Conflict("thanks.decided")


def _makers_of(order_id: int) -> list[tuple[int, int]]:
    """Return (maker, something she worked on) of an order's pieces, without those who want no notes or have left."""
    query = (
        select(UnitMaker.artisan_id, func.min(Unit.variant_id))
        .join(Unit, Unit.id == UnitMaker.unit_id)
        .join(Artisan, Artisan.id == UnitMaker.artisan_id)
        .where(Unit.id.in_(list(returns.units_out(order_id))), Artisan.takes_thanks, Artisan.left_at.is_(None))
        .group_by(UnitMaker.artisan_id)
        .order_by(UnitMaker.artisan_id)
    )
    return [(row[0], row[1]) for row in db.session.execute(query)]


def find_of_order(order_id: int) -> Thanks | None:
    """Return the thank-you of an order, or None."""
    return db.session.scalars(select(Thanks).where(Thanks.order_id == order_id)).one_or_none()


def of_artisan(artisan: Artisan, *, since: datetime | None = None) -> list[ThanksFor]:
    """Return the notes that went to her, the newest first; none while she wants none."""
    if not artisan.takes_thanks:
        return []
    query = select(ThanksFor).join(Thanks, Thanks.id == ThanksFor.thanks_id).where(ThanksFor.artisan_id == artisan.id)
    if since is not None:
        query = query.where(Thanks.decided_at >= since)
    return list(db.session.scalars(query.order_by(Thanks.decided_at.desc(), Thanks.id.desc()).limit(MOST_SHOWN)))


def waiting_of(user: User) -> list[Thanks]:
    """Return the notes that wait to be read by a member of staff, the oldest first."""
    return _of(user, Thanks.status == ThanksStatus.WAITING, order=Thanks.id.asc())


def decided_of(user: User) -> list[Thanks]:
    """Return the notes that were decided last, of those that a member of staff may see."""
    return _of(user, Thanks.status != ThanksStatus.WAITING, order=Thanks.decided_at.desc())


def _of(user: User, *which: Any, order: Any) -> list[Thanks]:
    query = select(Thanks).join(Order, Order.id == Thanks.order_id).where(lifecycle.seen_by(user, ACTION), *which)
    return list(db.session.scalars(query.order_by(order, Thanks.id).limit(MOST_SHOWN)))


def get_all_of(user: User, thanks_id: int) -> Thanks:
    """Return a note to decide; NotFound if nothing in its order is of her centre, Refused if not everything is."""
    query = select(Thanks).join(Order, Order.id == Thanks.order_id).where(Thanks.id == thanks_id)
    found = db.session.scalars(query.where(lifecycle.seen_by(user, ACTION))).one_or_none()
    if found is None:
        raise NotFound("thanks.unknown")
    if not lifecycle.is_all_of(user, found.order, ACTION):
        raise Refused("thanks.other_centre")
    return found


def by_order(orders: Sequence[Order]) -> dict[int, dict[str, Any]]:
    """Return order -> its thank-you as the one who wrote it may have it."""
    query = select(Thanks).where(Thanks.order_id.in_([order.id for order in orders]))
    return {note.order_id: _row(note) for note in db.session.scalars(query)}


def _row(note: Thanks) -> dict[str, Any]:
    names = ("name", "text", "language", "written_at", "decided_at")
    return {"status": note.status.value, **{name: getattr(note, name) for name in names}}


def erase_of(orders: Sequence[Order]) -> None:
    """Delete the thank-you notes of some orders, wherever they went."""
    which = select(Thanks.id).where(Thanks.order_id.in_([order.id for order in orders]))
    changed(delete(ThanksFor).where(ThanksFor.thanks_id.in_(which)))
    changed(delete(Thanks).where(Thanks.order_id.in_([order.id for order in orders])))


def sweep(*, at: datetime, limit: int) -> int:
    """Delete what was set aside three months ago, and every note that is two years old; return how many."""
    aside = (Thanks.status == ThanksStatus.SET_ASIDE) & (Thanks.decided_at < at - KEPT_ASIDE)
    old = list(db.session.scalars(select(Thanks.id).where(or_(aside, Thanks.written_at < at - KEPT)).limit(limit)))
    changed(delete(ThanksFor).where(ThanksFor.thanks_id.in_(old)))
    return changed(delete(Thanks).where(Thanks.id.in_(old)))
