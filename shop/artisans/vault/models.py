"""The vault's tables. Each value is sealed; what can be read is a maker's number, moments and key names.

There is no note, no tag and no status here, and there will be none: nothing says what happened to anyone.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Model, UTCDateTime

FIELDS = ("legal_name", "phone", "address", "birth_date", "account_holder", "account_number", "ifsc", "upi")


class Identity(Model):
    """One person's sealed record, known by her number in the workshop (`artisan.id`)."""

    __tablename__ = "identity"
    __bind_key__ = "identity"
    __table_args__ = (CheckConstraint("key_version > 0", name="key_version_above_zero"),)

    artisan_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_version: Mapped[int]  # of her own key: every change of her record draws a fresh one
    key_id: Mapped[str] = mapped_column(String(16), index=True)  # which VAULT_KEY wraps it
    phone_index: Mapped[str | None] = mapped_column(String(64), unique=True)
    legal_name: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone: Mapped[bytes | None] = mapped_column(LargeBinary)
    address: Mapped[bytes | None] = mapped_column(LargeBinary)
    birth_date: Mapped[bytes | None] = mapped_column(LargeBinary)
    account_holder: Mapped[bytes | None] = mapped_column(LargeBinary)
    account_number: Mapped[bytes | None] = mapped_column(LargeBinary)
    ifsc: Mapped[bytes | None] = mapped_column(LargeBinary)
    upi: Mapped[bytes | None] = mapped_column(LargeBinary)
    entered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    unclaimed_since: Mapped[datetime | None] = mapped_column(UTCDateTime)  # first seen without a maker of her number


class Tombstone(Model):
    """That a record was erased: laid again over any copy that is restored later, so that it stays erased."""

    __tablename__ = "tombstone"
    __bind_key__ = "identity"

    artisan_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    erased_at: Mapped[datetime] = mapped_column(UTCDateTime)
