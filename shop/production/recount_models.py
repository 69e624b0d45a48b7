"""Counting a piece after all: it was rejected, and two people say that it was good."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.db import BigId, Model, UTCDateTime, one_of, status_column
from shop.production.models import TaskPiece


class RecountStatus(StrEnum):
    """Where a recount stands. Only an approved one has moved anything."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


RECOUNT_MOVES: dict[RecountStatus, frozenset[RecountStatus]] = {
    RecountStatus.PROPOSED: frozenset({RecountStatus.APPROVED, RecountStatus.DECLINED, RecountStatus.WITHDRAWN}),
    RecountStatus.APPROVED: frozenset(),
    RecountStatus.DECLINED: frozenset(),
    RecountStatus.WITHDRAWN: frozenset(),
}
STANDING = text("status IN ('proposed', 'approved')")


class Recount(Model):
    """A rejected piece of a task that one person proposes to count after all, and another decides; `answer` is why not.

    `is_there`: the piece itself is at hand and goes on; without it only her work is paid. The row keeps who decided and
    when, once: there is one step after the first.
    """

    __tablename__ = "recount"
    __table_args__ = (
        CheckConstraint("status = 'withdrawn' OR decided_by IS NULL OR decided_by <> proposed_by", name="two_people"),
        CheckConstraint(
            "(status = 'proposed') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_whole",
        ),
        one_of("status", RecountStatus),
        Index("uq_recount_one_standing", "entry_id", unique=True, sqlite_where=STANDING, postgresql_where=STANDING),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("task_piece.id"))
    note: Mapped[str] = mapped_column(String(200))
    is_there: Mapped[bool]
    status: Mapped[RecountStatus] = mapped_column(status_column(RecountStatus))
    proposed_by: Mapped[str] = mapped_column(String(40))
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(40))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answer: Mapped[str | None] = mapped_column(String(200))

    entry: Mapped[TaskPiece] = relationship()
