"""The workshop's pages: a production order, an offer, a task and its check."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from shop.artisans.models import Artisan, Earning
from shop.catalog.models import Picture, Product, ProductStatus, Variant
from shop.clock import india_date
from shop.db import db
from shop.errors import NotFound
from shop.production import mendings, recounts, tasks
from shop.production import orders as production
from shop.production.models import (
    Check,
    Making,
    MakingStatus,
    MakingStep,
    Piece,
    ProductionOrder,
    StepName,
    Task,
    TaskEvent,
    TaskStatus,
)
from shop.users.models import User
from shop.users.policy import covers
from shop.web.manager.reads.board import accepted_pieces, open_pieces
from shop.web.manager.reads.money import earned_since, loads, month_start
from shop.web.manager.reads.names import OrderBehind, actors, first_pictures, orders_behind
from shop.web.manager.reads.standing import tasks_of


@dataclass(frozen=True)
class StepStanding:
    """A step of a production order: who has how many, and how many nobody has."""

    step: MakingStep
    tasks: Sequence[Task]
    unassigned: int
    accepted: int


@dataclass(frozen=True)
class WorkPage:
    """A production order with its steps."""

    work: ProductionOrder
    behind: OrderBehind | None
    steps: Sequence[StepStanding]
    finished: int
    asked_by: str
    picture: Picture | None
    is_open: bool


def work_page(user: User, order_id: int) -> WorkPage:
    """Return a production order of her centre with who does what."""
    work = production.get_of(user, order_id)
    given = tasks_of([work.id])
    is_open = work.finished_at is None and work.cancelled_at is None
    left = {each.step.id: each.pieces for each in tasks.to_assign([work])} if is_open else {}
    finished = select(func.count()).where(Piece.order_id == work.id, Piece.finished_at.is_not(None))
    return WorkPage(
        work,
        orders_behind([work.reference]).get(work.reference),
        [_step(step, given, left) for step in work.making.steps],
        db.session.scalar(finished) or 0,
        actors([work.asked_by])[work.asked_by],
        first_pictures([work.variant.product_id]).get(work.variant.product_id),
        is_open,
    )


def _step(step: MakingStep, given: Sequence[Task], left: dict[int, int]) -> StepStanding:
    mine = [task for task in given if task.step_id == step.id]
    return StepStanding(step, mine, left.get(step.id, 0), sum(accepted_pieces(task) for task in mine))


@dataclass(frozen=True)
class Candidate:
    """Someone who could be offered the work, with what decides the order of the list."""

    artisan: Artisan
    earned_minor: int
    open_tasks: int
    open_minutes: int
    offered_at: datetime | None
    days_since_offer: int | None


@dataclass(frozen=True)
class OfferPage:
    """The artisans of a centre, least earned this month first; consents are never read."""

    work: ProductionOrder
    step: MakingStep
    left: int
    behind: OrderBehind | None
    candidates: Sequence[Candidate]
    picture: Picture | None

    @property
    def per_hour(self) -> int:
        """Return what the rate comes to in an hour of standard minutes, in paise."""
        return self.step.rate_minor * 60 // self.step.minutes


def offer_page(user: User, order_id: int, name: StepName, *, at: datetime) -> OfferPage:
    """Return who could be offered a step of a production order of her centre."""
    work = production.get_of(user, order_id)
    step = get_step(work, name)
    left = next((each.pieces for each in tasks.to_assign([work]) if each.step.id == step.id), 0)
    return OfferPage(
        work,
        step,
        left,
        orders_behind([work.reference]).get(work.reference),
        _candidates(work.centre_id, user, at=at),
        first_pictures([work.variant.product_id]).get(work.variant.product_id),
    )


def get_step(work: ProductionOrder, name: StepName) -> MakingStep:
    """Return a step of a production order's making; NotFound if it is not made in that step."""
    for step in work.making.steps:
        if step.name is name:
            return step
    raise NotFound("task.unknown")


def _candidates(centre_id: int, user: User, *, at: datetime) -> list[Candidate]:
    query = select(Artisan).where(Artisan.centre_id == centre_id, Artisan.left_at.is_(None), Artisan.user_id != user.id)
    artisans = list(db.session.scalars(query))
    ids = [artisan.id for artisan in artisans]
    earned, load = earned_since(ids, month_start(at)), loads(ids)
    offered = dict(
        db.session.execute(
            select(Task.artisan_id, func.max(Task.offered_at)).where(Task.artisan_id.in_(ids)).group_by(Task.artisan_id)
        ).all()
    )
    found = [
        Candidate(
            artisan,
            earned[artisan.id],
            load[artisan.id].tasks,
            load[artisan.id].minutes,
            offered.get(artisan.id),
            (india_date(at) - india_date(offered[artisan.id])).days if artisan.id in offered else None,
        )
        for artisan in artisans
    ]
    return sorted(found, key=_fairness)


def _fairness(one: Candidate) -> tuple[int, int, float, str]:
    """Least earned this month, then least work in hand, then longest without an offer."""
    last = one.offered_at.timestamp() if one.offered_at else 0.0
    return one.earned_minor, one.open_minutes, last, one.artisan.work_name


@dataclass(frozen=True)
class Happening:
    """One line of a task's story."""

    status: TaskStatus
    at: datetime
    by: str


@dataclass(frozen=True)
class CheckMade:
    """A check with the name of who made it."""

    check: Check
    by: str


@dataclass(frozen=True)
class TaskPage:
    """A task with its story, for looking at it and for checking it."""

    task: Task
    behind: OrderBehind | None
    story: Sequence[Happening]
    checks: Sequence[CheckMade]
    pieces: int
    accepted: int
    picture: Picture | None
    is_last_step: bool
    lost: Sequence[int]  # numbers of rejected pieces that nobody has proposed to count after all
    earned_minor: int  # by her, after all that was put right

    @property
    def all_minor(self) -> int:
        """Return what she earns if every piece at hand passes."""
        return self.pieces * self.task.rate_minor

    @property
    def may_withdraw(self) -> bool:
        """Say whether the offer can still be taken back."""
        return self.task.status in (TaskStatus.OFFERED, TaskStatus.ACCEPTED)


def task_page(user: User, task_id: int) -> TaskPage:
    """Return a task of her centre."""
    task = tasks.get_of(user, task_id)
    events = list(db.session.scalars(select(TaskEvent).where(TaskEvent.task_id == task.id).order_by(TaskEvent.id)))
    checks = list(db.session.scalars(select(Check).where(Check.task_id == task.id).order_by(Check.id)))
    names = actors([event.by for event in events] + [check.by for check in checks])
    product_id = task.order.variant.product_id
    return TaskPage(
        task,
        orders_behind([task.order.reference]).get(task.order.reference),
        [Happening(event.status, event.at, names[event.by]) for event in events],
        [CheckMade(check, names[check.by]) for check in checks],
        open_pieces(task),
        accepted_pieces(task),
        first_pictures([product_id]).get(product_id),
        task.step.position == len(task.order.making.steps),
        recounts.lost(task),
        earned_minor(task),
    )


def earned_minor(task: Task, *, at: datetime | None = None) -> int:
    """Return what a task has earned its maker after all that was put right, in paise, or what it did at one moment."""
    sources = [f"task:{task.id}", mendings.source_of(task.id)]
    mine = (Earning.source.in_(sources), Earning.artisan_id == task.artisan_id, Earning.reversed_at.is_(None))
    query = select(func.coalesce(func.sum(Earning.amount_minor), 0)).where(*mine)
    return int(db.session.scalar(query if at is None else query.where(Earning.earned_at == at)) or 0)


def makeable(user: User) -> list[Variant]:
    """Return the variants that the workshop of a member of staff can be asked for: those with rates in force."""
    written = select(Making.product_id).where(Making.status == MakingStatus.APPROVED)
    query = (
        select(Variant)
        .join(Product, Product.id == Variant.product_id)
        .where(Product.status != ProductStatus.RETIRED, Product.id.in_(written))
        .order_by(Product.position, Product.id, Variant.position)
    )
    found = db.session.scalars(query).unique()
    return [each for each in found if covers(user, "work.read", each.product.centre_id)]


def get_makeable(user: User, sku: str) -> Variant:
    """Return one of those variants by its sku; NotFound otherwise."""
    for variant in makeable(user):
        if variant.sku == sku:
            return variant
    raise NotFound("product.unknown")
