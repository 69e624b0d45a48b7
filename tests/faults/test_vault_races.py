"""Many at once on the vault: the limit of a day, a phone, a release; each with what happens unguarded."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from shop import identities
from shop.artisans import payouts
from shop.artisans.models import Artisan, Payout, PayoutMethod
from shop.artisans.payout_file_models import PayoutFile
from shop.artisans.vault import erasure, looks, payout_file, records
from shop.artisans.vault.looks import MOST_A_DAY, IdentityLook, LookReason, LooksOfDay
from shop.artisans.vault.models import Identity
from shop.artisans.vault.person import Person
from shop.db import db, vault_session, writing
from shop.errors import DomainError, TooMany
from shop.money import Money
from shop.users import audit
from tests.artisans.vaults import AT, DEFAULT, RINA, meddle
from tests.conftest import both_databases
from tests.faults.together import Gate, at_once, gated_writing
from tests.web import artisan_life as life
from tests.world import World

PEOPLE = 30


def enter(world: World, number: int) -> None:
    with world.reading(), writing(vault_session) as session:
        records.enter(session, DEFAULT, number, RINA | {"phone": None}, at=AT)


def all_look(world: World) -> list[object]:
    def look(number: int) -> Person:
        with world.reading():
            by, at = world.user("Meera"), world.clock.now()
            return identities.reveal(DEFAULT, 1, LookReason.PAYMENT, at=at, by=by)

    return list(at_once(PEOPLE, look))


def written_down(world: World) -> tuple[int, int]:
    with world.reading():
        seen = db.session.scalar(select(func.count()).select_from(IdentityLook)) or 0
        return seen, len(audit.newest(200, act="identity.reveal"))


@both_databases
def test_thirty_looks_at_once_open_twenty(world: World) -> None:
    enter(world, 1)
    answers = all_look(world)

    assert sum(isinstance(answer, Person) for answer in answers) == MOST_A_DAY
    assert sum(isinstance(answer, TooMany) for answer in answers) == PEOPLE - MOST_A_DAY
    assert written_down(world) == (MOST_A_DAY, MOST_A_DAY)
    with world.reading():
        assert list(audit.verify()) == []


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_counted_first_and_written_afterwards_more_would_open(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the limit read in one statement and kept in another. On SQLite the unit's lock hides this."""
    all_have_counted = Gate(PEOPLE)

    def count(by: str, on: object) -> None:
        looked = db.session.scalar(select(func.count()).select_from(IdentityLook)) or 0
        all_have_counted.wait()
        if looked >= MOST_A_DAY:
            raise TooMany("vault.looks", most=MOST_A_DAY)

    monkeypatch.setattr(looks, "_count", count)
    enter(world, 1)
    all_look(world)

    assert written_down(world)[0] > MOST_A_DAY


ENTER_IT = 12


def all_enter_one_phone(world: World) -> list[object]:
    def write(number: int) -> int:
        with world.reading(), writing(vault_session) as session:
            records.enter(session, DEFAULT, 100 + number, {"phone": RINA["phone"]}, at=AT)
            return number

    return list(at_once(ENTER_IT, write))


@both_databases
def test_a_phone_entered_for_twelve_at_once_is_one_womans(world: World) -> None:
    answers = all_enter_one_phone(world)

    assert sum(isinstance(answer, int) for answer in answers) == 1
    with world.reading():
        assert len(erasure.numbers(vault_session())) == 1


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_without_its_unique_index_a_phone_would_be_several_womens(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the look-up before alone does not hold it, if all look before the first writes."""
    all_have_looked, look_up = Gate(ENTER_IT), records.find_by_phone

    def find_by_phone(*asked: Any) -> int | None:
        found = look_up(*asked)
        all_have_looked.wait()
        return found

    with world.reading():
        meddle("ALTER TABLE identity DROP CONSTRAINT uq_identity_phone_index")
    monkeypatch.setattr(records, "find_by_phone", find_by_phone)

    assert sum(isinstance(answer, int) for answer in all_enter_one_phone(world)) == ENTER_IT


@both_databases
def test_a_file_released_by_many_at_once_is_released_once(world: World) -> None:
    life.earn(world)
    enter(world, 1)
    with world.writing() as at:
        rina = db.session.get_one(Artisan, 1)
        payout = payouts.propose(rina, Money(2_000, "INR"), PayoutMethod.BANK, at=at, by=world.user("Meera"))
        payouts.approve(payout, at=at, by=world.user("Farida"))
        payout_file.propose(None, at=at, by=world.user("Farida"))

    def release(number: int) -> int:
        with world.reading():
            return len(identities.release(DEFAULT, 1, at=world.clock.now(), by=world.user("Anita")))

    answers = at_once(8, release)

    assert [answer for answer in answers if isinstance(answer, int)] == [1]
    with world.reading():
        assert len(audit.newest(50, act="payout-file.release")) == 1


def release_against_withdrawal(world: World, before: Callable[[], None] = lambda: None) -> None:
    """Release a file and take its payout back at one moment: it is paid or hers again, never both."""
    life.earn(world)
    with world.writing() as at:
        rina = db.session.get_one(Artisan, 1)
        payout = payouts.propose(rina, Money(2_000, "INR"), PayoutMethod.BANK, at=at, by=world.user("Meera"))
        payouts.approve(payout, at=at, by=world.user("Farida"))
        payout_file.propose(None, at=at, by=world.user("Farida"))
        payout_id = payout.id
    gate, known = Gate(2), {1: payout_file.NEEDED[PayoutMethod.BANK]}
    before()

    def act(number: int) -> str:
        at = world.clock.now()
        with world.app.app_context():
            try:
                with gated_writing(gate)():
                    if number:
                        payouts.withdraw(db.session.get_one(Payout, payout_id), at=at, by=world.user("Anita"))
                    else:
                        payout_file.release(payout_file.get_file(1), known, at=at, by=world.user("Anita"))
            except DomainError:
                return "refused"
            return "done"

    answers = at_once(2, act)

    assert sorted(map(str, answers)) == ["done", "refused"], f"paid by the bank and hers again: {answers}"


@both_databases
def test_a_payout_is_released_or_taken_back_never_both(world: World) -> None:
    release_against_withdrawal(world)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)  # SQLite lets one write at a time
def test_control_a_withdrawal_that_asks_no_file_takes_back_what_the_bank_pays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_looked = Gate(2)
    ready = payout_file.ready

    def look(file: PayoutFile, on_file: Any) -> list[Payout]:
        found = ready(file, on_file)
        both_have_looked.wait()
        return found

    def ask_no_file(_payout: Payout) -> bool:
        both_have_looked.wait()
        return False

    def take_the_guard_away() -> None:
        monkeypatch.setattr(payout_file, "_look_again", lambda _file: None)
        monkeypatch.setattr(payout_file, "ready", look)
        monkeypatch.setattr(payouts, "is_with_bank", ask_no_file)

    with pytest.raises(AssertionError, match="paid by the bank and hers again"):
        release_against_withdrawal(world, take_the_guard_away)


@both_databases
def test_changes_of_one_record_at_once_are_kept_or_refused_never_half(world: World) -> None:
    enter(world, 1)
    names = ("legal_name", "address", "account_holder")

    def change(number: int) -> int:
        with world.reading(), writing(vault_session) as session:
            records.enter(session, DEFAULT, 1, dict.fromkeys(names, f"Writer {number}"), at=AT)
            return number

    kept = [answer for answer in at_once(8, change) if isinstance(answer, int)]

    with world.reading():
        found = records.get(vault_session(), DEFAULT, looks.Leave(1)).items()
        row = vault_session().get(Identity, 1)
        assert row is not None and row.key_version == 1 + len(kept) and kept
        assert len({found[name] for name in names}) == 1
        assert db.session.scalar(select(func.count()).select_from(LooksOfDay)) == 0
