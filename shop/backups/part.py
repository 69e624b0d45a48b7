"""One part of a backup: a folder with one database's copy and `backup.json`, which says what it is.

`backup.json` is written last, so a copy that was broken off is none. It also carries every tombstone
known when the copy was made: numbers and moments, nothing of a person.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

PARTS: Mapping[str, str | None] = {"vault": "identity", "shop": None}  # name -> bind; in the order they are copied
ABOUT = "backup.json"


class BackupRefused(RuntimeError):
    """A backup or a restore was not begun, or not ended; the text says why and what to do."""


@dataclass(frozen=True)
class Part:
    """What `backup.json` says of one database's copy."""

    what: str
    dialect: str
    revision: str
    taken_at: str
    file: str
    sha256: str
    head: str
    tombstones: Mapping[int, datetime]


def checksum(file: Path) -> str:
    """Return the SHA-256 of a file."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def write(folder: Path, part: Part) -> None:
    """Write what a copy is, which makes it one."""
    stones = {str(number): moment.isoformat() for number, moment in sorted(part.tombstones.items())}
    about = folder / ABOUT
    unfinished = folder / f"{ABOUT}.unfinished"
    unfinished.write_text(json.dumps({**part.__dict__, "tombstones": stones}, indent=1) + "\n")
    unfinished.chmod(0o600)
    unfinished.rename(about)


def read(folder: Path) -> Part:
    """Return what a copy is, after its file was found whole; BackupRefused otherwise."""
    about = folder / ABOUT
    if not about.is_file():
        raise BackupRefused(f"{folder} holds no finished backup.")
    part = _part(json.loads(about.read_text()))
    file = folder / part.file
    if not file.is_file() or checksum(file) != part.sha256:
        raise BackupRefused(f"{file} is not what was backed up: its checksum differs.")
    return part


def tombstones_near(folder: Path) -> dict[int, datetime]:
    """Return the tombstones of a backup and of every other one beside it, newer ones included."""
    found: dict[int, datetime] = {}
    for about in sorted(folder.resolve().parent.glob(f"*/*/{ABOUT}")):
        try:
            merge(found, _part(json.loads(about.read_text())).tombstones)
        except (ValueError, KeyError, TypeError, OSError):
            continue  # some other program's file
    return found


def merge(into: dict[int, datetime], more: Mapping[int, datetime]) -> None:
    """Add tombstones; of two for one number the later one stays."""
    for number, moment in more.items():
        into[number] = max(moment, into.get(number, moment))


def _part(said: dict[str, Any]) -> Part:
    stones = {int(number): datetime.fromisoformat(moment) for number, moment in said["tombstones"].items()}
    return Part(**{**said, "tombstones": stones})
