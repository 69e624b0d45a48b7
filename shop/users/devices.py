"""Browsers that have signed someone in, known by the hash of a random cookie.

Two things hang on it. Tries from a browser that has signed her in before are counted apart, so that
nobody far away can lock her out of her own phone. And what is said from a browser that the office
uses is not taken for her own word.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import BigId, Model, UTCDateTime, changed, db, upsert
from shop.users import tokens
from shop.users.models import STAFF, User

STAFF_DEVICE_FOR = timedelta(days=30)
KEPT = timedelta(days=400)


class Device(Model):
    """One browser."""

    __tablename__ = "device"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    staff_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class DeviceUser(Model):
    """A person whom a browser has signed in."""

    __tablename__ = "device_user"

    device_id: Mapped[int] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


@dataclass(frozen=True)
class Known:
    """What we know of the browser that asks."""

    device_id: int
    has_signed_her_in: bool
    staff_at: datetime | None

    def is_staffs(self, *, at: datetime) -> bool:
        """Say whether a member of staff has signed in here of late."""
        return self.staff_at is not None and at - self.staff_at < STAFF_DEVICE_FOR


def find(token: str | None, user_id: int) -> Known | None:
    """Return what is known of a browser and a person (0: nobody), in one statement; None for a new browser."""
    row = db.session.execute(
        select(Device.id, DeviceUser.user_id, Device.staff_at)
        .outerjoin(DeviceUser, (DeviceUser.device_id == Device.id) & (DeviceUser.user_id == user_id))
        .where(Device.token_hash == tokens.hash_of(token or ""))
    ).one_or_none()
    return Known(row[0], row[1] is not None, row[2]) if row else None


def note(token: str | None, user: User, *, at: datetime) -> str:
    """Note that a browser has signed a person in; return its token, a new one if it had none of ours."""
    known = token is not None and db.session.scalar(select(Device.id).where(Device.token_hash == tokens.hash_of(token)))
    token = token if known and token else tokens.make()
    values = {"seen_at": at} | ({"staff_at": at} if user.role in STAFF else {})
    kept = upsert(Device).values(token_hash=tokens.hash_of(token), **values)
    device_id = db.session.scalar(
        kept.on_conflict_do_update(index_elements=["token_hash"], set_=values).returning(Device.id)
    )
    hers = upsert(DeviceUser).values(device_id=device_id, user_id=user.id, at=at)
    db.session.execute(hers.on_conflict_do_update(index_elements=["device_id", "user_id"], set_={"at": at}))
    return token


def of(user_id: int) -> list[int]:
    """Return the browsers that have signed a person in."""
    return list(db.session.scalars(select(DeviceUser.device_id).where(DeviceUser.user_id == user_id)))


def forget_of(user_id: int) -> None:
    """Forget which browsers signed a person in, and those that signed in nobody else; the office's own stay."""
    hers = of(user_id)
    changed(delete(DeviceUser).where(DeviceUser.user_id == user_id))
    anyone = select(DeviceUser.device_id).where(DeviceUser.device_id == Device.id).exists()
    # `staff_at` stands in the row itself, so a sign-in of the office that is under way keeps its browser.
    changed(delete(Device).where(Device.id.in_(hers), Device.staff_at.is_(None), ~anyone))


def sweep(*, before: datetime, limit: int = 500) -> int:
    """Forget browsers that nobody signed in with since a moment; return how many."""
    old = select(Device.id).where(Device.seen_at < before).limit(limit)
    changed(delete(DeviceUser).where(DeviceUser.device_id.in_(old)))
    return changed(delete(Device).where(Device.id.in_(old)))
