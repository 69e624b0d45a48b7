"""Half a sign-in: the password was right, the second factor has not been shown. It opens nothing else.

It lives in a table of its own, so that what asks for a sign-in can never be given a half one.
"""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import BigId, Model, UTCDateTime, changed, db
from shop.users import tokens
from shop.users.models import User

LASTS = timedelta(minutes=5)


class HalfSignIn(Model):
    """One who has shown her password and is asked for her second factor."""

    __tablename__ = "half_sign_in"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    version: Mapped[int]
    until: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


def begin(user: User, *, at: datetime) -> str:
    """Begin half a sign-in and return its token, which is nowhere else."""
    token = tokens.make()
    row = HalfSignIn(token_hash=tokens.hash_of(token), user_id=user.id, version=user.sign_in_version, until=at + LASTS)
    db.session.add(row)
    db.session.flush()
    return token


def find(token: str, *, at: datetime) -> User | None:
    """Return whose half sign-in this is, or None if it is over or she may not sign in."""
    return db.session.scalars(
        select(User)
        .join(HalfSignIn, HalfSignIn.user_id == User.id)
        .where(HalfSignIn.token_hash == tokens.hash_of(token), HalfSignIn.until > at)
        .where(HalfSignIn.version == User.sign_in_version, User.disabled_at.is_(None))
    ).one_or_none()


def finish(token: str) -> bool:
    """Use half a sign-in up; False if another request did."""
    return changed(delete(HalfSignIn).where(HalfSignIn.token_hash == tokens.hash_of(token))) == 1


def forget_of(user_id: int) -> None:
    """Delete every half sign-in of a person who is being forgotten."""
    changed(delete(HalfSignIn).where(HalfSignIn.user_id == user_id))


def sweep(*, before: datetime, limit: int = 500) -> int:
    """Forget half sign-ins that were over before a moment; return how many."""
    old = select(HalfSignIn.id).where(HalfSignIn.until < before).limit(limit)
    return changed(delete(HalfSignIn).where(HalfSignIn.id.in_(old)))
