"""Counting tries so that two hundred at once, over any number of workers, are still five.

A counter is one row and moves by one conditional statement, which the edge commits before any
secret is looked at. What is counted is known by a keyed hash: neither names, cards nor addresses
lie here in clear, and a name that does not exist is counted like one that does.
"""

from datetime import datetime, timedelta

from sqlalchemy import String, case, delete, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from shop import peppers
from shop.db import Model, UTCDateTime, changed, db, upsert

WINDOW = timedelta(minutes=15)


class Tries(Model):
    """How often something was tried since its window began; a window begins with its first try."""

    __tablename__ = "sign_in_tries"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    tries: Mapped[int]
    until: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


def count(kind: str, what: str, most: int, *, at: datetime) -> bool:
    """Count one try; False if there were as many as may be. Commit before you look at the secret."""
    over = Tries.until <= at
    one = upsert(Tries).values(key=_key(kind, what), tries=1, until=at + WINDOW)
    counted = one.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "tries": case((over, 1), else_=Tries.tries + 1),
            "until": case((over, at + WINDOW), else_=Tries.until),
        },
        where=or_(over, Tries.tries < most),
    )
    return db.session.scalar(counted.returning(Tries.tries)) is not None


def give_back(kind: str, what: str) -> None:
    """Take back the one try that turned out to be a sign-in; earlier ones stay counted."""
    changed(update(Tries).where(Tries.key == _key(kind, what), Tries.tries > 0).values(tries=Tries.tries - 1))


def forget(kind: str, what: str) -> None:
    """Start counting anew."""
    changed(delete(Tries).where(Tries.key == _key(kind, what)))


def sweep(*, before: datetime, limit: int = 500) -> int:
    """Forget counters whose window ended before a moment; return how many."""
    old = select(Tries.key).where(Tries.until < before).limit(limit)
    return changed(delete(Tries).where(Tries.key.in_(old)))


def _key(kind: str, what: str) -> str:
    return peppers.keyed("tries", f"{kind}:{what}")
