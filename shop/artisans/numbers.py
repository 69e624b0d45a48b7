"""A maker's number is drawn before she is enrolled, so that her identity can be written down first.

A number is drawn once and never given again: what lies in the vault under it can only be hers.
"""

from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import BigId, Model, UTCDateTime, db


class ArtisanNumber(Model):
    """A number that was drawn for a maker, whether she was enrolled with it or not."""

    __tablename__ = "artisan_number"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    drawn_at: Mapped[datetime] = mapped_column(UTCDateTime)


def draw(*, at: datetime) -> int:
    """Draw the next number."""
    drawn = insert(ArtisanNumber).values(drawn_at=at).returning(ArtisanNumber.id)
    return db.session.execute(drawn).scalar_one()


def skip_to(last: int, *, at: datetime) -> None:
    """Draw every number up to the last one that the vault knows: for a shop restored from an older copy."""
    while (db.session.scalar(select(func.max(ArtisanNumber.id))) or 0) < last:
        draw(at=at)
