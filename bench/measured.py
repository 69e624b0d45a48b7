"""One measured value, and the notes that tests leave for us."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Measured:
    """A figure's value, how many tries are behind it, the seed of their choices, and the step that measured it."""

    name: str
    value: float
    n: int = 1
    seed: int = 0
    step: str = ""
    is_worst: bool = False

    def plus(self, other: "Measured | None") -> "Measured":
        """Return what several steps found together: the sum, or the largest of a figure that tells the worst."""
        if other is None:
            return self
        both = (self.value, other.value)
        return replace(self, value=max(both) if self.is_worst else sum(both), n=self.n + other.n)

    @property
    def text(self) -> str:
        """Return the value as it is printed: whole numbers whole."""
        return f"{self.value:.0f}" if self.value == int(self.value) else f"{round(self.value, 4):g}"


def in_steps(steps: Sequence[tuple[str, Callable[[], Iterator[Measured]]]]) -> Iterator[Measured]:
    """Yield what each step measures; one that breaks leaves its figures missing.

    FIGURES_STEPS="structure,statements" runs those alone, for working on one of them; "kills" every "kills:…" as well.
    """
    only = os.environ.get("FIGURES_STEPS")
    for name, step in steps:
        if only and not {name, name.partition(":")[0]} & set(only.split(",")):
            continue
        try:
            yield from (replace(each, step=name) for each in step())
        except Exception as error:
            print(f"{name} could not be measured: {type(error).__name__}: {error}", file=sys.stderr)


def gathered(
    arguments: list[str], names: Mapping[str, Callable[[list[int]], int]], *, area: str = "spine", **more: str
) -> Iterator[Measured]:
    """Run pytest and yield the figures that its tests noted, each gathered by the function given for it.

    If a test failed, nothing is yielded but the sums that say what went wrong: any other figure out of a broken run
    would be worth nothing.
    """
    with tempfile.TemporaryDirectory(prefix="figures-") as folder:
        notes = Path(folder) / "notes.jsonl"
        environment = {**os.environ, "SHOP_FIGURES": str(notes), **more}
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )
        lines = [json.loads(line) for line in notes.read_text().splitlines()] if notes.exists() else []
    if run.returncode != 0:
        print(run.stdout[-6000:], file=sys.stderr)
    for name, gather in names.items():
        found = [line for line in lines if line["name"] == f"{area}.{name}"]
        value = gather([line["value"] for line in found]) if found else 0
        if found and (run.returncode == 0 or (gather is sum and value > 0)):
            tries = sum(line["n"] for line in found)
            yield Measured(name, value, tries, found[0]["seed"], is_worst=gather is max)
