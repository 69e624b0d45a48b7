"""Six digits from her phone that change every half minute. A code opens once."""

import hmac
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import BigInteger, ForeignKey, String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from shop import peppers
from shop.db import BigId, Model, UTCDateTime, changed, db, upsert

STEP_S = 30
ISSUER = "Missing Bags"


class SecondFactor(Model):
    """The seed that her phone and we share, encrypted; it counts once she has shown a code of it."""

    __tablename__ = "second_factor"

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user_account.id"), primary_key=True, autoincrement=False)
    seed: Mapped[str] = mapped_column(String(200))
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    begun_at: Mapped[datetime] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


@dataclass(frozen=True)
class Seed:
    """What her phone needs: the seed to type, and the address that a QR code carries."""

    secret: str
    address: str


def begin(user_id: int, *, at: datetime) -> None:
    """Make a new seed that waits for its first code; one that counts already is left alone."""
    sealed = peppers.seal(pyotp.random_base32(), _about(user_id))
    made = upsert(SecondFactor).values(user_id=user_id, seed=sealed, last_step=0, begun_at=at)
    again = {"seed": sealed, "last_step": 0, "begun_at": at}
    db.session.execute(
        made.on_conflict_do_update(index_elements=["user_id"], set_=again, where=SecondFactor.confirmed_at.is_(None))
    )


def find_waiting(user_id: int, label: str) -> Seed | None:
    """Return the seed that waits for its first code, or None."""
    row = db.session.get(SecondFactor, user_id, populate_existing=True)
    secret = peppers.unseal(row.seed, _about(user_id)) if row and row.confirmed_at is None else None
    return Seed(secret, pyotp.TOTP(secret).provisioning_uri(name=label, issuer_name=ISSUER)) if secret else None


def is_on(user_id: int) -> bool:
    """Say whether a person signs in with codes."""
    on = select(SecondFactor.user_id).where(SecondFactor.user_id == user_id, SecondFactor.confirmed_at.is_not(None))
    return db.session.scalar(on) is not None


def confirm(user_id: int, code: str, *, at: datetime) -> bool:
    """Take the first code of a seed that waits; from then on it counts."""
    return _take(user_id, code, at=at, waiting=True)


def take(user_id: int, code: str, *, at: datetime) -> bool:
    """Take a code; False if it does not fit or was taken before."""
    return _take(user_id, code, at=at, waiting=False)


def _take(user_id: int, code: str, *, at: datetime, waiting: bool) -> bool:
    row = db.session.get(SecondFactor, user_id, populate_existing=True)
    if row is None or (row.confirmed_at is None) is not waiting:
        return False
    secret = peppers.unseal(row.seed, _about(user_id))
    step = _step_of(secret, code, at) if secret else None
    if step is None:
        return False
    hers = update(SecondFactor).where(
        SecondFactor.user_id == user_id, SecondFactor.seed == row.seed, SecondFactor.last_step < step
    )
    seed = peppers.seal(secret, _about(user_id)) if secret and not peppers.is_newest(row.seed) else row.seed
    return changed(hers.values(last_step=step, seed=seed, confirmed_at=at if waiting else row.confirmed_at)) == 1


def remove(user_id: int) -> None:
    """Forget a person's seed."""
    changed(delete(SecondFactor).where(SecondFactor.user_id == user_id))


def _step_of(secret: str, code: str, at: datetime) -> int | None:
    """Return the half minute that a code belongs to: this one, the one before or the one after."""
    now = int(at.timestamp()) // STEP_S
    totp = pyotp.TOTP(secret)
    fitting = [step for step in (now - 1, now, now + 1) if hmac.compare_digest(totp.at(step * STEP_S), code)]
    return max(fitting, default=None)


def _about(user_id: int) -> str:
    return f"second_factor|{user_id}|seed"
