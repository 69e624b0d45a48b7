"""Signing in: a secret is only looked at after a try has been counted.

The counter moves by one conditional UPDATE that is committed before the hash is computed, so that
two hundred guesses at once, over any number of workers, are still five.
"""

from datetime import datetime, timedelta
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import case, or_, select, update

from shop.db import changed, db
from shop.errors import Invalid, TooMany
from shop.users.models import User

MOST_TRIES = 5
LOCKED_FOR = timedelta(minutes=15)
PIN_LENGTH = 6
SHORTEST_PASSWORD = 10

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("a secret that nobody has")  # an unknown name costs the same as a known one


def hash_secret(secret: str) -> str:
    """Return the argon2id hash of a password or PIN."""
    return _hasher.hash(secret)


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
    """Count one try; False if this account has none left for now. Commit before you look at the secret."""
    fresh = or_(User.tries_until.is_(None), User.tries_until <= at)
    counted = changed(
        update(User)
        .where(User.id == user_id, or_(fresh, User.tries < MOST_TRIES))
        .values(
            tries=case((fresh, 1), else_=User.tries + 1),
            tries_until=case((fresh, at + LOCKED_FOR), else_=User.tries_until),
        )
    )
    return counted == 1


def secret_fits(user: User | None, secret: str) -> bool:
    """Say whether the secret is this user's; takes as long when there is no such user."""
    try:
        _hasher.verify(user.secret_hash if user else _NOBODY, secret)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return user is not None and user.is_active


def forget_tries(user_id: int) -> None:
    """Start counting again after a sign-in."""
    changed(update(User).where(User.id == user_id).values(tries=0, tries_until=None))


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
