"""Two hundred guesses at once against one card or one phone: five are looked at, the others only counted."""

from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import pytest
from sqlalchemy import func, select

from shop.db import db, writing
from shop.users import second_factor, signin, tries
from tests.cast import ARTISANS
from tests.conftest import both_databases
from tests.faults import figures
from tests.faults.together import Gate, at_once
from tests.users.factors import half_in, with_phone
from tests.world import World

CARD = ARTISANS["Rina"][0]
GUESSES = 200
MOST = 5


@dataclass
class Counted:
    """Counts how often something is called, from any thread."""

    inner: Any
    gate: Gate | None = None
    times: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, *given: Any, **named: Any) -> Any:
        with self._lock:
            self.times += 1
        if self.gate is not None:
            self.gate.wait()
        return self.inner(*given, **named)


class Hasher:
    """The shop's own hasher, its looks at a secret counted."""

    def __init__(self, inner: Any, gate: Gate | None = None) -> None:
        self.inner, self.verify = inner, Counted(inner.verify, gate)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def guess(world: World, number: int) -> int:
    form = {"card_number": CARD, "pin": f"{700_000 + 7 * number}"}
    return world.browser().post("/artisan/sign-in", form, environ_base={"REMOTE_ADDR": f"10.1.{number}.9"}).status_code


@both_databases
def test_of_two_hundred_pins_guessed_at_once_five_are_looked_at(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = Hasher(signin._hasher)
    monkeypatch.setattr(signin, "_hasher", hasher)

    answers = at_once(GUESSES, lambda number: guess(world, number))

    figures.note("access.pin_guesses_evaluated", hasher.verify.times, n=GUESSES, seed=0)
    assert 1 <= hasher.verify.times <= MOST
    assert answers.count(422) == hasher.verify.times
    assert set(answers) <= {422, 429, 503}
    assert guess(world, 250) == 429, "and it stays shut"


@both_databases
def test_of_two_hundred_codes_guessed_at_once_five_are_looked_at(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with_phone(world, "Farida")
    halves = [half_in(world, "Farida") for _ in range(4)]
    taken = Counted(second_factor.take_code)
    monkeypatch.setattr(second_factor, "take_code", taken)

    def act(number: int) -> int:
        half = halves[number % len(halves)]
        other = world.browser()
        cookie = half.client.get_cookie("session")
        assert cookie is not None
        other.client.set_cookie("session", cookie.value)
        return other.post("/login/second-step", {"code": f"{number:06d}"}).status_code

    answers = at_once(GUESSES, act)

    assert 1 <= taken.times <= MOST
    assert set(answers) <= {422, 429, 503}


@both_databases
def test_the_counting_test_notices_a_try_that_is_counted_after_the_look(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = 20
    monkeypatch.setattr(signin, "_hasher", Hasher(signin._hasher, Gate(people)))
    monkeypatch.setattr(signin, "count_knock", _only_looks_at_the_counter)
    fits = signin.secret_fits

    def looks_then_counts(user: Any, secret: str) -> bool:
        fitting = fits(user, secret)
        user_id = user.id
        with writing():
            signin.count_try(user_id, at=world.clock.now())
        return fitting

    monkeypatch.setattr(signin, "secret_fits", looks_then_counts)

    at_once(people, lambda number: guess(world, number))

    assert signin._hasher.verify.times > MOST


def _only_looks_at_the_counter(user_id: int, *_more: Any, at: Any) -> bool:
    """Read how many tries there were, as one would without thinking of two at once."""
    most = db.session.scalar(select(func.max(tries.Tries.tries)).where(tries.Tries.until > at))
    return (most or 0) < MOST
