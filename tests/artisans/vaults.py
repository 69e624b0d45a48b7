"""People for the vault's tests, all invented, and how to look at what lies in it."""

import base64
from datetime import UTC, datetime

from sqlalchemy import text

from shop.artisans.vault import keys
from shop.artisans.vault.keys import Keyring
from shop.config import DEFAULT_VAULT_KEY
from shop.db import db

AT = datetime(2026, 11, 20, 6, tzinfo=UTC)
OLD, NEW, OTHER = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2, 3))
DEFAULT = keys.read(DEFAULT_VAULT_KEY)

RINA = {
    "legal_name": "Invented One",
    "phone": "+919830011111",
    "address": "1 Invented Lane\nExampleganj",
    "birth_date": "1990-02-28",
    "account_holder": "Invented One",
    "account_number": "000123456789",
    "ifsc": "INVT0000001",
    "upi": "invented.one@invented",
}
MALA = {**RINA, "legal_name": "Invented Two", "phone": "+919830022222", "account_number": "000987654321"}


def ring(*texts: str) -> Keyring:
    """Return the keys of a VAULT_KEY."""
    return keys.read(",".join(texts))


def lie(column: str, artisan_id: int = 1) -> object:
    """Return what lies in a column of the vault, as it lies there."""
    with db.engines["identity"].connect() as connection:
        query = text(f"SELECT {column} FROM identity WHERE artisan_id = :id")
        found = connection.execute(query, {"id": artisan_id}).scalar_one()
    return bytes(found) if isinstance(found, memoryview) else found


def meddle(sql: str, **values: object) -> None:
    """Change the vault behind the shop's back, as someone with the file would."""
    with db.engines["identity"].connect().execution_options(writing=True) as connection:
        connection.execute(text(sql), values)
        connection.commit()
