"""What the gateways sent to our bank, and what each of it settles."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column
from shop.payments.gateways import LineKind
from shop.payments.models import Capture, Refund


class Settlement(Model):
    """One transfer of a gateway to our bank; `bank_ref` is what the bank's statement says of it.

    From `failed_at` the gateway holds the money again.
    """

    __tablename__ = "settlement"
    __table_args__ = (UniqueConstraint("gateway", "ref"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    gateway: Mapped[str] = mapped_column(String(16))
    ref: Mapped[str] = mapped_column(String(80))
    bank_ref: Mapped[str] = mapped_column(String(80))
    amount_minor: Mapped[int] = mapped_column(Minor)
    currency: Mapped[str] = mapped_column(String(3))
    sent_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    read_at: Mapped[datetime] = mapped_column(UTCDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def failure(self) -> str:
        """Return what the entry of its failure is called in the books."""
        return f"settlement:{self.gateway}:{self.ref}:failed"


class SettlementLine(Model):
    """A line of a settlement in its currency: signed before the fee, and the fee with the tax on it.

    It stands in the books from `posted_at`, once it is known what it settles.
    """

    __tablename__ = "settlement_line"
    __table_args__ = (
        UniqueConstraint("gateway", "ref"),
        one_of("kind", LineKind),
        CheckConstraint("capture_id IS NULL OR refund_id IS NULL", name="settles_one"),
        Index("ix_settlement_line_waiting", "gateway", "posted_at"),
        Index("ix_settlement_line_about", "gateway", "about"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    settlement_id: Mapped[int] = mapped_column(ForeignKey("settlement.id"), index=True)
    gateway: Mapped[str] = mapped_column(String(16))
    ref: Mapped[str] = mapped_column(String(80))
    kind: Mapped[LineKind] = mapped_column(status_column(LineKind))
    about: Mapped[str | None] = mapped_column(String(80))
    gross_minor: Mapped[int] = mapped_column(Minor)
    fee_minor: Mapped[int] = mapped_column(Minor)
    fee_tax_minor: Mapped[int] = mapped_column(Minor)
    currency: Mapped[str] = mapped_column(String(3))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    capture_id: Mapped[int | None] = mapped_column(ForeignKey("capture.id"), index=True)
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refund.id"), index=True)
    posted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    settlement: Mapped[Settlement] = relationship(lazy="joined", innerjoin=True)
    capture: Mapped[Capture | None] = relationship()
    refund: Mapped[Refund | None] = relationship()

    @property
    def net_minor(self) -> int:
        """Return what of it came to the bank."""
        return self.gross_minor - self.fee_minor

    @property
    def reference(self) -> str:
        """Return what its entry in the books is called."""
        return f"settlement:{self.gateway}:{self.ref}"
