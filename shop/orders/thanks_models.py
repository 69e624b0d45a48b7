"""A customer's thank-you to the makers of an order, and to whom of them it went."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.artisans.models import Artisan
from shop.catalog.models import Variant
from shop.db import BigId, Model, UTCDateTime, one_of, status_column
from shop.orders.models import Order

LONGEST, LONGEST_NAME = 300, 24


class ThanksStatus(StrEnum):
    """waiting: nobody of the office has read it; passed: it went to the makers; set-aside: it did not."""

    WAITING = "waiting"
    PASSED = "passed"
    SET_ASIDE = "set-aside"


THANKS_MOVES: dict[ThanksStatus, frozenset[ThanksStatus]] = {
    ThanksStatus.WAITING: frozenset({ThanksStatus.PASSED, ThanksStatus.SET_ASIDE}),
    ThanksStatus.PASSED: frozenset(),
    ThanksStatus.SET_ASIDE: frozenset(),
}


class Thanks(Model):
    """One thank-you an order, as it was written, under a first name alone."""

    __tablename__ = "thanks"
    __table_args__ = (
        one_of("status", ThanksStatus),
        CheckConstraint("(status = 'waiting') = (decided_at IS NULL)", name="decided_whole"),
        CheckConstraint("(status = 'waiting') = (decided_by IS NULL)", name="decided_by_someone"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), unique=True)
    status: Mapped[ThanksStatus] = mapped_column(status_column(ThanksStatus))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    text: Mapped[str] = mapped_column(String(LONGEST))
    language: Mapped[str] = mapped_column(String(2))
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    decided_by: Mapped[str | None] = mapped_column(String(40))

    order: Mapped[Order] = relationship(lazy="joined", innerjoin=True)


class ThanksFor(Model):
    """A maker to whom a thank-you went, with one of the things of that order which she worked on."""

    __tablename__ = "thanks_for"

    thanks_id: Mapped[int] = mapped_column(ForeignKey("thanks.id", ondelete="CASCADE"), primary_key=True)
    artisan_id: Mapped[int] = mapped_column(ForeignKey("artisan.id"), primary_key=True, index=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))

    thanks: Mapped[Thanks] = relationship(lazy="joined", innerjoin=True)
    artisan: Mapped[Artisan] = relationship()
    variant: Mapped[Variant] = relationship(lazy="joined", innerjoin=True)
