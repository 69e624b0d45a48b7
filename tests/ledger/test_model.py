"""Posting against a model: a dictionary of balances that a reader can keep in his head."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from shop import create_app
from shop.db import db, writing
from shop.ledger import balances, sealing, verification
from shop.ledger.chart import has_floor, side_of
from shop.ledger.models import Entry, Side
from shop.ledger.posting import BelowZero, Leg, ReferenceReused, post, reverse
from shop.money import Money
from tests.databases import copy_sqlite

CODES = ("bank", "capital", "wages:1", "artisan:1:payable", "artisan:1:in-transit", "prepaid:1", "sales")
ON, AT = date(2026, 11, 20), datetime(2026, 11, 20, tzinfo=UTC)
legs = st.lists(
    st.tuples(st.sampled_from(CODES), st.sampled_from(CODES), st.integers(1, 500)).filter(lambda leg: leg[0] != leg[1]),
    min_size=1,
    max_size=3,
)


class Books(RuleBasedStateMachine):
    """Random events, repeats, reversals and seals; the model says what each must do."""

    app: Flask
    entries = Bundle("entries")

    @initialize()
    def open(self) -> None:
        self.balances = dict.fromkeys(CODES, 0)
        self.posted: dict[str, list[tuple[str, str, int]]] = {}
        self.ids: dict[str, int] = {}
        self.reversed: set[str] = set()
        type(self).run = getattr(type(self), "run", 0) + 1

    @rule(target=entries, moves=legs)
    def post_something(self, moves: list[tuple[str, str, int]]) -> str:
        reference = f"run:{self.run}:event:{len(self.posted)}:{len(self.ids)}"
        return self._post(reference, moves)

    @rule(reference=entries)
    def post_the_same_again(self, reference: str) -> None:
        if reference in self.ids:
            with self.app.app_context(), writing():
                assert self._write(reference, self.posted[reference]) == self.ids[reference]

    @rule(reference=entries, moves=legs)
    def post_other_legs_under_it(self, reference: str, moves: list[tuple[str, str, int]]) -> None:
        if reference in self.ids and moves != self.posted[reference]:
            with pytest.raises(ReferenceReused), self.app.app_context(), writing():
                self._write(reference, moves)

    @rule(reference=entries)
    def reverse_one(self, reference: str) -> None:
        if reference not in self.ids or reference in self.reversed:
            return
        mirror = [(credit, debit, minor) for debit, credit, minor in self.posted[reference]]
        may = self._fits(mirror)
        try:
            with self.app.app_context(), writing():
                reverse(self.ids[reference], f"{reference}:back", effective_on=ON, at=AT, by="t")
        except BelowZero:
            assert not may
            return
        assert may
        self.reversed.add(reference)
        self._move(mirror)

    @rule()
    def seal(self) -> None:
        with self.app.app_context(), writing():
            sealing.seal()
            assert sealing.unsealed() == 0

    @invariant()
    def books_and_model_agree(self) -> None:
        with self.app.app_context():
            floors = [code for code in CODES if has_floor(code)]
            stored = balances.stored_many(floors, book=f"run-{self.run}")
            assert stored == {code: self.balances[code] for code in floors}
            assert {c: balances.derived(c, book=f"run-{self.run}").minor for c in CODES} == self.balances

    def teardown(self) -> None:
        with self.app.app_context():
            assert [str(finding) for finding in verification.verify()] == []
            assert db.session.scalar(db.select(db.func.count()).select_from(Entry)) is not None

    def _post(self, reference: str, moves: list[tuple[str, str, int]]) -> str:
        may = self._fits(moves)
        try:
            with self.app.app_context(), writing():
                made = self._write(reference, moves)
        except BelowZero:
            assert not may
            return reference
        assert may
        self.ids[reference], self.posted[reference] = made, moves
        self._move(moves)
        return reference

    def _write(self, reference: str, moves: list[tuple[str, str, int]]) -> int:
        asked = [Leg(debit, credit, Money(minor, "INR")) for debit, credit, minor in moves]
        return post(reference, "test", asked, effective_on=ON, at=AT, by="t", book=f"run-{self.run}")

    def _change(self, moves: list[tuple[str, str, int]]) -> dict[str, int]:
        change = dict.fromkeys(CODES, 0)
        for debit, credit, minor in moves:
            change[debit] += minor if side_of(debit) is Side.DEBIT else -minor
            change[credit] += minor if side_of(credit) is Side.CREDIT else -minor
        return change

    def _fits(self, moves: list[tuple[str, str, int]]) -> bool:
        change = self._change(moves)
        return all(self.balances[code] + change[code] >= 0 for code in CODES if has_floor(code))

    def _move(self, moves: list[tuple[str, str, int]]) -> None:
        for code, minor in self._change(moves).items():
            self.balances[code] += minor


def test_posting_does_what_a_dictionary_of_balances_says(sqlite_template: Path, media: str, tmp_path: Path) -> None:
    Books.app = create_app({**copy_sqlite(sqlite_template, tmp_path), "TESTING": True, "MEDIA_URL": media})
    quick = settings(max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck))

    run_state_machine_as_test(Books, settings=quick)

    with Books.app.app_context():
        for engine in db.engines.values():
            engine.dispose()
