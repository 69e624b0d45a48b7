"""Runs the one history of migrations over both databases: the shop's and the identity vault's.

Four guards, each for something that went wrong when it was missing: the connection asks for a
writing transaction, since reading is the default; DDL is transactional on SQLite too; foreign keys
are off inside a migration on SQLite and checked before its end, since recreating a parent table
with them on empties its children; and triggers are compared with a written list by a test.
"""

import logging
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection, Engine

from shop.db import Minor, StatusType, UTCDateTime, db

logging.getLogger("alembic").setLevel(logging.WARNING)
BINDS = ["", *current_app.config["SQLALCHEMY_BINDS"]]


def _plain_type(kind: str, item: object, autogen: object) -> str | bool:
    """Write our column types as what they are in the database, so that a migration needs no shop."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Minor):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, StatusType):
        return "sa.String(length=32)"
    return False


def _engine(bind: str) -> Engine:
    return db.engines[bind or None]


def _configure(connection: Connection, bind: str) -> None:
    options: dict[str, Any] = dict(current_app.extensions["migrate"].configure_args)
    options.pop("process_revision_directives", None)
    context.configure(
        **{
            **options,
            "connection": connection,
            "target_metadata": db.metadatas.get(bind or None),
            "upgrade_token": f"{bind}_upgrades",
            "downgrade_token": f"{bind}_downgrades",
            "transactional_ddl": True,
            "transaction_per_migration": False,
            "compare_type": True,
            "render_item": _plain_type,
        }
    )


def _run(bind: str) -> None:
    engine = _engine(bind)
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect().execution_options(writing=True) as connection:
        if is_sqlite:
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
        _configure(connection, bind)
        with context.begin_transaction():
            context.run_migrations(engine_name=bind)
            if is_sqlite:
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    raise RuntimeError(f"the migration leaves rows without their parents: {broken[:5]}")
        if is_sqlite:
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")


for name in BINDS:
    _run(name)
