"""Races on shares: a release against a return, a cancellation against a piece that is just finished."""

import secrets
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import select

from shop.artisans import shares
from shop.artisans.models import payable_of
from shop.artisans.share_models import Share, ShareStatus
from shop.artisans.shares import pending_of
from shop.catalog import stock
from shop.db import db
from shop.ledger.balances import stored
from shop.orders import lifecycle
from shop.orders.models import Order
from shop.production import checks
from shop.production.models import ProductionOrder, Task
from tests.cast import MESSENGER
from tests.conftest import both_databases
from tests.faults.together import Gate, at_once, gated_writing
from tests.sharing import RINAS, bought_and_made, order_of, rule, send
from tests.workshop import do, made, offer, user, variant
from tests.world import World

pytestmark = both_databases
STITCH, PEOPLE = 8_450, 12


def release_against_return(world: World, before: Callable[[], None] = lambda: None) -> None:
    """Release a share and take it back at one moment, six of each: one of them happens, once."""
    rule(world)
    links = [bought_and_made(world) for _ in range(2)]  # the second keeps her account above what is taken twice
    for link in links:
        send(world, link)
    with world.reading():
        line = lifecycle.lines_of(order_of(links[0]))[0].reference
        unit = db.session.scalars(select(Share.unit).where(Share.line == line)).one()
    gate = Gate(PEOPLE)
    before()

    def end(number: int) -> int:
        with world.app.app_context(), gated_writing(gate)():
            at = world.clock.now()
            if number % 2:
                return shares.release([line], at=at, by="worker")
            return shares.take_back([(unit, line)], at=at, by="user:1")

    answers = at_once(PEOPLE, end)

    assert [each for each in answers if isinstance(each, Exception)] == []
    assert sum(answer for answer in answers if isinstance(answer, int)) == 1, f"a share ended more than once: {answers}"
    with world.reading():
        status = db.session.scalars(select(Share.status).where(Share.line == line)).one()
        hers = (stored(pending_of(1)).minor, stored(payable_of(1)).minor - 2 * STITCH)
    assert hers == (RINAS, RINAS if status is ShareStatus.RELEASED else 0)


@pytest.mark.books_may_differ  # the piece itself stays with the customer here
def test_a_release_and_a_return_at_once_end_a_share_once(world: World) -> None:
    release_against_return(world)


@pytest.mark.books_may_differ
def test_control_without_the_condition_a_share_is_released_and_taken_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_have_looked = threading.Barrier(PEOPLE)

    def look(lines: Sequence[str]) -> list[Share]:
        """Return what each would have seen who looked before the first of them wrote."""
        if db.engine.dialect.name == "postgresql":
            all_have_looked.wait(30)
        return list(db.session.scalars(select(Share).where(Share.line.in_(lines))))

    def move_blindly(*_row: Any, **_values: Any) -> bool:
        return True

    def take_the_guard_away() -> None:
        monkeypatch.setattr(shares, "pending_for", look)
        monkeypatch.setattr(shares, "_still_pending", list)
        monkeypatch.setattr(shares, "move", move_blindly)

    with pytest.raises(AssertionError, match="a share ended more than once"):
        release_against_return(world, take_the_guard_away)


def in_turn(people: int, act: Callable[[int], None]) -> list[Any]:
    """Let one act after the other, the lowest number first."""
    return [act(number) for number in range(people)]


def cancel_against_check(world: World, together: Callable[[int, Callable[[int], None]], list[Any]] = at_once) -> None:
    """Cancel an order while its piece passes its last check: no share stays pending for it."""
    rule(world)
    for _round in range(3):
        order_id = world.order(world.buy(MESSENGER)).id
        with world.reading():
            asked = db.session.scalars(select(ProductionOrder.id).order_by(ProductionOrder.id.desc())).first()
        assert asked is not None
        made(world, asked, "stitch", "Rina")
        task_id = offer(world, asked, "finish", "Mala")
        do(world, task_id, "accept", "start", "submit")
        gate = Gate(2 if together is at_once else 1)

        def act(number: int, gate: Gate = gate, order_id: int = order_id, task_id: int = task_id) -> None:
            with world.app.app_context(), gated_writing(gate)():
                at = world.clock.now()
                if number:
                    lifecycle.cancel(db.session.get_one(Order, order_id), at=at, by="customer")
                else:
                    task = db.session.get_one(Task, task_id)
                    checks.record(task, passed=1, rework=0, rejected=0, at=at, by=user("Meera"))

        assert together(2, act) == [None, None]
        with world.reading():
            pending = [share.reference for share in db.session.scalars(select(Share)) if share.status == "pending"]
            assert pending == [], f"pending for a cancelled order: {pending}"
            assert stored(pending_of(1)).minor == 0
        _empty_the_shelf(world)


def _empty_the_shelf(world: World) -> None:
    """Take the piece that nobody bought off the shelf, so that the next order has to be made."""
    with world.writing() as at:
        number = variant(MESSENGER).id
        if left := stock.free([number])[number]:
            stock.adjust(number, -left, "test", f"test:{at}:{left}:{secrets.token_hex(4)}", at=at, by="user:1")


@pytest.mark.books_may_differ  # the money of the cancelled orders is not given back here
def test_a_cancellation_and_a_finished_piece_at_once_leave_nothing_pending(world: World) -> None:
    cancel_against_check(world)


@pytest.mark.books_may_differ
def test_control_a_cancellation_that_forgets_shares_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = shares.replace

    def forgetful(lines: Sequence[str], dues: Any, **more: Any) -> None:
        if not lines:
            replace(lines, dues, **more)

    monkeypatch.setattr(shares, "replace", forgetful)

    with pytest.raises(AssertionError, match="pending for a cancelled order"):
        cancel_against_check(world, in_turn)
