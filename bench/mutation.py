"""How many mutants of the code that holds money some test notices.

`python -m bench.mutation shop/money.py` tries one file, without a name all of them; what came of each file stands in
full/mutation.json beside a hash of the file and of its tests, survivors by line. The score counts only while every
file still is what was tried. A mutant is a tree with one node of one file changed (mutants.py). In it run those of the
file's tests that reach the changed lines, on SQLite until the first fails, and if none does, on PostgreSQL too. A
mutant counts as found if a test fails or hangs, or if its module cannot be imported any more; a run that ends
otherwise says nothing and ends the whole trial.
"""

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from coverage import CoverageData

from bench.kept import code_hash
from bench.measured import ROOT, Measured
from bench.mutants import Mutant, mutants
from bench.reached import TOOK

KEPT = Path(__file__).with_name("full") / "mutation.json"
AT_ONCE, SLACK_S = 2, 60
COPIED = (
    "shop",
    "tests",
    "sandbox",
    "bench",
    "migrations",
    "pyproject.toml",
    "wsgi.py",
    "run.py",
    "babel.cfg",
    ".env.example",
)
BOOKS = tuple(
    f"tests/ledger/test_{name}.py"
    for name in (
        "posting", "model", "balances_meanwhile", "periods", "append_only", "verification", "one_moment", "daybook",
        "closing_model",
    )
)  # fmt: skip
SEALED = ("tests/faults/test_sealing.py", "tests/faults/test_bends.py")
FILES: dict[str, tuple[str, ...]] = {
    "shop/money.py": ("tests/test_money.py",),
    "shop/artisans/earnings.py": ("tests/production/test_checks.py", "tests/artisans", "tests/journeys/test_making.py"),
    **{
        f"shop/ledger/{name}.py": BOOKS
        for name in ("chart", "posting", "models", "dates", "periods", "period_verification", "statements")
    },
    "shop/ledger/balances.py": (*BOOKS, "tests/web/test_long_passbook.py", "tests/web/test_trial_balance.py"),
    "shop/ledger/daybook.py": (*BOOKS, "tests/test_commands.py"),
    "shop/ledger/flows.py": (*BOOKS, "tests/web/test_claims.py"),
    **{f"shop/ledger/{name}.py": (*BOOKS, *SEALED) for name in ("verification", "sealing", "heads")},
}
PYTEST = ("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "bench.reached")
SMALL = ("-k", "not postgresql")
PASSED, FAILED, NOTHING_CHOSEN = 0, 1, 5  # how pytest ends


@dataclass(frozen=True)
class Reach:
    """Which tests reach which lines of a file, and how long each takes."""

    by_line: dict[int, frozenset[str]]
    took: dict[str, float]

    def tests(self, mutant: Mutant) -> Sequence[str]:
        """Return the tests that reach a mutant's lines, the quickest first; all where a line runs as it is imported."""
        reached = frozenset().union(*(self.by_line.get(line, frozenset()) for line in mutant.lines))
        return sorted(reached or self.took, key=lambda test: self.took.get(test, 0.0))


def measure(names: Sequence[str]) -> None:
    """Try every mutant of some files and keep what came of each; their tests have to pass without any first."""
    with ExitStack() as stack:
        unchanged = stack.enter_context(_tree())
        trees: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for _ in range(AT_ONCE):
            trees.put(stack.enter_context(_tree()))
        for name in names:
            _measure(name, _reach(name, unchanged), trees)


def _measure(name: str, reach: Reach, trees: "queue.SimpleQueue[Path]") -> None:
    source = (ROOT / name).read_text()
    found = list(mutants(source))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        lived = list(pool.map(lambda mutant: _survives(name, mutant, source, reach, trees), found))
    said = {
        **_kept(),
        name: {
            "code": _code(name),
            "mutants": len(found),
            "lived": [f"{m.line}: {m.says}" for m, alive in zip(found, lived, strict=True) if alive],
        },
    }
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(said, indent=1, sort_keys=True) + "\n")
    print(f"{name}: {len(found) - sum(lived)} of {len(found)} killed", flush=True)


def score() -> Iterator[Measured]:
    """Yield how many of a hundred mutants were killed, if every file and its tests are what was tried."""
    kept = _kept()
    if any(name not in kept or kept[name]["code"] != _code(name) for name in FILES):
        return
    total = sum(kept[name]["mutants"] for name in FILES)
    lived = sum(len(kept[name]["lived"]) for name in FILES)
    yield Measured("mutation_score", round(100 * (total - lived) / total, 1), total)


@contextmanager
def _tree() -> Iterator[Path]:
    """Give a copy of everything that tests need, with the mutable parts for itself."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        left_out = shutil.ignore_patterns("__pycache__", "static", "full")
        for each in COPIED:
            if (ROOT / each).is_dir():
                shutil.copytree(ROOT / each, tree / each, ignore=left_out)
            else:
                shutil.copy(ROOT / each, tree / each)
        (tree / "shop" / "static").symlink_to(ROOT / "shop" / "static")
        yield tree


@cache
def _reached(tests: tuple[str, ...], tree: Path) -> tuple[CoverageData, dict[str, float]]:
    """Run tests unchanged, on both databases, and return which lines each reached and how long it took."""
    settings = tree / "coverage.ini"
    settings.write_text(f"[run]\nsource = {tree}/shop\ndata_file = {tree}/covered\n")
    if _python(tree, ["-m", "coverage", "run", f"--rcfile={settings}", *PYTEST, *tests], None) != PASSED:
        raise RuntimeError(f"the tests {' '.join(tests)} do not pass without any mutant")
    data = CoverageData(str(tree / "covered"))
    data.read()
    return data, json.loads((tree / TOOK).read_text())


def _reach(name: str, tree: Path) -> Reach:
    data, took = _reached(FILES[name], tree)
    contexts = data.contexts_by_lineno(str(tree / name))
    return Reach({line: frozenset(filter(None, each)) for line, each in contexts.items()}, took)


def _survives(name: str, mutant: Mutant, source: str, reach: Reach, trees: "queue.SimpleQueue[Path]") -> bool:
    """Say whether every test that reaches a mutant passes on it."""
    tree = trees.get()
    try:
        (tree / name).write_text(mutant.source)
        tests = reach.tests(mutant)
        longest = sum(reach.took.values()) + SLACK_S
        return _passes(name, mutant, tree, [*SMALL, *tests], longest) and _passes(name, mutant, tree, tests, longest)
    finally:
        (tree / name).write_text(source)
        trees.put(tree)


def _passes(name: str, mutant: Mutant, tree: Path, arguments: Sequence[str], longest: float) -> bool:
    ended = _python(tree, [*PYTEST, *arguments], longest)
    if ended in (PASSED, None, FAILED, NOTHING_CHOSEN):
        return ended in (PASSED, NOTHING_CHOSEN)
    module = name.removesuffix(".py").replace("/", ".")
    if _python(tree, ["-c", f"import wsgi, {module}"], SLACK_S) == PASSED:
        raise RuntimeError(f"{name}:{mutant.line} ({mutant.says}): its tests ended with {ended}, which says nothing")
    return False


def _python(tree: Path, arguments: Sequence[str], seconds: float | None) -> int | None:
    """Run Python in a tree and return how it ended; None if it hung."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    if SMALL[-1] in arguments:
        environment["TEST_DATABASE_URL"] = "postgresql://none/none"  # so that none is started
    try:
        run = subprocess.run(
            [sys.executable, *arguments], cwd=tree, env=environment, capture_output=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return None
    return run.returncode


def _code(name: str) -> str:
    return code_hash([name, *FILES[name]])


def _kept() -> dict[str, dict[str, Any]]:
    kept: dict[str, dict[str, Any]] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    return kept


if __name__ == "__main__":
    measure(sys.argv[1:] or list(FILES))
