"""The second factor as a whole: codes from a phone, passkeys, and codes on paper for the day both are lost."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from shop.db import db
from shop.users import passkeys, recovery, totp


@dataclass(frozen=True)
class Factors:
    """What a person can show besides her password."""

    codes: bool
    passkeys: int

    @property
    def any(self) -> bool:
        """Say whether there is a second factor at all; codes on paper alone are none."""
        return self.codes or self.passkeys > 0


def of(user_id: int) -> Factors:
    """Return what a person can show besides her password."""
    return Factors(totp.is_on(user_id), passkeys.count(user_id))


def take_code(user_id: int, code: str, *, at: datetime) -> str | None:
    """Take six digits from her phone or a code from paper; return which it was, or None if it does not fit."""
    digits = "".join(str(int(c)) if c.isdecimal() else c for c in code if not c.isspace())
    if len(digits) == 6 and digits.isascii() and digits.isdigit():
        return "phone" if totp.take(user_id, digits, at=at) else None
    return "paper" if recovery.take(user_id, code, at=at) else None


def remove(user_id: int) -> None:
    """Forget everything that a person could show besides her password."""
    totp.remove(user_id)
    recovery.remove(user_id)
    passkeys.remove_all(user_id)


def tidy(user_id: int) -> None:
    """Forget the codes on paper of one who has no second factor any more."""
    if not of(user_id).any:
        recovery.remove(user_id)


def enrolled() -> set[int]:
    """Return everyone who has a second factor."""
    phones = select(totp.SecondFactor.user_id).where(totp.SecondFactor.confirmed_at.is_not(None))
    return set(db.session.scalars(phones.union(select(passkeys.Passkey.user_id))))
