"""Results of `SCALE=full`, which takes hours: kept in a file beside the commit and a hash of the code they measured.

Each step is kept by itself (FIGURES_STEPS chooses some), so that the hours need not be spent in one go. The default run
reads them and prints each again; once the measured code has changed, what they say is short.
"""

import hashlib
import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.measured import ROOT, Measured

FOLDER = Path(__file__).with_name("full")


@dataclass(frozen=True)
class Kept:
    """What one step of a full run found, when, and of which code."""

    on: str
    commit: str
    code: str
    figures: tuple[Measured, ...]


def code_hash(paths: Sequence[str], root: Path = ROOT) -> str:
    """Return the hash over the Python files at some paths, their names included."""
    found = hashlib.sha256()
    for file in sorted({file for path in paths for file in _files(root / path)}):
        found.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes() + b"\0")
    return found.hexdigest()


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else list(path.rglob("*.py"))


def keep(area: str, figures: Sequence[Measured], code: str, *, folder: Path = FOLDER) -> None:
    """Write down what steps of a full run have measured; what other steps found before stays beside it."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    today, said = datetime.now(UTC).date().isoformat(), commit.stdout.strip() or "unknown"
    steps = find(area, folder=folder)
    for step in {each.step for each in figures}:
        steps[step] = Kept(today, said, code, tuple(each for each in figures if each.step == step))
    folder.mkdir(exist_ok=True)
    told = {step: asdict(kept) for step, kept in sorted(steps.items())}
    (folder / f"{area}.json").write_text(json.dumps(told, indent=1) + "\n")


def find(area: str, *, folder: Path = FOLDER) -> dict[str, Kept]:
    """Return step -> what it found last; empty if none ever ran in full."""
    file = folder / f"{area}.json"
    said = json.loads(file.read_text()) if file.exists() else {}
    return {
        step: Kept(**{**each, "figures": tuple(Measured(**figure) for figure in each["figures"])})
        for step, each in said.items()
    }
