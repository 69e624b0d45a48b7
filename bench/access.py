"""Everything that issue 3 wants measured: one function a step, each yielding its figures."""

import os
import sys
from collections.abc import Callable, Iterator

from bench.measured import Measured, gathered

Step = Callable[[], Iterator[Measured]]


def measure(scale: str) -> Iterator[Measured]:
    """Yield every figure of access; one step that breaks leaves its figures missing."""
    steps: tuple[tuple[str, Step], ...] = (("matrix", matrix),)
    only = os.environ.get("FIGURES_STEPS")  # for working on one of them: FIGURES_STEPS="matrix"
    for name, step in steps:
        if only and name not in only.split(","):
            continue
        try:
            yield from step()
        except Exception as error:
            print(f"{name} could not be measured: {type(error).__name__}: {error}", file=sys.stderr)


def matrix() -> Iterator[Measured]:
    """Yield how many cells of role, route and whose answer otherwise than the table, and routes without a policy."""
    names = dict.fromkeys(("matrix_unexpected", "routes_without_policy"), sum)
    return gathered(["tests/test_access_matrix.py"], names, area="access")
