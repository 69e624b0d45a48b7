"""What keeps an order's shares from being released: a row for each reason, named by whoever asked for it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import BigId, Model, UTCDateTime


class ReleaseHold(Model):
    """A reason to release nothing of an order yet; `reference` is unique, as in `dispute:12`."""

    __tablename__ = "release_hold"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    reference: Mapped[str] = mapped_column(String(60), unique=True)
    held_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
