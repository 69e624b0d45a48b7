"""A pytest plugin that notes by how much our books and the gateways' own differ after every test."""

from collections.abc import Iterator

import pytest

from tests.faults.figures import note
from tests.world import World


@pytest.fixture(autouse=True)
def counted_difference(request: pytest.FixtureRequest) -> Iterator[None]:
    """Note the difference at the end of each test that has a world, unless it bends the books on purpose."""
    has_world = "world" in request.fixturenames
    world: World | None = request.getfixturevalue("world") if has_world else None
    yield
    if world is not None and not request.node.get_closest_marker("books_may_differ"):
        world.work()
        note("payments.net_difference", world.net_difference(), n=1, seed=0)
