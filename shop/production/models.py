"""Makings, production orders, pieces, tasks and checks."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.artisans.models import Artisan
from shop.catalog.models import Product, Variant
from shop.db import BigId, Minor, Model, UTCDateTime, one_of, status_column


class StepName(StrEnum):
    """The steps that the workshops know."""

    CUT = "cut"
    PRINT = "print"
    EMBROIDER = "embroider"
    EMBOSS = "emboss"
    STITCH = "stitch"
    FINISH = "finish"
    PACK = "pack"


class MakingStatus(StrEnum):
    """Where a version stands. `approved` ones are in force, the newest of them; the others never were."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


MAKING_MOVES: dict[MakingStatus, frozenset[MakingStatus]] = {
    MakingStatus.PROPOSED: frozenset({MakingStatus.APPROVED, MakingStatus.DECLINED, MakingStatus.WITHDRAWN}),
    MakingStatus.APPROVED: frozenset(),
    MakingStatus.DECLINED: frozenset(),
    MakingStatus.WITHDRAWN: frozenset(),
}


class Making(Model):
    """How a product is made: a version of its steps and rates, written by one person and approved by another.

    A new version never changes an old one.
    """

    __tablename__ = "making"
    __table_args__ = (
        UniqueConstraint("product_id", "version"),
        CheckConstraint("approved_by IS NULL OR approved_by <> made_by", name="two_people"),
        CheckConstraint(
            "(status = 'approved') = (approved_by IS NOT NULL) AND (approved_by IS NULL) = (approved_at IS NULL)",
            name="approved_by_someone",
        ),
        one_of("status", MakingStatus),
        Index(
            "uq_making_one_open",
            "product_id",
            unique=True,
            sqlite_where=text("status = 'proposed'"),
            postgresql_where=text("status = 'proposed'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    version: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by: Mapped[str] = mapped_column(String(40))
    status: Mapped[MakingStatus] = mapped_column(status_column(MakingStatus))
    approved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    approved_by: Mapped[str | None] = mapped_column(String(40))

    product: Mapped[Product] = relationship()
    steps: Mapped[list["MakingStep"]] = relationship(order_by="MakingStep.position", lazy="selectin")

    @property
    def minutes(self) -> int:
        """Return the standard minutes of one piece."""
        return sum(step.minutes for step in self.steps)


class MakingEvent(Model):
    """Who moved a version to which status, and when; `note` is why it was declined."""

    __tablename__ = "making_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    making_id: Mapped[int] = mapped_column(ForeignKey("making.id"), index=True)
    status: Mapped[MakingStatus] = mapped_column(status_column(MakingStatus))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(200))


class MakingStep(Model):
    """One step: its standard minutes and what one accepted piece pays, in paise."""

    __tablename__ = "making_step"
    __table_args__ = (
        UniqueConstraint("making_id", "position"),
        UniqueConstraint("making_id", "name"),
        CheckConstraint("minutes > 0 AND rate_minor > 0", name="takes_and_pays"),
        one_of("name", StepName),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    making_id: Mapped[int] = mapped_column(ForeignKey("making.id"))
    position: Mapped[int]
    name: Mapped[StepName] = mapped_column(status_column(StepName))
    minutes: Mapped[int]
    rate_minor: Mapped[int] = mapped_column(Minor)


class ProductionOrder(Model):
    """Pieces of a variant that have to be made. `reference` says for whom: an order line or the shelf."""

    __tablename__ = "production_order"
    __table_args__ = (CheckConstraint("quantity > 0", name="asks_for_some"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    reference: Mapped[str] = mapped_column(String(60), unique=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    making_id: Mapped[int] = mapped_column(ForeignKey("making.id"))
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"), index=True)
    quantity: Mapped[int]
    due_on: Mapped[date]
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_by: Mapped[str] = mapped_column(String(40))
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    variant: Mapped[Variant] = relationship(lazy="joined", innerjoin=True)
    making: Mapped[Making] = relationship(lazy="joined", innerjoin=True)
    pieces: Mapped[list["Piece"]] = relationship(order_by="Piece.number", back_populates="order")


class Piece(Model):
    """One thing on its way through the steps; a rejected one is replaced by a new number.

    `called_off_at`: nobody had begun it when whoever it was for no longer wanted it.
    """

    __tablename__ = "piece"
    __table_args__ = (UniqueConstraint("order_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("production_order.id"))
    number: Mapped[int]
    rejected_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    called_off_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    order: Mapped[ProductionOrder] = relationship(back_populates="pieces")


WANTED = (Piece.rejected_at.is_(None), Piece.called_off_at.is_(None))  # of what is made, what still is to come out


class TaskStatus(StrEnum):
    """Where a task stands. `checked`: every piece of it was accepted or rejected."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    STARTED = "started"
    SUBMITTED = "submitted"
    REWORK = "rework"
    CHECKED = "checked"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


TASK_MOVES: dict[TaskStatus, frozenset[TaskStatus]] = {
    TaskStatus.OFFERED: frozenset({TaskStatus.ACCEPTED, TaskStatus.DECLINED, TaskStatus.WITHDRAWN}),
    TaskStatus.ACCEPTED: frozenset({TaskStatus.STARTED, TaskStatus.DECLINED, TaskStatus.WITHDRAWN}),
    TaskStatus.STARTED: frozenset({TaskStatus.SUBMITTED}),
    TaskStatus.SUBMITTED: frozenset({TaskStatus.CHECKED, TaskStatus.REWORK}),
    TaskStatus.REWORK: frozenset({TaskStatus.SUBMITTED}),
    TaskStatus.CHECKED: frozenset(),
    TaskStatus.DECLINED: frozenset(),
    TaskStatus.WITHDRAWN: frozenset(),
}


class Task(Model):
    """One step of some pieces, offered to one artisan at a rate that is frozen with the offer."""

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("rate_minor > 0", name="pays"),
        one_of("status", TaskStatus),
        Index(None, "artisan_id", "status"),
        Index(None, "order_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("production_order.id"))
    step_id: Mapped[int] = mapped_column(ForeignKey("making_step.id"))
    artisan_id: Mapped[int] = mapped_column(ForeignKey("artisan.id"))
    status: Mapped[TaskStatus] = mapped_column(status_column(TaskStatus))
    rate_minor: Mapped[int] = mapped_column(Minor)
    due_on: Mapped[date]
    offered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    offered_by: Mapped[str] = mapped_column(String(40))

    order: Mapped[ProductionOrder] = relationship(lazy="joined", innerjoin=True)
    step: Mapped[MakingStep] = relationship(lazy="joined", innerjoin=True)
    artisan: Mapped[Artisan] = relationship(lazy="joined", innerjoin=True)
    pieces: Mapped[list["TaskPiece"]] = relationship(order_by="TaskPiece.piece_id", lazy="selectin")


class TaskPieceStatus(StrEnum):
    """Where one piece of a task stands. `dropped`: the task was declined or withdrawn."""

    OPEN = "open"
    REWORK = "rework"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DROPPED = "dropped"


class TaskPiece(Model):
    """One piece in one task. A step of a piece stands in at most one task that was not dropped."""

    __tablename__ = "task_piece"
    __table_args__ = (
        UniqueConstraint("task_id", "piece_id"),
        one_of("status", TaskPieceStatus),
        Index(
            "uq_task_piece_step",
            "piece_id",
            "step_id",
            unique=True,
            sqlite_where=text("status <> 'dropped'"),
            postgresql_where=text("status <> 'dropped'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    piece_id: Mapped[int] = mapped_column(ForeignKey("piece.id"))
    step_id: Mapped[int] = mapped_column(ForeignKey("making_step.id"))
    status: Mapped[TaskPieceStatus] = mapped_column(status_column(TaskPieceStatus))

    piece: Mapped[Piece] = relationship(lazy="joined", innerjoin=True)


class TaskEvent(Model):
    """Who moved a task to which status, and when."""

    __tablename__ = "task_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    status: Mapped[TaskStatus] = mapped_column(status_column(TaskStatus))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))


class Cause(StrEnum):
    """Why a piece was sent back or rejected."""

    WORK = "work"
    MATERIAL = "material"
    PATTERN = "pattern"


class Check(Model):
    """One look at a submitted task, by someone who did not make it.

    `mend_minor`: what mending one of those that go back pays, where the fault was not hers.
    """

    __tablename__ = "task_check"
    __table_args__ = (
        CheckConstraint("passed >= 0 AND rework >= 0 AND rejected >= 0", name="counts"),
        CheckConstraint("passed + rework + rejected > 0", name="looked_at_some"),
        CheckConstraint("mend_minor IS NULL OR mend_minor > 0 AND rework > 0 AND cause <> 'work'", name="pays_to_mend"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    passed: Mapped[int]
    rework: Mapped[int]
    rejected: Mapped[int]
    cause: Mapped[Cause | None] = mapped_column(status_column(Cause))
    mend_minor: Mapped[int | None] = mapped_column(Minor)
    note: Mapped[str | None] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))
