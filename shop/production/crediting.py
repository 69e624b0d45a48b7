"""Whose work a piece was: where a correction puts it right, all that went by it follows, in the same unit of work.

A piece of a task is credited to whom the task was given. If another woman did it, or the rate was wrong, two people put
the earning right (artisans/corrections.py), and the maker on record for the finished piece and the pending part of its
share go along: artisans may not know of pieces, so the house decides here. The task itself keeps whom it was given to.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from shop.artisans import corrections
from shop.artisans.models import Correction, Earning
from shop.artisans.share_models import Share
from shop.catalog import crediting
from shop.catalog.models import Unit, UnitMaker
from shop.db import db
from shop.production import checks
from shop.production.models import MakingStep, Piece, StepName, Task, TaskPiece, TaskPieceStatus
from shop.snapshots import streamed
from shop.users.models import User
from shop.verdict import Finding

UNIT = "piece:"  # how a unit names its piece of work


@dataclass(frozen=True)
class _Work:
    """One step of one piece."""

    piece_id: int
    step: StepName


def approve(correction: Correction, *, at: datetime, by: User) -> int:
    """Approve a correction and let the finished piece follow what stands in the earning's place.

    Return how many shares were divided anew. Raises as corrections.approve does.
    """
    work = _find_work(correction.earning)
    if work is None:
        corrections.approve(correction, at=at, by=by)
        return 0
    _lock(work.piece_id)
    put = corrections.approve(correction, at=at, by=by)
    unit = crediting.hold(f"{UNIT}{work.piece_id}") if put else None
    if unit is None or put is None:
        return 0
    return crediting.credit(unit, work.step.value, put.artisan_id, put.amount_minor, at=at, by=by.actor)


def shares_of(earning: Earning) -> Sequence[Share]:
    """Return what is promised or was released for the piece of an earning."""
    work = _find_work(earning)
    unit = crediting.find(f"{UNIT}{work.piece_id}") if work else None
    return crediting.shares_of(unit) if unit else ()


def _find_work(earning: Earning) -> _Work | None:
    """Return which step of which piece an earning is for; None for one that is for no piece."""
    first = corrections.first_of(earning)
    query = (
        select(TaskPiece.piece_id, MakingStep.name)
        .join(Piece, Piece.id == TaskPiece.piece_id)
        .join(MakingStep, MakingStep.id == TaskPiece.step_id)
        .where(checks.named(TaskPiece.task_id, Piece.number) == first.reference)
    )
    task, _colon, number = first.source.partition(":")
    if task != "task" or not number.isdecimal():
        return None
    row = db.session.execute(query.where(TaskPiece.task_id == int(number))).one_or_none()
    return _Work(row[0], row[1]) if row else None


def _lock(piece_id: int) -> None:
    """Let nobody check a step of a piece until the unit of work ends: the last check writes its makers down."""
    of_piece = select(TaskPiece.task_id).where(TaskPiece.piece_id == piece_id)
    db.session.execute(select(Task.id).where(Task.id.in_(of_piece)).order_by(Task.id).with_for_update()).all()


def verify() -> Iterator[Finding]:
    """Yield every finished piece of the workshop whose maker of a step is not the one who is credited for it."""
    put = aliased(Earning)
    query = select(Correction.earning_id, put.id, put.artisan_id, put.amount_minor).join(
        put, put.id == Correction.put_id
    )
    moved = {row[0]: row[1:] for row in db.session.execute(query)}
    for reference, step, earning_id, artisan_id, minor, of, earned in streamed(_recorded()):
        credited = (artisan_id, minor)
        while earning_id in moved:
            earning_id, *credited_now = moved[earning_id]
            credited = (credited_now[0], credited_now[1])
        if (of, earned) != credited:
            said = f"{step.value} is artisan {of}'s for {earned}, credited is artisan {credited[0]} with {credited[1]}"
            yield Finding("production", reference, said)


def _recorded() -> Select[str, StepName, int, int, int, int | None, int | None]:
    """Select each accepted step of each finished piece: what it was credited as at first, and who is on record."""
    return (
        select(
            Unit.reference,
            MakingStep.name,
            Earning.id,
            Earning.artisan_id,
            Earning.amount_minor,
            UnitMaker.artisan_id,
            UnitMaker.earned_minor,
        )
        .select_from(TaskPiece)
        .join(Piece, Piece.id == TaskPiece.piece_id)
        .join(MakingStep, MakingStep.id == TaskPiece.step_id)
        .join(Unit, Unit.reference == func.concat(UNIT, Piece.id))
        .join(Earning, Earning.reference == checks.named(TaskPiece.task_id, Piece.number))
        .outerjoin(UnitMaker, (UnitMaker.unit_id == Unit.id) & (UnitMaker.step == MakingStep.name))
        .where(TaskPiece.status == TaskPieceStatus.ACCEPTED)
        .order_by(Unit.id, MakingStep.position)
    )
