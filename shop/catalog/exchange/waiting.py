"""An uploaded file between the dry run and its sender's yes: one each, gone once it is done, or after a day."""

from datetime import datetime

from sqlalchemy import delete, select

from shop.catalog.models import CatalogueFile
from shop.db import changed, db
from shop.errors import NotFound


def keep(user_id: int, content: bytes, *, centre_id: int | None, at: datetime) -> None:
    """Keep a file for its sender, in place of the one that waited; new products go to a centre."""
    db.session.merge(CatalogueFile(user_id=user_id, content=content, centre_id=centre_id, uploaded_at=at))
    db.session.flush()


def find(user_id: int) -> CatalogueFile | None:
    """Return the file that waits for a person, or None."""
    return db.session.get(CatalogueFile, user_id)


def get(user_id: int) -> CatalogueFile:
    """Return the file that waits for a person; NotFound if there is none."""
    found = find(user_id)
    if found is None:
        raise NotFound("csv.no_file")
    return found


def drop(user_id: int) -> None:
    """Forget the file of a person."""
    changed(delete(CatalogueFile).where(CatalogueFile.user_id == user_id))


def sweep(*, before: datetime, limit: int = 500) -> int:
    """Forget files that were sent before a moment; return how many."""
    old = select(CatalogueFile.user_id).where(CatalogueFile.uploaded_at < before).limit(limit)
    return changed(delete(CatalogueFile).where(CatalogueFile.user_id.in_(old)))
