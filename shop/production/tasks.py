"""Tasks: one step of some pieces, offered to one artisan, who may say no without a reason.

Who is offered work may depend on skill, time and fairness; never on what she lets us publish: this
module cannot read consents, and a test holds that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import Select, bindparam, func, select, update

from shop import statuses
from shop.artisans.models import Artisan
from shop.db import adding, changed, db, run
from shop.errors import Conflict, Invalid, NotFound
from shop.production.models import (
    TASK_MOVES,
    WANTED,
    MakingStep,
    Piece,
    ProductionOrder,
    Task,
    TaskEvent,
    TaskPiece,
    TaskPieceStatus,
    TaskStatus,
)
from shop.production.orders import refuse_closed
from shop.users import audit
from shop.users.models import User
from shop.users.policy import covers, whole_house

LIVE = (TaskStatus.OFFERED, TaskStatus.ACCEPTED, TaskStatus.STARTED, TaskStatus.SUBMITTED, TaskStatus.REWORK)


@dataclass(frozen=True)
class ToAssign:
    """A step of a production order with pieces that nobody has been given yet."""

    order: ProductionOrder
    step: MakingStep
    pieces: int


def offer(
    order: ProductionOrder,
    step: MakingStep,
    artisan: Artisan,
    quantity: int,
    *,
    due_on: date,
    rate_minor: int | None = None,
    at: datetime,
    by: User,
) -> Task:
    """Offer a step of some pieces to an artisan of the same centre.

    It may pay more than the making, never less; paying more is in the audit.
    """
    refuse_closed(order)
    if artisan.centre_id != order.centre_id or artisan.left_at is not None:
        raise NotFound("artisan.unknown")
    if artisan.user_id == by.id:
        raise Invalid("task.own")
    rate = step.rate_minor if rate_minor is None else rate_minor
    if rate < step.rate_minor:
        raise Invalid("task.rate")
    pieces = _unassigned(order, step, quantity)
    if quantity <= 0 or len(pieces) < quantity:
        raise Conflict("task.too_many", left=len(pieces))
    task = Task(
        order_id=order.id,
        step_id=step.id,
        artisan_id=artisan.id,
        status=TaskStatus.OFFERED,
        rate_minor=rate,
        due_on=due_on,
        offered_at=at,
        offered_by=by.actor,
    )
    db.session.add(task)
    db.session.flush()
    run(
        adding(TaskPiece),
        [
            {"task_id": task.id, "piece_id": piece, "step_id": step.id, "status": TaskPieceStatus.OPEN}
            for piece in pieces
        ],
    )
    _note(task, TaskStatus.OFFERED, at=at, by=by.actor)
    if rate > step.rate_minor:
        audit.record("work.pay-more", f"task:{task.id}", by=by.actor, at=at)
    return task


def accept(task: Task, *, at: datetime, by: User) -> None:
    """Take on an offered task."""
    move(task, TaskStatus.ACCEPTED, at=at, by=by.actor)


def decline(task: Task, *, at: datetime, by: User) -> None:
    """Say no to a task that was not begun; no reason is asked and none is kept."""
    move(task, TaskStatus.DECLINED, at=at, by=by.actor)
    drop_pieces(task)


def withdraw(task: Task, *, at: datetime, by: User) -> None:
    """Take back an offer that was not begun."""
    move(task, TaskStatus.WITHDRAWN, at=at, by=by.actor)
    drop_pieces(task)


def start(task: Task, *, at: datetime, by: User) -> None:
    """Begin the work; Conflict while a step before it is not accepted for every piece."""
    missing = waiting_for(task)
    if missing:
        raise Conflict("task.step_before", pieces=missing)
    move(task, TaskStatus.STARTED, at=at, by=by.actor)


def submit(task: Task, *, at: datetime, by: User) -> None:
    """Hand in the work for its check."""
    move(task, TaskStatus.SUBMITTED, at=at, by=by.actor)


def waiting_for(task: Task) -> int:
    """Return how many pieces of a task still lack the step before it."""
    if task.step.position == 1:
        return 0
    open_pieces = [piece.piece_id for piece in task.pieces if piece.status is TaskPieceStatus.OPEN]
    ready = (
        select(TaskPiece.piece_id)
        .join(MakingStep, MakingStep.id == TaskPiece.step_id)
        .where(MakingStep.position == task.step.position - 1, TaskPiece.status == TaskPieceStatus.ACCEPTED)
        .where(TaskPiece.piece_id.in_(open_pieces))
    )
    return len(open_pieces) - len(db.session.scalars(ready).all())


def drop_piece(piece_id: int, *, at: datetime) -> None:
    """Take a piece that is not made any further out of steps that were offered ahead; an emptied task is withdrawn."""
    ahead = select(TaskPiece).where(TaskPiece.piece_id == piece_id, TaskPiece.status == TaskPieceStatus.OPEN)
    for entry in db.session.scalars(ahead):
        entry.status = TaskPieceStatus.DROPPED
        db.session.flush()
        task = db.session.get_one(Task, entry.task_id)
        if all(piece.status is TaskPieceStatus.DROPPED for piece in task.pieces):
            move(task, TaskStatus.WITHDRAWN, at=at, by="system")


def of(artisan: Artisan, statuses: Sequence[TaskStatus] = LIVE) -> list[Task]:
    """Return an artisan's own tasks, the most urgent first."""
    return list(
        db.session.scalars(
            select(Task).where(Task.artisan_id == artisan.id, Task.status.in_(statuses)).order_by(Task.due_on, Task.id)
        ).unique()
    )


def get_own(artisan: Artisan, task_id: int) -> Task:
    """Return one of an artisan's own tasks; NotFound otherwise."""
    task = db.session.get(Task, task_id)
    if task is None or task.artisan_id != artisan.id:
        raise NotFound("task.unknown")
    return task


def get_of(user: User, task_id: int) -> Task:
    """Return a task of her centre; NotFound otherwise."""
    task = db.session.get(Task, task_id)
    if task is None or not covers(user, "work.read", task.order.centre_id):
        raise NotFound("task.unknown")
    return task


def all_of(user: User, statuses: Sequence[TaskStatus] = LIVE) -> list[Task]:
    """Return the tasks of a member of staff's centre, the most urgent first."""
    query = select(Task).where(Task.status.in_(statuses)).order_by(Task.due_on, Task.id)
    if not whole_house(user, "work.read"):
        query = query.join(ProductionOrder, ProductionOrder.id == Task.order_id).where(
            ProductionOrder.centre_id == user.centre_id
        )
    return list(db.session.scalars(query).unique())


def to_assign(orders: Sequence[ProductionOrder]) -> list[ToAssign]:
    """Return every step with pieces that stand in no task, in the order of making."""
    if not orders:
        return []
    ids = [order.id for order in orders]
    total = dict(
        db.session.execute(
            select(Piece.order_id, func.count()).where(Piece.order_id.in_(ids), *WANTED).group_by(Piece.order_id)
        ).all()
    )
    given = {
        (row[0], row[1]): row[2]
        for row in db.session.execute(
            select(Piece.order_id, TaskPiece.step_id, func.count())
            .join(Piece, Piece.id == TaskPiece.piece_id)
            .where(Piece.order_id.in_(ids), *WANTED)
            .where(TaskPiece.status != TaskPieceStatus.DROPPED)
            .group_by(Piece.order_id, TaskPiece.step_id)
        )
    }
    return [
        ToAssign(order, step, left)
        for order in orders
        for step in order.making.steps
        if (left := total.get(order.id, 0) - given.get((order.id, step.id), 0)) > 0
    ]


def _unassigned(order: ProductionOrder, step: MakingStep, quantity: int) -> list[int]:
    if step.making_id != order.making_id:
        raise NotFound("task.unknown")
    wanted = {"of_order": order.id, "of_step": step.id, "pieces": max(quantity, 0)}
    return list(db.session.scalars(_not_given(), wanted))


@cache
def _not_given() -> Select[int]:
    given = select(TaskPiece.piece_id).where(TaskPiece.status != TaskPieceStatus.DROPPED)
    of_step = given.where(TaskPiece.step_id == bindparam("of_step")).scalar_subquery()
    here = (Piece.order_id == bindparam("of_order"), *WANTED, Piece.id.not_in(of_step))
    return select(Piece.id).where(*here).order_by(Piece.number).limit(bindparam("pieces")).with_for_update()


def drop_pieces(task: Task) -> None:
    """Let all pieces of a task be given to someone else, or to nobody."""
    changed(update(TaskPiece).where(TaskPiece.task_id == task.id).values(status=TaskPieceStatus.DROPPED))


def move(task: Task, to: TaskStatus, *, at: datetime, by: str) -> None:
    """Move a task along TASK_MOVES and note it; Conflict if someone else moved it first."""
    if not statuses.move(task, TASK_MOVES, to):
        raise Conflict("task.moved_on", status=task.status.value)
    _note(task, to, at=at, by=by)


def _note(task: Task, status: TaskStatus, *, at: datetime, by: str) -> None:
    run(adding(TaskEvent), {"task_id": task.id, "status": status, "at": at, "by": by})
