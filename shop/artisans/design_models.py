"""Designs: who drew what is sold, what each piece sold pays her for it, and what was credited month by month.

A design names its product by a text (`product:12`), since products live on a floor above. Each agreement is a version;
the one whose day is the last before an order was placed holds for that order. A royalty of 0 ends an agreement.
"""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.artisans.models import Artisan
from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column

APPEND_ONLY = {"royalty": "id", "royalty_line": "id"}
WHOLE_BP = 10_000


class DesignStatus(StrEnum):
    """Where a version stands. Only an approved one pays anything."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


DESIGN_MOVES: dict[DesignStatus, frozenset[DesignStatus]] = {
    DesignStatus.PROPOSED: frozenset({DesignStatus.APPROVED, DesignStatus.WITHDRAWN}),
    DesignStatus.APPROVED: frozenset(),
    DesignStatus.WITHDRAWN: frozenset(),
}


class Design(Model):
    """A version of who designed a product: paise for each piece sold, by the agreement signed on `agreed_on`."""

    __tablename__ = "design"
    __table_args__ = (
        UniqueConstraint("product", "version"),
        CheckConstraint("royalty_minor >= 0", name="royalty_not_negative"),
        CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="two_people"),
        CheckConstraint("(status = 'approved') = (approved_by IS NOT NULL)", name="approved_by_someone"),
        one_of("status", DesignStatus),
        Index(
            "uq_design_one_open",
            "product",
            unique=True,
            sqlite_where=text("status = 'proposed'"),
            postgresql_where=text("status = 'proposed'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    product: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    royalty_minor: Mapped[int] = mapped_column(Minor)
    agreed_on: Mapped[date]
    status: Mapped[DesignStatus] = mapped_column(status_column(DesignStatus))
    proposed_by: Mapped[str] = mapped_column(String(40))
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    approved_by: Mapped[str | None] = mapped_column(String(40))

    parts: Mapped[list["DesignPart"]] = relationship(order_by="DesignPart.artisan_id", lazy="selectin")


class DesignPart(Model):
    """One woman's part of a design, in basis points; the parts of a version add up to 10,000."""

    __tablename__ = "design_part"
    __table_args__ = (CheckConstraint(f"basis_points BETWEEN 1 AND {WHOLE_BP}", name="a_part_of_it"),)

    design_id: Mapped[int] = mapped_column(ForeignKey("design.id"), primary_key=True)
    artisan_id: Mapped[int] = mapped_column(ForeignKey("artisan.id"), primary_key=True, index=True)
    basis_points: Mapped[int]

    artisan: Mapped[Artisan] = relationship(lazy="joined", innerjoin=True)


class DesignEvent(Model):
    """Who moved a version to which status, and when."""

    __tablename__ = "design_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    design_id: Mapped[int] = mapped_column(ForeignKey("design.id"), index=True)
    status: Mapped[DesignStatus] = mapped_column(status_column(DesignStatus))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))


class Royalty(Model):
    """What a version earned in a month (`2026-11`, as India counts): so many pieces at its rate; once."""

    __tablename__ = "royalty"
    __table_args__ = (
        UniqueConstraint("design_id", "month"),
        CheckConstraint("pieces > 0", name="counts_some"),
        CheckConstraint("amount_minor >= pieces", name="a_paisa_a_piece"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    design_id: Mapped[int] = mapped_column(ForeignKey("design.id"))
    month: Mapped[str] = mapped_column(String(7))
    pieces: Mapped[int]
    amount_minor: Mapped[int] = mapped_column(Minor)
    credited_at: Mapped[datetime] = mapped_column(UTCDateTime)

    design: Mapped[Design] = relationship(lazy="joined", innerjoin=True)

    @property
    def source(self) -> str:
        """Return how its earnings name it."""
        return source_of(self.design_id, self.month)


class RoyaltyLine(Model):
    """The pieces of one order line (`order-line:41`) that a royalty counts; a line is counted once for good."""

    __tablename__ = "royalty_line"
    __table_args__ = (CheckConstraint("pieces > 0", name="counts_some"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    royalty_id: Mapped[int] = mapped_column(ForeignKey("royalty.id"), index=True)
    line: Mapped[str] = mapped_column(String(60), unique=True)
    pieces: Mapped[int]


def source_of(design_id: int, month: str) -> str:
    """Return how the earnings of a version's month name it."""
    return f"design:{design_id}:{month}"
