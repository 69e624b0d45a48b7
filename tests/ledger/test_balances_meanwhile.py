"""A balance of a past day and a page of her passbook are of one moment, whoever posts while they are read."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask

from shop.db import writing
from shop.ledger import balances
from shop.ledger.posting import Leg, post
from shop.money import Money
from shop.web.artisan import passbook_reads
from tests.conftest import both_databases
from tests.web import artisan_life as life
from tests.workshop import artisan
from tests.world import World

pytestmark = [both_databases, pytest.mark.books_may_differ]  # bare postings, with no order or task behind them
SIXTH, TENTH = date(2026, 11, 6), date(2026, 11, 10)


def elsewhere(app: Flask, act: Callable[[], object]) -> None:
    """Do something on a connection of its own and commit it, before going on."""

    def run() -> None:
        with app.app_context(), writing():
            act()

    other = threading.Thread(target=run)
    other.start()
    other.join()


def before_and_between(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, act: Callable[[], None]) -> None:
    """Let something happen once, right after a function was called for the first time."""
    read, waiting = getattr(module, name), [act]

    def reading(*given: Any, **more: Any) -> Any:
        answer = read(*given, **more)
        if waiting:
            waiting.pop()()
        return answer

    monkeypatch.setattr(module, name, reading)


def test_a_past_balance_is_right_while_somebody_posts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with world.writing() as at:
        pays = [Leg("wages:1", "artisan:7:payable", Money(1_000, "INR"))]
        post("earned", "test", pays, effective_on=SIXTH, at=at, by="user:1")
        takes = [Leg("artisan:7:payable", "bank", Money(1, "INR"))]
        post("a first one", "test", takes, effective_on=TENTH, at=at, by="user:1")

    def out() -> None:
        legs = [Leg("artisan:7:payable", "bank", Money(300, "INR"))]
        post("out", "test", legs, effective_on=TENTH, at=world.clock.now(), by="user:1")

    def meanwhile() -> None:
        elsewhere(world.app, out)

    before_and_between(monkeypatch, balances, "find_account", meanwhile)
    monkeypatch.setattr(balances, "_is_nearer_to_now", lambda *_: True)
    with world.reading():
        assert balances.at_end("artisan:7:payable", SIXTH).minor == 1_000
    with world.reading():
        assert balances.stored("artisan:7:payable").minor == 699


def test_her_passbook_adds_up_while_somebody_posts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    life.earn(world, pieces=4)
    rina = world.browser().sign_in_artisan("Rina")
    with world.reading():
        payable = artisan("Rina").payable
    seen: list[passbook_reads.Passbook] = []
    read = passbook_reads.passbook

    def kept(*given: Any) -> passbook_reads.Passbook:
        seen.append(read(*given))
        return seen[-1]

    def out() -> None:
        at, legs = world.clock.now(), [Leg("wages:1", payable, Money(77, "INR"))]
        post("meanwhile", "test", legs, effective_on=at.date(), at=at, by="user:1")

    def meanwhile() -> None:
        elsewhere(world.app, out)

    monkeypatch.setattr(passbook_reads, "passbook", kept)
    before_and_between(monkeypatch, balances, "stood_at", meanwhile)
    for _ in range(2):
        assert rina.get("/artisan/passbook").status_code == 200

    told = [(page.opening, sum(line.minor for line in page.lines), page.closing) for page in seen]
    assert told == [(0, 3_200, 3_200), (0, 3_277, 3_277)]
