"""Signing in: a secret is only looked at after a try has been counted (users/tries.py) and committed.

Three counters hold. One is of the person, or of the name that was typed if nobody bears it: five in
a quarter of an hour. One is of the address that asks, generous, since a village may share one; a
sign-in gives its try back. A browser that has signed her in before has a counter of its own and is
asked for neither of the two, so that nobody far away can lock her out of her own phone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select, update

from shop import peppers
from shop.db import changed, db
from shop.errors import Invalid, TooMany
from shop.users import tokens, tries
from shop.users.devices import Known
from shop.users.models import Role, User

MOST_TRIES = 5
MOST_FROM_ADDRESS = 30
LOCKED_FOR = tries.WINDOW
PIN_LENGTH = 6
SHORTEST_PASSWORD = 10

_hasher = PasswordHasher()
_NOBODY = (  # an unknown name costs the same as a known one; hashed beforehand, for every start would wait for it
    "$argon2id$v=19$m=65536,t=3,p=4$mh8RutsA48ZSUjfHNVSq1A$EYlTKScQR2CYzfImVCoAPy/TA5/AF4Zh+NJufYP6PnY"
)


@dataclass(frozen=True)
class Kept:
    """What is kept of a password or a PIN. It is slow to make, so it may be made before the unit that stores it."""

    secret_hash: str
    pepper: str | None = None


def hash_secret(secret: str) -> str:
    """Return the argon2id hash of a password."""
    return _hasher.hash(secret)


def keep_password(typed: str | Kept) -> Kept:
    """Return what is kept of a new password, or was made of it before; Invalid if it is too short."""
    return typed if isinstance(typed, Kept) else Kept(hash_secret(checked_password(typed)))


def keep_pin(typed: str | Kept) -> Kept:
    """Return what is kept of a new PIN, or was made of it before; Invalid if it is none, or easy to guess."""
    return typed if isinstance(typed, Kept) else Kept(**hash_pin(checked_pin(typed)))


def nobodys() -> str:
    """Return a password that nobody knows, for an account whose owner has still to set her own."""
    return tokens.make()


def hash_pin(pin: str) -> dict[str, str]:
    """Return what is kept of a PIN: the argon2id hash of its keyed hash, and the mark of the pepper used."""
    pepper = peppers.newest()
    return {"secret_hash": _hasher.hash(pepper.mac("pin", pin)), "pepper": pepper.mark}


def canonical_digits(text: str) -> str:
    """Return the text with Bengali and Hindi digits as ASCII and without spaces."""
    return "".join(str(int(c)) if c.isdecimal() else c for c in text if not c.isspace())


def find_by_email(email: str) -> User | None:
    """Return the customer or member of staff with this address, or None."""
    return db.session.scalars(select(User).where(User.email == email.strip().lower())).one_or_none()


def find_by_card(card_number: str) -> User | None:
    """Return the artisan with this card number, or None."""
    return db.session.scalars(select(User).where(User.card_number == canonical_digits(card_number))).one_or_none()


def count_try(user_id: int, *, at: datetime) -> bool:
    """Count one try on an account; False if it has none left for now. Commit before you look at the secret."""
    return tries.count("account", str(user_id), MOST_TRIES, at=at)


def count_knock(user_id: int, typed: str, known: Known | None, address: str, *, at: datetime) -> bool:
    """Count one try to sign in, as a person (0: nobody bears the name typed), from a browser and an address."""
    if known is not None and known.has_signed_her_in:
        return tries.count("device", f"{known.device_id}:{user_id}", MOST_TRIES, at=at)
    if not tries.count("address", address, MOST_FROM_ADDRESS, at=at):
        return False
    return count_try(user_id, at=at) if user_id else tries.count("name", typed.strip().lower(), MOST_TRIES, at=at)


def forget_tries(user_id: int) -> None:
    """Start counting on an account again."""
    tries.forget("account", str(user_id))


def forget_counts(user_id: int, email: str, device_ids: Iterable[int]) -> None:
    """Delete every counter of a person who is being forgotten; that of an address that asks is not hers alone."""
    forget_tries(user_id)
    tries.forget("name", email)
    for device_id in device_ids:
        tries.forget("device", f"{device_id}:{user_id}")


def forget_knock(user_id: int, known: Known | None, address: str) -> None:
    """Start counting again after a sign-in; what others tried from her address stays counted."""
    if known is not None and known.has_signed_her_in:
        tries.forget("device", f"{known.device_id}:{user_id}")
    else:
        tries.give_back("address", address)
        forget_tries(user_id)


def secret_fits(user: User | None, secret: str) -> bool:
    """Say whether the secret is this user's; takes as long when there is no such user."""
    shown = _as_kept(user, secret) if user else None
    try:
        _hasher.verify(user.secret_hash if user and shown else _NOBODY, shown or secret)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return user is not None and shown is not None and user.is_active


def _as_kept(user: User, secret: str) -> str | None:
    """Return a secret as it was hashed for this user; None if its pepper is no longer known."""
    if user.pepper is None:
        return secret
    pepper = peppers.find(user.pepper)
    return pepper.mac("pin", secret) if pepper else None


def is_kept_well(user: User) -> bool:
    """Say whether a secret is hashed as we would hash it today: with the newest pepper, at today's cost."""
    if user.role is Role.ARTISAN and user.pepper != peppers.newest().mark:
        return False
    return not _hasher.check_needs_rehash(user.secret_hash)


def kept_anew(user: User, secret: str) -> dict[str, str]:
    """Return what would be kept of a secret today. It is slow: not inside a writing unit."""
    return hash_pin(secret) if user.role is Role.ARTISAN else {"secret_hash": hash_secret(secret)}


def keep_anew(user_id: int, before: str, kept: dict[str, str]) -> None:
    """Keep a secret hashed as we would today, unless it was changed meanwhile."""
    changed(update(User).where(User.id == user_id, User.secret_hash == before).values(**kept))


def refuse_locked(counted: bool) -> None:
    """Raise TooMany if no try was left."""
    if not counted:
        raise TooMany("signin.locked", minutes=LOCKED_FOR.seconds // 60)


def checked_pin(pin: str) -> str:
    """Return a new PIN in ASCII digits; Invalid if it is not six digits or is too easy to guess."""
    digits = canonical_digits(pin)
    if len(digits) != PIN_LENGTH or not digits.isascii() or not digits.isdigit():
        raise Invalid("signin.pin_shape", digits=PIN_LENGTH)
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
    if len(steps) == 1 and steps <= {0, 1, 9}:
        raise Invalid("signin.pin_easy")
    return digits


def checked_password(password: str) -> str:
    """Return a new password; Invalid if it is too short."""
    if not SHORTEST_PASSWORD <= len(password) < 200:  # a form's first 200 characters are compared: never a cut one
        raise Invalid("signin.password_short", characters=SHORTEST_PASSWORD)
    return password
