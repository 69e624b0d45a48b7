"""Random tokens: what a cookie or a mailed link carries. Only a hash of one is ever kept.

A token is 256 random bits, so its SHA-256 needs no salt and no key: whoever reads the database can
neither go back to it nor try them all. What people choose (a password, a PIN) or what can be guessed
(an address, a name) is no token: signin.py and peppers.py keep those.
"""

import hashlib
import secrets


def make() -> str:
    """Return a new token, fit for an address and a cookie."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """Return what is kept of a token: its SHA-256, 64 characters."""
    return hashlib.sha256(token.encode()).hexdigest()
