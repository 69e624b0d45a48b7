"""Deductions at one moment: two who approve, two payouts' senders, and her own saving beside it."""

import threading
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import func, select

from shop import books
from shop.artisans import deductions, payouts, purse, runs, savings, takings
from shop.artisans.deduction_models import Deduction, DeductionEvent, DeductionReason, DeductionStatus
from shop.artisans.earnings import can_take
from shop.artisans.models import PayoutMethod
from shop.clock import india_date
from shop.db import db, writing
from shop.errors import DomainError
from shop.ledger import balances
from shop.money import Money
from shop.users import audit
from tests.artisans.test_deductions import ALL, notify
from tests.conftest import both_databases
from tests.faults.together import Gate, at_once, gated_writing
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World

pytestmark = both_databases


def approve_at_once(world: World) -> int:
    """Let two people approve one deduction at one moment; return how often it was noted."""
    number = notify_proposed(world)
    gate = Gate(2)

    def approve(each: int) -> None:
        with world.app.app_context(), suppress(DomainError), gated_writing(gate)():
            notice = db.session.get_one(Deduction, number)
            by = user(("Farida", "Anita")[each])
            deductions.approve(notice, days=7, allowed=ALL, at=world.clock.now(), by=by)

    odd = [each for each in at_once(2, approve) if each is not None]
    assert odd == []
    with world.reading():
        noted = select(func.count()).select_from(DeductionEvent).where(DeductionEvent.status == DeductionStatus.NOTICED)
        return int(db.session.scalar(noted) or 0)


def notify_proposed(world: World) -> int:
    """Propose a deduction of ₹5; return its id."""
    with world.writing() as at:
        lost, on = DeductionReason.TOOL_LOST, india_date(at)
        money = Money(500, "INR")
        return deductions.propose(artisan("Rina"), money, lost, due_on=on, allowed=ALL, at=at, by=user("Meera")).id


def test_two_approvals_at_once_give_one_notice(world: World) -> None:
    assert approve_at_once(world) == 1


def test_control_a_move_that_does_not_ask_where_it_stands_gives_two(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unguarded(row: Deduction, _moves: object, to: DeductionStatus, **values: object) -> bool:
        for name, value in {"status": to, **values}.items():
            setattr(row, name, value)
        db.session.flush()
        return True

    monkeypatch.setattr(deductions, "move", unguarded)

    assert approve_at_once(world) == 2


def send_and_save(world: World) -> list[str]:
    """Let a payout with a deduction leave while she saves all that is free; return what does not hold afterwards."""
    life.earn(world, "Rina", 5)
    notify(world)
    with world.writing() as at:
        payout = payouts.propose(artisan("Rina"), Money(2_000, "INR"), PayoutMethod.CASH, at=at, by=user("Meera"))
        payouts.approve(payout, at=at, by=user("Farida"))
        number = payout.id
    gate = Gate(2)

    def act(each: int) -> None:
        with world.app.app_context(), gated_writing(gate)():
            at = world.clock.now()
            if each:
                with suppress(DomainError):
                    savings.save(artisan("Rina"), Money(1_900, "INR"), mark="a" * 16, at=at, by=user("Rina"))
            else:
                sent = payouts.get_of(user("Farida"), number)
                payouts.record_sent(sent, bank_reference=None, at=at, by=user("Farida"))

    odd = [repr(each) for each in at_once(2, act) if each is not None]
    with world.reading():
        she = artisan("Rina")
        taken = db.session.scalar(select(func.count(Deduction.entry_id)))
        hers = (can_take(she).minor, savings.saved(she).minor, taken)
        # whoever came first: she saved and the deduction waits, or it was taken and so much was not free any more
        right = hers in ((100, 1_900, 0), (1_500, 0, 1))
        return odd if right else [*odd, str(hers)]


def test_a_deduction_and_her_saving_at_once_never_take_the_same_rupee(world: World) -> None:
    assert send_and_save(world) == []
    with world.reading():
        assert [str(each) for each in books.findings()] == []


def send_and_withdraw(world: World) -> tuple[DeductionStatus, int]:
    """Let a payout leave while the office withdraws its deduction; return where it stands and what was taken."""
    life.earn(world, "Rina", 5)
    number = notify(world)
    with world.writing() as at:
        payout = payouts.propose(artisan("Rina"), Money(2_000, "INR"), PayoutMethod.CASH, at=at, by=user("Meera"))
        payouts.approve(payout, at=at, by=user("Farida"))
        payout_id = payout.id
    gate = Gate(2)

    def act(each: int) -> None:
        with world.app.app_context(), suppress(DomainError), gated_writing(gate)():
            at = world.clock.now()
            if each:
                deductions.withdraw(db.session.get_one(Deduction, number), at=at, by=user("Meera"))
            else:
                sent = payouts.get_of(user("Farida"), payout_id)
                payouts.record_sent(sent, bank_reference=None, at=at, by=user("Farida"))

    assert [each for each in at_once(2, act) if each is not None] == []
    with world.reading():
        return db.session.get_one(Deduction, number).status, balances.derived("deductions:damage").minor


def test_what_is_withdrawn_as_a_payout_leaves_is_taken_or_not_and_never_both(world: World) -> None:
    assert send_and_withdraw(world) in ((DeductionStatus.TAKEN, 500), (DeductionStatus.WITHDRAWN, 0))
    with world.reading():
        assert [str(each) for each in books.findings()] == []


def test_control_who_does_not_look_at_what_is_there_breaks_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def all_that_is_ready(ready: list[object], *, room: int, wages: int) -> list[int]:
        return list(range(len(ready)))

    monkeypatch.setattr(takings, "choose", all_that_is_ready)
    monkeypatch.setattr(purse, "promised", lambda _artisan: 0)
    life.earn(world, "Rina", 1)
    notify(world, 700)
    with pytest.raises(Exception, match="half_of_wages"), world.writing() as at:  # the CHECK stands behind the verbs
        payout = payouts.propose(artisan("Rina"), Money(100, "INR"), PayoutMethod.CASH, at=at, by=user("Meera"))
        payouts.approve(payout, at=at, by=user("Farida"))
        payouts.record_sent(payout, bank_reference=None, at=at, by=user("Farida"))


def run_and_withdraw(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let a run that has audited Rina's payout come to Mala's deduction while it is withdrawn; return what broke."""
    for name in ("Rina", "Mala"):
        life.earn(world, name, 10)
    number = notify(world, name="Mala")
    with world.writing() as at:
        today, here = india_date(at), artisan("Rina").centre_id
        going = runs.begin(here, today, today, least=Money(0, "INR"), at=at, by=user("Meera"))
        wishes = [runs.Wish(artisan(name).id, Money(2_000, "INR"), PayoutMethod.CASH) for name in ("Rina", "Mala")]
        ids = runs.propose(going, wishes, mark="0" * 16, at=at, by=user("Meera")).done
        runs.approve(going, ids, at=at, by=user("Farida"))
        run_id = going.id
    moved, audited, record = threading.Event(), threading.Event(), audit.record

    def recorded(act: str, about: str, **told: Any) -> None:
        if act == "deductions.withdraw":  # has moved the row, and waits until the run holds the head of the audit
            moved.set()
            audited.wait(1)
        record(act, about, **told)
        if act == "payouts.send":
            audited.set()
            moved.wait(1)

    monkeypatch.setattr(audit, "record", recorded)

    def act(each: int) -> None:
        with world.app.app_context(), suppress(DomainError):
            if each:
                with writing():
                    deductions.withdraw(db.session.get_one(Deduction, number), at=world.clock.now(), by=user("Meera"))
            else:
                moved.wait(1)
                sent: dict[int, str | None] = dict.fromkeys(ids)
                with writing():
                    going = runs.get_of(user("Farida"), run_id)
                    runs.send(going, sent, at=world.clock.now(), by=user("Farida"))

    return [repr(each) for each in at_once(2, act) if each is not None]


def test_a_run_that_sends_and_a_deduction_that_is_withdrawn_wait_in_no_ring(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_and_withdraw(world, monkeypatch) == []
    with world.reading():
        assert [str(each) for each in books.findings()] == []


def test_control_who_withdraws_without_her_row_waits_in_a_ring(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deductions, "hold", lambda _artisan: None)

    broken = run_and_withdraw(world, monkeypatch)

    one_writer = world.app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
    assert [("deadlock" in each.lower() or "Unavailable" in each) for each in broken] == ([] if one_writer else [True])
