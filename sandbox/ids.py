"""Identifiers in the gateways' own style."""

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """A fresh random id such as `pi_3Nk...`; prefix comes without the underscore."""
    return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(length))}"
