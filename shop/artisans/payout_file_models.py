"""Payout files as rows: which payouts a file for the bank names, and whether the bank may be paying them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.artisans.models import Payout
from shop.db import BigId, Model, UTCDateTime, db, one_of, status_column
from shop.users.models import Centre


class PayoutFileStatus(StrEnum):
    """Where a payout file stands."""

    PROPOSED = "proposed"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


FILE_MOVES: dict[PayoutFileStatus, frozenset[PayoutFileStatus]] = {
    PayoutFileStatus.PROPOSED: frozenset({PayoutFileStatus.RELEASED, PayoutFileStatus.WITHDRAWN}),
    PayoutFileStatus.RELEASED: frozenset({PayoutFileStatus.WITHDRAWN}),  # it never reached the bank
    PayoutFileStatus.WITHDRAWN: frozenset(),
}


class PayoutFile(Model):
    """A list of approved payouts for the bank: proposed by one person, released by another.

    `recalled_by` says of a released one that it never reached the bank; it is taken back once another says so too.
    """

    __tablename__ = "payout_file"
    __table_args__ = (
        CheckConstraint("released_by IS NULL OR released_by <> proposed_by", name="two_people"),
        CheckConstraint("status <> 'released' OR released_by IS NOT NULL", name="released_by_someone"),
        CheckConstraint("recalled_by IS NULL OR released_by IS NOT NULL", name="recalled_after_release"),
        CheckConstraint("withdrawn_by IS NULL OR withdrawn_by <> recalled_by", name="taken_back_by_two"),
        one_of("status", PayoutFileStatus),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id"))
    status: Mapped[PayoutFileStatus] = mapped_column(status_column(PayoutFileStatus))
    proposed_by: Mapped[str] = mapped_column(String(40))
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    released_by: Mapped[str | None] = mapped_column(String(40))
    released_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    recalled_by: Mapped[str | None] = mapped_column(String(40))
    withdrawn_by: Mapped[str | None] = mapped_column(String(40))

    centre: Mapped[Centre | None] = relationship(lazy="joined")
    lines: Mapped[list["PayoutFileLine"]] = relationship(order_by="PayoutFileLine.payout_id")


class PayoutFileLine(Model):
    """One payout of a file; it stands in one file only, unless that was taken back."""

    __tablename__ = "payout_file_line"
    __table_args__ = (
        Index(
            "uq_payout_file_line_once",
            "payout_id",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    file_id: Mapped[int] = mapped_column(ForeignKey("payout_file.id"), primary_key=True)
    payout_id: Mapped[int] = mapped_column(ForeignKey("payout.id"), primary_key=True)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    payout: Mapped[Payout] = relationship(lazy="joined", innerjoin=True)


def is_with_bank(payout: Payout) -> bool:
    """Say whether a released file names this payout, so that the bank may pay it at any moment."""
    lines = select(PayoutFileLine.payout_id).join(PayoutFile, PayoutFile.id == PayoutFileLine.file_id)
    mine = lines.where(PayoutFileLine.payout_id == payout.id, PayoutFileLine.withdrawn_at.is_(None))
    return db.session.scalar(mine.where(PayoutFile.status == PayoutFileStatus.RELEASED)) is not None
