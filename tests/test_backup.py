"""Backup and restore of both databases, the vault's apart: what comes back verifies, who was erased stays erased."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select, text

from shop import create_app, identities
from shop.artisans import numbers
from shop.artisans.vault import erasure, records
from shop.artisans.vault.looks import Leave
from shop.artisans.vault.models import Identity
from shop.backups.part import ABOUT
from shop.db import db, vault_session, writing
from shop.ledger import sealing
from shop.orders.models import Order
from shop.users import audit
from tests import databases
from tests.artisans.vaults import DEFAULT, MALA, RINA, meddle
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.world import World

SECRETS = [value.encode() for value in {*RINA.values(), *MALA.values()}]


def run(world: World, *words: object) -> Result:
    with world.reading():
        db.session.remove()
    return world.app.test_cli_runner().invoke(args=[str(word) for word in words])


def done(world: World, *words: object) -> str:
    result = run(world, *words)
    assert result.exit_code == 0, result.output + repr(result.exception)
    return result.output


def refused(world: World, *words: object) -> str:
    result = run(world, *words)
    assert result.exit_code == 1, result.output
    return result.output


def orders(world: World) -> int:
    with world.reading():
        return db.session.scalar(select(func.count()).select_from(Order)) or 0


def identities_there(world: World) -> dict[int, dict[str, str]]:
    with world.reading():
        found = erasure.numbers(vault_session())
        return {number: records.get(vault_session(), DEFAULT, Leave(number)).items() for number in found}


def erase(world: World, number: int) -> None:
    with world.reading():
        identities.erase(number, at=world.clock.now(), by=world.user("Nasrin"))


@pytest.fixture
def house(world: World, tmp_path: Path) -> Iterator[SimpleNamespace]:
    """A shop with an order and two identities, and the backup that was made of it."""
    world.buy(TOTE)
    with world.reading(), writing(vault_session) as session:
        records.enter(session, DEFAULT, 1, RINA, at=world.clock.now())
        records.enter(session, DEFAULT, 2, MALA, at=world.clock.now())
    folder = tmp_path / "backups" / "monday"
    told = done(world, "backup", folder)
    world.advance(timedelta(hours=1))
    yield SimpleNamespace(world=world, folder=folder, told=told)


@pytest.mark.books_may_differ
@both_databases
def test_what_was_backed_up_comes_back_and_verifies(house: SimpleNamespace) -> None:
    world = house.world
    with world.reading():
        assert sealing.unsealed() == 0, "the books are sealed before a copy is made"
    world.buy(TOTE)
    meddle_in(world, "DELETE FROM identity WHERE artisan_id = 2")

    told = done(world, "restore", house.folder, "--replace")

    assert "0 broken" in told and orders(world) == 1
    assert identities_there(world) == {1: RINA, 2: MALA}
    assert "0 broken" in done(world, "ledger", "verify")
    world.buy(TOTE)  # and the shop goes on where it was
    assert orders(world) == 2
    assert "0 broken" in done(world, "ledger", "verify")


def meddle_in(world: World, sql: str) -> None:
    with world.reading():
        meddle(sql)


@pytest.mark.books_may_differ
@both_databases
def test_a_restored_copy_that_was_bent_does_not_verify(house: SimpleNamespace) -> None:
    """The control: the restored copy is verified itself, not what stood there before."""
    world = house.world
    with world.reading(), db.engine.connect().execution_options(writing=True) as connection:
        if db.engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = replica")
        else:
            connection.exec_driver_sql("DROP TRIGGER ledger_transfer_no_update")
        connection.exec_driver_sql("UPDATE ledger_transfer SET amount_minor = amount_minor + 1")
        if db.engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = DEFAULT")
        connection.commit()
    bent = house.folder.parent / "bent"
    done(world, "backup", bent, "--only", "shop")
    done(world, "restore", house.folder, "--only", "shop", "--replace")

    assert "0 broken" not in refused(world, "restore", bent, "--only", "shop", "--replace")


@pytest.mark.books_may_differ
@both_databases
def test_neither_copy_holds_a_readable_word_of_hers_and_the_shops_none_at_all(house: SimpleNamespace) -> None:
    files = [path for path in house.folder.rglob("*") if path.is_file()]

    assert {path.parent.name for path in files} == {"shop", "vault"}
    assert [value for value in SECRETS for path in files if value in path.read_bytes()] == []
    with house.world.reading():
        row = vault_session().get(Identity, 1)
        assert row is not None
        shop = b"".join(path.read_bytes() for path in (house.folder / "shop").iterdir())
        assert row.wrapped_key not in shop and row.wrapped_key.hex().encode() not in shop
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)


@pytest.mark.books_may_differ
@both_databases
def test_an_old_copy_of_the_vault_does_not_bring_back_who_was_erased(house: SimpleNamespace) -> None:
    world = house.world
    erase(world, 1)

    told = done(world, "restore", house.folder, "--only", "vault", "--replace")

    assert "1 erased identities had come back and were erased again" in told
    assert identities_there(world) == {2: MALA}


@pytest.mark.books_may_differ
@both_databases
def test_nor_do_old_copies_of_both_where_a_newer_backup_lies_beside_them(house: SimpleNamespace) -> None:
    world = house.world
    erase(world, 1)
    newer = house.folder.parent / "tuesday"
    done(world, "backup", newer)
    forget(world)

    done(world, "restore", house.folder, "--replace")

    assert identities_there(world) == {2: MALA}
    with world.reading():
        assert set(erasure.remembered()) == set(erasure.tombstones(vault_session())) == {1}


@pytest.mark.books_may_differ
def test_nor_where_the_newer_one_lies_elsewhere_and_is_named(house: SimpleNamespace, tmp_path: Path) -> None:
    world = house.world
    erase(world, 1)
    elsewhere = tmp_path / "elsewhere" / "tuesday"
    done(world, "backup", elsewhere, "--only", "shop")
    forget(world)
    done(world, "restore", house.folder, "--replace")
    assert set(identities_there(world)) == {1, 2}, "the control: nothing that could be read knew of it"

    done(world, "restore", house.folder, "--replace", "--tombstones", elsewhere)
    assert identities_there(world) == {2: MALA}


def forget(world: World) -> None:
    """Lose both live lists of tombstones, as a burnt machine would."""
    meddle_in(world, "DELETE FROM tombstone")
    with world.reading(), writing():
        db.session.execute(erasure.IdentityTombstone.__table__.delete())


@pytest.mark.books_may_differ
@both_databases
def test_a_record_entered_after_its_tombstone_is_not_erased_by_it(house: SimpleNamespace) -> None:
    world = house.world
    erase(world, 1)
    world.advance(timedelta(hours=1))
    with world.reading(), writing(vault_session) as session:
        records.enter(session, DEFAULT, 1, MALA | {"phone": None}, at=world.clock.now())
    again = house.folder.parent / "wednesday"
    done(world, "backup", again)

    done(world, "restore", again, "--replace")
    assert identities_there(world)[1]["legal_name"] == MALA["legal_name"]


@pytest.mark.books_may_differ
@both_databases
def test_numbers_that_the_vault_knows_are_never_drawn_again_after_an_older_shop_is_restored(
    house: SimpleNamespace,
) -> None:
    world = house.world
    with world.reading():
        with writing():
            number = numbers.draw(at=world.clock.now())
        with writing(vault_session) as session:
            records.enter(session, DEFAULT, number, {"legal_name": "Invented Four"}, at=world.clock.now())

    done(world, "restore", house.folder, "--only", "shop", "--replace")

    with world.reading(), writing():
        assert numbers.draw(at=world.clock.now()) > number


@pytest.mark.books_may_differ
@both_databases
@pytest.mark.parametrize("part", ["shop", "vault"])
def test_a_database_that_holds_something_is_not_written_over_unasked(house: SimpleNamespace, part: str) -> None:
    assert "--replace" in refused(house.world, "restore", house.folder, "--only", part)
    assert orders(house.world) == 1 and set(identities_there(house.world)) == {1, 2}


@pytest.mark.books_may_differ
def test_a_copy_that_is_not_whole_is_refused_and_nothing_is_changed(house: SimpleNamespace) -> None:
    world, copy = house.world, house.folder / "vault" / "copy.sqlite3"
    good = copy.read_bytes()
    copy.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert "checksum" in refused(world, "restore", house.folder, "--replace")
    copy.write_bytes(good)
    about = house.folder / "shop" / ABOUT
    text = about.read_text()
    about.unlink()
    assert "no finished backup" in refused(world, "restore", house.folder, "--replace")
    about.write_text(json.dumps({**json.loads(text), "dialect": "postgresql"}))
    assert "is of postgresql" in refused(world, "restore", house.folder, "--replace")
    about.write_text(json.dumps({**json.loads(text), "what": "vault"}))
    assert "not of the shop" in refused(world, "restore", house.folder, "--replace")
    about.write_text(text)

    assert orders(world) == 1 and identities_there(world) == {1: RINA, 2: MALA}
    done(world, "restore", house.folder, "--replace")


@pytest.mark.books_may_differ
@both_databases
def test_no_sign_in_comes_back_with_a_copy(house: SimpleNamespace) -> None:
    world = house.world
    meera = world.browser().sign_in("Meera")
    folder = house.folder.parent / "with-meera"
    done(world, "backup", folder)
    assert meera.get("/manager/").status_code == 200

    done(world, "restore", folder, "--only", "shop", "--replace")

    assert meera.get("/manager/").status_code == 302
    with world.reading():
        assert [row.act for row in audit.newest(1)] == ["database.restore"]
    assert world.browser().sign_in("Meera").get("/manager/").status_code == 200


@pytest.mark.books_may_differ
def test_a_backup_is_never_written_over_another(house: SimpleNamespace) -> None:
    assert "is there already" in refused(house.world, "backup", house.folder)


@pytest.mark.books_may_differ
@both_databases
def test_one_part_can_be_kept_alone(house: SimpleNamespace) -> None:
    folder = house.folder.parent / "apart"
    done(house.world, "backup", folder, "--only", "vault")

    assert [path.name for path in folder.iterdir()] == ["vault"]
    assert house.told.count("head of the chain") == 1


@pytest.mark.books_may_differ
def test_a_damaged_vault_is_replaced_by_its_copy(house: SimpleNamespace) -> None:
    world = house.world
    with world.reading():
        path = Path(str(db.engines["identity"].url.database))
        db.engines["identity"].dispose()
    for beside in path.parent.glob(f"{path.name}-*"):
        beside.unlink()
    path.write_bytes(b"not a database at all" * 400)

    assert run(world, "restore", house.folder, "--only", "vault", "--replace").exit_code == 0
    assert identities_there(world) == {1: RINA, 2: MALA}


@pytest.fixture
def elsewhere(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """Another machine with two empty databases, not even migrated."""
    if engine == "sqlite":
        (tmp_path / "elsewhere").mkdir()
        addresses = databases.sqlite_settings(tmp_path / "elsewhere")
    else:
        server = request.getfixturevalue("postgresql_server")
        name = f"empty_{uuid.uuid4().hex[:10]}"
        addresses = databases.postgresql_settings(server, name)
        with psycopg.connect(server, autocommit=True) as connection:
            for each in (name, f"{name}_identity"):
                connection.execute(f"CREATE DATABASE {each}")
        request.addfinalizer(lambda: databases.drop_postgresql(server, name))
    app = create_app({**addresses, "TESTING": True})
    yield app
    with app.app_context():
        for each in db.engines.values():
            each.dispose()


@pytest.mark.books_may_differ
@both_databases
def test_a_copy_comes_back_on_an_empty_machine_without_being_asked_twice(
    house: SimpleNamespace, elsewhere: Flask
) -> None:
    told = elsewhere.test_cli_runner().invoke(args=["restore", str(house.folder)])
    assert told.exit_code == 0 and "0 broken" in told.output, told.output
    assert elsewhere.test_cli_runner().invoke(args=["ledger", "verify"]).exit_code == 0

    with elsewhere.app_context():
        assert db.session.scalar(select(func.count()).select_from(Order)) == 1
        assert records.get(vault_session(), DEFAULT, Leave(1)).items() == RINA
        with pytest.raises(Exception, match="the books only grow"), writing() as session:
            session.execute(text("UPDATE ledger_transfer SET amount_minor = 1"))
