"""On PostgreSQL: the role and schema of the vault, made by the server's owner, once or again.

The role that IDENTITY_DATABASE_URL signs in as owns one schema and finds its tables there by its search
path, so no table names a schema. Nobody else may use that schema; the role may use no other.
"""

from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

SCHEMA = "vault"


class NotPrepared(RuntimeError):
    """The role or schema could not be made; the text says why and shows no password."""


@dataclass(frozen=True)
class Prepared:
    """What stands now."""

    role: str
    schema: str


def prepare(owner_url: str, *, identity_url: str, shop_url: str) -> Prepared:
    """Make the role and schema of an identity address; what stands already is put right. NotPrepared if it cannot."""
    identity, owner = make_url(identity_url), make_url(owner_url)
    if identity.get_backend_name() != "postgresql":
        raise NotPrepared("IDENTITY_DATABASE_URL is not PostgreSQL, and a file needs no role.")
    role, database = identity.username, identity.database
    if not role or not database:
        raise NotPrepared("IDENTITY_DATABASE_URL must name a role and a database.")
    if role in (make_url(shop_url).username, owner.username):
        raise NotPrepared("The vault needs a role of its own: not the shop's, and not the owner's.")
    if owner.database != database:
        raise NotPrepared("The owner's address must lead to the same database as IDENTITY_DATABASE_URL.")
    try:
        plain = owner.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as connection:
            _make(connection, role, str(identity.password or ""), database)
    except psycopg.Error as error:
        raise NotPrepared(f"PostgreSQL refused: {type(error).__name__}") from None
    return Prepared(role, SCHEMA)


def _make(connection: "psycopg.Connection[tuple[object, ...]]", role: str, password: str, database: str) -> None:
    names = {
        "role": sql.Identifier(role),
        "schema": sql.Identifier(SCHEMA),
        "database": sql.Identifier(database),
        "password": sql.Literal(password),
    }

    def run(statement: LiteralString) -> None:
        connection.execute(sql.SQL(statement).format(**names))

    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        run("CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE")
    if password:
        run("ALTER ROLE {role} PASSWORD {password}")
    run("GRANT {role} TO CURRENT_USER")
    run("CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {role}")
    run("ALTER SCHEMA {schema} OWNER TO {role}")
    run("REVOKE {role} FROM CURRENT_USER")
    run("REVOKE ALL ON SCHEMA {schema} FROM PUBLIC")
    run("GRANT CONNECT ON DATABASE {database} TO {role}")
    run("ALTER ROLE {role} IN DATABASE {database} SET search_path = {schema}")
