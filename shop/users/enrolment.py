"""Adding organisations, centres and people."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select, update

from shop import mail
from shop.db import changed, db
from shop.errors import Conflict, Invalid, NotFound
from shop.users import sessions
from shop.users.models import STAFF, Centre, Organisation, PinReset, Role, User
from shop.users.signin import Kept, canonical_digits, checked_pin, forget_tries, hash_pin, keep_password, keep_pin

EMAIL = mail.ADDRESS  # what cannot be written to is no address
CARD = re.compile(r"[0-9]{4,12}")
RESET_BARS_FOR = timedelta(days=7)


def add_centre(code: str, name: str, region: str, *, minutes_per_day: int, organisation: str) -> Centre:
    """Add a centre, and its organisation if that is new."""
    code, name, region = code.strip().upper(), name.strip(), region.strip()
    if not re.fullmatch(r"[A-Z0-9-]{2,16}", code) or not name or not region:
        raise Invalid("centre.incomplete")
    if not 1 <= minutes_per_day <= 100_000:
        raise Invalid("centre.capacity")
    if db.session.scalar(select(Centre.id).where(Centre.code == code)):
        raise Conflict("centre.exists", code=code)
    house = db.session.scalars(select(Organisation).where(Organisation.name == organisation)).one_or_none()
    house = house or Organisation(name=organisation)
    db.session.add(house)
    db.session.flush()
    centre = Centre(organisation_id=house.id, code=code, name=name, region=region, minutes_per_day=minutes_per_day)
    db.session.add(centre)
    db.session.flush()
    return centre


def add_staff(role: Role, name: str, email: str, password: str | Kept, *, centre_id: int | None, at: datetime) -> User:
    """Add a member of staff; a manager belongs to a centre."""
    address = email.strip().lower()
    if role not in STAFF or not name.strip() or not EMAIL.fullmatch(address):
        raise Invalid("user.incomplete")
    if role is Role.MANAGER and centre_id is None:
        raise Invalid("user.manager_needs_centre")
    if db.session.scalar(select(User.id).where(User.email == address)):
        raise Conflict("user.email_taken")
    user = User(
        role=role,
        name=name.strip(),
        email=address,
        secret_hash=keep_password(password).secret_hash,
        centre_id=centre_id,
        created_at=at,
    )
    db.session.add(user)
    db.session.flush()
    return user


def add_card(work_name: str, card_number: str, pin: str | Kept, *, centre_id: int, at: datetime) -> User:
    """Add the sign-in of an artisan: a card number and a PIN she chose, nothing else of her."""
    card = canonical_digits(card_number)
    if not CARD.fullmatch(card) or not work_name.strip():
        raise Invalid("user.card_shape")
    if db.session.scalar(select(User.id).where(User.card_number == card)):
        raise Conflict("user.card_taken", card=card)
    kept = keep_pin(pin)
    user = User(
        role=Role.ARTISAN,
        name=work_name.strip(),
        card_number=card,
        secret_hash=kept.secret_hash,
        pepper=kept.pepper,
        centre_id=centre_id,
        language="bn",
        created_at=at,
    )
    db.session.add(user)
    db.session.flush()
    return user


def reset_pin(user_id: int, pin: str, *, at: datetime, by: User) -> None:
    """Give an artisan a new PIN, in person; every session she had ends, and who did it is kept."""
    hers = update(User).where(User.id == user_id, User.role == Role.ARTISAN)
    if changed(hers.values(**hash_pin(checked_pin(pin)))):
        forget_tries(user_id)
        sessions.end_all(user_id, at=at)
        db.session.add(PinReset(user_id=user_id, by_user_id=by.id, at=at))
        db.session.flush()


def reset_by_within(user_id: int, at: datetime) -> set[int]:
    """Return who gave an artisan a new PIN within a week: those neither pay nor witness her."""
    lately = select(PinReset.by_user_id).where(PinReset.user_id == user_id, PinReset.at > at - RESET_BARS_FOR)
    return set(db.session.scalars(lately))


def barred_by_reset(user_ids: Collection[int], by_user_id: int, at: datetime) -> set[int]:
    """Return whom of these a person gave a new PIN within a week, so that she neither pays nor witnesses them."""
    mine = (PinReset.user_id.in_(user_ids), PinReset.by_user_id == by_user_id, PinReset.at > at - RESET_BARS_FOR)
    return set(db.session.scalars(select(PinReset.user_id).where(*mine)))


def choose_language(user_id: int, language: str) -> None:
    """Keep the language in which a person reads her pages."""
    db.session.execute(update(User).where(User.id == user_id).values(language=language))


def get_centre(centre_id: int) -> Centre:
    """Return a centre; NotFound if there is none."""
    centre = db.session.get(Centre, centre_id)
    if centre is None:
        raise NotFound("centre.unknown")
    return centre


def centres() -> list[Centre]:
    """Return all centres by code."""
    return list(db.session.scalars(select(Centre).order_by(Centre.code)))
