"""What went off an order before its parcel left: facts beside the frozen lines, never changed."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import BigId, Minor, Model, UTCDateTime

APPEND_ONLY = {"order_reduction": "id"}


class Reduction(Model):
    """Pieces that were taken off a row of an order, with their price, or money alone; `sku` is empty for the delivery.

    `number` counts the reductions of a row, so two can never follow the same one; `quantity_left` and `minor_left` are
    what the row is from then on. Pieces that are left keep a price, and no price is left without pieces.
    """

    __tablename__ = "order_reduction"
    __table_args__ = (
        UniqueConstraint("order_id", "sku", "number"),
        CheckConstraint("number > 0 AND quantity >= 0 AND minor > 0", name="takes_some"),
        CheckConstraint("quantity_left >= 0 AND minor_left >= 0", name="leaves_no_less_than_nothing"),
        CheckConstraint("sku = '' OR (quantity_left = 0) = (minor_left = 0)", name="pieces_keep_a_price"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    sku: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    quantity: Mapped[int]
    minor: Mapped[int] = mapped_column(Minor)
    quantity_left: Mapped[int]
    minor_left: Mapped[int] = mapped_column(Minor)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))
