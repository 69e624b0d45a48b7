"""The board: columns computed from facts, so that a card moves only because something happened."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select

from shop.catalog.models import Picture
from shop.clock import india_date
from shop.db import db
from shop.orders import exchanges, lifecycle
from shop.orders.lifecycle import Progress
from shop.orders.models import Order, OrderStatus
from shop.orders.return_models import Exchange
from shop.production import orders as production
from shop.production import tasks
from shop.production.models import MakingStep, ProductionOrder, Task, TaskEvent, TaskPieceStatus, TaskStatus
from shop.users.models import User
from shop.users.policy import covers
from shop.web.manager.reads.names import OrderBehind, first_pictures, orders_behind
from shop.web.manager.reads.standing import progress_of

MOST_CARDS = 30
PASSED_FOR = timedelta(days=7)
ANSWER_WITHIN = timedelta(days=2)


class Column(StrEnum):
    """Where work stands, from nobody's to sent."""

    TO_ASSIGN = "to-assign"
    OFFERED = "offered"
    MAKING = "making"
    TO_CHECK = "to-check"
    REWORK = "rework"
    PASSED = "passed"
    READY = "ready"


TASK_COLUMN = {
    TaskStatus.OFFERED: Column.OFFERED,
    TaskStatus.ACCEPTED: Column.MAKING,
    TaskStatus.STARTED: Column.MAKING,
    TaskStatus.SUBMITTED: Column.TO_CHECK,
    TaskStatus.REWORK: Column.REWORK,
    TaskStatus.CHECKED: Column.PASSED,
}


@dataclass(frozen=True)
class Card:
    """One card: a step nobody has, a task, or an order that is ready to leave."""

    column: Column
    due_on: date
    days_late: int
    picture: Picture | None = None
    work: ProductionOrder | None = None
    step: MakingStep | None = None
    task: Task | None = None
    pieces: int = 0
    also: Sequence[tuple[MakingStep, int]] = ()
    behind: OrderBehind | None = None
    order: Order | None = None
    exchange: Exchange | None = None
    since: datetime | None = None
    waits_days: int = 0
    earned_minor: int = 0


@dataclass(frozen=True)
class Lane:
    """A column with its cards, the most urgent first, and how many it did not show."""

    column: Column
    count: int
    cards: Sequence[Card]
    minutes: int

    @property
    def hidden(self) -> int:
        """Return how many cards are not shown."""
        return self.count - len(self.cards)


@dataclass(frozen=True)
class Board:
    """All columns; on a phone one of them is chosen."""

    lanes: Sequence[Lane]
    chosen: Column

    @property
    def total(self) -> int:
        """Return how many cards there are."""
        return sum(lane.count for lane in self.lanes)


def board(user: User, chosen: Column, *, at: datetime, everything: bool = False) -> Board:
    """Return the board of a member of staff; `everything` shows the chosen column to its end."""
    work = production.open_of(user)
    live = tasks.all_of(user)
    passed = _passed_lately(user, at=at)
    ready = ready_orders(user)
    references = [order.reference for order in work] + [task.order.reference for task in [*live, *passed]]
    behind = orders_behind(references)
    moved = moved_at([task.id for task in [*live, *passed]])
    cards = _unassigned(work, behind, at=at)
    cards += [_task_card(task, behind.get(task.order.reference), moved[task.id], at=at) for task in [*live, *passed]]
    cards += [_order_card(order, at=at) for order in ready] + [_exchange_card(row, at=at) for row in _exchanged(user)]
    lanes = [_lane(column, cards, whole=everything and column is chosen) for column in Column]
    return Board(_with_pictures(lanes), chosen)


def ready_orders(user: User) -> list[Order]:
    """Return the paid orders of a member of staff whose every piece is set aside, the most urgent first."""
    paid = list(
        db.session.scalars(
            select(Order)
            .where(Order.status == OrderStatus.PAID, lifecycle.seen_by(user))
            .order_by(Order.promised_on, Order.id)
        )
    )
    progress = progress_of(paid)
    return [order for order in paid if progress[order.id] is Progress.READY]


def moved_at(task_ids: Sequence[int]) -> dict[int, datetime]:
    """Return task -> when it came to where it stands."""
    rows = db.session.execute(
        select(TaskEvent.task_id, func.max(TaskEvent.at))
        .where(TaskEvent.task_id.in_(task_ids))
        .group_by(TaskEvent.task_id)
    )
    return {row[0]: row[1] for row in rows}


def open_pieces(task: Task) -> int:
    """Return how many pieces of a task are still to be made, mended or checked."""
    return sum(piece.status in (TaskPieceStatus.OPEN, TaskPieceStatus.REWORK) for piece in task.pieces)


def accepted_pieces(task: Task) -> int:
    """Return how many pieces of a task were accepted."""
    return sum(piece.status is TaskPieceStatus.ACCEPTED for piece in task.pieces)


def _passed_lately(user: User, *, at: datetime) -> list[Task]:
    lately = select(TaskEvent.task_id).where(TaskEvent.status == TaskStatus.CHECKED, TaskEvent.at >= at - PASSED_FOR)
    query = select(Task).where(Task.id.in_(lately)).order_by(Task.due_on, Task.id)
    found = db.session.scalars(query).unique()
    return [task for task in found if covers(user, "work.read", task.order.centre_id)]


def _unassigned(work: Sequence[ProductionOrder], behind: dict[str, OrderBehind], *, at: datetime) -> list[Card]:
    """Return one card a production order: its first step that nobody has, the later ones beside it."""
    by_order: dict[int, list[tasks.ToAssign]] = {}
    for left in tasks.to_assign(work):
        by_order.setdefault(left.order.id, []).append(left)
    return [
        Card(
            Column.TO_ASSIGN,
            first.order.due_on,
            _days_late(first.order.due_on, at),
            work=first.order,
            step=first.step,
            pieces=first.pieces,
            also=[(each.step, each.pieces) for each in later],
            behind=behind.get(first.order.reference),
        )
        for first, *later in by_order.values()
    ]


def _task_card(task: Task, behind: OrderBehind | None, since: datetime, *, at: datetime) -> Card:
    passed = task.status is TaskStatus.CHECKED
    accepted = accepted_pieces(task)
    return Card(
        TASK_COLUMN[task.status],
        task.due_on,
        0 if passed else _days_late(task.due_on, at),
        work=task.order,
        step=task.step,
        task=task,
        pieces=accepted if passed else open_pieces(task),
        behind=behind,
        since=since,
        waits_days=(india_date(at) - india_date(since)).days,
        earned_minor=accepted * task.rate_minor,
    )


def _order_card(order: Order, *, at: datetime) -> Card:
    return Card(Column.READY, order.promised_on, _days_late(order.promised_on, at), order=order)


def _exchanged(user: User) -> list[Exchange]:
    """Return the exchanges whose every piece is set aside."""
    found = exchanges.open_of(user)
    ready = exchanges.ready(found)
    return [row for row in found if row.id in ready]


def _exchange_card(row: Exchange, *, at: datetime) -> Card:
    late = _days_late(row.promised_on, at)
    return Card(Column.READY, row.promised_on, late, order=row.returned.order, exchange=row)


def _days_late(due_on: date, at: datetime) -> int:
    return max((india_date(at) - due_on).days, 0)


def _lane(column: Column, cards: Sequence[Card], *, whole: bool) -> Lane:
    mine = sorted((card for card in cards if card.column is column), key=lambda card: card.due_on)
    if column is Column.PASSED:
        mine.reverse()
    minutes = sum(card.pieces * card.step.minutes for card in mine if card.step is not None)
    return Lane(column, len(mine), mine if whole else mine[:MOST_CARDS], minutes)


def _with_pictures(lanes: Sequence[Lane]) -> list[Lane]:
    wanted = [card.work.variant.product_id for lane in lanes for card in lane.cards if card.work is not None]
    pictures = first_pictures(wanted)
    return [
        Lane(lane.column, lane.count, [_pictured(card, pictures) for card in lane.cards], lane.minutes)
        for lane in lanes
    ]


def _pictured(card: Card, pictures: dict[int, Picture]) -> Card:
    if card.work is None:
        return card
    return replace(card, picture=pictures.get(card.work.variant.product_id))
