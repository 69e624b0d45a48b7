"""Production orders: what the workshop has been asked to make."""

from datetime import date, datetime
from functools import cache

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, insert, select

from shop.catalog.models import Variant
from shop.db import db
from shop.errors import Conflict, Invalid, NotFound
from shop.production import making
from shop.production.models import Piece, ProductionOrder, Task, TaskStatus
from shop.users.models import User
from shop.users.policy import covers, whole_house

AT_WORK = (TaskStatus.ACCEPTED, TaskStatus.STARTED, TaskStatus.SUBMITTED, TaskStatus.REWORK, TaskStatus.CHECKED)


def request(
    variant: Variant,
    quantity: int,
    *,
    reference: str,
    making_id: int | None = None,
    due_on: date,
    at: datetime,
    by: str,
) -> ProductionOrder:
    """Ask for pieces, once per reference, by the making that was promised or the one in force."""
    known = db.session.scalars(select(ProductionOrder).where(ProductionOrder.reference == reference)).one_or_none()
    if known is not None:
        return known
    if not 0 < quantity <= 500:
        raise Invalid("production.quantity")
    order = ProductionOrder(
        reference=reference,
        variant_id=variant.id,
        making_id=making_id or making.get_current(variant.product_id).id,
        centre_id=variant.product.centre_id,
        quantity=quantity,
        due_on=due_on,
        asked_at=at,
        asked_by=by,
    )
    db.session.add(order)
    db.session.flush()
    db.session.execute(insert(Piece), [{"order_id": order.id, "number": number} for number in range(1, quantity + 1)])
    return order


def find_by_reference(references: list[str]) -> list[ProductionOrder]:
    """Return the production orders that were asked for under these references."""
    return list(db.session.scalars(select(ProductionOrder).where(ProductionOrder.reference.in_(references))))


def has_started(references: list[str]) -> bool:
    """Say whether anyone has taken on work for these references."""
    if not references:
        return False
    return bool(db.session.scalar(select(exists(_taken().where(ProductionOrder.reference.in_(references))))))


def is_begun(reference: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that someone has taken on work for a reference of an outer statement."""
    return exists(_taken().where(ProductionOrder.reference == reference))


def _taken() -> Select[int]:
    """Select the tasks that someone has taken on."""
    return select(Task.id).join(ProductionOrder, ProductionOrder.id == Task.order_id).where(Task.status.in_(AT_WORK))


def add_replacement(order: ProductionOrder) -> Piece:
    """Add a piece in place of one that was rejected."""
    last = db.session.scalar(select(func.max(Piece.number)).where(Piece.order_id == order.id)) or 0
    piece = Piece(order_id=order.id, number=last + 1)
    db.session.add(piece)
    db.session.flush()
    return piece


def finish_if_done(order: ProductionOrder, *, at: datetime) -> None:
    """Mark an order finished once as many pieces came out as were asked for."""
    done = db.session.scalar(_finished(), {"of_order": order.id})
    if done is not None and done >= order.quantity and order.finished_at is None:
        order.finished_at = at
        db.session.flush()


@cache
def _finished() -> Select[int]:
    return select(func.count()).where(Piece.order_id == bindparam("of_order"), Piece.finished_at.is_not(None))


def open_of(user: User) -> list[ProductionOrder]:
    """Return the open production orders of a member of staff, the most urgent first."""
    query = (
        select(ProductionOrder)
        .where(ProductionOrder.finished_at.is_(None), ProductionOrder.cancelled_at.is_(None))
        .order_by(ProductionOrder.due_on, ProductionOrder.id)
    )
    if not whole_house(user, "work.read"):
        query = query.where(ProductionOrder.centre_id == user.centre_id)
    return list(db.session.scalars(query).unique())


def get_of(user: User, order_id: int) -> ProductionOrder:
    """Return a production order of her centre; NotFound otherwise."""
    order = db.session.get(ProductionOrder, order_id)
    if order is None or not covers(user, "work.read", order.centre_id):
        raise NotFound("production.unknown")
    return order


def refuse_closed(order: ProductionOrder) -> None:
    """Raise Conflict if nothing more is to be made for this order."""
    if order.cancelled_at is not None or order.finished_at is not None:
        raise Conflict("production.closed")
