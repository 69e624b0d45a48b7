"""Parts of lists are kept, and no list is made of a part that something has changed since."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shop.catalog import collections, listing
from shop.catalog.facets import Facet
from shop.catalog.listing_models import CollectionKind
from shop.clock import INDIA
from shop.db import db
from shop.web import parts
from shop.web.numbers import Numbers
from shop.web.parts import Parts
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.web.test_kept import CHANGES, cache_of, statements, told
from tests.world import World

LISTS = (
    "/products",
    "/bn/products",
    "/hi/products",
    "/products?currency=USD",
    "/bn/products?currency=USD",
    "/products?trade=block-print",
    "/products?sort=price-up",
    "/products?trade=kantha&material=tyre",
)


def raise_prices(world: World) -> None:
    CHANGES["a price"](world)
    with world.writing():
        listing.rebuild()  # as every verb that changes one does for its product


SHOWN = (
    raise_prices,
    CHANGES["the last is sold"],
    CHANGES["the workshop needs longer"],
    CHANGES["it is retired"],
    CHANGES["a title"],
    CHANGES["a file of a picture"],
)
OTHER = (CHANGES["a consent that ends"], CHANGES["she leaves"])


@pytest.fixture(autouse=True)
def every_page_is_made(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_of(world.app), "_most", 0)


def parts_of(world: World) -> Parts:
    found = world.app.extensions["parts"]
    assert isinstance(found, Parts)
    return found


def made(world: World) -> dict[str, bytes]:
    answers = {path: world.browser().get(path) for path in LISTS}
    assert {answer.status_code for answer in answers.values()} == {200}
    return {path: answer.data for path, answer in answers.items()}


def made_of_nothing(world: World) -> dict[str, bytes]:
    """Return the same pages where nothing is kept; each is made alone, so that none can lend to another."""
    pages = {}
    for path in LISTS:
        parts_of(world).clear()
        pages[path] = world.browser().get(path).data
    parts_of(world).clear()
    return pages


@pytest.mark.books_may_differ
@both_databases
@pytest.mark.parametrize(("change", "shows"), [*((each, True) for each in SHOWN), *((each, False) for each in OTHER)])
def test_whatever_changes_the_next_list_is_made_without_it(
    world: World, change: Callable[[World], None], shows: bool
) -> None:
    told(world)
    before = made(world)
    known = len(parts_of(world))
    change(world)
    after = made(world)

    assert len(parts_of(world)) > known  # nothing was taken from before
    assert after == made_of_nothing(world)
    assert (after != before) is shows


@pytest.mark.books_may_differ
@both_databases
def test_without_the_numbers_in_its_key_an_old_part_would_be_shown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the test above: the rows of a list are read each time, its pictures are not."""
    monkeypatch.setattr(Numbers, "read", lambda numbers, scopes: (1,) * len(scopes))
    before = made(world)
    CHANGES["a file of a picture"](world)

    assert made(world) == before != made_of_nothing(world)


def test_languages_currencies_and_choices_do_not_lend_to_each_other(world: World) -> None:
    alone = made_of_nothing(world)
    for _ in range(2):
        assert made(world) == alone
    assert len(set(alone.values())) == len(LISTS)
    assert "₹" in alone["/products"].decode() and "₹" not in alone["/bn/products?currency=USD"].decode()


def test_a_list_asks_for_its_rows_alone_where_its_parts_are_kept(world: World) -> None:
    made(world)
    for path in LISTS:
        assert selects(world, path) == 1, path
    for path in LISTS:
        parts_of(world).clear()
        assert selects(world, path) <= 4, path


def selects(world: World, path: str) -> int:
    with statements(world) as heard:
        world.browser().get(path)
    return sum(each.lstrip().upper().startswith("SELECT") for each in heard)


def test_a_part_names_the_day_on_which_it_is_made(world: World) -> None:
    before = made(world)
    here = world.clock.now().astimezone(INDIA)
    world.advance(here.replace(hour=23, minute=59, second=59) - here)
    made(world)
    world.advance(timedelta(seconds=1))

    after = made(world)
    assert after == made_of_nothing(world)
    assert after["/products"] != before["/products"]


def test_no_part_holds_anything_of_the_visitor_for_whom_it_was_made(world: World) -> None:
    guest = made_of_nothing(world)
    asha = world.browser().sign_in_customer()
    world.add_to_cart(asha, TOTE)  # a sentence waits for her next page
    answer = asha.get("/products")

    assert answer.data == guest["/products"] and "Set-Cookie" not in answer.headers
    assert made(world) == guest
    assert "It is in your bag" in asha.get("/cart").text


def test_nothing_is_kept_where_a_request_carries_no_numbers(world: World) -> None:
    with world.app.test_request_context("/products"):
        first, second = (parts.kept_part(("a",), lambda: object()) for _ in range(2))
    assert first is not second and len(parts_of(world)) == 0


def test_the_least_lately_used_part_is_forgotten_first() -> None:
    kept, makings = Parts(most=30), []

    def part(name: str) -> Callable[[], str]:
        def make() -> str:
            makings.append(name)
            return name * 10

        return make

    for name in "abcada":  # b is the oldest when d comes
        assert kept.of(name, part(name)) == name * 10
    assert (len(kept), kept.letters, makings) == (3, 30, ["a", "b", "c", "d"])
    kept.of("b", part("b"))
    assert makings[4:] == ["b"] and len(kept) == 3


def test_the_parts_that_are_kept_hold_no_more_than_they_may(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made(world)
    kept = parts_of(world)
    most = kept.letters
    monkeypatch.setattr(kept, "_most", most)
    for number in range(12):
        world.browser().get(f"/products?page={number}")
        assert kept.letters == sum(map(parts._letters, kept._made.values())) <= most


def test_a_collection_is_made_anew_when_its_words_or_its_rule_change(world: World) -> None:
    def written(title: str, trade: str) -> collections.CollectionText:
        return collections.CollectionText(
            title, "A few things.", CollectionKind.RULED, is_shown=True, rule={Facet.TRADE: (trade,)}
        )

    guest, path = world.browser(), "/collections/for-the-desk"
    with world.writing():
        collections.create("for-the-desk", written("For the desk", "block-print"))
    first = guest.get(path).text
    for title, trade in (("For the table", "block-print"), ("For the table", "kantha")):
        with world.writing():
            collections.rewrite(collections.get("for-the-desk"), written(title, trade))
        second = guest.get(path).text
        assert second != first and f"<h1>{title}</h1>" in second
        first = second
    with world.writing():
        db.session.delete(collections.get("for-the-desk"))
    assert guest.get(path).status_code == 404
