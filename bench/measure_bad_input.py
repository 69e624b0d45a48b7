"""How many bad inputs get another answer than they should; pytest runs this file for `make figures`.

The table is that of `tests/bad_input/cases.py`: forged and replayed webhooks, guessed PINs, odd quantities, pictures
that are none, and every other line of "Must hold".
"""

import pytest

from tests.bad_input.cases import CASES, Case
from tests.bad_input.running import unexpected
from tests.conftest import both_databases
from tests.faults.figures import note
from tests.world import World


@both_databases
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(world: World, case: Case) -> None:
    found = unexpected(world, case)
    print(*found, sep="\n")
    note("spine.unexpected_answers", min(1, len(found)), n=1, seed=0)
