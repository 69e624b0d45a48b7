"""Changing VAULT_KEY: every record's own key is wrapped anew, a few records in each writing unit.

It may be stopped or killed at any point: what is committed stays, the rest is still under the old key,
and both keys open meanwhile. Run it again until nothing is left; then the old key can go.
"""

from collections.abc import Mapping

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shop.artisans.vault.keys import Keyring, seal
from shop.artisans.vault.models import Identity
from shop.artisans.vault.records import key_place, open_field, own_key
from shop.db import changed

BATCH = 10


def rewrap(vault: Session, keys: Keyring, *, limit: int = BATCH) -> int:
    """Wrap up to `limit` records with the current key; return how many. Unavailable if a key is missing."""
    query = select(Identity).where(Identity.key_id != keys.current.id).order_by(Identity.artisan_id).limit(limit)
    rows = vault.scalars(query.with_for_update(skip_locked=True)).all()
    return sum(_rewrap_one(vault, row, keys) for row in rows)


def _rewrap_one(vault: Session, row: Identity, keys: Keyring) -> int:
    """Wrap one record anew, unless it was changed at this moment and so lies under the current key already."""
    own = own_key(row, keys)
    phone = open_field(row, own, "phone")
    place = key_place(row.artisan_id, row.key_version, keys.current.id)
    as_read = update(Identity).where(
        Identity.artisan_id == row.artisan_id,
        Identity.key_id == row.key_id,
        Identity.key_version == row.key_version,
    )
    anew = {
        "key_id": keys.current.id,
        "wrapped_key": seal(keys.current.wrapping, own, place),
        "phone_index": keys.current.index(phone) if phone else None,
    }
    return changed(as_read.values(**anew), vault)


def counts(vault: Session) -> Mapping[str, int]:
    """Return key name -> how many records lie under it."""
    query = select(Identity.key_id, func.count()).group_by(Identity.key_id)
    return {str(key_id): int(number) for key_id, number in vault.execute(query)}


def left(vault: Session, keys: Keyring) -> int:
    """Return how many records do not lie under the current key yet."""
    return sum(number for key_id, number in counts(vault).items() if key_id != keys.current.id)
