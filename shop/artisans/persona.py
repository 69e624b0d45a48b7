"""Personas: the name and emblem under which an artisan may be seen outside, chosen by her."""

import secrets
from datetime import datetime

from sqlalchemy import select

from shop.artisans.consent_models import Persona
from shop.artisans.models import Artisan
from shop.artisans.people import EMBLEMS
from shop.artisans.wordlist import looks_like_a_real_name, warnings
from shop.db import db
from shop.errors import Invalid
from shop.users import audit
from shop.users.models import User

REGION = "Sundarbans, West Bengal"  # nothing finer is ever public
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
LONGEST = 40
DYES = ("cotton", "indigo", "madder", "turmeric", "leaf", "sky")  # of the patch that her emblem is stitched on


def find_of(artisan: Artisan) -> Persona | None:
    """Return the persona of an artisan, or None if she has chosen none."""
    return db.session.scalars(select(Persona).where(Persona.artisan_id == artisan.id)).one_or_none()


def choose(
    artisan: Artisan,
    names: dict[str, str],
    emblem: str,
    *,
    dye: str = "cotton",
    not_her_own: bool,
    at: datetime,
    by: User,
) -> Persona:
    """Keep the name and emblem she chose, and the dye of its patch; English first and other scripts if she likes.

    Her work name is refused, since it leads inside; a name that looks like one on papers is taken only when
    someone says that it is not hers.
    """
    clean = {language: " ".join(names.get(language, "").split())[:LONGEST] for language in ("en", "bn", "hi")}
    given = [name for name in clean.values() if name]
    if not clean["en"]:
        raise Invalid("persona.name")
    if emblem not in EMBLEMS or dye not in DYES:
        raise Invalid("artisan.emblem")
    if any(_same(name, artisan.work_name) for name in given):
        raise Invalid("persona.work_name")
    if any(found.harsh for name in given for found in warnings(name)):
        raise Invalid("persona.word")
    if any(looks_like_a_real_name(name) for name in given) and not not_her_own:
        raise Invalid("persona.real_name")
    persona = find_of(artisan)
    if persona is None:
        persona = Persona(artisan_id=artisan.id, adult_confirmed_on=artisan.adult_confirmed_on, public_id=_new_id())
        db.session.add(persona)
    persona.public_name, persona.name_bn, persona.name_hi = clean["en"], clean["bn"], clean["hi"]
    persona.emblem, persona.dye, persona.chosen_at, persona.chosen_with = emblem, dye, at, by.actor
    db.session.flush()
    audit.record("persona.choose", f"artisan:{artisan.id}", by=by.actor, at=at)
    return persona


def _same(name: str, other: str) -> bool:
    """Say whether two names would be read as one: without regard to case, spaces and hyphens."""
    return _bare(name) == _bare(other)


def _bare(name: str) -> str:
    return "".join(c for c in name.casefold() if not c.isspace() and c not in "-.'’")


def _new_id() -> str:
    """Return a random id that leads nowhere: no card number, no row of ours, nothing to count on."""
    return "".join(secrets.choice(_LETTERS) for _ in range(16))
