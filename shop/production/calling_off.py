"""Calling off what nobody has begun: a whole production order, or some of its pieces.

What someone has taken on is always finished and paid: it goes on the shelf, or to whoever waits for such a piece.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from shop.db import db
from shop.production import tasks
from shop.production.models import WANTED, Piece, ProductionOrder, Task, TaskPiece, TaskPieceStatus
from shop.production.orders import AT_WORK, finish_if_done


def lock(orders: Sequence[ProductionOrder]) -> None:
    """Let nobody take on, check or be offered a piece of these until the unit of work ends: tasks first, then pieces.

    Whoever calls pieces off locks them before the shelf, as a check does.
    """
    ids = [order.id for order in orders]
    for model in (Task, Piece):
        mine = select(model).where(model.order_id.in_(ids)).order_by(model.id).with_for_update(of=model)
        db.session.scalars(mine.execution_options(populate_existing=True)).unique().all()
    for order in orders:
        db.session.refresh(order, ["quantity", "finished_at", "cancelled_at"], with_for_update=True)


def not_begun(order: ProductionOrder) -> list[int]:
    """Return the pieces that nobody has taken on, those that were offered to nobody first, then the last."""
    if order.finished_at is not None or order.cancelled_at is not None:
        return []
    of_order = select(TaskPiece.piece_id, Task.status).join(Task, Task.id == TaskPiece.task_id)
    of_order = of_order.where(Task.order_id == order.id, TaskPiece.status != TaskPieceStatus.DROPPED)
    given = db.session.execute(of_order).all()
    begun = {piece_id for piece_id, status in given if status in AT_WORK}
    offered = {piece_id for piece_id, _ in given}
    query = select(Piece.id, Piece.number).where(Piece.order_id == order.id, *WANTED, Piece.finished_at.is_(None))
    free = [(piece_id in offered, -number, piece_id) for piece_id, number in db.session.execute(query)]
    return [piece_id for *_, piece_id in sorted(free) if piece_id not in begun]


def call_off(order: ProductionOrder, pieces: int, *, at: datetime) -> int:
    """Make up to so many pieces fewer, of those that nobody has begun, and return how many; the rest is finished.

    Who was offered one of them is offered it no longer; the caller holds the `lock`.
    """
    chosen = not_begun(order)[:pieces]
    _drop(chosen, at=at)
    if chosen and len(chosen) == order.quantity:
        order.cancelled_at = at
    elif chosen:
        order.quantity -= len(chosen)
        finish_if_done(order, at=at)
    db.session.flush()
    return len(chosen)


def spare(order: ProductionOrder, *, at: datetime) -> bool:
    """Leave a piece unmade that nobody has begun, because another turned out to be good; False if all are begun.

    As many come out as were asked for; the caller holds the `lock`.
    """
    chosen = not_begun(order)[:1]
    _drop(chosen, at=at)
    db.session.flush()
    return bool(chosen)


def _drop(piece_ids: Sequence[int], *, at: datetime) -> None:
    """Call pieces off; who was offered one of them is offered it no longer."""
    for piece_id in piece_ids:
        db.session.get_one(Piece, piece_id).called_off_at = at
        tasks.drop_piece(piece_id, at=at)
