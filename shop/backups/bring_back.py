"""Restoring a backup. Whatever copy of the vault comes back, those who were erased since stay erased."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, func, inspect, literal, select, update
from sqlalchemy import table as named
from sqlalchemy.exc import DatabaseError

from shop.artisans import numbers
from shop.artisans.vault import erasure
from shop.artisans.vault.models import Identity
from shop.backups import keep, part, postgresql, sqlite
from shop.backups.part import PARTS, BackupRefused, Part
from shop.db import changed, db, vault_session, writing
from shop.engines import scrub
from shop.users import audit
from shop.users.models import SignIn

PRECIOUS = {"shop": "orders", "vault": "identity"}  # a database with a row here is not written over unasked


@dataclass(frozen=True)
class Restored:
    """What was brought back, and how many records were erased again because they had been."""

    parts: list[Part]
    erased_again: int


def restore(
    folder: Path, parts: Iterable[str], more_tombstones: Mapping[int, datetime], *, replace: bool, at: datetime
) -> Restored:
    """Put the named parts of a backup in place of the databases and lay every known tombstone again.

    BackupRefused, with nothing changed, if a copy is not whole or a database holds orders or identities
    and `replace` was not said.
    """
    wanted = {name: part.read(folder / name) for name in PARTS if name in set(parts)}
    for name, copy in wanted.items():
        _refuse(name, copy, replace=replace)
    stones = {**part.tombstones_near(folder)}
    for more in (more_tombstones, keep.known_tombstones(), *(copy.tombstones for copy in wanted.values())):
        part.merge(stones, more)
    for name, copy in wanted.items():
        _put_in_place(name, folder / name / copy.file)
    part.merge(stones, keep.known_tombstones())
    if "shop" in wanted:
        _close_the_door(at)
    return Restored(list(wanted.values()), lay_again(stones, at=at))


def _refuse(name: str, copy: Part, *, replace: bool) -> None:
    engine = db.engines[PARTS[name]]
    if copy.what != name:
        raise BackupRefused(f"This is a copy of the {copy.what}, not of the {name}.")
    if copy.dialect != engine.dialect.name:
        raise BackupRefused(f"The copy of the {name} is of {copy.dialect}; this address is {engine.dialect.name}.")
    if not replace and _holds(engine, PRECIOUS[name]):
        raise BackupRefused(
            f"The {name}'s database is not empty (table {PRECIOUS[name]}). Say --replace to write over it."
        )


def _holds(engine: Engine, table: str) -> bool:
    try:
        if not inspect(engine).has_table(table):
            return False
        with engine.connect() as connection:
            return connection.execute(select(literal(1)).select_from(named(table)).limit(1)).first() is not None
    except DatabaseError:  # damaged: that is what a restore is for
        return False


def _put_in_place(name: str, file: Path) -> None:
    engine = db.engines[PARTS[name]]
    db.session.remove()
    vault_session().close()
    engine.dispose()
    copier = sqlite if engine.dialect.name == "sqlite" else postgresql
    copier.copy_in(file, engine)
    engine.dispose()


def _close_the_door(at: datetime) -> None:
    """End every sign-in that came back with the copy, and write down that it was restored."""
    if not inspect(db.engine).has_table(SignIn.__tablename__):
        return  # of a migration before the one that knows sign-ins
    with writing():
        changed(update(SignIn).where(SignIn.ended_at.is_(None)).values(ended_at=at))
        audit.record("database.restore", "house", by="command", at=at)


def lay_again(stones: Mapping[int, datetime], *, at: datetime) -> int:
    """Lay tombstones over both databases, and skip numbers that the vault knows; return how many came back.

    A database that stands at a migration before the vault is left as it is.
    """
    last = max(stones, default=0)
    again = 0
    if inspect(db.engines["identity"]).has_table(Identity.__tablename__):
        with writing(vault_session) as vault:
            again = erasure.lay_again(vault, stones)
            last = max(last, vault.scalar(select(func.max(Identity.artisan_id))) or 0)
        scrub(db.engines["identity"], Identity.__tablename__)
    if inspect(db.engine).has_table(numbers.ArtisanNumber.__tablename__):
        with writing():
            erasure.remember(stones)
            numbers.skip_to(last, at=at)
    return again
