"""Rework by cause: mending what was her own work is a part of its rate; what was not her fault is paid for itself.

Whoever sends a piece back for its material or its pattern agrees a sum for mending it, at most what making it pays. It
is frozen with the check, she sees it before she begins, and it is hers once the piece is done with: when it passes,
and also when it is rejected in the end, since she did the work. It is wages like the piece itself, under
`task:<id>:piece:<n>:rework:<r>`, once.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from shop.artisans import earnings
from shop.artisans.models import Earning, EarningKind
from shop.db import adding, db, run
from shop.errors import Invalid
from shop.money import Money
from shop.production.mending_models import Mending
from shop.production.models import Cause, Check, Piece, Task, TaskPiece, TaskPieceStatus
from shop.snapshots import streamed
from shop.verdict import Finding

NOT_HERS = (Cause.MATERIAL, Cause.PATTERN)
OVER = (TaskPieceStatus.ACCEPTED, TaskPieceStatus.REJECTED)  # a piece that is done with, so that its mendings are paid


def refuse_unsound(task: Task, rework: int, cause: Cause | None, mend: Money | None) -> None:
    """Refuse a mending that is not hers without a sum from one paisa to the rate, and any other with one."""
    is_paid = bool(rework) and cause in NOT_HERS
    if is_paid != (mend is not None) or (mend is not None and not 0 < mend.minor <= task.rate_minor):
        raise Invalid("check.mend")


def agree(check: Check, entries: Sequence[TaskPiece]) -> None:
    """Write down that a check sent pieces back for a sum; it pays nothing yet."""
    if check.mend_minor is None or not entries:
        return
    ids = [entry.id for entry in entries]
    query = select(Mending.entry_id, func.count()).where(Mending.entry_id.in_(ids)).group_by(Mending.entry_id)
    before: dict[int, int] = {row[0]: row[1] for row in db.session.execute(query)}
    rows = [{"entry_id": number, "number": before.get(number, 0) + 1, "check_id": check.id} for number in ids]
    run(adding(Mending), rows)


def pay(task: Task, entries: Sequence[TaskPiece], *, at: datetime, by: str) -> None:
    """Credit what was agreed for mending pieces that are done with, each once; the caller has the task locked."""
    query = _agreed().where(Mending.entry_id.in_([entry.id for entry in entries]), Earning.id.is_(None))
    sums: dict[int, list[str]] = defaultdict(list)
    for reference, _task_id, minor, *_rest in db.session.execute(query):
        sums[minor].append(reference)
    for minor, references in sums.items():
        earnings.credit_all(
            task.artisan,
            Money(minor, "INR"),
            references=references,
            source=source_of(task.id),
            at=at,
            by=by,
            kind=EarningKind.REWORK,
        )


def source_of(task_id: int) -> str:
    """Return what the earnings of a task's mendings have as their source."""
    return f"mending:{task_id}"


def promised(task_ids: Sequence[int]) -> dict[int, int]:
    """Return task -> what was agreed for mending its pieces that are not done with, in paise; without those of none."""
    if not task_ids:
        return {}
    query = (
        select(TaskPiece.task_id, func.sum(Check.mend_minor))
        .join(Mending, Mending.entry_id == TaskPiece.id)
        .join(Check, Check.id == Mending.check_id)
        .where(TaskPiece.task_id.in_(task_ids), TaskPiece.status.not_in(OVER))
        .group_by(TaskPiece.task_id)
    )
    return {row[0]: int(row[1] or 0) for row in db.session.execute(query)}


def of_pieces(piece_ids: Sequence[int]) -> Sequence[tuple[int, int, str]]:
    """Return (piece, task, reference) of each paid mending of pieces that passed, in their order."""
    query = _agreed().add_columns(TaskPiece.piece_id)
    query = query.where(TaskPiece.piece_id.in_(piece_ids), TaskPiece.status == TaskPieceStatus.ACCEPTED)
    rows = db.session.execute(query.order_by(TaskPiece.piece_id, Mending.id))
    return [(row.piece_id, row.task_id, row.reference) for row in rows]


def verify() -> Iterator[Finding]:
    """Yield every mending that was paid before its time, not at all or otherwise than agreed, and pay without one."""
    for reference, _task_id, minor, artisan_id, status, earning_id, paid, whose in streamed(_agreed()):
        if earning_id is None and status in OVER:
            yield Finding("production", reference, "was agreed and never credited")
        elif earning_id is not None and status not in OVER:
            yield Finding("production", reference, f"was credited, and its piece is {status.value}")
        elif earning_id is not None and (paid, whose) != (minor, artisan_id):
            said = f"{minor} was agreed for artisan {artisan_id}, {paid} credited to {whose}"
            yield Finding("production", reference, said)
    agreed = _agreed().subquery()
    bare = select(Earning.reference).outerjoin(agreed, agreed.c.reference == Earning.reference)
    for (reference,) in streamed(bare.where(Earning.kind == EarningKind.REWORK, agreed.c.reference.is_(None))):
        yield Finding("production", reference, "was credited for a mending that nobody agreed")


def _agreed() -> Select[*tuple[Any, ...]]:
    """Select each agreed mending: its reference, task, sum and maker, where its piece stands, and what was credited."""
    reference = _name(Task.id, Piece.number, Mending.number)
    return (
        select(
            reference.label("reference"),
            Task.id.label("task_id"),
            Check.mend_minor.label("minor"),
            Task.artisan_id.label("agreed_with"),
            TaskPiece.status.label("stands"),
            Earning.id.label("earning_id"),
            Earning.amount_minor.label("paid"),
            Earning.artisan_id.label("whose"),
        )
        .select_from(Mending)
        .join(Check, Check.id == Mending.check_id)
        .join(TaskPiece, TaskPiece.id == Mending.entry_id)
        .join(Task, Task.id == TaskPiece.task_id)
        .join(Piece, Piece.id == TaskPiece.piece_id)
        .outerjoin(Earning, Earning.reference == reference)
    )


def _name(task_id: object, piece: object, number: object) -> ColumnElement[str]:
    return func.concat("task:", task_id, ":piece:", piece, ":rework:", number)
