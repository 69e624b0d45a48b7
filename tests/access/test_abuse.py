"""Named requirements of OWASP ASVS 5.0, each tried on the real shop; and a few thousand senseless requests."""

import re

import pytest

from tests.access.abuse import REQUIREMENTS, Requirement, failing
from tests.access.fuzz import fuzz
from tests.conftest import both_databases
from tests.world import World

FEWEST = 135


def test_the_catalogue_is_as_long_as_it_should_be_and_names_each_requirement_once() -> None:
    ids = [requirement.id for requirement in REQUIREMENTS]

    assert len(ids) >= FEWEST
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"(1?\d)\.\d\.\d{1,2}", number) for number in ids)
    assert all(requirement.says for requirement in REQUIREMENTS)


@pytest.mark.books_may_differ
@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.id)
def test_the_shop_holds(world: World, requirement: Requirement) -> None:
    found, _, broken = failing(world, requirement)

    assert found == [], requirement.says
    assert broken == []


@both_databases
@pytest.mark.books_may_differ
def test_nothing_that_is_sent_at_random_breaks_the_shop(world: World) -> None:
    asked, broken = fuzz(world, seed=2011, rounds=1)

    assert asked > 1_000
    assert broken == []
