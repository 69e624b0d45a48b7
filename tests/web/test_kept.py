"""Public pages are kept as bytes, and never shown once something in them has changed."""

import gzip
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import brotli
import pytest
from flask import Flask, request, session
from flask_login import current_user
from sqlalchemy import delete, event, text, update

from shop import page_versions
from shop.artisans import consents
from shop.artisans.consent_models import Item
from shop.artisans.models import Artisan
from shop.catalog import availability, products, stock
from shop.catalog.models import Picture, Price, Product, Rendition, Unit, UnitMaker, Variant
from shop.clock import INDIA
from shop.db import db
from shop.web import kept, numbers
from shop.web.access import public
from shop.web.kept import PageCache
from tests.artisans import publishing
from tests.cast import BEGAN, MESSENGER, TOTE, TOTE_RED
from tests.conftest import both_databases
from tests.workshop import artisan, user, variant
from tests.world import World

PAGES = (
    "/",
    "/products",
    "/products/kalka-tote",
    "/products/messenger",
    f"/products/kalka-tote?sku={TOTE_RED}",
    "/bn/products",
    "/stories",
)
STORY = f"/stories/{publishing.SLUG}"


def cache_of(app: Flask) -> PageCache:
    found = app.wsgi_app
    assert isinstance(found, PageCache)
    return found


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """Collect what is asked of the database by sessions; the cache's own reading goes beside them."""
    heard: list[str] = []

    def hear(connection: object, cursor: object, statement: str, *_: object) -> None:
        heard.append(statement)

    with world.reading():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", hear)


@pytest.mark.parametrize("path", [*PAGES, "/products?trade=block-print", "/products/kalka-tote?currency=USD"])
def test_a_page_is_made_once_and_then_answered_without_the_database(world: World, path: str) -> None:
    first = world.browser().get(path)
    with statements(world) as heard:
        second = world.browser().get(path)

    assert first.status_code == second.status_code == 200
    assert heard == []
    assert second.data == first.data
    assert second.headers["ETag"] == first.headers["ETag"]
    assert "Set-Cookie" not in second.headers and "X-Request-Id" not in second.headers
    assert second.headers["Content-Security-Policy"] and second.headers["Cache-Control"] == "no-cache"


def test_who_has_the_page_is_told_so_and_each_coding_has_a_mark_of_its_own(world: World) -> None:
    guest, marks = world.browser(), set()
    plain = guest.get("/products").data
    for asked, opened in (("br", brotli.decompress), ("gzip", gzip.decompress), ("", bytes), ("br;q=0", bytes)):
        answer = guest.get("/products", headers={"Accept-Encoding": asked})
        assert opened(answer.data) == plain and answer.content_length == len(answer.data)
        assert answer.headers["Vary"] == "Accept-Encoding"
        mark = answer.headers["ETag"]
        again = guest.get("/products", headers={"Accept-Encoding": asked, "If-None-Match": f'"old", {mark}'})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", mark)
        marks.add(mark)
    assert len(marks) == 3

    head = guest.client.head("/products")
    assert head.status_code == 200 and head.data == b"" and head.content_length == len(plain)


def test_pages_of_other_hosts_languages_and_questions_are_other_pages(world: World) -> None:
    guest = world.browser()
    paths = ("/products", "/bn/products", "/products?currency=USD", "/products?trade=kantha")
    bodies = {guest.get(path).data for path in paths for _ in range(2)}

    assert len(bodies) == 4
    assert guest.get("/products", headers={"Host": "other.example"}).status_code == 200
    assert {key[1] for key in cache_of(world.app)._pages} == {"localhost", "other.example"}


# Each changes something that some public page says, as a verb, a command or a hand would.
def sell_one(world: World) -> None:
    world.buy(TOTE)


def sell_all(world: World) -> None:
    with world.reading():
        free = variant(TOTE).stock.on_hand - variant(TOTE).stock.reserved
    world.buy(TOTE, free)


def find_more(world: World) -> None:
    with world.writing() as at:
        stock.adjust(variant(TOTE_RED).id, 3, "counted again", "count:1", at=at, by="t")


def take_longer(world: World) -> None:
    with world.writing() as at:
        availability.publish({variant(MESSENGER).id: 40}, as_of=at)


def retire(world: World) -> None:
    with world.writing() as at:
        products.retire(products.get_published("kalka-tote"), at=at, by="t")


def by_hand(statement: Callable[[], object]) -> Callable[[World], None]:
    def change(world: World) -> None:
        with world.writing():
            db.session.execute(statement())

    return change


def withdraw(world: World) -> None:
    with world.writing() as at:
        consents.withdraw(artisan("Rina"), at=at, by=user("Nasrin"))


CHANGES: dict[str, Callable[[World], None]] = {
    "one is sold": sell_one,
    "the last is sold": sell_all,
    "more are found": find_more,
    "the workshop needs longer": take_longer,
    "it is retired": retire,
    "a price": by_hand(lambda: update(Price).values(amount_minor=Price.amount_minor + 100)),
    "a title": by_hand(lambda: update(Product).values(title="Another name", titles={"bn": "অন্য নাম"})),
    "an option": by_hand(lambda: update(Variant).values(option="Another colour")),
    "an alt text": by_hand(lambda: update(Picture).values(alt="Something else on it")),
    "a file of a picture": by_hand(lambda: delete(Rendition).where(Rendition.width < 400)),
    "a persona's name": by_hand(lambda: text("UPDATE persona SET public_name = 'Machranga'")),
    "a consent that ends": withdraw,
    "she leaves": by_hand(lambda: update(Artisan).values(left_at=BEGAN)),
    "a maker more": by_hand(lambda: delete(UnitMaker)),
}


def told(world: World) -> None:
    """Let there be a story and a maker's card on a product's page."""
    publishing.told(world)
    with world.writing() as at:
        unit = Unit(variant_id=variant(MESSENGER).id, reference="found:1", tag="TAG0000000000001", received_at=at)
        unit.makers.append(UnitMaker(step="stitch", artisan_id=artisan("Rina").id, earned_minor=100))
        db.session.add(unit)


def shown_now(world: World) -> dict[str, tuple[int, bytes]]:
    return {
        path: (answer.status_code, answer.data) for path in (*PAGES, STORY) for answer in [world.browser().get(path)]
    }


def fresh(world: World) -> dict[str, tuple[int, bytes]]:
    cache_of(world.app).clear()
    world.app.extensions["parts"].clear()
    return shown_now(world)


@pytest.mark.books_may_differ
@both_databases
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_no_page_is_shown_as_it_was(world: World, change: Callable[[World], None]) -> None:
    told(world)
    before = shown_now(world)
    change(world)
    kept_or_made = shown_now(world)

    assert kept_or_made == fresh(world)
    assert kept_or_made != before


@pytest.mark.books_may_differ
@both_databases
def test_without_its_triggers_an_old_page_would_be_shown(world: World) -> None:
    """The negative control of the test above."""
    with world.writing():
        dialect = db.session.get_bind().dialect.name
        page_versions.drop(dialect, lambda statement: db.session.execute(text(statement)))
    before = shown_now(world)
    CHANGES["a price"](world)

    assert shown_now(world) == before != fresh(world)


@both_databases
def test_a_change_shows_when_it_is_committed_and_not_before(world: World) -> None:
    before = shown_now(world)
    with world.writing():
        db.session.execute(update(Price).values(amount_minor=Price.amount_minor + 100))
        db.session.flush()
        assert shown_from_another_thread(world) == before
    assert shown_now(world) != before


@pytest.mark.books_may_differ
@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_if_the_snapshot_told_nothing_an_old_page_would_be_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of asking PostgreSQL for its snapshot before the numbers."""
    for name in ("SNAPSHOT", "READ_WITH_SNAPSHOT"):
        told_nothing = getattr(numbers, name).replace(b"pg_current_snapshot()", b"'1:1:'")
        monkeypatch.setattr(numbers, name, told_nothing)
    before = shown_now(world)
    CHANGES["a price"](world)

    assert shown_now(world) == before != fresh(world)


def shown_from_another_thread(world: World) -> dict[str, tuple[int, bytes]]:
    with ThreadPoolExecutor(1) as other:
        return other.submit(shown_now, world).result()


def test_at_midnight_in_india_every_page_is_made_anew_since_it_names_days(world: World) -> None:
    here = world.clock.now().astimezone(INDIA)
    world.advance(here.replace(hour=23, minute=59, second=0) - here)
    before = shown_now(world)
    world.advance(timedelta(seconds=59))
    assert shown_now(world) == before

    world.advance(timedelta(seconds=1))
    with statements(world) as heard:
        assert shown_now(world) == fresh(world)
    assert heard


def test_a_consent_that_runs_out_takes_its_page_along_at_that_very_moment(world: World) -> None:
    publishing.choose(world)
    story_id = publishing.draft(world)
    publishing.publish(world, story_id)
    publishing.agree(world, (Item.CARD, Item.ALIAS))
    publishing.agree(world, (Item.STORY, Item.PICTURE), about=f"story:{story_id}", days=1)
    ends = world.clock.now() + timedelta(days=1)
    world.advance(ends - world.clock.now() - timedelta(seconds=1))
    assert world.browser().get(STORY).status_code == world.browser().get(STORY).status_code == 200

    world.advance(timedelta(seconds=1))
    assert world.browser().get(STORY).status_code == 410


def test_a_page_that_is_kept_is_made_for_nobody_and_leaves_every_session_alone(world: World) -> None:
    def personal() -> str:
        session["seen"] = session.get("seen", 0) + 1
        return f"{current_user.is_authenticated} {len(request.cookies)} {session['seen']}"

    asha = world.browser().sign_in_customer()
    world.add_to_cart(asha, TOTE)
    world.app.view_functions["storefront.products"] = kept.kept(public(personal))
    answers = [browser.get("/products") for browser in (asha, asha, world.browser())]

    assert [answer.text for answer in answers] == ["False 0 1"] * 3
    assert all("Set-Cookie" not in answer.headers for answer in answers)
    assert asha.get("/account").status_code == 200


def test_what_somebody_just_did_waits_for_a_page_of_her_own(world: World) -> None:
    guest = world.browser()
    world.add_to_cart(guest, TOTE)
    assert "It is in your bag" not in guest.get("/products").text
    assert "It is in your bag" in guest.get("/cart").text


def test_other_answers_are_never_kept(world: World) -> None:
    guest = world.browser()
    for path in (
        "/products?trade=nothing",
        "/products/unknown",
        "/search?q=tote",
        "/cart",
        "/stories/none",
        "/robots.txt",
    ):
        assert guest.get(path).data == guest.get(path).data
    assert guest.client.head("/").status_code == guest.post("/products").status_code - 205 == 200
    assert list(cache_of(world.app)._pages) == []


def test_the_pages_that_are_kept_hold_no_more_than_they_may(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, guest = cache_of(world.app), world.browser()
    guest.get("/products")
    most = cache._size * 3
    monkeypatch.setattr(cache, "_most", most)
    for number in range(12):
        guest.get(f"/products?page={number}")
        assert cache._size == sum(page.size for page in cache._pages.values()) <= most
    assert 1 < len(cache._pages) < 12


def test_where_the_numbers_cannot_be_read_each_page_is_made(world: World) -> None:
    before = shown_now(world)
    with world.writing():
        db.session.execute(text("ALTER TABLE page_version RENAME TO away"))
    with statements(world) as heard:
        assert shown_now(world) == before
    assert heard


def test_files_are_compressed_once_and_kept_for_good(world: World) -> None:
    page = world.browser().get("/products").text
    sheet = "/assets/" + page.split('href="/assets/')[1].split('"')[0]
    plain = world.browser().get(sheet)
    small = world.browser().get(sheet, headers={"Accept-Encoding": "br"})

    assert brotli.decompress(small.data) == plain.data and len(small.data) < len(plain.data) / 2
    assert "immutable" in small.headers["Cache-Control"]
