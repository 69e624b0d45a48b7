"""What happens to an artisan, by the verbs that the office calls: work is offered, checked and paid."""

from datetime import timedelta

from sqlalchemy import select

from shop.artisans import payouts
from shop.artisans.models import Artisan, Payout, PayoutMethod
from shop.catalog.models import Variant
from shop.clock import india_date
from shop.db import db
from shop.money import Money
from shop.production import checks, orders, tasks
from shop.production.models import Cause, Task
from tests import cast
from tests.world import World


def artisan(name: str) -> Artisan:
    """Return an artisan of the cast in the present session."""
    return db.session.scalars(select(Artisan).where(Artisan.work_name == name)).one()


def offer(world: World, name: str = "Rina", pieces: int = 3, *, sku: str = cast.TOTE, step: int = 0) -> int:
    """Offer a step of some new pieces; return the task's id."""
    with world.writing() as at:
        variant = db.session.scalars(select(Variant).where(Variant.sku == sku)).one()
        due_on = india_date(at) + timedelta(days=4)
        count = db.session.query(Task).count()
        asked = orders.request(variant, pieces, reference=f"shelf:{count}", due_on=due_on, at=at, by="user:1")
        chosen = asked.making.steps[step]
        return tasks.offer(asked, chosen, artisan(name), pieces, due_on=due_on, at=at, by=world.user("Meera")).id


def hand_in(world: World, name: str = "Rina", pieces: int = 3) -> int:
    """Offer, take on, begin and hand in; return the task's id."""
    task_id = offer(world, name, pieces)
    with world.writing() as at:
        for verb in (tasks.accept, tasks.start, tasks.submit):
            verb(db.session.get_one(Task, task_id), at=at, by=world.user(name))
    return task_id


def check(world: World, task_id: int, *, rework: int = 0) -> None:
    """Pass what was handed in, but for what has to be mended."""
    with world.writing() as at:
        task = db.session.get_one(Task, task_id)
        cause = Cause.WORK if rework else None
        passed = len(task.pieces) - rework
        checks.record(task, passed=passed, rework=rework, rejected=0, cause=cause, at=at, by=world.user("Meera"))


def earn(world: World, name: str = "Rina", pieces: int = 3) -> int:
    """Do a task from offer to check, at ₹8 a piece; return its id."""
    task_id = hand_in(world, name, pieces)
    check(world, task_id)
    return task_id


def send(world: World, name: str, minor: int, method: PayoutMethod = PayoutMethod.CASH) -> int:
    """Propose, approve and send a payout; return its id."""
    with world.writing() as at:
        payout = payouts.propose(artisan(name), Money(minor, "INR"), method, at=at, by=world.user("Meera"))
        payouts.approve(payout, at=at, by=world.user("Farida"))
        reference = None if method is PayoutMethod.CASH else "UTR0001"
        payouts.record_sent(payout, bank_reference=reference, at=at, by=world.user("Farida"))
        return payout.id


def status_of(world: World, kind: type[Task] | type[Payout], row_id: int) -> str:
    """Return the status of a task or payout as it stands."""
    with world.reading():
        return str(db.session.get_one(kind, row_id).status.value)
