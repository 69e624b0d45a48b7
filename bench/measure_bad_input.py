"""How many bad inputs get another answer than they should; pytest runs this file for `make figures`.

The table is that of `tests/test_bad_input.py`: forged and replayed webhooks, guessed PINs, odd quantities, pictures
that are none, and every other line of "Must hold".
"""

import pytest

from tests.conftest import both_databases
from tests.faults.figures import note
from tests.test_bad_input import CASES, Case, unexpected
from tests.world import World


@both_databases
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(world: World, case: Case) -> None:
    found = unexpected(world, case)
    print(*found, sep="\n")
    note("spine.unexpected_answers", min(1, len(found)), n=1, seed=0)
