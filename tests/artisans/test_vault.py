"""Records in the vault: sealed, bound to their place, found by her own phone only, refused under a wrong key."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from shop.artisans.models import Artisan
from shop.artisans.vault import keys, person, records
from shop.artisans.vault.keys import BadVaultKey, Tampered
from shop.artisans.vault.looks import Leave
from shop.artisans.vault.models import FIELDS, Identity
from shop.artisans.vault.person import Person
from shop.db import db, vault_session, writing
from shop.errors import Conflict, Invalid, NotFound, Unavailable
from tests.artisans.vaults import AT, DEFAULT, MALA, NEW, OLD, OTHER, RINA, lie, meddle, ring
from tests.conftest import both_databases
from tests.world import World

LEAVE, LEAVE_2 = Leave(1), Leave(2)


@pytest.fixture
def vault(world: World) -> Iterator[World]:
    """The world with Rina's and Mala's identities in its vault."""
    with world.reading():
        with writing(vault_session) as session:
            records.enter(session, DEFAULT, 1, RINA, at=AT)
            records.enter(session, DEFAULT, 2, MALA, at=AT)
        yield world


@both_databases
def test_what_is_entered_can_be_opened_and_lies_sealed(vault: World) -> None:
    assert records.get(vault_session(), DEFAULT, LEAVE).items() == RINA
    for name, value in RINA.items():
        sealed = lie(name)
        assert isinstance(sealed, bytes)
        assert value.encode() not in sealed and len(sealed) == len(value.encode()) + 28


@both_databases
def test_nothing_of_her_is_readable_anywhere_in_either_database(vault: World) -> None:
    every = [value.encode() for value in {*RINA.values(), *MALA.values()}]
    for engine in db.engines.values():
        with engine.connect() as connection:
            rows = [
                str(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)).encode()
                for name in inspect(connection).get_table_names()
                for row in connection.execute(text(f'SELECT * FROM "{name}"'))
            ]
        assert rows
        assert [value for value in every for row in rows if value in row] == []


@both_databases
def test_what_is_on_file_is_told_without_a_key(vault: World) -> None:
    with writing(vault_session) as session:
        records.enter(session, DEFAULT, 3, {"legal_name": "Invented Three"}, at=AT)

    assert records.fields_on_file(vault_session(), [1]) == {1: FIELDS}
    assert records.fields_on_file(vault_session(), [1, 3, 4]) == {1: FIELDS, 3: ("legal_name",)}


@both_databases
def test_a_change_keeps_what_was_not_given_takes_away_what_is_none_and_draws_a_fresh_key(vault: World) -> None:
    before = {name: lie(name) for name in ("wrapped_key", "legal_name")}
    with writing(vault_session) as session:
        records.enter(session, DEFAULT, 1, {"address": "2 Invented Lane", "upi": None}, at=AT + timedelta(days=1))

    wanted = {**RINA, "address": "2 Invented Lane"}
    del wanted["upi"]
    assert records.get(vault_session(), DEFAULT, LEAVE).items() == wanted
    assert lie("wrapped_key") != before["wrapped_key"]
    meddle("UPDATE identity SET legal_name = :old WHERE artisan_id = 1", old=before["legal_name"])
    vault_session().rollback()
    with pytest.raises(Tampered):  # a field of her own record as it was before cannot be put back
        records.get(vault_session(), DEFAULT, LEAVE)


@both_databases
@pytest.mark.parametrize(
    "change",
    [
        "legal_name = (SELECT legal_name FROM identity WHERE artisan_id = 2)",
        "wrapped_key = (SELECT wrapped_key FROM identity WHERE artisan_id = 2)",
        "legal_name = account_holder",
        "upi = ifsc",
        "key_version = key_version + 1",
    ],
)
def test_a_sealed_value_moved_to_another_row_field_or_version_is_refused(vault: World, change: str) -> None:
    meddle(f"UPDATE identity SET {change} WHERE artisan_id = 1")
    vault_session().rollback()

    with pytest.raises(Tampered) as refused:
        records.get(vault_session(), DEFAULT, LEAVE)
    assert not any(value in str(refused.value) for value in {*RINA.values(), *MALA.values()})


@both_databases
def test_a_whole_row_under_another_womans_number_is_refused(vault: World) -> None:
    meddle("DELETE FROM identity WHERE artisan_id = 2")
    meddle("UPDATE identity SET artisan_id = 2 WHERE artisan_id = 1")

    with pytest.raises(Tampered):
        records.get(vault_session(), DEFAULT, LEAVE_2)


@pytest.mark.parametrize("name", ["wrapped_key", *FIELDS])
def test_one_bit_changed_anywhere_is_found(vault: World, name: str) -> None:
    for position in (0, 12, -1):
        sealed = lie(name)
        assert isinstance(sealed, bytes)
        changed = bytearray(sealed)
        changed[position] ^= 1
        meddle(f"UPDATE identity SET {name} = :v WHERE artisan_id = 1", v=bytes(changed))
        vault_session().rollback()
        with pytest.raises(Tampered):
            records.get(vault_session(), DEFAULT, LEAVE)
        meddle(f"UPDATE identity SET {name} = :v WHERE artisan_id = 1", v=sealed)
        vault_session().rollback()

    assert records.get(vault_session(), DEFAULT, LEAVE).items() == RINA, "put back, it opens: the control"


def test_a_key_names_itself_and_one_labelled_as_another_does_not_open(vault: World) -> None:
    two = keys.Keyring((*ring(OTHER).keys, *DEFAULT.keys))
    meddle("UPDATE identity SET key_id = :other WHERE artisan_id = 1", other=ring(OTHER).current.id)

    with pytest.raises(Tampered):
        records.get(vault_session(), two, LEAVE)


@both_databases
def test_her_own_phone_finds_her_and_belongs_to_her_alone(vault: World) -> None:
    session = vault_session()
    assert records.find_by_phone(session, DEFAULT, person.normal_phone("098300 11111")) == 1
    assert records.find_by_phone(session, DEFAULT, person.normal_phone("৯৮৩০০ ২২২২২")) == 2
    assert records.find_by_phone(session, DEFAULT, "+919830033333") is None
    assert lie("phone_index") not in (ring(OTHER).current.index(RINA["phone"]), None), "another key, another index"

    with pytest.raises(Conflict, match=r"vault\.phone_taken"), writing(vault_session) as writer:
        records.enter(writer, DEFAULT, 3, {"legal_name": "Three", "phone": RINA["phone"]}, at=AT)
    with writing(vault_session) as writer:
        records.enter(writer, DEFAULT, 1, {"phone": RINA["phone"]}, at=AT)


@both_databases
def test_a_phone_is_hers_alone_while_two_keys_are_in_use(vault: World) -> None:
    both = keys.Keyring((*ring(NEW).keys, *DEFAULT.keys))

    with pytest.raises(Conflict, match=r"vault\.phone_taken"), writing(vault_session) as session:
        records.enter(session, both, 3, {"phone": RINA["phone"]}, at=AT)


@both_databases
def test_two_who_change_one_record_at_once_do_not_undo_each_other(vault: World) -> None:
    mine = vault_session().get(Identity, 1)
    assert mine is not None
    meddle("UPDATE identity SET key_version = key_version + 1 WHERE artisan_id = 1")

    with pytest.raises(Conflict, match=r"vault\.moved_on"), writing(vault_session) as session:
        stale = Identity(artisan_id=1, key_version=1)
        records._replace(session, stale, {"changed_at": AT})


@both_databases
def test_a_wrong_key_refuses_to_write_beside_the_right_one(vault: World) -> None:
    wrong = ring(OTHER)
    with pytest.raises(Unavailable), writing(vault_session) as session:
        records.enter(session, wrong, 3, {"legal_name": "Three"}, at=AT)
    with pytest.raises(Unavailable):
        records.get(vault_session(), wrong, LEAVE)

    assert records.fields_on_file(vault_session(), [3]) == {}


def test_no_record_is_not_found_and_an_empty_one_is_not_kept(vault: World) -> None:
    with pytest.raises(NotFound):
        records.get(vault_session(), DEFAULT, Leave(3))
    with pytest.raises(Invalid, match=r"vault\.empty"), writing(vault_session) as session:
        records.enter(session, DEFAULT, 3, {}, at=AT)
    with pytest.raises(Invalid, match=r"vault\.bank"), writing(vault_session) as session:
        records.enter(session, DEFAULT, 3, {"account_number": "000123456789"}, at=AT)


@both_databases
def test_a_stray_write_to_the_vault_inside_a_unit_of_the_shop_is_refused(vault: World) -> None:
    with pytest.raises(DatabaseError, match=r"readonly|read-only"), writing() as session:
        row = session.get(Identity, 1)
        assert row is not None
        row.legal_name = b"stray"
    db.session.rollback()

    assert records.get(vault_session(), DEFAULT, LEAVE).legal_name == RINA["legal_name"]


@both_databases
def test_the_vaults_session_reaches_the_vault_alone_and_only_reads_outside_its_unit(vault: World) -> None:
    with pytest.raises(DatabaseError, match=r"no such table|does not exist"):
        vault_session().scalar(select(Artisan.id))
    vault_session().rollback()
    with pytest.raises(DatabaseError, match=r"readonly|read-only"):
        vault_session().execute(text("DELETE FROM identity"))
    vault_session().rollback()
    with writing():  # the shop's unit open, the vault's session still only reads: two databases, two units
        with pytest.raises(DatabaseError, match=r"readonly|read-only"):
            vault_session().execute(text("DELETE FROM identity"))
        vault_session().rollback()


def test_the_vaults_session_is_closed_with_its_context(world: World) -> None:
    closed: list[Session] = []
    with world.reading():
        session = vault_session()
        session.execute(text("SELECT 1"))
        assert session.in_transaction() and vault_session() is session
        closed.append(session)

    assert not closed[0].in_transaction()


@pytest.mark.parametrize(
    ("text_of_key", "said"),
    [
        ("", "missing"),
        (" , ", "missing"),
        ("short", "base64"),
        ("c2hvcnQ=", "32 bytes"),
        (f"{OLD},{OLD}", "twice"),
        (f"{OLD},x", "key 2"),
    ],
)
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(text_of_key: str, said: str) -> None:
    with pytest.raises(BadVaultKey, match=said) as refused:
        keys.read(text_of_key)

    assert OLD not in str(refused.value)


def test_printing_a_person_or_a_key_shows_nothing() -> None:
    shown = repr(Person(**RINA)) + str(Person(**RINA)) + repr(DEFAULT)

    assert not any(value in shown for value in RINA.values())
    assert repr(DEFAULT.current.wrapping) not in shown and repr(DEFAULT.current.indexing) not in shown


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"phone": "98300 11111"}, {"phone": "+919830011111"}),
        ({"phone": "+৯১ ৯৮৩০০ ১১১১১"}, {"phone": "+919830011111"}),
        ({"ifsc": " invt0 000001 "}, {"ifsc": "INVT0000001"}),
        ({"account_number": "0001-2345 6789"}, {"account_number": "000123456789"}),
        ({"birth_date": "২০০০-০২-২৯"}, {"birth_date": "2000-02-29"}),
        ({"upi": "Rina.X@Bank"}, {"upi": "rina.x@bank"}),
        ({"address": " 1  Lane\r\n\r\n Town\t"}, {"address": "1 Lane\nTown"}),
        ({"legal_name": " A\x00\u2028B "}, {"legal_name": "A B"}),
        ({"legal_name": "  "}, {}),
    ],
)
def test_a_value_is_kept_the_one_normal_way(given: dict[str, str], kept: dict[str, str]) -> None:
    assert person.check(given, on=date(2026, 11, 22)) == kept


@pytest.mark.parametrize(
    ("given", "message_id"),
    [
        ({"phone": "12"}, "address.phone"),
        ({"phone": "x"}, "address.phone"),
        ({"birth_date": "2008-11-23"}, "vault.adult"),
        ({"birth_date": "1899-01-01"}, "vault.adult"),
        ({"birth_date": "9999-01-01"}, "form.date"),
        ({"birth_date": "soon"}, "form.date"),
        ({"account_number": "12345"}, "vault.account_number"),
        ({"ifsc": "INVT1000001"}, "vault.ifsc"),
        ({"upi": "nobody"}, "vault.upi"),
        ({"legal_name": "x" * 121}, "address.long"),
    ],
)
def test_a_value_that_cannot_be_is_refused_without_being_repeated(given: dict[str, str], message_id: str) -> None:
    with pytest.raises(Invalid) as refused:
        person.check(given, on=date(2026, 11, 22))

    assert refused.value.message_id == message_id
    assert refused.value.values == {"field": next(iter(given))}
