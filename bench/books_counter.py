"""A pytest plugin that notes what the check of the books after every journey found."""

import pytest

from tests.faults.figures import note
from tests.world import World


@pytest.fixture(autouse=True)
def counted_books(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Note the breaks of every look at the books, unless the test bends them on purpose."""
    if request.node.get_closest_marker("books_may_differ"):
        return
    look = World.books_breaks

    def books_breaks(world: World) -> list[str]:
        broken = look(world)
        note("spine.books_breaks", len(broken), n=1, seed=0)
        return broken

    monkeypatch.setattr(World, "books_breaks", books_breaks)
