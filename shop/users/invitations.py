"""Invitations: a link by mail, for one day and one use, with which a new member of staff sets her own password.

The link's token is made from the row and a key that is not in the database, when the mail is
written: it lies neither in the invitation nor in the queue of mails.
"""

import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop import peppers
from shop.db import BigId, Model, UTCDateTime, changed, db
from shop.errors import NotFound
from shop.users import audit, sessions, signin
from shop.users.models import User

LASTS = timedelta(hours=24)


class Invitation(Model):
    """That someone was asked to join the office; `nonce` makes each link another."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    nonce: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by: Mapped[str] = mapped_column(String(40))
    until: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @property
    def token(self) -> str:
        """Return the secret of the link."""
        return f"{self.id}-{peppers.keyed('invitation', f'{self.id}:{self.user_id}:{self.nonce}')}"


def invite(user: User, *, at: datetime, by: User) -> Invitation:
    """Invite a member of staff to set her password; a link sent before is worth nothing from now on."""
    waiting = Invitation.user_id == user.id, Invitation.used_at.is_(None), Invitation.until > at
    changed(update(Invitation).where(*waiting).values(until=at))
    made = Invitation(user_id=user.id, nonce=secrets.token_hex(16), made_at=at, made_by=by.actor, until=at + LASTS)
    db.session.add(made)
    db.session.flush()
    audit.record("users.invite", f"user:{user.id}", by=by.actor, at=at)
    return made


def get(token: str, *, at: datetime) -> Invitation:
    """Return the invitation of a link; NotFound if there is none, it was used, or its day is over."""
    number, _dash, _mac = token.partition("-")
    row = db.session.get(Invitation, int(number) if number.isdecimal() and len(number) < 16 else 0)
    is_hers = hmac.compare_digest(
        (row.token if row else f"0-{peppers.keyed('invitation', 'none')}").encode(), token.encode()
    )
    if row is None or not is_hers or row.used_at is not None or row.until <= at:
        raise NotFound("invitation.over")
    return row


def accept(token: str, secret_hash: str, *, at: datetime) -> User:
    """Take the password, as its hash, of one who was invited; NotFound if the link was used meanwhile."""
    row = get(token, at=at)
    mine = update(Invitation).where(Invitation.id == row.id, Invitation.used_at.is_(None), Invitation.until > at)
    if changed(mine.values(used_at=at)) != 1:
        raise NotFound("invitation.over")
    changed(update(User).where(User.id == row.user_id).values(secret_hash=secret_hash))
    sessions.end_all(row.user_id, at=at)
    signin.forget_tries(row.user_id)
    audit.record("users.join", f"user:{row.user_id}", by=row.user.actor, at=at)
    return row.user


def newest_of(user_ids: list[int]) -> dict[int, Invitation]:
    """Return person -> the newest invitation that she has not used."""
    query = select(Invitation).where(Invitation.user_id.in_(user_ids), Invitation.used_at.is_(None))
    return {each.user_id: each for each in db.session.scalars(query.order_by(Invitation.id))}
