"""Where files live: a folder on this machine or an S3-compatible store, behind one address."""

from functools import cache
from pathlib import Path
from urllib.parse import urlparse

import obstore
from obstore.store import LocalStore, ObjectStore, from_url


@cache
def _store(address: str) -> ObjectStore:
    parts = urlparse(address)
    if parts.scheme == "file":
        folder = Path(parts.path)
        folder.mkdir(parents=True, exist_ok=True)
        return LocalStore(str(folder))
    return from_url(address)


def put(address: str, name: str, content: bytes) -> None:
    """Store a file under a name, whole or not at all; the same name is written over."""
    obstore.put(_store(address), name, content)


def find(address: str, name: str) -> bytes | None:
    """Return a file's bytes, or None if there is none of that name."""
    try:
        return bytes(obstore.get(_store(address), name).bytes())
    except (FileNotFoundError, obstore.exceptions.NotFoundError, ValueError):
        return None


def holds(address: str, name: str) -> bool:
    """Say whether there is a file of a name, without reading it."""
    try:
        obstore.head(_store(address), name)
    except (FileNotFoundError, obstore.exceptions.NotFoundError, ValueError):
        return False
    return True


def copy(address: str, name: str, other: str) -> None:
    """Store a file's bytes under another name too; FileNotFoundError if there is none."""
    obstore.copy(_store(address), name, other)
