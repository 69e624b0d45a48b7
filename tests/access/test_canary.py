"""A unique string stands in every private column; whoever looks anywhere sees only what the hand-written list says."""

from pathlib import Path

import pytest

from shop.db import db
from tests.access import canary, mutants, private
from tests.access.canaries import Canary, Planted
from tests.access.crawl import Crawl
from tests.access.likeness import alike, is_found
from tests.world import World

SEEDS = range(20)
VAULT = {name for name in private.PRIVATE if name.startswith("identity.")}


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

    assert "\n".join(sorted(map(str, crawl.leaks))) == ""
    assert crawl.broken == []
    assert crawl.addresses.never_asked_for() == [], "a route whose part has no row in full_world.py shows nothing"
    templates = Path(world.app.root_path, "templates", "email").glob("*.html")
    assert crawl.letters_read == {path.stem for path in templates} - {"layout", "parts"}, (
        "each letter there is was written and read"
    )
    assert private.PRIVATE.keys() - crawl.planted.columns() == set(), "a world in which these stand empty shows nothing"
    shown = {column for column, showings in private.PRIVATE.items() if showings}
    assert " ".join(sorted(shown - crawl.seen_columns)) == "", (
        "the rig looks where things are: what may be seen was seen somewhere"
    )


@pytest.mark.books_may_differ
def test_a_leak_made_on_purpose_is_reported(world: World) -> None:
    assert "\n".join(missed(canary.set_up(world))) == ""


def missed(crawl: Crawl) -> list[str]:
    """Let the mutant of each seed live for a while; return those that the rig did not report."""
    with crawl.listening():
        return [told for seed in SEEDS if (told := not_reported(crawl, seed))]


def not_reported(crawl: Crawl, seed: int) -> str:
    """Let the seed's first mutant that somebody comes by live; say which it was if the rig kept silent."""
    for again in range(10):
        mutant = mutants.choose(crawl, seed + again * len(mutants.WAYS) * 100)
        is_reported = mutants.is_reported(crawl, mutant)
        if mutants.is_met(crawl, mutant):
            return "" if is_reported else f"seed {seed}: {mutant}"
    return f"seed {seed}: ten mutants that nobody comes by"


@pytest.mark.books_may_differ
def test_the_main_database_holds_nothing_of_the_vault(world: World) -> None:
    crawl = canary.set_up(world)
    main = [found for found in crawl.planted.tokens.values() if not found.column.startswith("identity.")]

    assert find_in_dump(world, crawl) == []
    assert {found.column for found in main} <= {found.column for found in seen_in_dump(world, crawl)}, "it can see"


def find_in_dump(world: World, crawl: Crawl) -> list[str]:
    """Return what of the vault can be read in the main database, as one line a column."""
    return sorted({f"{found.column} in the dump" for found in seen_in_dump(world, crawl) if found.column in VAULT})


def seen_in_dump(world: World, crawl: Crawl) -> set[Canary]:
    """Return every canary that stands in the bytes of the main database's file."""
    with world.app.app_context():
        with db.engine.connect() as connection:
            connection.rollback()
            connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw = Path(str(db.engine.url.database)).read_bytes()
    return {
        found for at in range(0, len(raw), 4_096) for found in crawl.planted.in_bytes(raw[max(0, at - 64) : at + 4_160])
    }


@pytest.mark.parametrize("name", list(mutants.DRESSES))
def test_every_dress_is_seen_through(name: str) -> None:
    planted = Planted()
    for value, kept in (("9845012345", planted.digits), ("zqabcdefqz", planted.tokens)):
        kept[value] = Canary("a.b", "(1,)", value)
    value = "9845012345" if "digits" in name else "zqabcdefqz"

    assert planted.in_bytes(b"<p>" + mutants.DRESSES[name](value).encode() + b"</p>")
    assert not planted.in_bytes(b"<p>" + mutants.DRESSES[name](value[:-1]).encode() + b"</p>")


def test_a_seed_that_is_shown_in_fours_is_seen_through() -> None:
    planted = Planted()
    planted.texts["ABCD2345EFGH"] = Canary("second_factor.seed", "(1,)", "ABCD2345EFGH")

    assert planted.in_bytes(b"<code>ABCD 2345 EFGH</code>")
    assert not planted.in_bytes(b"<code>ABCD 2345 EFGX</code>")


KEY = "tota-Hq3vB8kZ2mXw9LrTyN4c_d7"


def test_a_key_whose_few_letters_come_near_a_word_is_not_found_by_searching() -> None:
    assert not is_found(lambda words: "Kalka tote" if "tota" in words else "", KEY, alike(KEY), "")


@pytest.mark.parametrize("within", [KEY, "hq3vb8kz2mxw9lrtyn4c", "8kz2mxw9"])
def test_a_key_that_is_found_itself_or_by_a_long_part_is_a_leak(within: str) -> None:
    assert is_found(lambda words: "her cart" if within.casefold() in words.casefold() else "", KEY, alike(KEY), "")
