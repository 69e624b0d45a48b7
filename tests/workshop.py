"""Verbs of the workshop for tests: one production order and the people who work on it."""

from datetime import date

from sqlalchemy import select

from shop.artisans import people
from shop.artisans.models import Artisan
from shop.catalog.models import Variant
from shop.db import db
from shop.production import checks, orders, tasks
from shop.production.models import Cause, MakingStep, ProductionOrder, StepName, Task
from shop.users.models import User
from tests.cast import MESSENGER
from tests.world import World

DUE = date(2027, 1, 31)


def user(name: str) -> User:
    """Return a person of the cast."""
    return db.session.scalars(select(User).where(User.name == name)).one()


def artisan(name: str) -> Artisan:
    """Return a maker of the cast."""
    return people.get_own(user(name))


def variant(sku: str) -> Variant:
    """Return a variant."""
    return db.session.scalars(select(Variant).where(Variant.sku == sku)).one()


def ask(world: World, quantity: int = 1, sku: str = MESSENGER, reference: str = "shelf:test") -> int:
    """Ask the workshop for pieces; return the production order's id."""
    with world.writing() as at:
        return orders.request(variant(sku), quantity, reference=reference, due_on=DUE, at=at, by="user:1").id


def step_of(order: ProductionOrder, name: str) -> MakingStep:
    """Return a step of an order's making."""
    return next(step for step in order.making.steps if step.name is StepName(name))


def offer(
    world: World, order_id: int, step: str, to: str, quantity: int = 1, *, rate: int | None = None, by: str = "Meera"
) -> int:
    """Offer a step to someone; return the task's id."""
    with world.writing() as at:
        order = db.session.get_one(ProductionOrder, order_id)
        made = tasks.offer(
            order, step_of(order, step), artisan(to), quantity, due_on=DUE, rate_minor=rate, at=at, by=user(by)
        )
        return made.id


def do(world: World, task_id: int, *verbs: str) -> None:
    """Let a task's own maker do some verbs on it, one after the other."""
    for verb in verbs:
        with world.writing() as at:
            task = db.session.get_one(Task, task_id)
            by = user("Meera") if verb == "withdraw" else task.artisan.user
            getattr(tasks, verb)(task, at=at, by=by)


def check(
    world: World,
    task_id: int,
    passed: int,
    rework: int = 0,
    rejected: int = 0,
    *,
    by: str = "Meera",
    cause: bool = True,
) -> None:
    """Check what was handed in."""
    with world.writing() as at:
        why = Cause.WORK if cause and (rework or rejected) else None
        task = db.session.get_one(Task, task_id)
        checks.record(task, passed=passed, rework=rework, rejected=rejected, cause=why, at=at, by=user(by))


def made(world: World, order_id: int, step: str, by: str, quantity: int = 1, *, rate: int | None = None) -> int:
    """Have a step offered, done and passed; return the task's id."""
    task_id = offer(world, order_id, step, by, quantity, rate=rate)
    do(world, task_id, "accept", "start", "submit")
    check(world, task_id, quantity)
    return task_id
