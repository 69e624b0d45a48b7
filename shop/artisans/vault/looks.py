"""Who looked at whose identity and why: written down before anything is opened, and shown to her centre.

These tables lie in the shop's database. They hold numbers, moments and codes of why staff looked;
nothing about the woman herself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.artisans.models import Artisan
from shop.clock import india_date
from shop.db import BigId, Model, UTCDateTime, changed, db, one_of, status_column, upsert
from shop.errors import TooMany
from shop.users import audit
from shop.users.models import User
from shop.users.policy import whole_house

MOST_A_DAY = 20


class LookReason(StrEnum):
    """Why a member of staff has to see a record: always something to do, never something about her."""

    PAYMENT = "payment"
    CONTACT = "contact"
    CORRECTION = "correction"
    OWN_REQUEST = "own-request"
    LEGAL_DUTY = "legal-duty"


class IdentityLook(Model):
    """One look at one record. It waits for another person of her centre to note it."""

    __tablename__ = "identity_look"
    __table_args__ = (
        one_of("reason", LookReason),
        CheckConstraint('noted_by IS NULL OR noted_by <> "by"', name="noted_by_another"),
        Index("ix_identity_look_not_noted", "noted_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    artisan_id: Mapped[int] = mapped_column(ForeignKey("artisan.id"), index=True)
    by: Mapped[str] = mapped_column(String(40))
    reason: Mapped[LookReason] = mapped_column(status_column(LookReason))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    noted_by: Mapped[str | None] = mapped_column(String(40))
    noted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    artisan: Mapped[Artisan] = relationship(lazy="joined", innerjoin=True)


class LooksOfDay(Model):
    """How often a person looked on one day; the count that holds for all who look at once."""

    __tablename__ = "identity_looks_of_day"

    by: Mapped[str] = mapped_column(String(40), primary_key=True)
    looked_on: Mapped[date] = mapped_column(primary_key=True)
    looks: Mapped[int]


@dataclass(frozen=True)
class Leave:
    """What opens one record once: given only where a look was written down."""

    artisan_id: int


def ask(artisan: Artisan, reason: LookReason, *, at: datetime, by: User) -> Leave:
    """Write down who looks at whose record and why; the caller commits this before anything is opened.

    TooMany once a person has looked MOST_A_DAY times on a day, counted in the database.
    """
    _count(by.actor, india_date(at))
    audit.record("identity.reveal", f"artisan:{artisan.id}", by=by.actor, at=at, reason=reason.value)
    db.session.add(IdentityLook(artisan_id=artisan.id, by=by.actor, reason=reason, at=at))
    db.session.flush()
    return Leave(artisan.id)


def _count(by: str, on: date) -> None:
    first = upsert(LooksOfDay).values(by=by, looked_on=on, looks=1)
    one_more = first.on_conflict_do_update(
        index_elements=["by", "looked_on"], set_={"looks": LooksOfDay.looks + 1}, where=LooksOfDay.looks < MOST_A_DAY
    )
    if db.session.scalar(one_more.returning(LooksOfDay.looks)) is None:
        raise TooMany("vault.looks", most=MOST_A_DAY)


def waiting(user: User) -> Sequence[IdentityLook]:
    """Return the looks at her centre's records, or at all, that nobody noted yet; a person's own are for others."""
    query = select(IdentityLook).join(Artisan).where(IdentityLook.noted_at.is_(None), IdentityLook.by != user.actor)
    if not whole_house(user, "identity.reveal"):
        query = query.where(Artisan.centre_id == user.centre_id)
    return db.session.scalars(query.order_by(IdentityLook.id)).unique().all()


def of(artisan: Artisan, *, limit: int = 10) -> Sequence[IdentityLook]:
    """Return the last looks at one record, newest first."""
    query = select(IdentityLook).where(IdentityLook.artisan_id == artisan.id)
    return db.session.scalars(query.order_by(IdentityLook.id.desc()).limit(limit)).unique().all()


def note(seen: Sequence[IdentityLook], *, at: datetime, by: User) -> int:
    """Note looks as seen; return how many that were. Nobody notes her own."""
    open_ones = update(IdentityLook).where(
        IdentityLook.id.in_([look.id for look in seen]), IdentityLook.noted_at.is_(None), IdentityLook.by != by.actor
    )
    return changed(open_ones.values(noted_by=by.actor, noted_at=at))
