"""Mendings that are paid: a piece went back to its maker for a fault that was not hers."""

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import BigId, Model


class Mending(Model):
    """One piece of a task, sent back by one check that agreed a sum for it; `number` counts them for the piece."""

    __tablename__ = "mending"
    __table_args__ = (
        UniqueConstraint("entry_id", "number"),
        UniqueConstraint("entry_id", "check_id"),
        CheckConstraint("number > 0", name="counts_from_one"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("task_piece.id"))
    number: Mapped[int]
    check_id: Mapped[int] = mapped_column(ForeignKey("task_check.id"), index=True)
