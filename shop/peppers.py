"""Peppers, and keys derived from the settings. None of them is stored, so a copy of the database alone opens nothing.

`PIN_PEPPER` hardens what stays in the database for years: PINs, the seeds of second factors,
recovery codes. It may hold several, the newest first: what was made under an older one is read and
made anew under the newest. `SECRET_KEY` keys what lives for minutes or days.
"""

import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

NONCE = 12


@dataclass(frozen=True)
class Pepper:
    """One pepper and the mark by which a row says that it was made under it."""

    secret: str

    @property
    def mark(self) -> str:
        """Return eight characters that tell peppers apart and tell nothing of them."""
        return derived(self.secret, "mark").hex()[:8]

    def mac(self, purpose: str, text: str) -> str:
        """Return what stands for a text under this pepper."""
        return hmac.new(derived(self.secret, purpose), text.encode(), "sha256").hexdigest()


def known() -> list[Pepper]:
    """Return the peppers that are known, the newest first; there is always one."""
    return [Pepper(part.strip()) for part in str(current_app.config["PIN_PEPPER"]).split(",") if part.strip()]


def newest() -> Pepper:
    """Return the pepper under which everything new is kept."""
    return known()[0]


def find(mark: str) -> Pepper | None:
    """Return the pepper of a mark, or None if it is no longer known."""
    return next((each for each in known() if hmac.compare_digest(each.mark, mark)), None)


def keyed(purpose: str, text: str) -> str:
    """Return what stands for a text that must not be stored: the same for the same, and nothing to go back by."""
    key = derived(str(current_app.config["SECRET_KEY"]), purpose)
    return hmac.new(key, text.encode(), "sha256").hexdigest()


def seal(text: str, about: str) -> str:
    """Encrypt a short text; `about` says whose it is, and it opens for nobody else's."""
    pepper, nonce = newest(), os.urandom(NONCE)
    closed = AESGCM(derived(pepper.secret, "seal")).encrypt(nonce, text.encode(), about.encode())
    return f"{pepper.mark}.{urlsafe_b64encode(nonce + closed).decode()}"


def unseal(sealed: str, about: str) -> str | None:
    """Return the text of `seal`, or None if its pepper is no longer known or it was bent."""
    mark, _dot, body = sealed.partition(".")
    pepper = find(mark)
    if pepper is None:
        return None
    raw = urlsafe_b64decode(body)
    try:
        return AESGCM(derived(pepper.secret, "seal")).decrypt(raw[:NONCE], raw[NONCE:], about.encode()).decode()
    except InvalidTag:
        return None


def is_newest(sealed: str) -> bool:
    """Say whether a text was sealed under the newest pepper."""
    return sealed.partition(".")[0] == newest().mark


def derived(secret: str, purpose: str) -> bytes:
    """Return a key of 32 bytes for one purpose."""
    return HKDF(SHA256(), 32, salt=None, info=f"missing-bags/{purpose}".encode()).derive(secret.encode())
