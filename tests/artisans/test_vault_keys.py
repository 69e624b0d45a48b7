"""Rotation, erasure and the sweep: what was wrapped opens all the while, and what was erased stays erased."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import select

from shop import identities
from shop.artisans import numbers
from shop.artisans.models import Artisan
from shop.artisans.vault import erasure, records, rotation
from shop.artisans.vault.keys import Tampered, unseal
from shop.artisans.vault.looks import Leave
from shop.artisans.vault.models import FIELDS, Identity
from shop.db import db, vault_session, writing
from shop.engines import scrub
from shop.errors import Unavailable
from tests.artisans.vaults import AT, MALA, NEW, OLD, RINA, lie, meddle, ring
from tests.conftest import both_databases
from tests.test_migrations import quiet
from tests.world import World

SHILA = {"legal_name": "Invented Three"}


@pytest.fixture
def old(world: World) -> Iterator[World]:
    """The world with three records under the old key."""
    with world.reading():
        with writing(vault_session) as session:
            for number, given in ((1, RINA), (2, MALA), (3, SHILA)):
                records.enter(session, ring(OLD), number, given, at=AT)
        yield world


def rewrap(*texts: str, limit: int = 1) -> int:
    with writing(vault_session) as session:
        return rotation.rewrap(session, ring(*texts), limit=limit)


def opened(number: int, *texts: str) -> dict[str, str]:
    vault_session().rollback()
    return records.get(vault_session(), ring(*texts), Leave(number)).items()


@both_databases
def test_every_record_opens_before_during_and_after_a_rotation(old: World) -> None:
    for step in range(4):
        assert [opened(n, NEW, OLD) for n in (1, 2, 3)] == [RINA, MALA, SHILA]
        assert rotation.left(vault_session(), ring(NEW, OLD)) == 3 - step
        assert rewrap(NEW, OLD) == (1 if step < 3 else 0)

    assert [opened(n, NEW) for n in (1, 2, 3)] == [RINA, MALA, SHILA]
    with pytest.raises(Unavailable):
        opened(1, OLD)


@both_databases
def test_her_phone_finds_her_under_both_keys_and_then_under_the_new_one(old: World) -> None:
    rewrap(NEW, OLD)  # Rina's is under the new one, Mala's still under the old one
    for given, number in ((RINA, 1), (MALA, 2)):
        assert records.find_by_phone(vault_session(), ring(NEW, OLD), given["phone"]) == number
    assert records.find_by_phone(vault_session(), ring(NEW), MALA["phone"]) is None
    rewrap(NEW, OLD, limit=9)
    assert records.find_by_phone(vault_session(), ring(NEW), MALA["phone"]) == 2


def test_rotation_changes_wrappings_only(old: World) -> None:
    before = {name: lie(name) for name in (*FIELDS, "key_version", "wrapped_key", "phone_index")}
    rewrap(NEW, OLD, limit=9)
    after = {name: lie(name) for name in before}

    assert {name for name in before if before[name] != after[name]} == {"wrapped_key", "phone_index"}


def test_a_wrapping_taken_from_before_the_rotation_does_not_open_under_the_new_name(old: World) -> None:
    before = lie("wrapped_key")
    rewrap(NEW, OLD, limit=9)
    meddle("UPDATE identity SET wrapped_key = :old WHERE artisan_id = 1", old=before)

    with pytest.raises(Tampered):
        opened(1, NEW, OLD)


def test_a_rotation_without_the_old_key_stops_and_changes_nothing(old: World) -> None:
    with pytest.raises(Unavailable):
        rewrap(NEW)

    assert rotation.counts(vault_session()) == {ring(OLD).current.id: 3}


@both_databases
def test_a_record_changed_in_the_middle_of_a_rotation_is_neither_lost_nor_undone(old: World) -> None:
    session = vault_session()
    stale = session.get(Identity, 1)
    assert stale is not None
    session.expunge(stale)
    session.rollback()
    with writing(vault_session) as writer:
        records.enter(writer, ring(NEW, OLD), 1, {"address": "3 Invented Lane"}, at=AT)
    with writing(vault_session) as writer:
        assert rotation._rewrap_one(writer, stale, ring(NEW, OLD)) == 0, "what it read is no more"

    assert opened(1, NEW, OLD) == {**RINA, "address": "3 Invented Lane"}


def files(world: World) -> bytes:
    """Return every byte of the vault's files."""
    path = Path(str(db.engines["identity"].url.database))
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


@pytest.mark.parametrize("scrubbed", [True, False])
def test_an_erased_record_leaves_no_byte_in_the_files(old: World, scrubbed: bool) -> None:
    wrapped, sealed = lie("wrapped_key"), lie("legal_name")
    assert isinstance(wrapped, bytes) and isinstance(sealed, bytes)
    assert wrapped in files(old) and sealed in files(old)
    with writing(vault_session) as session:
        erasure.erase(session, 1, at=AT)
    if scrubbed:
        scrub(db.engines["identity"], "identity")

    assert (wrapped in files(old)) is not scrubbed, "without scrubbing the log still holds it: the control"
    assert (sealed in files(old)) is not scrubbed


@both_databases
def test_erasing_destroys_key_and_values_and_leaves_a_tombstone_on_both_sides(old: World) -> None:
    at = old.clock.now()
    identities.erase(1, at=at, by=old.user("Anita"))

    assert records.fields_on_file(vault_session(), [1]) == {}
    assert records.find_by_phone(vault_session(), ring(OLD), RINA["phone"]) is None
    assert erasure.tombstones(vault_session()) == erasure.remembered() == {1: at}
    assert opened(2, OLD) == MALA


@both_databases
def test_what_a_restored_copy_brings_back_is_erased_again_and_what_was_entered_since_stays(old: World) -> None:
    with writing(vault_session) as session:
        assert erasure.lay_again(session, {1: AT, 2: AT - timedelta(seconds=1), 9: AT}) == 1

    assert set(erasure.numbers(vault_session())) == {2, 3}
    assert set(erasure.tombstones(vault_session())) == {1, 2, 9}


@both_databases
def test_the_sweep_erases_what_belongs_to_nobody_after_a_day_and_no_sooner(old: World) -> None:
    with writing():
        number = numbers.draw(at=AT)
    with writing(vault_session) as session:
        records.enter(session, ring(OLD), number, {"legal_name": "Nobody"}, at=AT)
    at = old.clock.now()

    assert [identities.sweep(at=at + timedelta(hours=h)) for h in (0, 12, 23)] == [0, 0, 0]
    assert number in erasure.numbers(vault_session())
    vault_session().rollback()
    assert identities.sweep(at=at + timedelta(hours=24)) == 1
    assert set(erasure.numbers(vault_session())) == {1, 2, 3}
    assert number in erasure.remembered()


@both_databases
def test_a_record_whose_maker_comes_back_in_time_is_left_alone(old: World) -> None:
    at = old.clock.now()
    meddle("UPDATE identity SET unclaimed_since = :at WHERE artisan_id = 1", at=at - timedelta(days=5))

    assert identities.sweep(at=at) == 0
    assert opened(1, OLD) == RINA
    assert lie("unclaimed_since") is None


@both_databases
def test_the_sweep_erases_again_what_the_vault_missed_while_it_was_away(old: World) -> None:
    with writing():
        erasure.remember({1: AT + timedelta(hours=1)})

    assert identities.sweep(at=old.clock.now()) == 1
    assert set(erasure.numbers(vault_session())) == {2, 3}


@both_databases
def test_a_number_is_drawn_once_and_enrolled_makers_have_theirs(world: World) -> None:
    with world.reading():
        taken = set(db.session.scalars(select(Artisan.id)))
        with writing():
            drawn = [numbers.draw(at=AT) for _ in range(3)]
            numbers.skip_to(max(drawn) + 5, at=AT)
            after = numbers.draw(at=AT)

    assert taken == {1, 2, 3} and drawn == [4, 5, 6] and after == 12


def test_a_wrapped_key_opens_nothing_without_its_own_place(old: World) -> None:
    row = vault_session().get(Identity, 1)
    assert row is not None
    own = records.own_key(row, ring(OLD))
    assert row.legal_name is not None
    assert unseal(own, row.legal_name, records.field_place(1, "legal_name", 1)) == RINA["legal_name"].encode()
    for place in (
        records.field_place(2, "legal_name", 1),
        records.field_place(1, "upi", 1),
        records.field_place(1, "legal_name", 2),
        records.field_place(1, "legal_name", 1).replace("identity", "tombstone"),
    ):
        with pytest.raises(Tampered):
            unseal(own, row.legal_name, place)


@pytest.mark.books_may_differ
@both_databases
def test_makers_enrolled_before_numbers_were_drawn_keep_theirs(world: World) -> None:
    with quiet(world.app):
        downgrade(revision="0002")
        upgrade()
        with writing():
            assert numbers.draw(at=AT) == 4, "above Rina, Mala and Shila"
        assert set(db.session.scalars(select(Artisan.id))) == {1, 2, 3}
