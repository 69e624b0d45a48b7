"""On PostgreSQL the vault is a schema and a role of its own in the shop's database: each is denied the other's."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask_migrate import upgrade
from psycopg import sql
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from shop import create_app
from shop.artisans.vault import prepare, records
from shop.artisans.vault.looks import Leave
from shop.artisans.vault.prepare import NotPrepared
from shop.db import db, vault_session, writing
from tests import databases
from tests.artisans.vaults import AT, DEFAULT, RINA
from tests.cast import seed

TABLES = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('vault', 'public')"


def signing_in_as(address: str, role: str, password: str = "") -> str:
    """Return an address with another role."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{role}:{password}@{rest.rpartition('@')[2]}"


@pytest.fixture
def owner(postgresql_server: str) -> Iterator[str]:
    """The owner's address of an empty database, and two roles' worth of clearing up."""
    name = f"roles_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(f"shop_{name}")))
        connection.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), sql.Identifier(f"shop_{name}"))
        )
    yield databases._named(postgresql_server, name)
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        for role in (f"shop_{name}", f"vault_{name}"):
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


@pytest.fixture
def addresses(owner: str) -> dict[str, str]:
    """The shop's and the vault's addresses: one database, two roles."""
    name = owner.partition("?")[0].rpartition("/")[2]
    return {
        "DATABASE_URL": signing_in_as(owner, f"shop_{name}"),
        "IDENTITY_DATABASE_URL": signing_in_as(owner, f"vault_{name}", "se%2Fcret"),
    }


@pytest.fixture
def split(owner: str, addresses: dict[str, str], tmp_path: Path) -> Iterator[Flask]:
    """A shop whose vault is a schema, prepared by the command and migrated by the one history."""
    app = create_app({**addresses, "TESTING": True, "MEDIA_URL": f"file://{tmp_path / 'media'}"})
    for _ in range(2):  # it may be run again
        told = app.test_cli_runner().invoke(args=["vault", "prepare", "--owner-url", owner])
        assert told.exit_code == 0, told.output
        assert "cret" not in told.output
    with app.app_context():
        upgrade()
        seed(app)
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def test_the_same_migrations_lay_the_vaults_tables_in_its_schema(split: Flask, owner: str) -> None:
    with psycopg.connect(owner) as connection:
        found = {row[0] for row in connection.execute(TABLES)}

    assert {name for name in found if name.startswith("vault.")} == {
        "vault.alembic_version",
        "vault.identity",
        "vault.tombstone",
    }
    assert "public.artisan" in found and "public.identity" not in found


def test_the_shops_role_is_denied_the_vaults_schema_and_the_other_way_round(split: Flask) -> None:
    with split.app_context():
        for statement in ("SELECT * FROM vault.identity", "CREATE TABLE vault.mine (x int)", "TABLE vault.tombstone"):
            with pytest.raises(ProgrammingError, match="permission denied for schema vault"), writing() as session:
                session.execute(text(statement))
        for statement in ("SELECT * FROM public.artisan", "SELECT * FROM public.orders"):
            with pytest.raises(ProgrammingError, match="permission denied for table"):
                vault_session().execute(text(statement))
            vault_session().rollback()


def test_a_record_is_kept_and_opened_by_the_vaults_own_role(split: Flask) -> None:
    with split.app_context():
        with writing(vault_session) as session:
            records.enter(session, DEFAULT, 1, RINA, at=AT)

        assert records.get(vault_session(), DEFAULT, Leave(1)).items() == RINA
        assert vault_session().scalar(select(text("current_schema()"))) == "vault"


@pytest.mark.books_may_differ
def test_each_role_backs_up_and_restores_its_own_schema_alone(split: Flask, tmp_path: Path) -> None:
    def run(*words: str) -> str:
        told = split.test_cli_runner().invoke(args=list(words))
        assert told.exit_code == 0, told.output + repr(told.exception)
        return told.output

    with split.app_context(), writing(vault_session) as session:
        records.enter(session, DEFAULT, 1, RINA, at=AT)
    run("backup", str(tmp_path / "backup"))
    with split.app_context():
        with writing(vault_session) as session:
            session.execute(text("DELETE FROM identity"))
        db.session.remove()
    assert "0 broken" in run("restore", str(tmp_path / "backup"), "--replace")

    with split.app_context():
        assert records.get(vault_session(), DEFAULT, Leave(1)).items() == RINA
        with pytest.raises(ProgrammingError, match="permission denied for schema vault"):
            db.session.execute(text("SELECT * FROM vault.identity"))
    shop = (tmp_path / "backup" / "shop" / "copy.dump").read_bytes()
    assert b"wrapped_key" not in shop


@pytest.mark.parametrize(
    ("owner_of", "identity", "shop", "said"),
    [
        ("postgresql://o@h/d", "sqlite:///x.db", "postgresql://s@h/d", "a file needs no role"),
        ("postgresql://o@h/d", "postgresql://s@h/d", "postgresql://s@h/d", "a role of its own"),
        ("postgresql://v@h/d", "postgresql://v@h/d", "postgresql://s@h/d", "a role of its own"),
        ("postgresql://o@h/other", "postgresql://v@h/d", "postgresql://s@h/d", "same database"),
        ("postgresql://o@h/d", "postgresql://h/d", "postgresql://s@h/d", "name a role"),
        ("postgresql://o:hid@127.0.0.1:1/d", "postgresql://v:hid@h/d", "postgresql://s@h/d", "PostgreSQL refused"),
    ],
)
def test_what_cannot_be_prepared_is_refused_without_a_password_shown(
    owner_of: str, identity: str, shop: str, said: str
) -> None:
    with pytest.raises(NotPrepared, match=said) as refused:
        prepare.prepare(owner_of, identity_url=identity, shop_url=shop)

    assert "hid" not in str(refused.value)
