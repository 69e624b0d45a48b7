"""Consent: given by her before a witness, for a while, and ended by one tap or by telling anyone.

A consent is written once and never changed; its end is a second row. What stands is asked in publication.py.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select

from shop.artisans import persona, publication
from shop.artisans.consent_models import (
    LONGEST_DAYS,
    WITNESSES,
    Channel,
    Consent,
    ConsentWithdrawal,
    HouseSwitch,
    Item,
    Language,
    Told,
)
from shop.artisans.models import Artisan
from shop.artisans.story_models import Story
from shop.clock import india_date
from shop.db import db, upsert
from shop.errors import Invalid, NotFound, Refused
from shop.users import audit
from shop.users.enrolment import reset_by_within
from shop.users.models import User
from shop.users.policy import may

EXPLANATION = "2026-11"  # the version of what is read or played to her; raise it with every change of those words
USUAL_DAYS = 365
OF_A_STORY = (Item.STORY, Item.PICTURE, Item.VOICE, Item.FACE)
NEEDS_PERSONA = (Item.CARD, Item.ALIAS)


@dataclass(frozen=True)
class Wish:
    """One thing that she agrees to: what, where, in which language, and of which story."""

    item: Item
    channel: Channel
    language: Language
    about: str = ""


def grant(
    artisan: Artisan,
    wishes: Iterable[Wish],
    *,
    told: Told,
    witness: User,
    at: datetime,
    by: User,
    days: int = USUAL_DAYS,
) -> list[Consent]:
    """Write down what she agrees to, for a year unless told otherwise.

    Refused unless she is an adult who works with us, and the witness is another person than `by`, no manager,
    and did not reset her PIN within the last week.
    """
    asked = list(wishes)
    if not asked:
        raise Invalid("consent.nothing")
    if not 1 <= days <= LONGEST_DAYS:
        raise Invalid("consent.days", most=LONGEST_DAYS)
    if artisan.left_at is not None or artisan.adult_confirmed_on > india_date(at):
        raise Refused("consent.not_now")
    _check_witness(artisan, witness, by, at=at)
    for wish in asked:
        _check_wish(artisan, wish)
    rows = [
        Consent(
            artisan_id=artisan.id,
            adult_confirmed_on=artisan.adult_confirmed_on,
            item=wish.item,
            channel=wish.channel,
            language=wish.language,
            about=wish.about,
            explanation=EXPLANATION,
            told=told,
            recorded_by=by.id,
            witness_id=witness.id,
            witness_role=witness.role,
            given_at=at,
            expires_at=at + timedelta(days=days),
        )
        for wish in asked
    ]
    db.session.add_all(rows)
    db.session.flush()
    for item in dict.fromkeys(wish.item for wish in asked):
        audit.record("consents.grant", f"artisan:{artisan.id}", by=by.actor, at=at, reason=item.value)
    audit.record("consents.witness", f"artisan:{artisan.id}", by=witness.actor, at=at)
    return rows


def withdraw(artisan: Artisan, *, item: Item | None = None, about: str | None = None, at: datetime, by: User) -> int:
    """End what stands: all of it, or one thing on every channel and in every language; return how many ended."""
    ending = [
        consent
        for consent in standing(artisan, at=at)
        if item in (None, consent.item) and about in (None, consent.about)
    ]
    if ending:
        rows = [{"consent_id": consent.id, "at": at, "by": by.actor} for consent in ending]
        once = upsert(ConsentWithdrawal).values(rows).on_conflict_do_nothing(index_elements=["consent_id"])
        db.session.execute(once)
        why = item.value if item else "everything"
        audit.record("consents.withdraw", f"artisan:{artisan.id}", by=by.actor, at=at, reason=why)
    return len(ending)


def standing(artisan: Artisan, *, at: datetime) -> list[Consent]:
    """Return the consents of an artisan that have neither ended nor expired, oldest first."""
    ended = exists(select(ConsentWithdrawal.consent_id).where(ConsentWithdrawal.consent_id == Consent.id))
    query = select(Consent).where(Consent.artisan_id == artisan.id, Consent.expires_at > at, ~ended)
    return list(db.session.scalars(query.order_by(Consent.id)))


def witnesses(by: User) -> list[User]:
    """Return who may witness beside a person: active staff who manage no centre."""
    query = select(User).where(User.role.in_(WITNESSES), User.disabled_at.is_(None), User.id != by.id)
    return list(db.session.scalars(query.order_by(User.name)))


def get_witness(user_id: int, by: User) -> User:
    """Return one who may witness; NotFound otherwise."""
    for user in witnesses(by):
        if user.id == user_id:
            return user
    raise NotFound("consent.witness_unknown")


def switch_faces(is_on: bool, *, at: datetime, by: User) -> None:
    """Let the house show faces to which their owners agree, or stop it; the safeguarding role alone does this."""
    if not may(by.role, "faces.enable"):
        raise Refused("consent.faces_who")
    row = upsert(HouseSwitch).values(name=publication.FACES, is_on=is_on, by=by.actor, at=at)
    changes = {"is_on": is_on, "by": by.actor, "at": at}
    db.session.execute(row.on_conflict_do_update(index_elements=["name"], set_=changes))
    audit.record("faces.enable" if is_on else "faces.disable", "house", by=by.actor, at=at)


def _check_witness(artisan: Artisan, witness: User, by: User, *, at: datetime) -> None:
    if witness.id == by.id:
        raise Refused("consent.two_people")
    if witness.role not in WITNESSES or not witness.is_active:
        raise Refused("consent.witness_manager")
    if witness.id in reset_by_within(artisan.user_id, at):
        raise Refused("consent.witness_reset")


def _check_wish(artisan: Artisan, wish: Wish) -> None:
    if wish.item in NEEDS_PERSONA and persona.find_of(artisan) is None:
        raise Invalid("consent.no_persona")
    if wish.item is Item.FACE and not publication.shows_faces():
        raise Refused("consent.faces_off")
    if (wish.item in OF_A_STORY) != bool(wish.about):
        raise Invalid("consent.which_story")
    if wish.about and wish.about not in _own_stories(artisan):
        raise NotFound("story.unknown")


def _own_stories(artisan: Artisan) -> Collection[str]:
    return {
        f"story:{story_id}" for story_id in db.session.scalars(select(Story.id).where(Story.artisan_id == artisan.id))
    }
