"""The claims register: a row says who looked at where a public figure comes from, and until when."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Model, UTCDateTime


class Claim(Model):
    """One public claim as it was checked. If the shop's own definition has changed since, it is not proven any more."""

    __tablename__ = "claim"
    __table_args__ = (CheckConstraint("length(source) > 0", name="has_a_source"),)

    id: Mapped[str] = mapped_column(String(60), primary_key=True)
    numerator: Mapped[str] = mapped_column(String(60))
    denominator: Mapped[str] = mapped_column(String(60))
    source: Mapped[str] = mapped_column(String(200))
    checked_by: Mapped[str] = mapped_column(String(40))
    checked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    valid_until: Mapped[date]
