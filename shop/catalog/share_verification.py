"""Does a share stand for each piece that went to a paid line, and for no other? (Rule L8 of the books.)"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from shop.artisans.share_models import Share, ShareStatus
from shop.catalog.models import Reservation, ReservationStatus, Unit, UnitMaker
from shop.db import db
from shop.verdict import Finding

PAID = (ReservationStatus.WAITING, ReservationStatus.ALLOCATED, ReservationStatus.SHIPPED)


@dataclass(frozen=True)
class Unclaimed:
    """Pieces that were sold with a share and without makers on record: nothing was posted for them."""

    pieces: int
    minor: int


def verify() -> Iterator[Finding]:
    """Yield every piece of a paid line without its share as frozen, and every share without its piece."""
    wanted = _wanted()
    standing: dict[str, Share] = {}
    gone: list[Share] = []
    for share in db.session.scalars(select(Share).order_by(Share.id)):
        if share.reference in wanted and share.status is not ShareStatus.REVERSED:
            standing[share.reference] = share
        else:
            gone.append(share)
    for reference, minor in sorted(wanted.items()):
        found = standing.get(reference)
        if found is None:
            yield Finding("catalog", reference, f"went to a paid line and promises nobody its share of {minor}")
        elif found.amount_minor != minor:
            yield Finding("catalog", reference, f"promises {found.amount_minor}, frozen were {minor}")
    for share in gone:
        if share.status is ShareStatus.PENDING:
            yield Finding("catalog", share.reference, "is promised, and no such piece is set aside for a paid line")
        elif share.status is ShareStatus.REVERSED and share.reference in wanted:
            yield Finding("catalog", share.reference, "was taken back, and its piece still is the customer's")


def unclaimed() -> Unclaimed:
    """Return how much of shares was promised to nobody, since no makers of the pieces are on record."""
    row = db.session.execute(
        select(func.count(), func.coalesce(func.sum(Reservation.share_minor), 0))
        .select_from(Unit)
        .join(Reservation, Reservation.id == Unit.reservation_id)
        .where(Reservation.status.in_(PAID), Reservation.share_minor > 0)
        .where(~select(UnitMaker.unit_id).where(UnitMaker.unit_id == Unit.id, UnitMaker.earned_minor > 0).exists())
    ).one()
    return Unclaimed(row[0], int(row[1]))


def _wanted() -> dict[str, int]:
    """Return reference -> the frozen share of each piece of a paid line that has makers on record."""
    made = select(UnitMaker.unit_id).where(UnitMaker.earned_minor > 0)
    rows = db.session.execute(
        select(Unit.id, Reservation.reference, Reservation.share_minor)
        .join(Reservation, Reservation.id == Unit.reservation_id)
        .where(Reservation.status.in_(PAID), Reservation.share_minor > 0, Unit.id.in_(made))
    )
    return {f"unit:{unit_id}:{line}": minor for unit_id, line, minor in rows}
