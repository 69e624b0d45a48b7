"""Enrolling artisans and finding them through those who may."""

from datetime import date, datetime

from sqlalchemy import select

from shop.artisans import numbers
from shop.artisans.models import Artisan
from shop.db import db
from shop.errors import Invalid, NotFound
from shop.users.enrolment import add_card
from shop.users.models import User
from shop.users.policy import covers, whole_house
from shop.users.signin import Kept

EMBLEMS = (
    "kingfisher", "hibiscus", "boat", "lotus", "fish", "honeybee",
    "leaf", "tide", "rice-pot", "star-flower", "kalka", "seed",
)  # fmt: skip


def enrol(
    work_name: str,
    card_number: str,
    pin: str | Kept,
    emblem: str,
    *,
    centre_id: int,
    adult_confirmed_on: date,
    at: datetime,
    number: int | None = None,
) -> Artisan:
    """Enrol an artisan under a work name, with the day on which someone saw that she is an adult.

    Her number is drawn here, unless it was drawn before because her identity was written down first.
    """
    if emblem not in EMBLEMS:
        raise Invalid("artisan.emblem")
    if adult_confirmed_on > at.date():
        raise Invalid("artisan.adult_date")
    user = add_card(work_name, card_number, pin, centre_id=centre_id, at=at)
    artisan = Artisan(
        id=numbers.draw(at=at) if number is None else number,
        user_id=user.id,
        centre_id=centre_id,
        work_name=work_name.strip(),
        emblem=emblem,
        adult_confirmed_on=adult_confirmed_on,
        joined_at=at,
    )
    db.session.add(artisan)
    db.session.flush()
    return artisan


def get_own(user: User) -> Artisan:
    """Return the artisan who is signed in; NotFound for anyone else."""
    artisan = db.session.scalars(select(Artisan).where(Artisan.user_id == user.id)).one_or_none()
    if artisan is None:
        raise NotFound("artisan.unknown")
    return artisan


def take_thanks(artisan: Artisan, wanted: bool) -> None:
    """Let thank-you notes come to her, or none; it is hers alone to say, so nothing of it is written anywhere else."""
    artisan.takes_thanks = wanted
    db.session.flush()


def of(user: User) -> list[Artisan]:
    """Return the artisans whom a member of staff works with: her centre's, or all for house roles."""
    query = select(Artisan).where(Artisan.left_at.is_(None)).order_by(Artisan.work_name, Artisan.id)
    if not whole_house(user, "makers.read"):
        query = query.where(Artisan.centre_id == user.centre_id)
    return list(db.session.scalars(query))


def get_of(user: User, artisan_id: int, *, action: str) -> Artisan:
    """Return one artisan with whom a person may do an action; NotFound for any other."""
    artisan = db.session.get(Artisan, artisan_id)
    if artisan is None or not covers(user, action, artisan.centre_id):
        raise NotFound("artisan.unknown")
    return artisan
