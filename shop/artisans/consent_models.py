"""What an artisan lets the shop show: the persona she chose, and each consent as a row that only ever ends.

That only adults are published is held by the database: each of these rows repeats the day on which her age was
confirmed, and a composite key ties that day to her own row, where it cannot be missing. A consent was given on or
after that day, for at most three years, before a witness who is not a manager and not the one who wrote it down.
"""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import BigId, Model, UTCDateTime, one_of, status_column
from shop.users.models import Role

APPEND_ONLY = {"consent": "id", "consent_withdrawal": "consent_id"}
LONGEST_DAYS = 1096  # three years, one of them a leap year
WITNESSES = (Role.FINANCE, Role.SAFEGUARDING, Role.AUDITOR, Role.ADMIN)


class Item(StrEnum):
    """What is shown."""

    CARD = "persona-card"
    ALIAS = "alias"
    STORY = "story-text"
    PICTURE = "picture"
    VOICE = "voice"
    FACE = "face"
    FIGURES = "figures"


class Channel(StrEnum):
    """Where it is shown."""

    SHOP = "shop"
    PACKAGING = "packaging"
    FEED = "feed"
    MAIL = "mail"
    SOCIAL = "social"
    DONORS = "donor-report"


class Language(StrEnum):
    """In which language it is shown."""

    EN = "en"
    BN = "bn"
    HI = "hi"


class Told(StrEnum):
    """How she was told what she agrees to."""

    READ = "read"
    PLAYED = "played"


def confirmed_adult() -> ForeignKeyConstraint:
    """Return the key that ties a row about her to the day on which her age was confirmed."""
    return ForeignKeyConstraint(["artisan_id", "adult_confirmed_on"], ["artisan.id", "artisan.adult_confirmed_on"])


class Persona(Model):
    """How she wants to be known outside: a name and an emblem she chose, and an id that leads nowhere else."""

    __tablename__ = "persona"
    __table_args__ = (
        confirmed_adult(),
        CheckConstraint("length(public_id) = 16", name="public_id_long_enough"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    artisan_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    adult_confirmed_on: Mapped[date]
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    public_name: Mapped[str] = mapped_column(String(40))
    name_bn: Mapped[str] = mapped_column(String(40), default="")
    name_hi: Mapped[str] = mapped_column(String(40), default="")
    emblem: Mapped[str] = mapped_column(String(24))
    dye: Mapped[str] = mapped_column(String(8), default="cotton", server_default="cotton")
    chosen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    chosen_with: Mapped[str] = mapped_column(String(40))

    def name_in(self, language: str) -> str:
        """Return her public name as it is written in a language."""
        return {"bn": self.name_bn, "hi": self.name_hi}.get(language) or self.public_name


class Consent(Model):
    """One thing of hers, on one channel, in one language, for a while. `about` names the story it belongs to."""

    __tablename__ = "consent"
    __table_args__ = (
        confirmed_adult(),
        one_of("item", Item),
        one_of("channel", Channel),
        one_of("language", Language),
        one_of("told", Told),
        CheckConstraint("witness_id <> recorded_by", name="two_people"),
        CheckConstraint(
            f"witness_role IN ({', '.join(repr(role.value) for role in WITNESSES)})", name="witness_no_manager"
        ),
        CheckConstraint("given_at >= adult_confirmed_on", name="given_as_an_adult"),
        CheckConstraint("expires_at > given_at", name="lasts_a_while"),
        CheckConstraint(
            f"julianday(expires_at) - julianday(given_at) <= {LONGEST_DAYS}", name="three_years_at_most"
        ).ddl_if(dialect="sqlite"),
        CheckConstraint(f"expires_at <= given_at + interval '{LONGEST_DAYS} days'", name="three_years_at_most").ddl_if(
            dialect="postgresql"
        ),
        Index(None, "artisan_id", "item", "channel", "language"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    artisan_id: Mapped[int] = mapped_column(BigInteger)
    adult_confirmed_on: Mapped[date]
    item: Mapped[Item] = mapped_column(status_column(Item))
    channel: Mapped[Channel] = mapped_column(status_column(Channel))
    language: Mapped[Language] = mapped_column(status_column(Language))
    about: Mapped[str] = mapped_column(String(40), default="")
    explanation: Mapped[str] = mapped_column(String(16))
    told: Mapped[Told] = mapped_column(status_column(Told))
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    witness_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    witness_role: Mapped[Role] = mapped_column(status_column(Role))
    given_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ConsentWithdrawal(Model):
    """The end of a consent: by her own tap, or by someone of the staff whom she told."""

    __tablename__ = "consent_withdrawal"

    consent_id: Mapped[int] = mapped_column(ForeignKey("consent.id"), primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(40))


class HouseSwitch(Model):
    """What the whole house allows or not, such as faces. A switch that has no row is off."""

    __tablename__ = "house_switch"

    name: Mapped[str] = mapped_column(String(24), primary_key=True)
    is_on: Mapped[bool]
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
