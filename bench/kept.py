"""Results of `SCALE=full`, which takes hours: kept in a file beside the commit and a hash of the code they measured.

The default run reads them and prints each again; once the measured code has changed, what they say is short.
"""

import hashlib
import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from bench.measured import ROOT, Measured

FOLDER = Path(__file__).with_name("full")


@dataclass(frozen=True)
class Kept:
    """One full run of an area."""

    on: date
    commit: str
    code: str
    figures: dict[str, Measured]


def code_hash(paths: Sequence[str], root: Path = ROOT) -> str:
    """Return the hash over the Python files at some paths, their names included."""
    found = hashlib.sha256()
    for file in sorted({file for path in paths for file in _files(root / path)}):
        found.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes() + b"\0")
    return found.hexdigest()


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else list(path.rglob("*.py"))


def keep(area: str, figures: Sequence[Measured], code: str, *, folder: Path = FOLDER) -> None:
    """Write down what a full run has measured."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    said = {
        "on": datetime.now(UTC).date().isoformat(),
        "commit": commit.stdout.strip() or "unknown",
        "code": code,
        "figures": [asdict(each) for each in figures],
    }
    folder.mkdir(exist_ok=True)
    (folder / f"{area}.json").write_text(json.dumps(said, indent=1) + "\n")


def find(area: str, *, folder: Path = FOLDER) -> Kept | None:
    """Return the last full run of an area, or None."""
    file = folder / f"{area}.json"
    if not file.exists():
        return None
    said = json.loads(file.read_text())
    figures = {each["name"]: Measured(**each) for each in said["figures"]}
    return Kept(date.fromisoformat(said["on"]), said["commit"], said["code"], figures)
