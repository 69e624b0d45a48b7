"""Copying a SQLite database while the shop runs, by SQLite's own online backup and the shop's own library."""

from pathlib import Path

from sqlalchemy import Engine

from shop.engines import held_lock, newest_sqlite


def copy_out(engine: Engine, file: Path) -> None:
    """Copy a database into a new file, whole and in one piece."""
    module = newest_sqlite()
    source, target = module.connect(str(engine.url.database)), module.connect(str(file))
    try:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        said = target.execute("PRAGMA integrity_check").fetchone()[0]
        if said != "ok":
            raise RuntimeError(f"the copy of {file.name} is damaged: {said}")
    finally:
        source.close()
        target.close()


def copy_in(file: Path, engine: Engine) -> None:
    """Put a copy in place of what a database holds, in one transaction; writers wait meanwhile."""
    module = newest_sqlite()
    with held_lock(engine):
        _lay_aside_if_damaged(Path(str(engine.url.database)))
        source, target = module.connect(f"file:{file}?mode=ro", uri=True), module.connect(str(engine.url.database))
        try:
            target.execute("PRAGMA busy_timeout=10000")
            source.backup(target)
            target.execute("PRAGMA journal_mode=WAL")
        finally:
            source.close()
            target.close()


def _lay_aside_if_damaged(file: Path) -> None:
    """Rename a file that is no database any more, so that a copy can take its place."""
    module = newest_sqlite()
    connection = module.connect(str(file))
    try:
        connection.execute("PRAGMA schema_version").fetchone()
    except module.DatabaseError:
        file.rename(file.with_name(f"{file.name}.damaged"))
        for ending in ("-wal", "-shm"):
            file.with_name(f"{file.name}{ending}").unlink(missing_ok=True)
    finally:
        connection.close()
