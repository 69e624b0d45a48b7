"""Passkeys: a key that never leaves her phone or computer signs what we ask. The only file that knows the library.

What is asked (the challenge) is kept by its hash for five minutes, for one person and one purpose,
and is used up by one conditional DELETE before the answer is looked at.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import webauthn
from sqlalchemy import BigInteger, ForeignKey, String, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from shop.db import BigId, Model, UTCDateTime, changed, db
from shop.errors import Invalid
from shop.users.models import User

ASKED_FOR = timedelta(minutes=5)
MOST = 10


class Asked(StrEnum):
    """What a passkey is asked for."""

    ADD = "add"
    PROVE = "prove"


class Passkey(Model):
    """The public half of a key, and under which name its owner knows it."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    public_key: Mapped[str] = mapped_column(String(1400))
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(60))
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class PasskeyChallenge(Model):
    """Something that one person's passkey was asked to sign, once."""

    __tablename__ = "passkey_challenge"

    challenge_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    asked: Mapped[str] = mapped_column(String(8))
    until: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


@dataclass(frozen=True)
class Site:
    """Where the shop is reached, as a browser sees it: its host and its whole origin."""

    host: str
    origin: str


def ask_to_add(user: User, site: Site, *, at: datetime) -> str:
    """Return what a browser needs to make a new passkey, as JSON."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name="Missing Bags",
        user_name=user.email or "",
        user_display_name=user.name,
        user_id=hashlib.sha256(f"passkey|{user.id}".encode()).digest(),
        challenge=_challenge(user.id, Asked.ADD, at),
        exclude_credentials=_descriptors(user.id),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=UserVerificationRequirement.PREFERRED
        ),
    )
    return options_to_json(options)


def ask_to_prove(user_id: int, site: Site, *, at: datetime) -> str:
    """Return what a browser needs to sign with one of a person's passkeys, as JSON."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=_challenge(user_id, Asked.PROVE, at),
        allow_credentials=_descriptors(user_id),
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return options_to_json(options)


def use_challenge(user_id: int, answer: str, asked: Asked, *, at: datetime) -> bytes:
    """Use up the challenge that an answer was made for and return it. Commit before you look at the answer."""
    try:
        challenge = base64url_to_bytes(_said(answer)["challenge"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Invalid("passkey.wrong") from None
    ours = delete(PasskeyChallenge).where(
        PasskeyChallenge.challenge_hash == hashlib.sha256(challenge).hexdigest(),
        PasskeyChallenge.user_id == user_id,
        PasskeyChallenge.asked == asked,
        PasskeyChallenge.until > at,
    )
    if changed(ours) != 1:
        raise Invalid("passkey.wrong")
    return challenge


def add(user_id: int, answer: str, challenge: bytes, site: Site, name: str, *, at: datetime) -> Passkey:
    """Keep a new passkey under a name; Invalid if the answer does not hold."""
    if count(user_id) >= MOST:
        raise Invalid("passkey.most")
    try:
        seen = webauthn.verify_registration_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=site.host, expected_origin=site.origin
        )
    except Exception:  # whatever the library stumbles over in what a browser sent is no passkey of hers
        raise Invalid("passkey.wrong") from None
    passkey = Passkey(
        user_id=user_id,
        credential_id=bytes_to_base64url(seen.credential_id),
        public_key=bytes_to_base64url(seen.credential_public_key),
        sign_count=seen.sign_count,
        name=name.strip()[:60] or "Passkey",
        added_at=at,
    )
    db.session.add(passkey)
    db.session.flush()
    return passkey


def prove(user_id: int, answer: str, challenge: bytes, site: Site, *, at: datetime) -> bool:
    """Say whether one of a person's passkeys signed the challenge; a counter that went back is a copied key."""
    found = select(Passkey).where(Passkey.user_id == user_id, Passkey.credential_id == _credential_id(answer))
    passkey = db.session.scalars(found).one_or_none()
    if passkey is None:
        return False
    try:
        seen = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
        )
    except Exception:  # as above
        return False
    new = seen.new_sign_count
    moves_on = Passkey.sign_count < new if new else Passkey.sign_count == 0  # some keys do not count at all
    hers = update(Passkey).where(Passkey.id == passkey.id, moves_on)
    return changed(hers.values(sign_count=new, used_at=at)) == 1


def of(user_id: int) -> list[Passkey]:
    """Return a person's passkeys, the oldest first."""
    return list(db.session.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)))


def count(user_id: int) -> int:
    """Return how many passkeys a person has."""
    return db.session.scalar(select(func.count()).where(Passkey.user_id == user_id)) or 0


def remove(user_id: int, passkey_id: int) -> bool:
    """Forget one of a person's passkeys; False if it is none of hers."""
    return changed(delete(Passkey).where(Passkey.user_id == user_id, Passkey.id == passkey_id)) == 1


def remove_all(user_id: int) -> None:
    """Forget all of a person's passkeys."""
    changed(delete(Passkey).where(Passkey.user_id == user_id))


def forget_asked(user_id: int) -> None:
    """Delete what a person who is being forgotten was asked to sign."""
    changed(delete(PasskeyChallenge).where(PasskeyChallenge.user_id == user_id))


def sweep(*, before: datetime, limit: int = 500) -> int:
    """Forget what was asked and never answered; return how much."""
    old = select(PasskeyChallenge.challenge_hash).where(PasskeyChallenge.until < before).limit(limit)
    return changed(delete(PasskeyChallenge).where(PasskeyChallenge.challenge_hash.in_(old)))


def _challenge(user_id: int, asked: Asked, at: datetime) -> bytes:
    challenge = secrets.token_bytes(32)
    kept = hashlib.sha256(challenge).hexdigest()
    db.session.add(PasskeyChallenge(challenge_hash=kept, user_id=user_id, asked=asked, until=at + ASKED_FOR))
    db.session.flush()
    return challenge


def _descriptors(user_id: int) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential_id)) for each in of(user_id)]


def _said(answer: str) -> dict[str, str]:
    """Return what the browser says of the answer: its type, challenge and origin."""
    whole = json.loads(answer)
    said = json.loads(base64url_to_bytes(whole["response"]["clientDataJSON"]))
    if not isinstance(said, dict):
        raise TypeError
    return said


def _credential_id(answer: str) -> str:
    found = json.loads(answer).get("id")
    return found if isinstance(found, str) else ""
