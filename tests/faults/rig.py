"""A house with the test's own view of its database: buyers come, something dies, time passes, and the books are held
against the gateways' own.

What the schedule would do in minutes is done at once, by the worker's own tables with a clock moved ahead. Customers
are stubborn: they click again when nothing answers, and pay every page that a gateway shows them.
"""

import random
from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from flask import Flask
from sqlalchemy import select

from sandbox.client import SandboxRefusal
from shop import create_app, duties, jobs, outbox
from shop.catalog import stock
from shop.catalog.models import Variant
from shop.clock import FixedClock
from shop.db import db, writing
from shop.orders.models import Order, OrderStatus
from shop.payments.models import Attempt, AttemptStatus, EventStatus, GatewayEvent, Refund, RefundStatus
from shop.phases import Counter
from tests.cast import SELLER, TOTE
from tests.faults.buyer import Buyer
from tests.faults.figures import note
from tests.faults.house import House, open_pages, until
from tests.faults.together import at_once
from tests.world import World

BUYERS = 3
PERIOD = dict(jobs.SCHEDULE)[duties.reconcile]
PATIENCE = 5  # periods
PAID = (OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED)


@dataclass
class Rig:
    """A running house, an app of the test's own on the same database, and its clock."""

    house: House
    app: Flask
    clock: FixedClock
    seed: int

    @property
    def world(self) -> World:
        return World(self.app, self.house.control, self.clock)

    def stock_up(self, pieces: int = 500) -> None:
        """Lay enough on the shelf for everyone."""
        with self.app.app_context(), writing():
            variant_id = db.session.scalars(select(Variant.id).where(Variant.sku == TOTE)).one()
            stock.adjust(variant_id, pieces, "for the test", "kills", at=self.clock.now(), by="user:1")

    def come(self, round_name: str, gateways: Sequence[str] = ("razorpay", "stripe")) -> list[Buyer]:
        """Let some customers come, each to a gateway of her choice."""
        dice = random.Random(f"{self.seed}:{round_name}")
        return [Buyer(self.house, f"buyer-{round_name}-{n}@test.example", dice.choice(gateways)) for n in range(BUYERS)]

    def place_all(self, buyers: list[Buyer]) -> None:
        """Let all of them buy at one moment, as far as the pay page."""
        for failure in at_once(len(buyers), lambda n: buyers[n].place(TOTE)):
            if failure is not None:
                raise failure

    def pay_every_page(self, outcome: Literal["ok", "authorize"] = "ok") -> None:
        """Pay whatever page is open at a gateway, as customers with two tabs do."""
        for gateway, ref in open_pages(self.house):
            try:
                self.house.control.pay(gateway, ref, outcome)
            except SandboxRefusal as refusal:
                assert refusal.status == 409

    def recover(self) -> int:
        """Let the schedule turn until everything is whole again; return how often it had to."""
        self.house.wait_until_up()
        for period in range(1, PATIENCE + 1):
            self.one_period()
            if self.is_whole():
                return period
        return PATIENCE + 1

    def one_period(self) -> None:
        """Let a period of reconciliation go by: every job of the schedule has its turn, then the worker works."""
        self.clock.advance(PERIOD)
        with self.app.app_context():
            for job, _ in jobs.QUICK:
                job()
        periods: dict[str, int] = {}
        while jobs.work_on_schedule(self.app, periods):
            pass
        self.pay_every_page()
        for _ in range(20):
            self.house.control.flush()
            if not jobs.work_once(self.app):
                break
            self.clock.advance(outbox.LEASE)

    def is_whole(self) -> bool:
        """Say whether nothing hangs, every payment has its order, and the books are those of the gateways."""
        with self.app.app_context():
            waits = (
                select(GatewayEvent.id).where(GatewayEvent.status == EventStatus.RECEIVED),
                select(Attempt.id).where(Attempt.status.in_((AttemptStatus.REQUESTING, AttemptStatus.UNKNOWN))),
                select(Refund.id).where(Refund.status.in_((RefundStatus.REQUESTED, RefundStatus.SENT))),
            )
            if any(db.session.scalar(query.limit(1)) is not None for query in waits):
                return False
            if outbox.oldest_due(at=self.clock.now()) is not None:
                return False
        return not self.lost_paid_orders() and not self.world.books_breaks()

    def is_paid(self, email: str) -> bool:
        with self.app.app_context():
            return db.session.scalar(select(Order.status).where(Order.email == email)) in PAID

    def kept(self) -> list[str]:
        """Return whose payment a gateway kept, once for each, by the gateways' own books; an unknown order's number."""
        with self.app.app_context():
            emails = dict(db.session.execute(select(Order.number, Order.email)).all())
        numbers = [
            str(payment["reference"]).rpartition("-")[0]
            for payment in self.house.control.books()["payments"]
            if payment["captured"] and payment["amount"] > payment["refunded"]
        ]
        return [emails.get(number, number) for number in numbers]

    def double_charges(self) -> list[str]:
        """Return every customer of whose one wish two payments were kept."""
        return sorted(email for email, times in Tally(self.kept()).items() if times > 1)

    def lost_paid_orders(self) -> list[str]:
        """Return every customer whose payment was kept and whose order is not paid."""
        with self.app.app_context():
            paid = set(db.session.scalars(select(Order.email).where(Order.status.in_(PAID))))
        return sorted(set(self.kept()) - paid)

    def orders(self) -> int:
        with self.app.app_context():
            return len(db.session.scalars(select(Order.id)).all())


@contextmanager
def rig(house: House, media: str, seed: int) -> Iterator[Rig]:
    """Start a house and open its database for the test."""
    with house:
        app = create_app({**house.environment, "MEDIA_URL": media, "TESTING": True})
        clock = FixedClock(datetime.now(UTC).replace(microsecond=0))
        app.extensions["counter"] = Counter(app.extensions["counter"].gateways, clock, SELLER)
        found = Rig(house, app, clock, seed)
        found.stock_up()
        try:
            yield found
        finally:
            with app.app_context():
                db.session.remove()
                for engine in db.engines.values():
                    engine.dispose()


def kill_at(rig: Rig, point: str, number: int) -> None:
    """Let customers buy, pay and perhaps cancel while the first process that comes to a point is killed there.

    Where the shop looks at the gateway by itself, no webhook comes before the customer does; where it captures, the
    gateway takes nothing by itself.
    """
    rig.clock.at = datetime.now(UTC).replace(microsecond=0)
    captures = point.startswith("capture.")
    buyers = rig.come(f"{point.replace('.', '-')}-{number}", ("razorpay",) if captures else ("razorpay", "stripe"))
    rig.house.arm(point)
    rig.place_all(buyers)
    if point.startswith("look."):
        rig.house.control.set_deliveries(mode="hold")
    rig.pay_every_page("authorize" if captures else "ok")
    if point.startswith("look."):
        buyers[0].get(f"{buyers[0].link}/return")
        rig.house.control.set_deliveries(mode="auto")
    if point.startswith("refund."):
        until(lambda: rig.is_paid(buyers[0].email), "the first order is paid")
        buyers[0].cancel()
    until(lambda: rig.house.struck, f"a process has died at {point}")


def survived(rig: Rig, where: str, *, recovery: bool = True) -> None:
    """Recover, and compare with the gateways' own books."""
    if rig.house.restart:
        rig.house.wait_until_up()
    periods = rig.recover() if recovery else 0
    doubles, lost, seed = rig.double_charges(), rig.lost_paid_orders(), rig.seed
    for area in ("spine", "payments"):
        note(f"{area}.double_charges", len(doubles), n=1, seed=seed)
        note(f"{area}.lost_paid_orders", len(lost), n=1, seed=seed)
    note("payments.recovery_periods", periods, n=1, seed=seed)
    note("payments.net_difference", rig.world.net_difference(), n=1, seed=seed)
    assert doubles == [], f"{where} these were charged twice: {doubles}"
    assert lost == [], f"{where} these paid and their orders are not paid: {lost}"
    assert rig.world.books_breaks() == [], where
    assert rig.house.deaths, "no process died"
    assert periods <= PATIENCE, f"{where} something still hangs after {PATIENCE} periods"
