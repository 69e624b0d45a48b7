"""Shares of sales: what a piece that went to a paid line promises to the women who made it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column


class ShareStatus(StrEnum):
    """pending: the piece may still come back; released: hers; reversed: it came back, or never left."""

    PENDING = "pending"
    RELEASED = "released"
    REVERSED = "reversed"


SHARE_MOVES: dict[ShareStatus, frozenset[ShareStatus]] = {
    ShareStatus.PENDING: frozenset({ShareStatus.RELEASED, ShareStatus.REVERSED}),
    ShareStatus.RELEASED: frozenset(),
    ShareStatus.REVERSED: frozenset(),
}


class Share(Model):
    """The share of one piece that went to one paid order line, in paise; once, whatever happens afterwards.

    `unit` and `line` name rows of floors above (`unit:17`, `order-line:41`). `divided`: how often it was divided anew,
    because a step of the piece turned out to be another woman's work or to have earned another sum.
    """

    __tablename__ = "share"
    __table_args__ = (
        UniqueConstraint("unit", "line"),
        CheckConstraint("amount_minor > 0", name="amount_above_zero"),
        CheckConstraint("(status = 'pending') = (closed_at IS NULL)", name="closed_whole"),
        CheckConstraint("divided >= 0", name="divided_so_often"),
        one_of("status", ShareStatus),
        Index(None, "line"),
        Index(None, "status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    unit: Mapped[str] = mapped_column(String(40))
    line: Mapped[str] = mapped_column(String(60))
    amount_minor: Mapped[int] = mapped_column(Minor)
    status: Mapped[ShareStatus] = mapped_column(status_column(ShareStatus))
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    divided: Mapped[int] = mapped_column(default=0, server_default="0")
    promised_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    parts: Mapped[list["SharePart"]] = relationship(order_by="SharePart.artisan_id", lazy="selectin")

    @property
    def reference(self) -> str:
        """Return the reference under which it stands in the books."""
        return f"{self.unit}:{self.line}"

    @property
    def promise(self) -> str:
        """Return the reference of the promise that stands now, after it was divided anew or not."""
        return promise_of(self.reference, self.divided)


def promise_of(reference: str, divided: int) -> str:
    """Return how the promise of a share is named in the books after it was divided anew so often."""
    return f"{reference}:again:{divided}" if divided else reference


def undone(reference: str, divided: int) -> str:
    """Return how the end of a promise is named that made room for dividing a share anew."""
    return f"{reference}:divided:{divided}"


class SharePart(Model):
    """One woman's part of a share."""

    __tablename__ = "share_part"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount_above_zero"),)

    share_id: Mapped[int] = mapped_column(ForeignKey("share.id"), primary_key=True)
    artisan_id: Mapped[int] = mapped_column(ForeignKey("artisan.id"), primary_key=True, index=True)
    amount_minor: Mapped[int] = mapped_column(Minor)
