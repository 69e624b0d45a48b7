"""The vault's keys. `VAULT_KEY` holds 32 random bytes in base64; during a rotation the new one first,
then the old one after a comma. From each, one key that wraps and one that indexes are derived.

No error raised here carries a key or a value, nor the error beneath it, which might.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shop.errors import Unavailable

KEY_BYTES = 32
NONCE_BYTES = 12


class BadVaultKey(ValueError):
    """VAULT_KEY is not 32 bytes in base64, or is missing; the text says which and shows no key."""


class Tampered(RuntimeError):
    """A sealed value does not belong where it lies, or was changed. Carries no value."""


def seal(key: bytes, value: bytes, place: str) -> bytes:
    """Return a value sealed with AES-256-GCM, bound to the place where it will lie."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, value, place.encode())


def unseal(key: bytes, sealed: bytes, place: str) -> bytes:
    """Return what was sealed for this place with this key; Tampered for anything else."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError):
        raise Tampered(place) from None


@dataclass(frozen=True)
class Key:
    """One `VAULT_KEY`: what wraps the keys of persons, what indexes phones, and the name rows know it by."""

    id: str
    wrapping: bytes = field(repr=False)
    indexing: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: bytes) -> "Key":
        """Derive everything from 32 random bytes."""
        return cls(_derive(secret, "key id")[:8].hex(), _derive(secret, "wrapping"), _derive(secret, "phone index"))

    def index(self, phone: str) -> str:
        """Return the blind index of a phone number as it is normally written."""
        return hmac.new(self.indexing, f"identity|phone|{phone}".encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Keyring:
    """Every key that may open: the first also closes."""

    keys: tuple[Key, ...]

    @property
    def current(self) -> Key:
        """Return the key that wraps from now on."""
        return self.keys[0]

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the names of all keys that may open."""
        return tuple(key.id for key in self.keys)

    def get(self, key_id: str) -> Key:
        """Return a key by its name; Unavailable if it is not among VAULT_KEY."""
        for key in self.keys:
            if key.id == key_id:
                return key
        raise Unavailable("vault.unavailable")

    def indexes(self, phone: str) -> tuple[str, ...]:
        """Return a phone's blind index under every key that rows may still be indexed by."""
        return tuple(key.index(phone) for key in self.keys)


def read(text: str) -> Keyring:
    """Return the keys of a `VAULT_KEY`, the current one first; BadVaultKey says what is wrong with it."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise BadVaultKey("VAULT_KEY is missing")
    keys = tuple(Key.of(secret) for secret in _secrets(parts))
    if len({key.id for key in keys}) < len(keys):
        raise BadVaultKey("VAULT_KEY names the same key twice")
    return Keyring(keys)


def _secrets(parts: Iterable[str]) -> Iterable[bytes]:
    for position, part in enumerate(parts, 1):
        try:
            secret = base64.b64decode(part, validate=True)
        except (binascii.Error, ValueError):
            raise BadVaultKey(f"VAULT_KEY, key {position}, is not base64") from None
        if len(secret) != KEY_BYTES:
            raise BadVaultKey(f"VAULT_KEY, key {position}, is not {KEY_BYTES} bytes")
        yield secret


def _derive(secret: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"missing-bags vault 1: {purpose}".encode()).derive(secret)
