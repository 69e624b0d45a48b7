"""Payout, recovery, saving and repaying at one moment: never below zero, never less than was promised."""

import pytest

from shop import books
from shop.artisans import purse
from shop.artisans.earnings import can_take
from shop.artisans.models import Artisan
from tests.conftest import both_databases
from tests.faults.own_money import in_turn, race
from tests.world import World

pytestmark = both_databases


def test_six_at_once_leave_what_two_people_promised_her(world: World) -> None:
    assert race(world, 1) == []
    with world.reading():
        assert [str(finding) for finding in books.findings()] == []


def test_control_who_does_not_ask_what_is_promised_breaks_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def all_of_it(artisan: Artisan) -> int:
        return can_take(artisan).minor

    monkeypatch.setattr(purse, "free", all_of_it)
    monkeypatch.setattr("shop.artisans.payouts.free", all_of_it)

    assert any("promised" in each for each in race(world, 1, in_turn))
