"""SIGKILL of a real process at each named step, three times each: no paid order is lost, nobody pays twice.

The server and the worker run as in production. What their schedule would do in minutes is done here
at once, by the same functions with a clock moved ahead. Customers are stubborn: they click again
when nothing answers, and pay every page that a gateway shows them.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from sandbox.client import SandboxRefusal
from shop import create_app, duties, jobs, outbox
from shop.catalog import stock
from shop.catalog.models import Variant
from shop.clock import FixedClock
from shop.crashpoint import POINTS
from shop.db import db, writing
from shop.orders.models import Order, OrderStatus
from shop.payments.models import EventStatus, GatewayEvent
from shop.phases import Counter
from tests.cast import SELLER, TOTE
from tests.conftest import both_databases
from tests.faults import mutants
from tests.faults.figures import note
from tests.faults.house import Buyer, House, pages, until
from tests.faults.together import at_once
from tests.world import World

pytestmark = both_databases
BUYERS = 3
PAID = (OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED)


@dataclass
class Rig:
    """A house with the test's own view of its database."""

    house: House
    app: Flask
    clock: FixedClock
    seed: int

    @property
    def world(self) -> World:
        return World(self.app, self.house.control, self.clock)

    def stock_up(self) -> None:
        """Lay enough on the shelf for everyone."""
        with self.app.app_context(), writing():
            variant_id = db.session.scalars(select(Variant.id).where(Variant.sku == TOTE)).one()
            stock.adjust(variant_id, 200, "for the test", "kills", at=self.clock.now(), by="user:1")

    def one_round(self, number: int, *, cancels: bool) -> None:
        """Let three customers buy and pay while a process is killed at the point."""
        dice = random.Random(f"{self.seed}:{number}")
        buyers = [
            Buyer(self.house, f"buyer-{number}-{n}@test.example", dice.choice(["razorpay", "stripe"]))
            for n in range(BUYERS)
        ]
        self.house.arm()
        for failure in at_once(BUYERS, lambda n: buyers[n].place(TOTE)):
            if failure is not None:
                raise failure
        self.pay_every_page()
        if cancels:
            until(lambda: self.is_paid(buyers[0].email) or self.house.struck, "the first order is paid")
            buyers[0].cancel()
        until(lambda: self.house.struck, f"a process has died at {self.house.point}")
        if self.house.restart:
            self.house.wait_until_up()

    def pay_every_page(self) -> None:
        """Pay whatever page is open at a gateway, as customers with two tabs do."""
        for page in pages(self.house):
            if page["open"] == "True":
                try:
                    self.house.control.pay(page["gateway"], page["ref"])
                except SandboxRefusal as refusal:
                    assert refusal.status == 409

    def recover(self) -> None:
        """Do what the schedule does in the minutes after: send again, pay what is open, reconcile, work."""
        self.house.wait_until_up()
        self.move_on(timedelta(minutes=2))
        with self.app.app_context():
            duties.recover_attempts()
        self.pay_every_page()
        self.house.control.flush()
        self.move_on(timedelta(minutes=40))
        with self.app.app_context():
            duties.lapse_holds()
            duties.reconcile()
        for _ in range(20):
            self.house.control.flush()
            self.move_on(outbox.LEASE * 2)
            if not jobs.work_once(self.app):
                break
        until(self.is_quiet, "the worker has come to rest")

    def move_on(self, by: timedelta) -> None:
        self.clock.advance(by)

    def is_quiet(self) -> bool:
        with self.app.app_context():
            events = db.session.scalar(select(GatewayEvent.id).where(GatewayEvent.status == EventStatus.RECEIVED))
            return events is None and outbox.oldest_due(at=self.clock.now()) is None

    def is_paid(self, email: str) -> bool:
        with self.app.app_context():
            status = db.session.scalar(select(Order.status).where(Order.email == email))
            return status in PAID

    def double_charges(self) -> list[str]:
        """Return every customer of whose one order two payments were kept, by the gateways' own books."""
        email_of = {page["ref"]: page["email"] for page in pages(self.house)}
        kept: dict[str, int] = {}
        for payment in self.house.control.books()["payments"]:
            if payment["captured"] and payment["amount"] > payment["refunded"]:
                email = email_of[payment["ref"]]
                kept[email] = kept.get(email, 0) + 1
        return sorted(email for email, times in kept.items() if times > 1)

    def lost_paid_orders(self) -> list[str]:
        """Return every customer whose payment was kept and whose order is not paid."""
        email_of = {page["ref"]: page["email"] for page in pages(self.house)}
        kept = {
            email_of[payment["ref"]]
            for payment in self.house.control.books()["payments"]
            if payment["captured"] and payment["amount"] > payment["refunded"]
        }
        with self.app.app_context():
            paid = set(db.session.scalars(select(Order.email).where(Order.status.in_(PAID))))
        return sorted(kept - paid)


@contextmanager
def rig(house: House, media: str, seed: int) -> Iterator[Rig]:
    """Start a house and open its database for the test."""
    with house:
        environment = {**house.environment, "MEDIA_URL": media}
        app = create_app({**environment, "TESTING": True})
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


def survive(rig: Rig, kills: int, *, recovery: bool = True, cancels: bool = False) -> None:
    """The test's body: kill, start again, recover, and compare with the gateways' own books."""
    for number in range(1, kills + 1):
        rig.one_round(number, cancels=cancels)
        if recovery:
            rig.recover()
        where = f"after kill {number} at {rig.house.point}"
        doubles, lost = rig.double_charges(), rig.lost_paid_orders()
        note("spine.double_charges", len(doubles), n=1, seed=rig.seed)
        note("spine.lost_paid_orders", len(lost), n=1, seed=rig.seed)
        assert doubles == [], f"{where} these were charged twice: {doubles}"
        assert lost == [], f"{where} these paid and their orders are not paid: {lost}"
        assert rig.world.books_breaks() == [], where
        assert rig.house.deaths, "no process died"


@pytest.fixture
def kills(scale: str) -> int:
    return 10 if scale == "full" else 3


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_process_loses_nothing(
    settings: dict[str, str], tmp_path: Path, media: str, seed: int, kills: int, point: str
) -> None:
    house = House({**settings, "MEDIA_URL": media}, tmp_path, point)
    with rig(house, media, seed) as found:
        survive(found, kills, cancels=point == "refund.sent")

        assert len(house.deaths) == kills
        assert _orders(found) == BUYERS * kills
        if point == "mail.sent":
            letters = list((tmp_path / "var" / "mail").glob("*.eml"))
            assert len(letters) >= BUYERS * kills


@pytest.mark.parametrize("point", ["inbox.stored"])
def test_control_without_recovery_a_paid_order_is_lost(
    settings: dict[str, str],
    tmp_path: Path,
    media: str,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
    point: str,
) -> None:
    monkeypatch.delenv("SHOP_FIGURES", raising=False)
    house = House({**settings, "MEDIA_URL": media}, tmp_path, point, delivery_attempts=1)
    with (
        rig(house, media, seed) as found,
        pytest.raises(AssertionError, match="these paid and their orders are not paid"),
    ):
        survive(found, 1, recovery=False)


def test_control_with_a_worker_that_stays_dead_a_paid_order_is_lost(
    settings: dict[str, str], tmp_path: Path, media: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOP_FIGURES", raising=False)
    house = House({**settings, "MEDIA_URL": media}, tmp_path, "apply.posted", restart=False)
    with (
        rig(house, media, seed) as found,
        pytest.raises(AssertionError, match="these paid and their orders are not paid"),
    ):
        survive(found, 1, recovery=False)


def test_control_with_a_random_key_a_customer_is_charged_twice(
    settings: dict[str, str], tmp_path: Path, media: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOP_FIGURES", raising=False)
    monkeypatch.setenv("FAULTS_MUTANT", "random-key")
    mutants.random_key(monkeypatch.setattr)
    house = House({**settings, "MEDIA_URL": media}, tmp_path, "checkout.sent", module="tests.faults.mutants")
    with rig(house, media, seed) as found, pytest.raises(AssertionError, match="these were charged twice"):
        survive(found, 1)


def _orders(rig: Rig) -> int:
    with rig.app.app_context():
        return len(db.session.scalars(select(Order.id)).all())
