"""What verifying the books came to, run by run, and what each run found broken."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.db import BigId, Minor, Model, UTCDateTime

APPEND_ONLY = {"verification_run": "id", "verification_break": "id"}


class VerificationRun(Model):
    """One run of every floor's list: when, over how many lists and transfers, and how many breaks it found.

    `seal_seq` and `chain`: the head of the chain that it followed. `unclaimed_*`: shares that are promised to nobody,
    since no makers of the pieces are on record. `asked_by` is empty for the run of the night.
    """

    __tablename__ = "verification_run"
    __table_args__ = (
        CheckConstraint("broken >= 0 AND lists > 0 AND transfers >= 0", name="counts_something"),
        CheckConstraint("ended_at >= began_at", name="ends_after_it_begins"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    began_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_by: Mapped[str | None] = mapped_column(String(40))
    lists: Mapped[int]
    transfers: Mapped[int] = mapped_column(Minor)
    broken: Mapped[int]
    unclaimed_pieces: Mapped[int]
    unclaimed_minor: Mapped[int] = mapped_column(Minor)
    seal_seq: Mapped[int] = mapped_column(BigId)
    chain: Mapped[str] = mapped_column(String(64))

    breaks: Mapped[list["VerificationBreak"]] = relationship(order_by="VerificationBreak.id")


class VerificationBreak(Model):
    """One broken rule that a run found: the floor, the row, the rule."""

    __tablename__ = "verification_break"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("verification_run.id"), index=True)
    floor: Mapped[str] = mapped_column(String(40))
    row: Mapped[str] = mapped_column(String(200))
    rule: Mapped[str] = mapped_column(String(300))
