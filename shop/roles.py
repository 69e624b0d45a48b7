"""On PostgreSQL: the role that the shop signs in as, made by the owner of its tables, once or again.

The owner migrates; the shop reads and writes rows, and on tables that only grow it may add and read, nothing else. It
owns nothing, so it can neither drop a guard nor switch triggers off. What a role may not do needs no trigger to refuse
it, and no bug in the shop can do it.
"""

from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from shop.guards import GROWING, MIGHT, in_words


class NotMade(RuntimeError):
    """The role could not be made; the text says why and shows no password."""


@dataclass(frozen=True)
class Made:
    """What stands now."""

    role: str
    tables: int
    growing: int


def make(owner_url: str, *, shop_url: str) -> Made:
    """Make the role of the shop's address, or put its rights right; run again after each migration. NotMade if not."""
    shop, owner = make_url(shop_url), make_url(owner_url)
    if shop.get_backend_name() != "postgresql":
        raise NotMade("DATABASE_URL is not PostgreSQL, and a file needs no role.")
    if not shop.username or not shop.database:
        raise NotMade("DATABASE_URL must name a role and a database.")
    if shop.username == owner.username:
        raise NotMade("The shop needs a role of its own: DATABASE_URL signs in as the owner.")
    if owner.database != shop.database:
        raise NotMade("The owner's address must lead to the same database as DATABASE_URL.")
    try:
        plain = owner.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as connection:
            return _make(connection, shop.username, str(shop.password or ""), shop.database)
    except psycopg.Error as error:
        raise NotMade(f"PostgreSQL refused: {type(error).__name__}") from None


def _make(connection: "psycopg.Connection[tuple[object, ...]]", role: str, password: str, database: str) -> Made:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
    tables = {str(row[0]) for row in found}
    if not GROWING.keys() <= tables:
        raise NotMade("The books have no tables yet. As the owner: flask --app wsgi db upgrade")
    schema = connection.execute("SELECT current_schema()").fetchone()
    assert schema
    names = {
        "role": sql.Identifier(role),
        "database": sql.Identifier(database),
        "schema": sql.Identifier(str(schema[0])),
        "password": sql.Literal(password),
        "growing": sql.SQL(", ").join(sql.Identifier(name) for name in sorted(GROWING)),
    }

    def run(statement: LiteralString) -> None:
        connection.execute(sql.SQL(statement).format(**names))

    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        run("CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS")
    if password:
        run("ALTER ROLE {role} PASSWORD {password}")
    run("GRANT CONNECT ON DATABASE {database} TO {role}")
    run("REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {role}")
    run("GRANT USAGE ON SCHEMA {schema} TO {role}")
    run("REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, {role}")
    run("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}")
    run("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}")
    run("REVOKE UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES ON {growing} FROM {role}")
    run("REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}")
    might = connection.execute(MIGHT, {"role": role, "tables": list(GROWING)}).fetchone()
    if remains := in_words(might or ()):
        raise NotMade(f"{role} stood before and still {', '.join(remains)}. Take that from it, or name another role.")
    return Made(role, len(tables), len(GROWING))
