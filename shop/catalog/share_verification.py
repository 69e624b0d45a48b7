"""Does a share stand for each piece that went to a paid line, and for no other? (Rule L8 of the books.)"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Select, and_, func, or_, select

from shop.artisans.share_models import Share, SharePart, ShareStatus
from shop.catalog.models import Reservation, ReservationStatus, Unit, UnitMaker
from shop.db import db
from shop.snapshots import streamed
from shop.verdict import Finding

PAID = (ReservationStatus.WAITING, ReservationStatus.ALLOCATED, ReservationStatus.SHIPPED)


@dataclass(frozen=True)
class Unclaimed:
    """Pieces that were sold with a share and without makers on record: nothing was posted for them."""

    pieces: int
    minor: int


def verify() -> Iterator[Finding]:
    """Yield every piece of a paid line without its share as frozen, every share without its piece, and every part of a
    pending one that is promised to a woman who is not on record for the piece.
    """
    yield from _unpromised()
    yield from _without_piece()
    yield from _to_others()


def _unpromised() -> Iterator[Finding]:
    unit, line, minor = _wanted().selected_columns
    kept = and_(Share.unit == unit, Share.line == line, Share.status != ShareStatus.REVERSED)
    query = _wanted().add_columns(Share.amount_minor).outerjoin(Share, kept).order_by(Unit.id)
    for piece, sold, frozen, promised in streamed(query.where(or_(Share.id.is_(None), Share.amount_minor != minor))):
        if promised is None:
            yield Finding(
                "catalog", f"{piece}:{sold}", f"went to a paid line and promises nobody its share of {frozen}"
            )
        else:
            yield Finding("catalog", f"{piece}:{sold}", f"promises {promised}, frozen were {frozen}")


def _without_piece() -> Iterator[Finding]:
    wanted = _wanted().subquery()
    is_wanted = wanted.c.unit.is_not(None)
    is_wrong = or_(
        and_(Share.status == ShareStatus.PENDING, ~is_wanted), and_(Share.status == ShareStatus.REVERSED, is_wanted)
    )
    query = (
        select(Share.unit, Share.line, Share.status)
        .outerjoin(wanted, and_(wanted.c.unit == Share.unit, wanted.c.line == Share.line))
        .where(is_wrong)
        .order_by(Share.id)
    )
    for unit, line, status in streamed(query):
        if status is ShareStatus.PENDING:
            yield Finding("catalog", f"{unit}:{line}", "is promised, and no such piece is set aside for a paid line")
        else:
            yield Finding("catalog", f"{unit}:{line}", "was taken back, and its piece still is the customer's")


def _to_others() -> Iterator[Finding]:
    """Yield each part of a pending share whose woman earned nothing on its piece: it should have gone along."""
    made = select(func.concat("unit:", UnitMaker.unit_id).label("unit"), UnitMaker.artisan_id).distinct().subquery()
    query = (
        select(Share.unit, Share.line, SharePart.artisan_id)
        .join(SharePart, SharePart.share_id == Share.id)
        .outerjoin(made, and_(made.c.unit == Share.unit, made.c.artisan_id == SharePart.artisan_id))
        .where(Share.status == ShareStatus.PENDING, made.c.unit.is_(None))
        .order_by(Share.id)
    )
    for unit, line, artisan_id in streamed(query):
        yield Finding("catalog", f"{unit}:{line}", f"promises a part to artisan {artisan_id}, who did not work on it")


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


def _wanted() -> Select[str, str, int]:
    """Select piece, line and frozen share of each piece of a paid line that has makers on record."""
    made = select(UnitMaker.unit_id).where(UnitMaker.earned_minor > 0)
    return (
        select(
            func.concat("unit:", Unit.id).label("unit"), Reservation.reference.label("line"), Reservation.share_minor
        )
        .select_from(Unit)
        .join(Reservation, Reservation.id == Unit.reservation_id)
        .where(Reservation.status.in_(PAID), Reservation.share_minor > 0, Unit.id.in_(made))
    )
