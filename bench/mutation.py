"""Mutants of the code that holds money: each is one small change, and some test has to fail for it.

`python -m bench.mutation shop/money.py` tries one file, without a name all of them, hours long; what came of each file
stands in full/mutation.json beside a hash of the file and of its tests, survivors by line. The score counts only while
every file still is what was tried. A mutant is a copy of the tree with one node of one file changed, in which the tests
that FILES names run on SQLite until the first fails; one that hangs is ended, and counts as found.
"""

import ast
import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.kept import code_hash
from bench.measured import ROOT, Measured

KEPT = Path(__file__).with_name("full") / "mutation.json"
AT_ONCE, LONGEST_S = 2, 240
MONEY, BOOKS = ("tests/test_money.py",), ("tests/test_money.py", "tests/ledger")
HERS = ("tests/production/test_checks.py", "tests/artisans", "tests/ledger/test_verification.py")
FILES: dict[str, tuple[str, ...]] = {
    "shop/money.py": MONEY,
    "shop/artisans/earnings.py": HERS,
    **{
        f"shop/ledger/{name}.py": BOOKS for name in ("chart", "posting", "balances", "daybook", "flows", "verification")
    },
    **{f"shop/ledger/{name}.py": (*BOOKS, "tests/faults/test_sealing.py") for name in ("sealing", "heads")},
}
SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Add: ast.Sub, ast.Sub: ast.Add,
    ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change: where it is, what it says, and the whole file with it."""

    line: int
    says: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a file; docstrings, annotations and imports are left as they are."""
    tree = ast.parse(source)
    for number, node in enumerate(ast.walk(tree)):
        for says, change in _changes(node):
            other = copy.deepcopy(tree)
            change(next(each for at, each in enumerate(ast.walk(other)) if at == number))
            changed = ast.unparse(ast.fix_missing_locations(other))
            if changed != ast.unparse(tree):
                yield Mutant(getattr(node, "lineno", 0), says, changed)


def _changes(node: ast.AST) -> Iterator[tuple[str, "Change"]]:
    """Yield what can be changed of a node: what it says, and the act that does it to a copy."""
    if isinstance(node, ast.Compare):
        for place, op in enumerate(node.ops):
            to = SWAPPED.get(type(op))
            if to is not None:
                yield f"{type(op).__name__} becomes {to.__name__}", Change("ops", to(), place)
    elif isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in SWAPPED:
        to = SWAPPED[type(node.op)]
        yield f"{type(node.op).__name__} becomes {to.__name__}", Change("op", to())
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value} becomes {not node.value}", Change("value", not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield f"{node.value} becomes {node.value + 1}", Change("value", node.value + 1)
    elif isinstance(node, ast.IfExp | ast.If):
        yield "the condition is turned round", Change("test", ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.Return) and node.value is not None:
        yield "nothing is returned", Change("value", ast.Constant(None))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom):
        nothing = ast.Tuple([], ast.Load())
        yield "a call is left out", Change("value", ast.YieldFrom(nothing) if _yields(node) else nothing)


def _yields(node: ast.Expr) -> bool:
    """Whether a generator has to stay one."""
    return isinstance(node.value, ast.Yield | ast.YieldFrom)


@dataclass(frozen=True)
class Change:
    """Writes one field of a node, or one place of a field that is a list."""

    field: str
    to: object
    place: int | None = None

    def __call__(self, node: ast.AST) -> None:
        """Do it."""
        if self.place is None:
            setattr(node, self.field, self.to)
        else:
            getattr(node, self.field)[self.place] = self.to


def survives(name: str, mutant: Mutant) -> bool:
    """Say whether all tests of a file pass on a mutant of it."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        for each in ("shop", "tests", "sandbox", "bench", "migrations"):
            shutil.copytree(ROOT / each, tree / each, ignore=shutil.ignore_patterns("__pycache__", "static", "full"))
        (tree / "shop" / "static").symlink_to(ROOT / "shop" / "static")
        for each in ("pyproject.toml", "wsgi.py", "babel.cfg", ".env.example"):
            shutil.copy(ROOT / each, tree / each)
        (tree / name).write_text(mutant.source)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            "-k",
            "not postgresql",
            *FILES[name],
        ]
        alone = {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "TEST_DATABASE_URL": "postgresql://none/none"}
        environment = {**os.environ, **alone}
        try:
            run = subprocess.run(command, cwd=tree, env=environment, capture_output=True, timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            return False
        return run.returncode == 0


def measure(name: str) -> None:
    """Try every mutant of a file and keep what came of it; an unchanged copy has to pass first."""
    source = (ROOT / name).read_text()
    if not survives(name, Mutant(0, "nothing", source)):
        raise RuntimeError(f"the tests of {name} fail without any mutant")
    found = list(mutants(source))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        lived = [it for it, alive in zip(found, pool.map(lambda it: survives(name, it), found), strict=True) if alive]
    said = {
        **_kept(),
        name: {"code": _code(name), "mutants": len(found), "lived": [f"{m.line}: {m.says}" for m in lived]},
    }
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(said, indent=1, sort_keys=True) + "\n")
    print(f"{name}: {len(found) - len(lived)} of {len(found)} killed", flush=True)


def score() -> Iterator[Measured]:
    """Yield how many of a hundred mutants were killed, if every file and its tests are what was tried."""
    kept = _kept()
    if any(name not in kept or kept[name]["code"] != _code(name) for name in FILES):
        return
    total = sum(kept[name]["mutants"] for name in FILES)
    lived = sum(len(kept[name]["lived"]) for name in FILES)
    yield Measured("mutation_score", round(100 * (total - lived) / total, 1), total)


def _code(name: str) -> str:
    return code_hash([name, *FILES[name]])


def _kept() -> dict[str, dict[str, Any]]:
    kept: dict[str, dict[str, Any]] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    return kept


if __name__ == "__main__":
    for each in sys.argv[1:] or FILES:
        measure(each)
