"""How the demo's makers work: what is asked of the workshop goes from hand to hand, step by step, and is checked.

Pieces that belong together stay together: one woman does a step on all of them, the next woman the next one. Most
work passes; now and then an offer is declined, a piece goes back to its maker, or one is rejected and made anew.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import lazyload

from shop.catalog.models import Product, ProductStatus, Stock, Variant
from shop.clock import india_date
from shop.db import db
from shop.demo.people import MANAGERS, makers_of
from shop.demo.shoppers import ASKED
from shop.demo.stage import Stage
from shop.production import checks, orders, tasks
from shop.production.models import Cause, ProductionOrder, Task
from shop.users.models import User

MINUTES_A_DAY = 240  # of one maker
FEW, BATCH = 3, (6, 8, 10)
DECLINES, REWORKS, REJECTS = 0.04, 0.06, 0.02


@dataclass(frozen=True)
class Round:
    """Pieces on their way through the steps of one production order: how many, and which step is next."""

    order_id: int
    pieces: int
    step: int = 0


@dataclass
class Workshop:
    """Both centres' makers at work. `load` is how many minutes each has been given."""

    stage: Stage
    load: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    seen: int = 0  # the newest production order that was taken on

    def take_on(self) -> None:
        """Begin what was asked for since the last look."""
        asked = select(ProductionOrder.id, ProductionOrder.quantity).order_by(ProductionOrder.id)
        for order_id, pieces in db.session.execute(asked.where(ProductionOrder.id > self.seen)).all():
            self.seen = order_id
            self.begin(Round(order_id, pieces))

    def begin(self, work: Round) -> None:
        """Offer the next step of some pieces to whoever has least to do; she takes it, or leaves it to another."""
        order = db.session.get_one(ProductionOrder, work.order_id)
        if order.cancelled_at is not None:
            return
        name, task = self._offer(order, work)
        maker = self.stage.cast.maker(name).user
        if self.stage.chance.random() < DECLINES:
            tasks.decline(task, at=self.stage.tick(), by=maker)
            name, task = self._offer(order, work, but=name)
            maker = self.stage.cast.maker(name).user
        tasks.accept(task, at=self.stage.tick(), by=maker)
        tasks.start(task, at=self.stage.tick(), by=maker)
        minutes = task.step.minutes * work.pieces
        self.load[name] += minutes
        task_id = task.id
        self.stage.in_days(max(1, -(-minutes // MINUTES_A_DAY)), lambda at: self.hand_in(work, task_id, name))

    def hand_in(self, work: Round, task_id: int, name: str) -> None:
        """Let her hand in her work; it is looked at on the same day or the next."""
        tasks.submit(_task(task_id), at=self.stage.tick(), by=self.stage.cast.maker(name).user)
        self.stage.in_days(self.stage.chance.choice((1, 1, 2)), lambda at: self.check(work, task_id, name))

    def check(self, work: Round, task_id: int, name: str) -> None:
        """Check what was handed in, and let what is good go on."""
        task, chance = _task(task_id), self.stage.chance.random()
        rework = 1 if chance < REWORKS else 0
        rejected = 1 if REWORKS <= chance < REWORKS + REJECTS and work.pieces > 1 else 0
        checks.record(
            task,
            passed=work.pieces - rework - rejected,
            rework=rework,
            rejected=rejected,
            cause=Cause.WORK if rework else Cause.MATERIAL if rejected else None,
            at=self.stage.tick(),
            by=self._manager(task.order),
        )
        if rework:
            self.stage.in_days(1, lambda at: self.mend(work, task_id, name))
            return
        self._go_on(Round(work.order_id, work.pieces - rejected, work.step), task.order)

    def mend(self, work: Round, task_id: int, name: str) -> None:
        """Let her put one piece right, and look at it again."""
        task, maker = _task(task_id), self.stage.cast.maker(name).user
        tasks.submit(task, at=self.stage.tick(90), by=maker)
        by = self._manager(task.order)
        checks.record(task, passed=1, rework=0, rejected=0, at=self.stage.tick(40), by=by)
        self._go_on(work, task.order)

    def refill(self, most: int) -> None:
        """Ask for more of what is nearly gone from the shelves, what is asked for most first."""
        waiting = exists().where(ProductionOrder.variant_id == Variant.id, ProductionOrder.finished_at.is_(None))
        low = (
            select(Variant)
            .join(Product, Product.id == Variant.product_id)
            .join(Stock, Stock.variant_id == Variant.id)
            .where(Product.status == ProductStatus.PUBLISHED, Stock.on_hand - Stock.reserved < FEW, ~waiting)
            .order_by(Variant.id)
        )
        found = db.session.scalars(low).unique().all()
        for variant in sorted(found, key=lambda variant: -ASKED.get(variant.sku, 1))[:most]:
            self.ask_for_shelf(variant, self.stage.chance.choice(BATCH))

    def ask_for_shelf(self, variant: Variant, pieces: int) -> ProductionOrder:
        """Ask the workshop for pieces for the shelf."""
        at = self.stage.tick()
        centre = self._code(variant.product.centre_id)
        return orders.request(
            variant,
            pieces,
            reference=f"shelf:demo-{self.stage.day}-{variant.sku}",
            due_on=india_date(at + timedelta(days=21)),
            at=at,
            by=self.stage.cast.member(MANAGERS[centre]).actor,
        )

    def _go_on(self, work: Round, order: ProductionOrder) -> None:
        after = Round(work.order_id, work.pieces, work.step + 1)
        if after.step < len(order.making.steps) and after.pieces:
            self.stage.in_days(0, lambda at: self.begin(after))
        elif (missing := order.quantity - self._finished(order)) > 0:  # in place of what was rejected
            self.stage.in_days(0, lambda at: self.begin(Round(work.order_id, missing)))

    def _finished(self, order: ProductionOrder) -> int:
        db.session.refresh(order, ["pieces"])
        return sum(piece.finished_at is not None for piece in order.pieces)

    def _offer(self, order: ProductionOrder, work: Round, but: str | None = None) -> tuple[str, Task]:
        at, step = self.stage.tick(), order.making.steps[work.step]
        able = [name for name in makers_of(self._code(order.centre_id)) if name != but]
        name = min(able, key=lambda name: (self.load[name], able.index(name)))
        days = 2 + -(-step.minutes * work.pieces // MINUTES_A_DAY)
        due = india_date(at) + timedelta(days=days)
        maker, by = self.stage.cast.maker(name), self._manager(order)
        return name, tasks.offer(order, step, maker, work.pieces, due_on=due, at=at, by=by)

    def _manager(self, order: ProductionOrder) -> User:
        return self.stage.cast.member(MANAGERS[self._code(order.centre_id)])

    def _code(self, centre_id: int) -> str:
        return next(code for code, known in self.stage.cast.centres.items() if known == centre_id)


def _task(task_id: int) -> Task:
    """Return a task, and of what hangs on it nothing that is not asked for: its maker is loaded already."""
    return db.session.get_one(Task, task_id, options=[lazyload("*")])


def give_all_something(workshop: Workshop, at: datetime) -> None:
    """Let each maker have work on the day the demo is loaded; every way a task can stand is among it."""
    stage = workshop.stage
    for code, centre_id in stage.cast.centres.items():
        idle = [name for name in makers_of(code) if not tasks.of(stage.cast.maker(name))]
        sold = Product.status == ProductStatus.PUBLISHED
        made_here = select(Variant).join(Product).where(Product.centre_id == centre_id, sold)
        variants = db.session.scalars(made_here.order_by(Variant.id)).unique().all()
        for number, (name, variant) in enumerate(zip(idle, stage.chance.sample(variants, len(idle)), strict=True)):
            order = workshop.ask_for_shelf(variant, stage.chance.choice((2, 3, 4)))
            workshop.seen = order.id
            maker, by = stage.cast.maker(name), stage.cast.member(MANAGERS[code])
            due = india_date(at) + timedelta(days=4)
            task = tasks.offer(order, order.making.steps[0], maker, order.quantity, due_on=due, at=stage.tick(), by=by)
            for verb in (tasks.accept, tasks.start, tasks.submit)[: number % 5]:
                verb(task, at=stage.tick(), by=maker.user)
            if number % 5 == 4:  # one piece goes back to her
                good = order.quantity - 1
                checks.record(task, passed=good, rework=1, rejected=0, cause=Cause.WORK, at=stage.tick(), by=by)
