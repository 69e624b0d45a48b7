"""The people who sign in. Nothing here says more of an artisan than a card number and a language."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.db import BigId, Model, UTCDateTime, one_of, status_column


class Role(StrEnum):
    """What a person is to the shop; `users/policy.py` says what each may do."""

    CUSTOMER = "customer"
    ARTISAN = "artisan"
    MANAGER = "manager"
    FINANCE = "finance"
    SAFEGUARDING = "safeguarding"
    AUDITOR = "auditor"
    ADMIN = "admin"


STAFF = frozenset(Role) - {Role.CUSTOMER, Role.ARTISAN}


class Organisation(Model):
    """A legal entity or partner that runs centres."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)


class Centre(Model):
    """A workshop. Its name is for the back office; the public reads a region, nothing finer."""

    __tablename__ = "centre"
    __table_args__ = (CheckConstraint("minutes_per_day > 0", name="some_capacity"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    region: Mapped[str] = mapped_column(String(80))
    minutes_per_day: Mapped[int]


class User(Model):
    """One who signs in: staff by e-mail and password, an artisan by card number and PIN, a customer by a
    mailed link or a password.

    A customer has proven that her address is hers (`email_proven_at`). One who chose no password
    (`password_set_at`) has the hash of a secret that nobody has, so that a guess costs the same.
    `pepper` marks the pepper under which a PIN was hashed; None means none, as for passwords.
    `signed_in_before_at` is the sign-in before the newest: what she is shown, to see if it was she.
    """

    __tablename__ = "user_account"
    __table_args__ = (
        one_of("role", Role),
        CheckConstraint(
            "(role = 'artisan') = (card_number IS NOT NULL) AND (role <> 'artisan') = (email IS NOT NULL)",
            name="card_or_email",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    role: Mapped[Role] = mapped_column(status_column(Role))
    name: Mapped[str] = mapped_column(String(60))
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    card_number: Mapped[str | None] = mapped_column(String(12), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(200))
    password_set_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    email_proven_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    language: Mapped[str] = mapped_column(String(5), default="en")
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id"))
    pepper: Mapped[str | None] = mapped_column(String(8))
    sign_in_version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    signed_in_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    signed_in_before_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    centre: Mapped[Centre | None] = relationship(lazy="joined")

    @property
    def actor(self) -> str:
        """Return how books and events name this person: a surrogate id, never a name."""
        return f"user:{self.id}"

    @property
    def is_active(self) -> bool:
        """Say whether this person may still sign in."""
        return self.disabled_at is None

    is_authenticated = True
    is_anonymous = False


class SignIn(Model):
    """A sign-in that stands: a row on our side, known by the hash of a random token in the cookie.

    It is over when it was ended, when nobody came by before `idle_until`, or when the person's
    `sign_in_version` has moved on (signed out everywhere, disabled, another role, a new PIN). One that
    has to `enrol_first` opens only the pages on which a second factor is set up.
    """

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    version: Mapped[int]
    began_at: Mapped[datetime] = mapped_column(UTCDateTime)
    idle_until: Mapped[datetime] = mapped_column(UTCDateTime)
    stepped_up_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    enrol_first: Mapped[bool] = mapped_column(default=False, server_default=false())

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class PinReset(Model):
    """Who gave an artisan a new PIN, and when: for a week that person neither pays nor witnesses her."""

    __tablename__ = "pin_reset"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    by_user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
