"""Many at once: threads that start together, and gates that hold all of them at one point of the code."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from shop.db import writing as open_unit

T = TypeVar("T")
PATIENCE_S = 60.0


class Gate:
    """Lets nobody through before all have come; each thread waits here once, and only its first time."""

    def __init__(self, people: int) -> None:
        self._barrier = threading.Barrier(people)
        self._been = threading.local()
        self._lock = threading.Lock()
        self.arrived = 0

    def wait(self) -> None:
        """Wait for the others; BrokenBarrierError if they do not come in time."""
        if getattr(self._been, "here", False):
            return
        self._been.here = True
        with self._lock:
            self.arrived += 1
        self._barrier.wait(PATIENCE_S)


def at_once(people: int, act: Callable[[int], T], patience: float = PATIENCE_S) -> list[T | Exception]:
    """Run `act(0)` to `act(people - 1)` in threads that start together; return each answer or what it raised.

    Each is waited for `patience` seconds.
    """
    start = threading.Barrier(people)
    answers: list[T | Exception] = [TimeoutError("did not end")] * people

    def run(number: int) -> None:
        try:
            start.wait(PATIENCE_S)
            answers[number] = act(number)
        except Exception as error:
            answers[number] = error

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience)
    return answers


def hold_before_writing(monkeypatch: pytest.MonkeyPatch, module: Any, gate: Gate) -> None:
    """Hold every first writing unit that a module opens until all have come to the point before it."""
    if hasattr(module, "writing"):
        monkeypatch.setattr(module, "writing", gated_writing(gate))


def gated_writing(gate: Gate) -> Callable[[], Any]:
    """Return `shop.db.writing` with a gate before it."""

    @contextmanager
    def writing() -> Iterator[Session]:
        gate.wait()
        with open_unit() as session:
            yield session

    return writing


@dataclass
class Entrance:
    """The door of an app: while it is shut, requests wait in it until all have come."""

    app: Flask
    inner: Any = field(init=False)

    def __post_init__(self) -> None:
        self.inner = self.app.wsgi_app

    @contextmanager
    def shut_for(self, people: int) -> Iterator[Gate]:
        """Hold the next requests of so many threads inside the door until the last has come."""
        gate = Gate(people)

        def held(environ: Any, start_response: Any) -> Any:
            gate.wait()
            return self.inner(environ, start_response)

        self.app.wsgi_app = held
        try:
            yield gate
        finally:
            self.app.wsgi_app = self.inner
