"""A unique string stands in every private column; whoever looks anywhere sees only what the hand-written list says."""

import pytest

from tests.access import canary, private
from tests.world import World


def test_every_column_is_private_or_says_why_not(world: World) -> None:
    with world.reading():
        found = private.columns()

    assert found - private.PRIVATE.keys() - private.OPEN.keys() == set()
    assert (private.PRIVATE.keys() | private.OPEN.keys()) - found == set()
    assert private.PRIVATE.keys() & private.OPEN.keys() == set()


@pytest.mark.books_may_differ
def test_nobody_sees_what_is_not_hers(world: World) -> None:
    crawl = canary.go_round(world)
    print(crawl.requests)
    for b in sorted(set(crawl.broken)): print("BROKEN", b)
    agg = {}
    for s in sorted(crawl.leaks):
        agg.setdefault((s.column, s.role), []).append(f"{s.route}({s.how[:40]})")
    for k, v in agg.items(): print(k, v[:8], len(v))
    print("missing", private.PRIVATE.keys() - crawl.planted.columns())
    assert not crawl.leaks
