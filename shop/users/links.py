"""Links that are mailed: whoever can read the mail shows that the address is hers.

The token is made by the worker when it writes the mail; here stands only its hash (users/tokens.py).
A link lives for twenty minutes from then, works once, and how many an address may ask for is one
conditional write that is the same whether anyone has an account there or not.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, String, case, delete, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from shop import peppers
from shop.db import BigId, Model, UTCDateTime, changed, db, one_of, status_column, upsert
from shop.users import tokens

MOST_LINKS = 3
SPAN = timedelta(hours=1)
LASTS = timedelta(minutes=20)


class LinkPurpose(StrEnum):
    """What a link does. `nothing`: one was asked for where none may be given, and the mail says so."""

    SIGN_IN = "sign-in"
    OPEN = "open"
    CHANGE_EMAIL = "change-email"
    NOTHING = "nothing"


class MailedLink(Model):
    """A link that was asked for; `user_id` is empty where it would open a new account."""

    __tablename__ = "mailed_link"
    __table_args__ = (one_of("purpose", LinkPurpose),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    purpose: Mapped[LinkPurpose] = mapped_column(status_column(LinkPurpose))
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), index=True)
    name: Mapped[str] = mapped_column(String(60))
    secret_hash: Mapped[str | None] = mapped_column(String(200))
    browser_hash: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(5))
    leads_to: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class LinkAllowance(Model):
    """How many links an address has asked for since a while ago, known by a keyed hash of it."""

    __tablename__ = "link_allowance"

    email_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    asked: Mapped[int]
    until: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


def allow(email: str, *, at: datetime) -> bool:
    """Count one link for an address; False if it has had as many as an hour allows. One statement."""
    first = upsert(LinkAllowance).values(email_hash=_email_hash(email), asked=1, until=at + SPAN)
    over = LinkAllowance.until <= at
    counted = db.session.scalar(
        first.on_conflict_do_update(
            index_elements=["email_hash"],
            set_={
                "asked": case((over, 1), else_=LinkAllowance.asked + 1),
                "until": case((over, at + SPAN), else_=LinkAllowance.until),
            },
            where=or_(over, LinkAllowance.asked < MOST_LINKS),
        )
        .returning(LinkAllowance.asked)
        .execution_options(synchronize_session=False)
    )
    return counted is not None


def mint(link_id: int, *, at: datetime) -> str | None:
    """Give a link its token, for the mail that is being written; None if it may not have one any more.

    A mail that has to be written twice has a new token: the newest one works.
    """
    token = tokens.make()
    given = changed(
        update(MailedLink)
        .where(
            MailedLink.id == link_id,
            MailedLink.purpose != LinkPurpose.NOTHING,
            MailedLink.used_at.is_(None),
            MailedLink.asked_at > at - SPAN,
        )
        .values(token_hash=tokens.hash_of(token), expires_at=at + LASTS)
    )
    return token if given else None


def find(token: str, *, at: datetime) -> MailedLink | None:
    """Return the link of a token while it lives, or None; looking does not use it up."""
    return db.session.scalars(select(MailedLink).where(*_lives(token, at))).one_or_none()


def use(token: str, *, at: datetime) -> MailedLink | None:
    """Use a link up and return it; None if it is over or was used. Of two at once one gets it."""
    link_id = db.session.scalar(
        update(MailedLink)
        .where(*_lives(token, at))
        .values(used_at=at)
        .returning(MailedLink.id)
        .execution_options(synchronize_session=False)
    )
    return db.session.get_one(MailedLink, link_id) if link_id is not None else None


def drop_of(user_id: int, *, at: datetime) -> None:
    """Let every link of a person that was not used yet be over."""
    mine = update(MailedLink).where(MailedLink.user_id == user_id, MailedLink.used_at.is_(None))
    changed(mine.values(used_at=at))


def forget_of(user_id: int | None, email: str) -> None:
    """Delete every trace of links of a person or an address."""
    hers = or_(MailedLink.user_id == user_id, MailedLink.email == email) if user_id else MailedLink.email == email
    changed(delete(MailedLink).where(hers))
    changed(delete(LinkAllowance).where(LinkAllowance.email_hash == _email_hash(email)))


def sweep(*, before: datetime, limit: int = 500) -> int:
    """Forget links that were asked for, and allowances that ended, before a moment; return how many links."""
    over = select(LinkAllowance.email_hash).where(LinkAllowance.until < before).limit(limit)
    changed(delete(LinkAllowance).where(LinkAllowance.email_hash.in_(over)))
    old = select(MailedLink.id).where(MailedLink.asked_at < before).limit(limit)
    return changed(delete(MailedLink).where(MailedLink.id.in_(old)))


def _email_hash(email: str) -> str:
    return peppers.keyed("link-allowance", email)  # an address could be guessed, so a plain hash would not hide it


def _lives(token: str, at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (MailedLink.token_hash == tokens.hash_of(token), MailedLink.used_at.is_(None), MailedLink.expires_at > at)
