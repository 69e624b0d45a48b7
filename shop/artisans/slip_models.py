"""A month that the house has closed, and the statement of it that each woman is given."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.artisans.models import Artisan
from shop.db import BigId, Model, UTCDateTime

APPEND_ONLY = {"month_close": "id", "slip": "id", "slip_file": "id"}
LANGUAGES = ("bn", "hi", "en")


class MonthClose(Model):
    """The close of a month by finance: how many old questions were left unanswered, and why, in a note."""

    __tablename__ = "month_close"
    __table_args__ = (CheckConstraint("unanswered = 0 OR note IS NOT NULL", name="said_why"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("ledger_period.id"), unique=True)
    month: Mapped[date] = mapped_column(unique=True)
    unanswered: Mapped[int]
    note: Mapped[str | None] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))


class Slip(Model):
    """Her statement of a closed month. What it says is drawn from the closed books: production/slip_facts.py."""

    __tablename__ = "slip"
    __table_args__ = (UniqueConstraint("artisan_id", "month"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    artisan_id: Mapped[int] = mapped_column(ForeignKey("artisan.id"))
    period_id: Mapped[int] = mapped_column(ForeignKey("ledger_period.id"), index=True)
    month: Mapped[date]
    at: Mapped[datetime] = mapped_column(UTCDateTime)

    artisan: Mapped[Artisan] = relationship(lazy="joined", innerjoin=True)


class SlipFile(Model):
    """The drawn file of a statement in one language: its bytes lie in the store under their hash."""

    __tablename__ = "slip_file"
    __table_args__ = (
        UniqueConstraint("slip_id", "language"),
        CheckConstraint("language IN ('bn', 'hi', 'en')", name="language_known"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slip_id: Mapped[int] = mapped_column(ForeignKey("slip.id"))
    language: Mapped[str] = mapped_column(String(2))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    drawn_at: Mapped[datetime] = mapped_column(UTCDateTime)
