"""The house's own shape, counted by the functions that the architecture's tests use."""

from collections.abc import Iterator

from bench.measured import Measured
from tests import test_architecture as house


def measure() -> Iterator[Measured]:
    """Yield the figures of structure."""
    modules = len(house.graph().modules)
    yield Measured("import_cycles", len(house.import_cycles()), modules)
    yield Measured("upward_imports", len(house.upward_imports()), sum(1 for _ in house.imports()))
    yield Measured(
        "untyped_public_functions", len(house.untyped_public_functions()), sum(1 for _ in house.public_functions())
    )
    yield Measured("type_ignores", len(house.told_to_look_away()), modules)
