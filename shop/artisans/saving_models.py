"""What she puts aside: each of her requests is a row, and the ledger entry of the same reference holds the money."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.artisans.models import Artisan
from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column

APPEND_ONLY = {"saving": "id"}


class SavingMove(StrEnum):
    """Which way it went. `given-back`: before her identity is erased, so that nothing lies where only she can reach."""

    SAVE = "save"
    TAKE_BACK = "take-back"
    GIVEN_BACK = "given-back"


class Saving(Model):
    """One request of hers: so much into her savings, or back out of them."""

    __tablename__ = "saving"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_above_zero"),
        one_of("move", SavingMove),
        Index(None, "artisan_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    artisan_id: Mapped[int] = mapped_column(ForeignKey("artisan.id"))
    move: Mapped[SavingMove] = mapped_column(status_column(SavingMove))
    amount_minor: Mapped[int] = mapped_column(Minor)
    reference: Mapped[str] = mapped_column(String(120), unique=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)

    artisan: Mapped[Artisan] = relationship()
