"""Payouts that the bank sent back after she had said yes: what one person wrote down and another has seen."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.artisans.models import Payout
from shop.db import BigId, Model, UTCDateTime, one_of, status_column


class CameBackStatus(StrEnum):
    """Where it stands; only what a second person has seen has moved anything."""

    WAITING = "waiting"
    SEEN = "seen"
    WITHDRAWN = "withdrawn"


CAME_BACK_MOVES: dict[CameBackStatus, frozenset[CameBackStatus]] = {
    CameBackStatus.WAITING: frozenset({CameBackStatus.SEEN, CameBackStatus.WITHDRAWN}),
    CameBackStatus.SEEN: frozenset(),
    CameBackStatus.WITHDRAWN: frozenset(),
}
STANDING = text("status IN ('waiting', 'seen')")


class CameBack(Model):
    """A settled payout in the bank's statement again: on which day, under which reference of the bank."""

    __tablename__ = "payout_came_back"
    __table_args__ = (
        CheckConstraint("seen_by IS NULL OR seen_by <> written_by", name="two_people"),
        CheckConstraint("(status = 'seen') = (seen_by IS NOT NULL)", name="seen_by_someone"),
        CheckConstraint("(seen_by IS NULL) = (seen_at IS NULL)", name="seen_whole"),
        one_of("status", CameBackStatus),
        Index(
            "uq_payout_came_back_one_standing",
            "payout_id",
            unique=True,
            sqlite_where=STANDING,
            postgresql_where=STANDING,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    payout_id: Mapped[int] = mapped_column(ForeignKey("payout.id"))
    status: Mapped[CameBackStatus] = mapped_column(status_column(CameBackStatus))
    returned_on: Mapped[date]
    bank_reference: Mapped[str] = mapped_column(String(60))
    written_by: Mapped[str] = mapped_column(String(40))
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_by: Mapped[str | None] = mapped_column(String(40))
    seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    payout: Mapped[Payout] = relationship(lazy="joined", innerjoin=True)
