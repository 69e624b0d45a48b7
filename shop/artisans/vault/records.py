"""Entering, reading and finding records. The vault's session and keys are handed in; nothing is logged here."""

import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from shop.artisans.vault import person as people
from shop.artisans.vault.keys import KEY_BYTES, Key, Keyring, seal, unseal
from shop.artisans.vault.looks import Leave
from shop.artisans.vault.models import FIELDS, Identity
from shop.artisans.vault.person import Person
from shop.db import changed
from shop.errors import Conflict, NotFound, Unavailable


def field_place(artisan_id: int, name: str, key_version: int) -> str:
    """Return what a sealed field is bound to: table, row, field and the version of her key."""
    return f"identity|{artisan_id}|{name}|{key_version}"


def key_place(artisan_id: int, key_version: int, key_id: str) -> str:
    """Return what her wrapped key is bound to: table, row, its own version and the key that wraps it."""
    return f"identity|{artisan_id}|wrapped_key|{key_version}|{key_id}"


def refuse_strange_keys(vault: Session, keys: Keyring) -> None:
    """Raise Unavailable if a record lies under a key that VAULT_KEY does not hold: it is a wrong one."""
    if vault.scalar(select(exists().where(Identity.key_id.not_in(keys.ids)))):
        raise Unavailable("vault.unavailable")


def enter(
    vault: Session, keys: Keyring, artisan_id: int, given: Mapping[str, str | None], *, at: datetime
) -> Collection[str]:
    """Write down or change a record and return the names of its fields.

    A field that is not given stays; None takes it away. Everything is sealed anew with a fresh key.
    Invalid, or Conflict if her phone belongs to another record or someone changed hers meanwhile.
    """
    refuse_strange_keys(vault, keys)
    row = vault.get(Identity, artisan_id, with_for_update={"key_share": True})
    before = Person() if row is None else _open(row, keys)
    after = before.with_changes(given)
    people.check_whole(after)
    _refuse_taken_phone(vault, keys, artisan_id, after)
    version = 1 if row is None else row.key_version + 1
    sealed = _sealed(artisan_id, version, after, keys.current)
    if row is None:
        vault.add(Identity(artisan_id=artisan_id, entered_at=at, changed_at=at, **sealed))
        vault.flush()
    else:
        _replace(vault, row, {**sealed, "changed_at": at})
    return after.items().keys()


def _replace(vault: Session, row: Identity, values: Mapping[str, object]) -> None:
    """Put a newly sealed record in place of the one that was read, if that still stands."""
    as_read = update(Identity).where(Identity.artisan_id == row.artisan_id, Identity.key_version == row.key_version)
    if changed(as_read.values(**values), vault) != 1:
        raise Conflict("vault.moved_on")
    vault.expire(row)


def _sealed(artisan_id: int, version: int, person: Person, key: Key) -> dict[str, object]:
    own = secrets.token_bytes(KEY_BYTES)
    known = person.items()
    sealed: dict[str, object] = {
        name: seal(own, known[name].encode(), field_place(artisan_id, name, version)) if name in known else None
        for name in FIELDS
    }
    return {
        **sealed,
        "key_version": version,
        "key_id": key.id,
        "wrapped_key": seal(key.wrapping, own, key_place(artisan_id, version, key.id)),
        "phone_index": key.index(person.phone) if person.phone else None,
    }


def _refuse_taken_phone(vault: Session, keys: Keyring, artisan_id: int, person: Person) -> None:
    if person.phone is None:
        return
    other = find_by_phone(vault, keys, person.phone)
    if other is not None and other != artisan_id:
        raise Conflict("vault.phone_taken", field="phone")


def find_by_phone(vault: Session, keys: Keyring, phone: str) -> int | None:
    """Return the number of the maker to whom a phone belongs, or None. Nothing is opened for it."""
    return vault.scalar(select(Identity.artisan_id).where(Identity.phone_index.in_(keys.indexes(phone))))


def fields_on_file(vault: Session, artisan_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Return maker -> which fields her record has, never what they say, for those who have one."""
    there = [getattr(Identity, name).is_not(None).label(name) for name in FIELDS]
    query = select(Identity.artisan_id, *there).where(Identity.artisan_id.in_(list(artisan_ids)))
    return {row.artisan_id: tuple(name for name in FIELDS if getattr(row, name)) for row in vault.execute(query)}


def get(vault: Session, keys: Keyring, leave: Leave, *, only: Collection[str] = FIELDS) -> Person:
    """Open one record, or some fields of it; NotFound if there is none. Whoever holds a leave was written down."""
    row = vault.get(Identity, leave.artisan_id)
    if row is None:
        raise NotFound("vault.nothing")
    return _open(row, keys, only)


def own_key(row: Identity, keys: Keyring) -> bytes:
    """Unwrap the key of one record."""
    place = key_place(row.artisan_id, row.key_version, row.key_id)
    return unseal(keys.get(row.key_id).wrapping, row.wrapped_key, place)


def open_field(row: Identity, own: bytes, name: str) -> str | None:
    """Return what one field of a record says, None if it has none."""
    sealed: bytes | None = getattr(row, name)
    if sealed is None:
        return None
    return unseal(own, sealed, field_place(row.artisan_id, name, row.key_version)).decode()


def _open(row: Identity, keys: Keyring, only: Collection[str] = FIELDS) -> Person:
    own = own_key(row, keys)
    return Person(**{name: open_field(row, own, name) for name in only})
