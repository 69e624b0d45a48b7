"""Making a backup. The vault is copied before the shop, so that no copied maker lacks what was entered first."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect
from sqlalchemy.exc import SQLAlchemyError

from shop.artisans.vault import erasure
from shop.backups import part, postgresql, sqlite
from shop.backups.part import PARTS, BackupRefused, Part
from shop.db import db, vault_session, writing
from shop.ledger import sealing


def backup(folder: Path, parts: Iterable[str], *, at: datetime) -> list[Part]:
    """Copy the named parts into new folders under `folder`, the books sealed first; return what was made."""
    wanted = [name for name in PARTS if name in set(parts)]
    for name in wanted:
        if (folder / name).exists():
            raise BackupRefused(f"{folder / name} is there already. Name a folder that is not.")
    if "shop" in wanted:
        seal()
    return [_copy(name, folder / name, at=at) for name in wanted]


def seal() -> None:
    """Seal every entry of the books."""
    while True:
        with writing():
            if not sealing.seal(whole=True):
                return


def _copy(name: str, folder: Path, *, at: datetime) -> Part:
    engine = db.engines[PARTS[name]]
    folder.mkdir(parents=True, mode=0o700)
    file = folder / ("copy.sqlite3" if engine.dialect.name == "sqlite" else "copy.dump")
    file.touch(0o600)
    copier = sqlite if engine.dialect.name == "sqlite" else postgresql
    copier.copy_out(engine, file)
    made = Part(
        what=name,
        dialect=engine.dialect.name,
        revision=revision(engine) or "",
        taken_at=at.isoformat(),
        file=file.name,
        sha256=part.checksum(file),
        head=" ".join(map(str, sealing.head())) if name == "shop" else "",
        tombstones=known_tombstones(),
    )
    part.write(folder, made)
    return made


def revision(engine: Engine) -> str | None:
    """Return at which migration a database stands, None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def known_tombstones() -> dict[int, datetime]:
    """Return the tombstones of both databases, as far as they can be read."""
    found: dict[int, datetime] = {}
    try:
        if inspect(db.engine).has_table(erasure.IdentityTombstone.__tablename__):
            part.merge(found, erasure.remembered())
    except SQLAlchemyError:
        pass
    finally:
        db.session.rollback()
    try:
        part.merge(found, erasure.tombstones(vault_session()))
    except SQLAlchemyError:
        pass
    finally:
        vault_session().rollback()
    return found
