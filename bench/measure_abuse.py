"""How many of the named requirements of OWASP ASVS 5.0 the shop does not hold, and how often it broke.

pytest runs this file for `make figures`. The table is that of `tests/access/test_abuse.py`; every answer of its
checks and of the fuzzing after them is counted.
"""

import pytest

from tests.access.abuse import REQUIREMENTS, Requirement, failing
from tests.access.fuzz import fuzz
from tests.conftest import both_databases
from tests.faults.figures import note
from tests.world import World


@pytest.mark.books_may_differ
@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.id)
def test_requirement(world: World, requirement: Requirement) -> None:
    found, answers, broken = failing(world, requirement)
    print(*found, *broken, sep="\n")
    note("access.abuse_unexpected", min(1, len(found)), n=1, seed=0)
    note("access.5xx", len(broken), n=answers, seed=0)


@both_databases
@pytest.mark.books_may_differ
def test_fuzz(world: World) -> None:
    asked, broken = fuzz(world, seed=2011)
    print(*broken, sep="\n")
    note("access.5xx", len(broken), n=asked, seed=2011)
