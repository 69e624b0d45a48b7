"""How many private values are seen where they must not be, and how many leaks made on purpose the rig misses.

pytest runs this file for `make figures`. The world, the hand-written list and the crawl are those of
`tests/access/`; a leak counts once for each column, role and route.
"""

import pytest

from tests.access import canary, mutants, private
from tests.access.crawl import Crawl
from tests.access.test_canary import SEEDS, find_in_dump, listening
from tests.faults.figures import note
from tests.world import World

__all__ = ["listening"]


@pytest.mark.books_may_differ
def test_leaks(world: World) -> None:
    crawl = canary.go_round(world)
    in_dump = find_in_dump(world, crawl)
    print(*sorted(crawl.leaks), *in_dump, sep="\n")
    note("access.canary_leaks", len(crawl.leaks) + len(in_dump), n=crawl.requests, seed=canary.SEED)

    assert private.PRIVATE.keys() - crawl.planted.columns() == set(), "what stands empty shows nothing"
    assert crawl.broken == []


@pytest.mark.books_may_differ
def test_mutants(listening: Crawl) -> None:
    for seed in SEEDS:
        mutant = mutants.choose(listening, seed)
        reported = mutants.is_reported(listening, mutant)
        if not reported:
            print(f"missed with seed {seed}: {mutant}")
        note("access.canary_mutants_missed", int(not reported), n=1, seed=0)
