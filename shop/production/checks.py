"""The check: accepts, sends back or rejects what was submitted, and pays for what it accepts.

Acceptance is the one place where a piece of work becomes an earning. Each accepted piece is
credited to its maker at the task's own rate under `task:<id>:piece:<n>`, in this transaction; a
piece accepted at its last step goes into stock with everyone who worked on it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Subquery, func, select

from shop.artisans import corrections, earnings
from shop.artisans.models import Earning, EarningKind
from shop.catalog import stock
from shop.db import db
from shop.errors import Conflict, Invalid, Refused
from shop.money import Money
from shop.production import mendings, orders, tasks
from shop.production.models import (
    Cause,
    Check,
    MakingStep,
    Piece,
    ProductionOrder,
    Task,
    TaskPiece,
    TaskPieceStatus,
    TaskStatus,
)
from shop.snapshots import streamed
from shop.users.models import User
from shop.verdict import Finding


def record(
    task: Task,
    *,
    passed: int,
    rework: int,
    rejected: int,
    cause: Cause | None = None,
    mend: Money | None = None,
    note: str | None = None,
    at: datetime,
    by: User,
) -> Check:
    """Record the check of a submitted task: pass, rework and reject must add up to what was handed in.

    `mend`: what mending one piece pays that goes back for a fault that was not hers, and only then: mendings.py.
    Refused for the maker herself. Nothing is earned for making a rejected piece and nothing is taken.
    """
    if task.artisan.user_id == by.id:
        raise Refused("check.own")
    db.session.refresh(task, ["status", "pieces"], with_for_update=True)  # whoever checks it at the same moment waits
    if task.status is not TaskStatus.SUBMITTED:
        raise Conflict("task.moved_on", status=task.status.value)
    looked_at = [p for p in task.pieces if p.status in (TaskPieceStatus.OPEN, TaskPieceStatus.REWORK)]
    if min(passed, rework, rejected) < 0 or passed + rework + rejected != len(looked_at):
        raise Invalid("check.count", pieces=len(looked_at))
    if (rework or rejected) and cause is None:
        raise Invalid("check.cause")
    mendings.refuse_unsound(task, rework, cause, mend)
    check = Check(
        task_id=task.id,
        passed=passed,
        rework=rework,
        rejected=rejected,
        cause=cause,
        mend_minor=mend.minor if mend else None,
        note=note,
        at=at,
        by=by.actor,
    )
    db.session.add(check)
    tasks.move(task, TaskStatus.REWORK if rework else TaskStatus.CHECKED, at=at, by=by.actor)
    accept(task, looked_at[:passed], at=at, by=by.actor)
    if passed and task.step.position == len(task.order.making.steps):
        receive(task, [piece.piece for piece in looked_at[:passed]], at=at, by=by.actor)
    for piece in looked_at[passed : passed + rework]:
        piece.status = TaskPieceStatus.REWORK
    for piece in looked_at[passed + rework :]:
        _reject(task, piece, at=at)
    mendings.pay(task, looked_at[passed + rework :], at=at, by=by.actor)
    db.session.flush()
    mendings.agree(check, looked_at[passed : passed + rework])
    orders.finish_if_done(task.order, at=at)
    return check


def earning_of(task_id: int, number: int) -> str:
    """Return how the earning is named of a piece that passed in a task."""
    return f"task:{task_id}:piece:{number}"


def named(task_id: object, number: object) -> ColumnElement[str]:
    """Return the same within a statement."""
    return func.concat("task:", task_id, ":piece:", number)


def accept(task: Task, pieces: Sequence[TaskPiece], *, at: datetime, by: str) -> None:
    """Credit pieces of a task to its maker at its rate, each once; the caller has the task locked."""
    for piece in pieces:
        piece.status = TaskPieceStatus.ACCEPTED
    earnings.credit_all(
        task.artisan,
        Money(task.rate_minor, "INR"),
        references=[earning_of(task.id, piece.piece.number) for piece in pieces],
        source=f"task:{task.id}",
        at=at,
        by=by,
    )
    mendings.pay(task, pieces, at=at, by=by)


def receive(task: Task, pieces: Sequence[Piece], *, at: datetime, by: str) -> None:
    """Take finished pieces into stock together, so that whatever they promise is promised in one go."""
    for piece in pieces:
        piece.finished_at = at
    db.session.flush()
    makers = _makers([piece.id for piece in pieces])
    made = [stock.Incoming(f"piece:{piece.id}", makers[piece.id]) for piece in pieces]
    stock.receive_all(task.order.variant_id, made, at=at, by=by)


def _reject(task: Task, piece: TaskPiece, *, at: datetime) -> None:
    piece.status = TaskPieceStatus.REJECTED
    piece.piece.rejected_at = at
    db.session.flush()
    tasks.drop_piece(piece.piece_id, at=at)
    if task.order.cancelled_at is None:
        orders.add_replacement(task.order)


def _makers(piece_ids: Sequence[int]) -> dict[int, list[stock.Maker]]:
    """Return piece -> whom each step of it is credited to, and with how much, after all that was put right."""
    rows = db.session.execute(
        select(TaskPiece.piece_id, MakingStep.name, Task.id, Piece.number)
        .join(Task, Task.id == TaskPiece.task_id)
        .join(Piece, Piece.id == TaskPiece.piece_id)
        .join(MakingStep, MakingStep.id == Task.step_id)
        .where(TaskPiece.piece_id.in_(piece_ids), TaskPiece.status == TaskPieceStatus.ACCEPTED)
        .order_by(TaskPiece.piece_id, MakingStep.position)
    )
    steps = [(row[0], row[1], earning_of(row[2], row[3])) for row in rows]
    credited = corrections.credited([reference for _piece, _step, reference in steps])
    made: dict[int, list[stock.Maker]] = {piece_id: [] for piece_id in piece_ids}
    for piece_id, step, reference in steps:
        earning = credited[reference]
        made[piece_id].append(stock.Maker(step.value, earning.artisan_id, earning.amount_minor))
    return made


def verify() -> Iterator[Finding]:
    """Yield every accepted piece without its earning, and every earning without its piece."""
    accepted = _accepted()
    earned = (Earning.reference == accepted.c.reference) & (Earning.kind == EarningKind.PIECE)
    rows = select(accepted.c.reference, accepted.c.rate, Earning.amount_minor).outerjoin(Earning, earned)
    for reference, rate, credited in streamed(rows.order_by(accepted.c.reference)):
        if credited is None:
            yield Finding("production", reference, "was accepted and never credited")
        elif credited != rate:
            yield Finding("production", reference, f"rate {rate}, credited {credited}")
    of_tasks = (Earning.reference.startswith("task:"), Earning.kind == EarningKind.PIECE)
    strays = select(Earning.reference).outerjoin(accepted, accepted.c.reference == Earning.reference)
    for (reference,) in streamed(strays.where(*of_tasks, accepted.c.reference.is_(None)).order_by(Earning.reference)):
        yield Finding("production", reference, "was credited and never accepted")
    bare = select(ProductionOrder.id).outerjoin(Piece, Piece.order_id == ProductionOrder.id).where(Piece.id.is_(None))
    for order_id in db.session.scalars(bare):
        yield Finding("production", f"production order {order_id}", "has no piece")


def _accepted() -> Subquery:
    """Return each accepted piece: how its earning is named, and the rate of its task in paise."""
    return (
        select(named(Task.id, Piece.number).label("reference"), Task.rate_minor.label("rate"))
        .join(TaskPiece, TaskPiece.task_id == Task.id)
        .join(Piece, Piece.id == TaskPiece.piece_id)
        .where(TaskPiece.status == TaskPieceStatus.ACCEPTED)
        .subquery()
    )
