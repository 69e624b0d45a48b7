"""Where orders stand: what is set aside for each line, what is being made, how far the whole has come."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from shop.catalog import stock
from shop.catalog.models import Reservation, ReservationStatus
from shop.db import db
from shop.orders import lifecycle, reductions
from shop.orders.lifecycle import Progress
from shop.orders.models import Order, OrderLine
from shop.production import orders as production
from shop.production import tasks
from shop.production.models import ProductionOrder, Task, TaskStatus
from shop.production.tasks import ToAssign
from shop.users.models import User
from shop.users.policy import covers

NOT_GONE = tuple(status for status in TaskStatus if status not in (TaskStatus.DECLINED, TaskStatus.WITHDRAWN))


@dataclass(frozen=True)
class LineStanding:
    """Where one order line stands. `is_hers`: the reader may look at the work that is done for it."""

    line: OrderLine
    reservations: Sequence[Reservation]
    work: ProductionOrder | None
    is_hers: bool
    tasks: Sequence[Task] = ()
    to_assign: Sequence[ToAssign] = ()

    @property
    def set_aside(self) -> int:
        """Return how many pieces are set aside or have left."""
        return sum(reservation.filled for reservation in self.reservations)

    @property
    def held(self) -> int:
        """Return how many pieces are held while the pay page is open."""
        return sum(each.quantity for each in self.reservations if each.status is ReservationStatus.HELD)


@dataclass(frozen=True)
class OrderStanding:
    """Where a whole order stands."""

    order: Order
    progress: Progress
    lines: Sequence[LineStanding] = field(default_factory=list)


def progress_of(orders: Sequence[Order]) -> dict[int, Progress]:
    """Return order -> how far it has come, in two statements."""
    lines = db.session.execute(
        select(OrderLine.id, OrderLine.order_id).where(OrderLine.order_id.in_([order.id for order in orders]))
    )
    order_of = {f"order-line:{row[0]}": row[1] for row in lines}
    held: dict[int, list[Reservation]] = defaultdict(list)
    for reservation in stock.standing(list(order_of)):
        held[order_of[reservation.reference]].append(reservation)
    return {order.id: lifecycle.progress(order, held[order.id]) for order in orders}


def standings(orders: Sequence[Order], user: User) -> list[OrderStanding]:
    """Return where each order stands for a member of staff, with its lines, in a handful of statements."""
    lines = _lines_of(orders)
    reductions.read_for(orders)
    references = [line.reference for line in lines]
    held: dict[str, list[Reservation]] = defaultdict(list)
    for reservation in stock.standing(references):
        held[reservation.reference].append(reservation)
    work = {asked.reference: asked for asked in production.find_by_reference(references)}
    given, left = _work_on(list(work.values()))
    by_order: dict[int, list[LineStanding]] = defaultdict(list)
    for line in lines:
        asked = work.get(line.reference)
        number = asked.id if asked else 0
        is_hers = asked is not None and covers(user, "work.read", asked.centre_id)
        standing = LineStanding(line, held[line.reference], asked, is_hers, given[number], left[number])
        by_order[line.order_id].append(standing)
    return [_standing(order, by_order[order.id]) for order in orders]


def _standing(order: Order, lines: Sequence[LineStanding]) -> OrderStanding:
    reservations = [reservation for line in lines for reservation in line.reservations]
    return OrderStanding(order, lifecycle.progress(order, reservations), lines)


def _lines_of(orders: Sequence[Order]) -> list[OrderLine]:
    return list(
        db.session.scalars(
            select(OrderLine)
            .where(OrderLine.order_id.in_([order.id for order in orders]))
            .order_by(OrderLine.order_id, OrderLine.position)
            .options(selectinload(OrderLine.variant))
        )
    )


def _work_on(work: Sequence[ProductionOrder]) -> tuple[dict[int, list[Task]], dict[int, list[ToAssign]]]:
    given: dict[int, list[Task]] = defaultdict(list)
    left: dict[int, list[ToAssign]] = defaultdict(list)
    for task in tasks_of([asked.id for asked in work]):
        given[task.order_id].append(task)
    for unassigned in tasks.to_assign([asked for asked in work if not asked.finished_at and not asked.cancelled_at]):
        left[unassigned.order.id].append(unassigned)
    return given, left


def tasks_of(order_ids: Sequence[int]) -> list[Task]:
    """Return every task of production orders that was not refused or taken back, in the order of making."""
    query = select(Task).where(Task.order_id.in_(order_ids), Task.status.in_(NOT_GONE)).order_by(Task.id)
    found = list(db.session.scalars(query).unique())
    return sorted(found, key=lambda task: (task.order_id, task.step.position, task.id))
