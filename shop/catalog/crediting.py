"""A finished piece whose step was credited to another woman, or at another rate: its record follows, and its shares.

Later shares of the piece go by what stands on record here, and so does what its makers were really paid. What is
pending is divided anew; what was released is hers who has it, and the house bears the difference.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from shop.artisans import shares
from shop.artisans.share_models import Share, ShareStatus
from shop.catalog.models import Stock, Unit, UnitMaker
from shop.db import changed, db


def hold(reference: str) -> Unit | None:
    """Return the piece that came in under a reference, if it did; nobody gives it to an order line meanwhile.

    After what women can take and before what is pending, as in a check that takes pieces into stock.
    """
    unit = find(reference)
    if unit is not None:
        db.session.execute(select(Stock.variant_id).where(Stock.variant_id == unit.variant_id).with_for_update()).all()
    return unit


def find(reference: str) -> Unit | None:
    """Return the piece that came in under a reference, or None."""
    return db.session.scalars(select(Unit).where(Unit.reference == reference)).one_or_none()


def credit(unit: Unit, step: str, artisan_id: int, earned_minor: int, *, at: datetime, by: str) -> int:
    """Write down whose work a step of a piece is and what it earned; return how many shares were divided anew.

    The caller has the piece in its `hold`.
    """
    of_step = update(UnitMaker).where(UnitMaker.unit_id == unit.id, UnitMaker.step == step)
    changed(of_step.values(artisan_id=artisan_id, earned_minor=earned_minor))
    db.session.expire(unit, ["makers"])
    earned: dict[int, int] = defaultdict(int)
    for maker in unit.makers:
        earned[maker.artisan_id] += maker.earned_minor
    return shares.divide_anew(_name(unit), earned, at=at, by=by)


def shares_of(unit: Unit) -> Sequence[Share]:
    """Return the shares of a piece that are pending or were released, the oldest first."""
    standing = select(Share).where(Share.unit == _name(unit), Share.status != ShareStatus.REVERSED)
    return db.session.scalars(standing.order_by(Share.id)).all()


def _name(unit: Unit) -> str:
    return f"unit:{unit.id}"
