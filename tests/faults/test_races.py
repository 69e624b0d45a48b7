"""Races on what all else rests on: the lock of a sign-in, the queue, the seal of the books, a thread's own connection.

Many at once come to one result, and each test notices its guard missing.
"""

import random
import threading
from collections import Counter as Tally
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from shop import jobs, outbox
from shop.clock import india_date
from shop.db import db
from shop.ledger import sealing, verification
from shop.ledger.models import Entry, Seal, Transfer
from shop.ledger.posting import Leg, post
from shop.money import Money
from shop.users import signin
from shop.users.models import User
from tests.cast import ARTISANS
from tests.conftest import both_databases
from tests.faults.together import Entrance, Gate, at_once, gated_writing
from tests.world import World

pytestmark = both_databases


# Forty guesses of a PIN.


def forty_guesses(world: World, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Try forty PINs of one card at one moment: five are looked at, whichever they are."""
    looked_at: list[str] = []
    fits = signin.secret_fits

    def watched(user: User | None, secret: str) -> bool:
        if user is not None:
            looked_at.append(secret)
        return fits(user, secret)

    monkeypatch.setattr(signin, "secret_fits", watched)
    pins = [f"{pin:06d}" for pin in random.Random(seed).sample(range(100_000, 270_000), 40)]
    card = ARTISANS["Rina"][0]

    def guess(number: int) -> int:
        return world.browser().post("/artisan/sign-in", {"card_number": card, "pin": pins[number]}).status_code

    with Entrance(world.app).shut_for(40) as gate:
        answers = at_once(40, guess)

    assert gate.arrived == 40
    assert len(looked_at) <= signin.MOST_TRIES, f"{len(looked_at)} of 40 guesses were looked at"
    assert set(answers) <= {422, 429}, answers
    right = world.browser().post("/artisan/sign-in", {"card_number": card, "pin": ARTISANS["Rina"][1]})
    assert right.status_code == 429, "the card was not locked"
    world.advance(timedelta(minutes=16))
    world.browser().sign_in_artisan("Rina")


def test_forty_guesses_at_once_are_five(world: World, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    forty_guesses(world, monkeypatch, seed)


def test_control_a_try_that_is_not_counted_first_lets_guesses_through_up_to_the_limit_of_an_address(
    world: World, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(signin, "count_try", lambda user_id, at: True)

    with pytest.raises(AssertionError, match=r"30 of 40 guesses were looked at"):
        forty_guesses(world, monkeypatch, seed)


# Two workers and one queue.


def two_workers(world: World, monkeypatch: pytest.MonkeyPatch, begun: threading.Event | None = None) -> None:
    """Let two workers claim from one queue while both are in the middle of a claim: each row is done once."""
    done: list[int] = []
    both = Gate(2)

    def do(payload: Any) -> None:
        if begun is not None:
            begun.set()
        both.wait()  # nothing is finished before both workers hold a claim
        done.append(payload["number"])

    monkeypatch.setattr(jobs, "KINDS", {"test": do})
    with world.writing() as at:
        for number in range(2 * jobs.BATCH):
            outbox.enqueue("test", f"test:{number}", {"number": number}, at=at)

    at_once(2, lambda number: [jobs.work_once(world.app) for _ in range(3)])

    twice = {number for number, times in Tally(done).items() if times > 1}
    assert twice == set(), f"{len(twice)} rows were done twice"
    assert sorted(done) == list(range(2 * jobs.BATCH))


def test_two_workers_do_each_row_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    two_workers(world, monkeypatch)


def test_control_without_a_lease_both_workers_do_the_same_rows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    claim, begun = outbox.claim, threading.Event()
    first: list[int] = []

    def claim_without_lease(*given: Any, **named: Any) -> Any:
        """Let the second worker claim once the first has: at the very same moment the rows' locks would part them."""
        first.append(threading.get_ident())
        if first[0] != threading.get_ident():
            begun.wait(10)
        return claim(*given, **named, lease=timedelta(0))

    monkeypatch.setattr(outbox, "claim", claim_without_lease)

    with pytest.raises(AssertionError, match=r"\d+ rows were done twice"):
        two_workers(world, monkeypatch, begun)


# Four sealers.


def seal_once(world: World, gate: Gate) -> None:
    """Seal as the worker does."""
    with world.app.app_context(), gated_writing(gate)():
        sealing.seal()


def four_sealers(world: World, verb: Callable[[World, Gate], None]) -> None:
    """Let four seal forty entries at one moment: one chain, every entry in it once, no sealer failing."""
    with world.writing() as at:
        for number in range(40):
            leg = Leg("bank", "sales", Money(100 + number, "INR"))
            post(f"race:{number}", "race", [leg], effective_on=india_date(at), at=at, by="user:1")
    gate = Gate(4)

    answers = at_once(4, lambda number: verb(world, gate))

    with world.reading():
        entries = db.session.scalar(select(func.count(Entry.id)))
        seals = db.session.scalars(select(Seal.seq).order_by(Seal.seq)).all()
        broken = list(verification.verify())
    assert answers == [None] * 4, f"{sum(answer is not None for answer in answers)} sealers failed"
    assert seals == list(range(1, (entries or 0) + 1))
    assert broken == []


def test_four_sealers_make_one_chain(world: World) -> None:
    four_sealers(world, seal_once)


def test_control_a_sealer_that_reads_before_its_turn_breaks_on_another(world: World) -> None:
    def seal_late(world: World, gate: Gate) -> None:
        with world.app.app_context():
            seq, chain = sealing.head()
            query = select(*sealing.SEALED_COLUMNS).join(Transfer, Transfer.entry_id == Entry.id).order_by(Entry.id)
            rows = [sealing.SealedRow._make(row) for row in db.session.execute(query)]
            db.session.rollback()
            with gated_writing(gate)():
                for entry_id, transfers in sealing.entries(rows):
                    seq, chain = seq + 1, sealing.link(chain, transfers)
                    seal = {"seq": seq, "entry_id": entry_id, "chain": chain, "fingerprints": ""}
                    db.session.execute(insert(Seal).values(seal))

    with pytest.raises(AssertionError, match=r"3 sealers failed"):
        four_sealers(world, seal_late)


def test_every_thread_works_on_a_connection_of_its_own(world: World) -> None:
    """What the races rest on: sessions are not shared, so two writing units are two transactions."""
    seen: set[int] = set()
    lock, gate = threading.Lock(), Gate(8)

    def look(number: int) -> None:
        with world.app.app_context():
            connection = db.session.connection().connection.dbapi_connection
            gate.wait()
            with lock:
                seen.add(id(connection))

    at_once(8, look)

    assert len(seen) == 8
