"""A payout run: the payouts of one centre for one period, proposed together and approved together.

How far a run is stands in its payouts and nowhere else; a line only says that a payout belongs to it.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.artisans.models import Payout
from shop.db import BigId, Minor, Model, UTCDateTime
from shop.users.models import Centre


class PayoutRun(Model):
    """One centre, from one day to another; `least_minor` is the least that it pays to one woman."""

    __tablename__ = "payout_run"
    __table_args__ = (
        UniqueConstraint("centre_id", "first_on", "last_on"),
        CheckConstraint("first_on <= last_on", name="period_forward"),
        CheckConstraint("least_minor >= 0", name="least_not_below_zero"),
        CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="two_people"),
        CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approved_whole"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"))
    first_on: Mapped[date]
    last_on: Mapped[date]
    least_minor: Mapped[int] = mapped_column(Minor)
    proposed_by: Mapped[str] = mapped_column(String(40))
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    approved_by: Mapped[str | None] = mapped_column(String(40))
    approved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    centre: Mapped[Centre] = relationship(lazy="joined", innerjoin=True)


class PayoutRunLine(Model):
    """One payout of a run; `mark` is of the form that proposed it, so that the same form adds it once."""

    __tablename__ = "payout_run_line"
    __table_args__ = (
        Index("uq_payout_run_line_once", "run_id", "artisan_id", "mark", unique=True),
        Index(None, "artisan_id"),
    )

    payout_id: Mapped[int] = mapped_column(BigId, ForeignKey("payout.id"), primary_key=True, autoincrement=False)
    run_id: Mapped[int] = mapped_column(ForeignKey("payout_run.id"))
    artisan_id: Mapped[int] = mapped_column(ForeignKey("artisan.id"))
    mark: Mapped[str] = mapped_column(String(64))

    payout: Mapped[Payout] = relationship(lazy="joined", innerjoin=True)
