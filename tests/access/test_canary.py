"""A unique string stands in every private column; whoever looks anywhere sees only what the hand-written list says."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from shop.db import db
from tests.access import canary, mutants, private
from tests.access.crawl import Crawl
from tests.access.planting import Canary, Planted
from tests.faults.figures import note
from tests.world import World

SEEDS = range(20)


def test_every_column_is_private_or_says_why_not(world: World) -> None:
    with world.reading():
        found = private.columns()

    listed = {name.split("@")[0] for name in private.PRIVATE}
    assert found - listed - private.OPEN.keys() == set(), "say of each in tests/access/private.py who may see it"
    assert (listed | private.OPEN.keys()) - found == set(), "these are gone"
    assert private.PRIVATE.keys() & private.OPEN.keys() == set()


def test_every_showing_names_a_route_that_there_is(world: World) -> None:
    routes = {rule.endpoint for rule in world.app.url_map.iter_rules()}
    blueprints = {route.split(".")[0] + ".*" for route in routes}
    named = {route for showings in private.PRIVATE.values() for showing in showings for route in showing.routes}

    assert {route for route in named if ":" not in route} - routes - blueprints - {"gateway"} == set()


@pytest.mark.books_may_differ
def test_nobody_sees_what_is_not_hers(world: World) -> None:
    crawl = canary.go_round(world)
    print(*sorted(crawl.leaks), sep="\n")
    note("access.canary_leaks", len(crawl.leaks), n=crawl.requests, seed=canary.SEED)

    assert sorted(map(str, crawl.leaks)) == []
    assert crawl.broken == []
    assert private.PRIVATE.keys() - crawl.planted.columns() == set(), "a world in which these stand empty shows nothing"
    shown = {column for column, showings in private.PRIVATE.items() if showings}
    assert shown - crawl.seen_columns == set(), "the rig looks where things are: what may be seen was seen somewhere"


@pytest.fixture
def listening(world: World) -> Iterator[Crawl]:
    crawl = canary.set_up(world)
    with crawl.listening():
        yield crawl


@pytest.mark.books_may_differ
def test_a_leak_made_on_purpose_is_reported(listening: Crawl) -> None:
    missed = []
    for seed in SEEDS:
        mutant = mutants.choose(listening, seed)
        if mutants.is_reported(listening, mutant):
            note("access.canary_mutants_missed", 0, n=1, seed=seed)
        else:
            missed.append(f"seed {seed}: {mutant}")
            note("access.canary_mutants_missed", 1, n=1, seed=seed)

    assert missed == []


@pytest.mark.books_may_differ
def test_the_main_database_holds_nothing_of_the_vault(world: World) -> None:
    crawl = canary.set_up(world)
    dump = dump_of_main(world)
    main = random.Random(1).sample([found for found in crawl.planted.all() if found.value in crawl.planted.tokens], 20)

    assert all(found.value.encode() in dump for found in main), "the dump holds what it should"


def dump_of_main(world: World) -> bytes:
    """Return the bytes of the main database's file, everything written into it."""
    with world.app.app_context():
        with db.engine.connect() as connection:
            connection.rollback()
            connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Path(str(db.engine.url.database)).read_bytes()


@pytest.mark.parametrize("name", list(mutants.DRESSES))
def test_every_dress_is_seen_through(name: str) -> None:
    planted = Planted()
    for value, kept in (("9845012345", planted.digits), ("zqabcdefqz", planted.tokens)):
        kept[value] = Canary("a.b", "(1,)", value)
    value = "9845012345" if "digits" in name else "zqabcdefqz"

    assert planted.in_bytes(b"<p>" + mutants.DRESSES[name](value).encode() + b"</p>")
    assert not planted.in_bytes(b"<p>" + mutants.DRESSES[name](value[:-1]).encode() + b"</p>")
