"""The references of the bank that stand for a payment: one row each, whatever kind of payment it is."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Model, UTCDateTime


class BankReference(Model):
    """A reference as the bank means it, without spaces and dashes, and the one payment that it stands for.

    `stands_for` names a payout, an advance or an act of a cash box (`payout:7`, `advance:3`, `cash-act:5`); what was
    typed stands there.
    """

    __tablename__ = "bank_reference"
    __table_args__ = (CheckConstraint("reference <> ''", name="some_letter"),)

    reference: Mapped[str] = mapped_column(String(60), primary_key=True)
    stands_for: Mapped[str] = mapped_column(String(60), unique=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
