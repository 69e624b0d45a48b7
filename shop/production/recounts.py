"""A count that was too low: a piece that was rejected and was good is counted after all, by two people.

A piece that was sent back needs none of this: its next check passes it. And what she made beyond what was asked for is
asked for, offered and checked like anything else. Only a rejection ends a piece, so only that is put right here: she
is credited as the check would have done, under the same reference, so that the piece counts once. If the piece is at
hand, it goes on, into stock after its last step; the one that was to replace it is not made, unless someone began it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from shop.db import db
from shop.errors import Conflict, Invalid, NotFound, Refused
from shop.production import calling_off, checks, orders, tasks
from shop.production.models import ProductionOrder, Task, TaskPiece, TaskPieceStatus
from shop.production.recount_models import RECOUNT_MOVES, Recount, RecountStatus
from shop.snapshots import streamed
from shop.statuses import move
from shop.users import audit
from shop.users.models import User
from shop.users.policy import covers, whole_house
from shop.verdict import Finding

STANDING = (RecountStatus.PROPOSED, RecountStatus.APPROVED)


@dataclass(frozen=True)
class Outcome:
    """What became of the piece: whether it goes on, and whether another is made that was to replace it."""

    goes_on: bool
    other_is_made: bool


def propose(entry: TaskPiece, note: str, *, is_there: bool, at: datetime, by: User) -> Recount:
    """Propose to count a rejected piece of a task; nothing moves yet.

    Conflict if it was not rejected or someone proposed it before, Invalid without a note, Refused for its maker.
    """
    task = db.session.get_one(Task, entry.task_id)
    _refuse_own(task, by)
    if not note.strip():
        raise Invalid("recount.note")
    if entry.status is not TaskPieceStatus.REJECTED:
        raise Conflict("recount.not_rejected")
    if find_standing(entry) is not None:
        raise Conflict("recount.one_standing")
    made = Recount(
        entry_id=entry.id,
        note=note.strip()[:200],
        is_there=is_there,
        status=RecountStatus.PROPOSED,
        proposed_by=by.actor,
        proposed_at=at,
    )
    db.session.add(made)
    db.session.flush()
    audit.record("corrections.propose-recount", f"recount:{made.id}", by=by.actor, at=at)
    return made


def approve(recount: Recount, *, at: datetime, by: User) -> Outcome:
    """Credit the piece at the task's rate, once, and let it go on if it is there.

    Refused for the one who proposed it and for its maker, Conflict if it was decided meanwhile.
    """
    task = db.session.get_one(Task, recount.entry.task_id)
    _refuse_own(task, by)
    if recount.proposed_by == by.actor:
        raise Refused("recount.two_people")
    calling_off.lock([task.order])
    if not move(recount, RECOUNT_MOVES, RecountStatus.APPROVED, decided_by=by.actor, decided_at=at):
        raise Conflict("recount.moved_on")
    checks.accept(task, [recount.entry], at=at, by=by.actor)
    audit.record("corrections.approve-recount", f"recount:{recount.id}", by=by.actor, at=at)
    return _go_on(task, recount.entry, at=at, by=by.actor) if recount.is_there else Outcome(False, True)


def close(recount: Recount, note: str, *, at: datetime, by: User) -> None:
    """Leave the piece uncounted: take back what one has proposed oneself, or say no, with a reason."""
    is_own = recount.proposed_by == by.actor
    if not is_own and not note.strip():
        raise Invalid("recount.note")
    to = RecountStatus.WITHDRAWN if is_own else RecountStatus.DECLINED
    said = {"decided_by": by.actor, "decided_at": at, "answer": note.strip()[:200] or None}
    if not move(recount, RECOUNT_MOVES, to, **said):
        raise Conflict("recount.moved_on")
    audit.record("corrections.close-recount", f"recount:{recount.id}", by=by.actor, at=at)


def get_entry(user: User, task_id: int, number: int) -> TaskPiece:
    """Return a piece of a task of her centre by its number; NotFound otherwise."""
    for entry in tasks.get_of(user, task_id).pieces:
        if entry.piece.number == number:
            return entry
    raise NotFound("task.unknown")


def get_of(user: User, recount_id: int) -> Recount:
    """Return a recount of her centre's work; NotFound otherwise."""
    found = db.session.get(Recount, recount_id)
    if found is None:
        raise NotFound("recount.unknown")
    task = db.session.get_one(Task, found.entry.task_id)
    if not covers(user, "corrections.propose", task.order.centre_id):
        raise NotFound("recount.unknown")
    return found


def waiting(user: User) -> list[tuple[Recount, Task]]:
    """Return what waits for a second person of a member of staff's centre, the oldest first, with its task."""
    query = (
        select(Recount, Task)
        .join(TaskPiece, TaskPiece.id == Recount.entry_id)
        .join(Task, Task.id == TaskPiece.task_id)
        .where(Recount.status == RecountStatus.PROPOSED)
        .order_by(Recount.id)
    )
    if not whole_house(user, "corrections.propose"):
        of_order = select(ProductionOrder.id).where(ProductionOrder.centre_id == user.centre_id)
        query = query.where(Task.order_id.in_(of_order))
    return [(row[0], row[1]) for row in db.session.execute(query).unique()]


def lost(task: Task) -> list[int]:
    """Return the numbers of a task's rejected pieces that nobody has proposed to count after all."""
    rejected = {each.id: each.piece.number for each in task.pieces if each.status is TaskPieceStatus.REJECTED}
    standing = select(Recount.entry_id).where(Recount.entry_id.in_(rejected), Recount.status.in_(STANDING))
    proposed = set(db.session.scalars(standing)) if rejected else set()
    return [number for entry_id, number in rejected.items() if entry_id not in proposed]


def find_standing(entry: TaskPiece) -> Recount | None:
    """Return the recount of a piece of a task that is proposed or was approved, or None."""
    standing = select(Recount).where(Recount.entry_id == entry.id, Recount.status.in_(STANDING))
    return db.session.scalars(standing).one_or_none()


def verify() -> Iterator[Finding]:
    """Yield every approved recount whose piece does not count."""
    query = select(Recount.id, TaskPiece.status).join(TaskPiece, TaskPiece.id == Recount.entry_id)
    uncounted = (Recount.status == RecountStatus.APPROVED, TaskPiece.status != TaskPieceStatus.ACCEPTED)
    for recount_id, status in streamed(query.where(*uncounted)):
        yield Finding("production", f"recount {recount_id}", f"was approved, and its piece is {status.value}")


def _go_on(task: Task, entry: TaskPiece, *, at: datetime, by: str) -> Outcome:
    """Let the piece go on its way; half-made for an order that wants nothing more it stays where it is."""
    order, piece = task.order, entry.piece
    is_last = task.step.position == len(order.making.steps)
    is_open = order.finished_at is None and order.cancelled_at is None
    if not is_last and not is_open:
        return Outcome(False, False)
    piece.rejected_at = None
    db.session.flush()
    is_spared = is_open and calling_off.spare(order, at=at)
    if is_open and not is_spared:
        order.quantity += 1  # one more comes out than was asked for: it goes on the shelf, or to whoever waits
    if is_last:
        checks.receive(task, [piece], at=at, by=by)
    db.session.flush()
    orders.finish_if_done(order, at=at)
    return Outcome(True, not is_spared)


def _refuse_own(task: Task, by: User) -> None:
    if task.artisan.user_id == by.id:
        raise Refused("check.own")
