"""Several workers credit one month of a design at one moment: it is credited once, and nobody of them fails."""

from typing import Any

import pytest
from sqlalchemy import select

from shop.artisans import designs, royalties
from shop.artisans.design_models import Royalty
from shop.db import db, writing
from shop.orders import designed
from shop.orders.window import Window
from tests.artisans.test_royalties import agree, next_month, product, sold
from tests.conftest import both_databases
from tests.faults.together import Gate, at_once
from tests.world import World

WORKERS = 4


def credit_at_once(world: World) -> list[Any]:
    """Let four workers credit the month that has ended; return what each of them credited, in paise."""
    with world.reading():
        named = product()

    def credit(_number: int) -> int:
        with world.app.app_context(), writing():
            at = world.clock.now()
            return designed.credit(named, designed.month_before(at), Window(), at=at, by="worker")

    return at_once(WORKERS, credit)


def ready(world: World) -> None:
    agree(world, 1_000)
    sold(world, 2)
    next_month(world)


@both_databases
def test_four_workers_credit_a_month_once(world: World) -> None:
    ready(world)
    assert sorted(credit_at_once(world), key=repr) == [0, 0, 0, 2_000]
    with world.reading():
        assert list(db.session.scalars(select(Royalty.amount_minor))) == [2_000]


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)  # SQLite lets one write at a time, whoever holds
def test_control_without_the_hold_workers_meet_and_the_unique_month_refuses_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(world)
    gate = Gate(WORKERS)

    def stands(_design_id: int, _month: str) -> bool:
        gate.wait()
        return False

    monkeypatch.setattr(designs, "hold", lambda _product: None)
    monkeypatch.setattr(royalties, "_stands", stands)

    answers = credit_at_once(world)

    assert len([each for each in answers if isinstance(each, Exception)]) == WORKERS - 1
    with world.reading():
        assert list(db.session.scalars(select(Royalty.amount_minor))) == [2_000]
