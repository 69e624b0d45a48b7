"""Races on an exchange: two managers who take in at once, and one who ends it while another sends it."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from shop.db import db
from shop.errors import DomainError
from shop.orders import exchanges, returns
from shop.orders.models import Shipment
from shop.orders.return_models import Exchange, Return, ReturnPiece, Wish
from shop.payments import refunds
from shop.payments.models import Refund
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.faults.together import Gate, at_once, gated_writing
from tests.sharing import asked, exchanged, send
from tests.world import World

pytestmark = both_databases
Act = Callable[[Any], object]


def together(world: World, acts: list[Act], *, in_turn: bool = False) -> list[str]:
    """Let several act at one moment, or one after the other; return the names of what came to pass."""
    gate = Gate(1 if in_turn else len(acts))

    def act(number: int) -> str:
        with world.app.app_context():
            try:
                with gated_writing(gate)():
                    acts[number](world.clock.now())
            except DomainError:
                return ""
            return acts[number].__name__

    answers = [act(number) for number in range(len(acts))] if in_turn else at_once(len(acts), act)
    assert [each for each in answers if isinstance(each, Exception)] == []
    return sorted(str(each) for each in answers if each)


def another(at: Any) -> object:
    found = db.session.get_one(Return, 1)
    return exchanges.receive(found, sorted(returns.units_out(found.order_id))[:1], at=at, by="user:1")


def money(at: Any) -> object:
    found = db.session.get_one(Return, 1)
    came = returns.receive(found, sorted(returns.units_out(found.order_id))[-1:], at=at, by="user:1")
    return refunds.refund_return(came, at=at, by="user:1")


def money_too(at: Any) -> object:
    found = db.session.get_one(Return, 1)
    came = returns.receive(found, sorted(returns.units_out(found.order_id))[:1], at=at, by="user:2")
    return refunds.refund_return(came, at=at, by="user:2")


def two_managers(world: World, *acts: Act) -> None:
    """Some take in the one piece of a return, each in a way of their own and a different piece: one does."""
    link = world.buy(TOTE, 4)
    send(world, link)
    asked(world, link, wish=Wish.EXCHANGE)
    came = together(world, list(acts))
    with world.reading():
        pieces = db.session.scalar(select(func.count()).select_from(ReturnPiece))
        promised = db.session.scalar(select(func.count()).select_from(Exchange))
        back = db.session.scalar(select(func.count()).select_from(Refund))
    assert pieces == 1, f"{pieces} pieces came for a return of one"
    assert (len(came), promised, back) == (1, int(came == ["another"]), int(came in (["money"], ["money_too"])))
    world.work()


def move_blindly(*_row: Any, **_values: Any) -> bool:
    return True


def test_of_two_managers_who_take_in_at_once_one_does(world: World) -> None:
    two_managers(world, another, money, another, money)


@pytest.mark.books_may_differ
def test_control_without_the_condition_a_return_is_taken_in_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(returns, "move", move_blindly)
    with pytest.raises(AssertionError, match="2 pieces came for a return of one"):
        two_managers(world, money, money_too)


def send_it(at: Any) -> object:
    return exchanges.send(db.session.get_one(Exchange, 1), "India Post", "EX1IN", at=at, by="user:1")


def end_it(at: Any) -> object:
    came = exchanges.end(db.session.get_one(Exchange, 1), at=at, by="user:2")
    return refunds.refund_return(came, at=at, by="user:2")


def end_against_send(world: World, before: Callable[[], None] | None = None) -> None:
    """End an exchange while it is sent, twice each: the piece goes, or the money, never both and neither twice."""
    link = world.buy(TOTE)
    send(world, link)
    exchanged(world, link)
    if before is not None:
        before()
    came = together(world, [send_it, end_it, send_it, end_it][: 2 if before else 4], in_turn=before is not None)
    with world.reading():
        back = list(db.session.scalars(select(Refund.amount_minor)))
        parcels = db.session.scalar(select(func.count()).where(Shipment.exchange_id.is_not(None)))
    assert len(back) + (parcels or 0) == 1, f"{parcels} parcels left and {len(back)} refunds went"
    assert came == (["end_it"] if back else ["send_it"])
    world.work()


def test_ended_and_sent_at_once_the_piece_goes_or_the_money(world: World) -> None:
    end_against_send(world)


@pytest.mark.books_may_differ
def test_control_without_the_condition_the_piece_goes_and_the_money_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sums would not come out either, since the piece is with her: so nobody may look at what she has."""

    def take_the_guards_away() -> None:
        monkeypatch.setattr(exchanges, "move", move_blindly)
        for name in ("left_with_customer", "promised_anew"):
            monkeypatch.setattr(returns, name, lambda _order_id: Counter())

    with pytest.raises(AssertionError, match="1 parcels left and 1 refunds went"):
        end_against_send(world, take_the_guards_away)
