"""How many private values are seen where they must not be, and how many leaks made on purpose the rig misses.

pytest runs this file for `make figures`. The world, the hand-written list and the crawl are those of
`tests/access/`; a leak counts once for each column, role and route.
"""

import pytest

from tests.access import canary, private
from tests.access.test_canary import SEEDS, find_in_dump, missed
from tests.faults.figures import note
from tests.world import World


@pytest.mark.books_may_differ
def test_leaks(world: World) -> None:
    crawl = canary.go_round(world)
    in_dump = find_in_dump(world, crawl)
    print(*sorted(crawl.leaks), *in_dump, sep="\n")
    note("access.canary_leaks", len(crawl.leaks) + len(in_dump), n=crawl.requests, seed=canary.SEED)

    assert private.PRIVATE.keys() - crawl.planted.columns() == set(), "what stands empty shows nothing"
    assert crawl.broken == []


@pytest.mark.books_may_differ
def test_mutants(world: World) -> None:
    found = missed(canary.set_up(world))
    print(*found, sep="\n")
    note("access.canary_mutants_missed", len(found), n=len(SEEDS), seed=0)
