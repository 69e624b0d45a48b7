"""Ten codes on paper for the day the phone is lost. Each opens once."""

import secrets
from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from shop import peppers
from shop.db import BigId, Model, UTCDateTime, changed, db

HOW_MANY = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as something else
GROUPS, GROUP = 3, 5


class RecoveryCode(Model):
    """One code, known by its keyed hash."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


def make(user_id: int) -> list[str]:
    """Make ten new codes and return them, to be shown once; older ones are worth nothing from now on."""
    remove(user_id)
    codes = ["-".join(_group() for _ in range(GROUPS)) for _ in range(HOW_MANY)]
    newest = peppers.newest()
    db.session.add_all(
        RecoveryCode(user_id=user_id, code_hash=newest.mac("recovery", _canonical(code))) for code in codes
    )
    db.session.flush()
    return codes


def take(user_id: int, code: str, *, at: datetime) -> bool:
    """Take a code; False if it is none of hers or was taken before."""
    hashes = [pepper.mac("recovery", _canonical(code)) for pepper in peppers.known()]
    mine = update(RecoveryCode).where(
        RecoveryCode.user_id == user_id, RecoveryCode.code_hash.in_(hashes), RecoveryCode.used_at.is_(None)
    )
    return changed(mine.values(used_at=at)) == 1


def left(user_id: int) -> int:
    """Return how many codes a person still has."""
    query = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(query) or 0


def remove(user_id: int) -> None:
    """Forget a person's codes."""
    changed(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def _group() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(GROUP))


def _canonical(code: str) -> str:
    return "".join(c for c in code.lower() if c in ALPHABET)
