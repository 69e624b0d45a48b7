"""Erasing a record: her key and everything sealed with it are gone, and a tombstone keeps them gone.

Tombstones lie in the vault and, as numbers and moments only, in the shop's database too, and go into
every backup: whichever copy of the vault is restored later, they are laid over it again.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from shop.artisans.vault.models import Identity, Tombstone
from shop.db import Model, UTCDateTime, changed, db

UNCLAIMED = timedelta(days=1)


class IdentityTombstone(Model):
    """The shop's copy of a tombstone: that the record of a maker's number was erased, and when."""

    __tablename__ = "identity_tombstone"

    artisan_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    erased_at: Mapped[datetime] = mapped_column(UTCDateTime)


def erase(vault: Session, artisan_id: int, *, at: datetime) -> bool:
    """Destroy a record and its key, and lay a tombstone; False if there was no record."""
    _lay(vault, Tombstone, {artisan_id: at})
    return changed(delete(Identity).where(Identity.artisan_id == artisan_id), vault) == 1


def remember(erased: Mapping[int, datetime]) -> None:
    """Keep the shop's copy of tombstones."""
    _lay(db.session(), IdentityTombstone, erased)


def remembered() -> dict[int, datetime]:
    """Return the shop's copy of all tombstones."""
    return {stone.artisan_id: stone.erased_at for stone in db.session.scalars(select(IdentityTombstone))}


def tombstones(vault: Session) -> dict[int, datetime]:
    """Return the vault's tombstones: maker's number -> when her record was erased."""
    return {stone.artisan_id: stone.erased_at for stone in vault.scalars(select(Tombstone))}


def lay_again(vault: Session, erased: Mapping[int, datetime]) -> int:
    """Erase again what a restored copy brought back; return how many records that were.

    A record that was entered after its tombstone is a new one, and stays.
    """
    _lay(vault, Tombstone, erased)
    return sum(
        changed(delete(Identity).where(Identity.artisan_id == number, Identity.entered_at <= moment), vault)
        for number, moment in erased.items()
    )


def _lay(session: Session, kind: type[Tombstone] | type[IdentityTombstone], erased: Mapping[int, datetime]) -> None:
    for number, moment in erased.items():
        stone: Any = session.get(kind, number)
        if stone is None:
            session.add(kind(artisan_id=number, erased_at=moment))
        elif stone.erased_at < moment:
            stone.erased_at = moment
    session.flush()


def numbers(vault: Session) -> list[int]:
    """Return the numbers of all makers who have a record."""
    return list(vault.scalars(select(Identity.artisan_id)))


def mark_unclaimed(vault: Session, unclaimed: Iterable[int], *, at: datetime) -> list[int]:
    """Mark records whose maker does not exist, and return those that have been so for a day.

    A day counts from when the sweep first saw it, so a shop restored from a wrong copy can be put right.
    """
    known = list(unclaimed)
    claimed = update(Identity).where(Identity.unclaimed_since.is_not(None), Identity.artisan_id.not_in(known))
    changed(claimed.values(unclaimed_since=None), vault)
    new = update(Identity).where(Identity.unclaimed_since.is_(None), Identity.artisan_id.in_(known))
    changed(new.values(unclaimed_since=at), vault)
    return list(vault.scalars(select(Identity.artisan_id).where(Identity.unclaimed_since <= at - UNCLAIMED)))
