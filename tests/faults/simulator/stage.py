"""What every rule of the simulator stands on: a world of its own, units that may be torn, and the comparison.

A rule calls the shop's verbs through `unit` and tells the model what should follow. A torn unit dies at one of its
statements, as a process does that is killed there: its connections are gone and nothing of it may be left. Then the
same is asked again, as a worker or a second click does. test_kills.py really kills processes.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from typing import Any, TypeVar

from hypothesis import stateful
from hypothesis.stateful import RuleBasedStateMachine, invariant
from hypothesis.strategies import SearchStrategy
from sqlalchemy import event, select

from shop import books
from shop.artisans import cash_box
from shop.catalog import figures
from shop.catalog.models import Reservation, ReservationStatus, Unit
from shop.db import db
from shop.errors import DomainError
from shop.ledger import balances
from shop.ledger.models import Entry, Side
from shop.users.models import User
from shop.web.artisan import reads
from tests.faults.simulator.model import INDIA, Model, class_of
from tests.faults.simulator.months import compare_months
from tests.faults.simulator.passbook import compare_passbook
from tests.faults.simulator.records import Bought, Row, Woman
from tests.workshop import artisan
from tests.world import World

T = TypeVar("T")
Rule = TypeVar("Rule", bound=Callable[..., None])
START = datetime(2026, 11, 20, 6, tzinfo=UTC)
SHARE = 9_801  # an odd number of paise, so that a division has a remainder
EVERY = 12  # steps between two readings of every floor's whole list
NAMES = ("Rina", "Mala")
HERS = ("payable", "pending", "savings", "advance", "in-transit")
STANDING = (ReservationStatus.WAITING, ReservationStatus.ALLOCATED, ReservationStatus.SHIPPED)


def rule(**drawn: SearchStrategy[Any]) -> Callable[[Rule], Rule]:
    """Let the machine draw this; how often it did is counted by the rule's name, and what came of it."""

    def of(act: Rule) -> Rule:
        @wraps(act)
        def counted(self: "Stage", *given: Any, **values: Any) -> None:
            if self.rule:  # a part of another one, or of the beginning
                act(self, *given, **values)
                return
            self.rule = act.__name__
            self.ground.counted[f"rule: {self.rule}"] += 1
            act(self, *given, **values)
            self.rule = ""

        made: Rule = stateful.rule(**drawn)(counted)
        made.__dict__["is_rule"] = True
        return made

    return of


def is_rule(of: object) -> bool:
    """Say whether the machine draws this."""
    return bool(getattr(of, "is_rule", False))


class Died(BaseException):
    """The process ended here."""


class Torn:
    """Ends the present thread's work at the n-th statement or commit from now on."""

    def __init__(self, after: int) -> None:
        self.left, self._thread = after, threading.get_ident()

    def __enter__(self) -> "Torn":
        event.listen(db.engine, "before_cursor_execute", self._count)
        event.listen(db.engine, "commit", self._count)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(db.engine, "before_cursor_execute", self._count)
        event.remove(db.engine, "commit", self._count)

    def _count(self, *_: object) -> None:
        if threading.get_ident() == self._thread:
            self.left -= 1
            if self.left == 0:
                raise Died


@dataclass
class Ground:
    """The world that all runs share, how it is made fresh, what was counted over all of them, and how each begins if
    that is not drawn.
    """

    world: World
    fresh: Callable[[], None]
    steps: int
    counted: Counter[str]
    begun: str = ""


class Stage(RuleBasedStateMachine):
    """One run: a fresh world and a model that begins as empty as its books."""

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self.ground, self.world, self.model = ground, ground.world, Model(self.today)
        self.step, self.dies_after, self.rule = 0, 0, "the beginning"
        self.restart()
        ground.fresh()
        self.world.clock.at = START
        self.world.sandbox.reset()
        self.world.sandbox.set_clock(int(START.timestamp()), frozen=True)
        self.world.sandbox.set_deliveries(mode="hold")
        with self.world.writing():
            for name in NAMES:
                she = artisan(name)
                self.model.women[name] = Woman(name, she.id)
                self.model.centre = she.centre_id
        self.share_of(SHARE)

    def teardown(self) -> None:
        self.restart()

    # What rules call.

    def unit(self, act: Callable[[], T], *, refused: bool = False) -> T | None:
        """Do something in one writing unit; it has to be refused exactly where the model says so."""

        def once() -> T:
            with self.world.writing():
                return act()

        return self.asked(once, refused=refused)

    def asked(self, act: Callable[[], T], *, refused: bool = False) -> T | None:
        """Do something that opens its own units, torn where that was drawn before; None where it was refused."""
        try:
            answer = self._perhaps_torn(act)
        except DomainError as error:
            self.ground.counted["refused"] += 1
            self.ground.counted[f"refused: {self.rule}"] += 1
            assert refused, f"was refused, though the rules allow it: {error.message_id} {error.values}"
            return None
        assert not refused, "was taken, though the rules refuse it"
        self.ground.counted[f"done: {self.rule}"] += 1
        return answer

    def _perhaps_torn(self, act: Callable[[], T]) -> T:
        if self.dies_after:
            after, self.dies_after = self.dies_after, 0
            with self.world.app.app_context():
                try:
                    with Torn(after):
                        answer = act()
                    self.ground.counted["outlived"] += 1
                    return answer
                except Died:
                    self.ground.counted["torn"] += 1
                    db.session.remove()
            self.restart()
        return act()

    def restart(self) -> None:
        """Close every connection, as a process that ends does."""
        with self.world.app.app_context():
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()

    def share_of(self, minor: int) -> None:
        """Put a share of so many paise a piece in force."""

        def act() -> None:
            at = self.world.clock.now()
            proposed = figures.propose_rule(figures.HOUSE, minor=minor, at=at, by=user("Anita").actor)
            figures.approve_rule(proposed, at=at, by=user("Farida").actor)

        self.unit(act)
        self.model.share_minor = minor

    def advance_clock(self, by: timedelta) -> None:
        self.world.advance(by)

    def today(self) -> date:
        return self.world.clock.now().astimezone(INDIA).date()

    @staticmethod
    def pick(found: Sequence[T], which: int) -> T:
        return found[which % len(found)]

    def orders(self, *statuses: str) -> list[Bought]:
        """The orders of the model in some status, all without one."""
        return [each for each in self.model.orders if not statuses or each.status in statuses]

    # What is compared.

    @invariant()
    def everything_agrees(self) -> None:
        """After every step: each class of accounts, what she reads of her money, and no account below its floor."""
        self.step += 1
        self.ground.counted["steps"] += 1
        self.stand()
        with self.world.reading():
            self._compare_balances()
            self._compare_her_page(NAMES[self.step % len(NAMES)])
        is_last = self.step >= self.ground.steps
        if self.step % EVERY == 0 or is_last:
            self.check_all()
        if is_last:
            with self.world.reading():
                kinds = db.session.scalars(select(Entry.kind).distinct())
                self.ground.counted.update(f"entry: {kind}" for kind in kinds)

    def stand(self) -> None:
        """Let the model follow which piece stands for which paid line."""
        with self.world.reading():
            self.model.stand(self.standing_pieces())

    def standing_pieces(self) -> dict[tuple[int, int], tuple[Bought, Row, dict[int, int]]]:
        """Which piece stands for which paid line, though others of it may be waited for: a fact of the shelf, by which
        the model knows what is promised.
        """
        lines = {row.line_id: (order, row) for order in self.model.orders for row in order.rows.values()}
        query = select(Unit.id, Unit.reference, Reservation.reference).join(
            Reservation, Reservation.id == Unit.reservation_id
        )
        found = {}
        for unit_id, reference, line in db.session.execute(query.where(Reservation.status.in_(STANDING))):
            order, row = lines[int(line.partition(":")[2])]
            kind, _, piece = reference.partition(":")
            earned = self.model.earned_on.get(int(piece), {}) if kind == "piece" else {}
            found[unit_id, row.line_id] = (order, row, dict(earned))
        return found

    def _compare_balances(self) -> None:
        ours: Counter[str] = Counter()
        for _, code, currency, side, minor in balances.trial_balance():
            ours[class_of(code, currency)] += minor if side is Side.CREDIT else -minor
        wrong = {
            code: (ours[code], self.model.minor[code])
            for code in ours.keys() | self.model.minor.keys()
            if ours[code] != self.model.minor[code]
        }
        assert not wrong, f"account: (the books, the model): {wrong}"
        codes = [woman.account(kind) for woman in self.model.women.values() for kind in HERS]
        below = {code: minor for code, minor in balances.stored_many(codes).items() if minor < 0}
        assert not below, f"below zero: {below}"
        held = cash_box.held(self.model.centre)
        assert held == self.model.till.held, f"the box holds {held}, the model says {self.model.till.held}"

    def _compare_her_page(self, name: str) -> None:
        woman, at = self.model.women[name], self.world.clock.now()
        she = artisan(name)
        page = reads.home(she, at, "en")
        shown = [page.can_take, page.coming, page.saved, page.to_repay, page.on_the_way]
        held = {kind: self.model.held(woman, kind) for kind in HERS}
        if woman.advance is None or woman.advance.status != "acknowledged":
            held["advance"] = 0  # nothing is told as owed before her "yes"
        assert shown == list(held.values()), f"her page says {shown}, the model {held}"
        if self.step % EVERY > 1:  # the other page is asked for each of them in turn, more seldom
            return
        moved = self.model.by_day.get(woman.account("payable"), Counter())
        compare_passbook(she, self.today(), page.can_take, moved)

    def check_all(self) -> None:
        """Read every floor's list, and compare our side with the gateways' own books as far as we were told."""
        with self.world.reading():
            found = [str(each) for each in books.findings()]
            compare_months(self.model.closed)
        assert not found, f"{len(found)} findings: {found[:3]}"
        if not any(order.is_news for order in self.model.orders):
            apart = {where: both for where, both in self.world.net().items() if both[0] != both[1]}
            assert not apart, f"the gateways and we differ: {apart}"
            self.ground.counted["compared with the gateways"] += 1


def user(name: str) -> User:
    return db.session.scalars(select(User).where(User.name == name)).one()
