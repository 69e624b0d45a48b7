"""Lists, collections and search as pages: narrowed by an address, without a script, in few statements."""

import base64
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from bench.measure_statements import counted
from shop.catalog import collections, folding, search_index
from shop.catalog.collections import CollectionText
from shop.catalog.facets import Facet
from shop.catalog.listing_models import CollectionKind, ProductMaterial, SearchWord
from shop.catalog.materials import Material
from shop.catalog.models import Product, Variant
from shop.db import db
from tests.catalog import shelves
from tests.world import World


@pytest.fixture
def shop(world: World) -> Iterator[World]:
    with world.writing():
        shelves.fill()
    yield world


LONG = "colour=" + "x" * 30


def names(page: str) -> list[str]:
    return re.findall(r'card__name"><a href="/products/([a-z0-9-]+)', page)


def test_a_list_is_narrowed_and_ordered_by_its_address_alone(shop: World) -> None:
    page = shop.browser().get("/products?colour=indigo&colour=sky&price=1&price=2&sort=price-up").text

    assert names(page)[:4] == ["the-pencil-pouch", "the-leaf-notebook", "the-seed-potli", "kalka-tote"]
    assert "the-jute-market-bag" not in names(page)
    assert 'id="colour-1" name="colour" value="indigo" checked' in page
    assert "Under ₹500" in page and "Leave everything out" in page
    assert 'name="robots" content="noindex, follow"' in page
    assert '<link rel="canonical" href="http://localhost/products?colour=indigo&amp;colour=sky&amp;price=1' in page
    assert "sort=" not in re.findall(r'rel="canonical" href="([^"]+)"', page)[0]


def test_all_pages_together_hold_everything_once(shop: World) -> None:
    browser, seen, path = shop.browser(), [], "/products?sort=newest"
    for _ in range(9):
        page = browser.get(path).text
        seen += names(page)
        more = re.findall(r'button--plain" href="(/products[^"]+after=[^"]+)"', page)
        if not more:
            break
        path = more[0].replace("&amp;", "&")

    assert len(seen) == len(set(seen)) == int(re.findall(r'role="status">(\d+) things', page)[0])
    assert "after=" not in re.findall(r'rel="canonical" href="([^"]+)"', page)[0]


def test_the_way_back_is_a_link_that_needs_no_script(shop: World) -> None:
    browser = shop.browser()

    def link(page: str, rel: str) -> str | None:
        found = re.findall(rf'<a class="button button--plain" href="([^"]+)" rel="{rel}">', page)
        heads = re.findall(rf'<link rel="{rel}" href="([^"]+)">', page)
        assert found == heads and len(found) <= 1
        return found[0].replace("&amp;", "&") if found else None

    first = browser.get("/products?sort=price-up").text
    assert link(first, "prev") is None
    second = browser.get(link(first, "next") or "").text
    back = browser.get(link(second, "prev") or "").text

    assert names(back) == names(first) and link(back, "prev") is None
    assert link(back, "next") == link(first, "next")
    assert (
        'content="noindex, follow"' in back and "before=" not in re.findall(r'rel="canonical" href="([^"]+)"', back)[0]
    )
    assert browser.get((link(first, "next") or "") + "&before=x").status_code == 400


@pytest.mark.parametrize("mark", ["x", "%00", "e30", "W10", "WyJvdXJzIiwxXQ", "কাঁথা", "A" * 500])
def test_a_broken_mark_is_told_in_a_sentence_above_the_first_page(shop: World, mark: str) -> None:
    answer = shop.browser().get(f"/products?after={mark}")

    assert answer.status_code == 400
    if mark != "%00":  # refused before any page sees it
        assert "That place in the list is gone" in answer.text
        assert len(names(answer.text)) == 24


@pytest.mark.parametrize(
    "place", ['"0001-01-01T00:00:00+14:00"', '"2026-01-01T00:00:00"', '"9999-12-31T23:00:00-14:00"', "7"]
)
def test_a_moment_that_no_calendar_has_is_no_mark(shop: World, place: str) -> None:
    mark = base64.urlsafe_b64encode(f'["newest",{place},1]'.encode()).decode().rstrip("=")

    assert shop.browser().get(f"/products?sort=newest&after={mark}").status_code == 400


@pytest.mark.parametrize(
    "asked", ["trade=x", "price=9", "ready=soon", "material=gold", "sort=best", "colour=" + 30 * "x"]
)
def test_what_no_list_knows_is_not_there(shop: World, asked: str) -> None:
    assert shop.browser().get(f"/products?{asked}").status_code == 404


def test_an_empty_list_shows_the_way_out(shop: World) -> None:
    page = shop.browser().get("/products?trade=kitchen&colour=tan").text

    assert names(page) == []
    assert "Nothing in the shop is all of this just now" in page
    assert '<a class="button" href="/products">' in page


def test_pages_take_few_statements(shop: World) -> None:
    browser = shop.browser()
    with shop.writing():
        collections.create(
            "tyre", CollectionText("Tyre", "", CollectionKind.RULED, True, rule={Facet.MATERIAL: ["tyre"]})
        )
    for path, most in {
        "/": 4, "/products": 4, "/products?colour=indigo&price=2&sort=soonest": 4, "/collections/tyre": 4,
        "/search?q=kalka+bg": 4, "/search?q=nothing+of+this": 4, "/search/suggestions?q=kal": 2,
    }.items():  # fmt: skip
        assert browser.get(path).status_code == 200
        with counted(shop, path) as seen:
            assert browser.get(path).status_code == 200
        assert len(seen) <= most, (path, seen)


def test_a_search_says_what_it_found_and_what_not(shop: World) -> None:
    browser = shop.browser()

    assert names(browser.get("/search?q=kalka+bg").text)[0].endswith("kalka-tote")
    assert "Nothing has all of" in browser.get("/search?q=tyre+journal").text
    nothing = browser.get("/search?q=xyzzyq").text
    assert "Nothing for “xyzzyq”" in nothing and "/products?trade=kantha" in nothing
    assert '<a href="/bn/products/the-jhola">বাংলার ঝোলা</a>' in browser.get("/bn/search?q=ঝোলা").text


def test_suggestions_name_what_is_begun(shop: World) -> None:
    found = shop.browser().get("/search/suggestions?q=kanth").json

    assert {each["title"] for each in found} >= {"Kantha hibiscus tote", "Lotus kantha sling"}
    assert all(each["url"].startswith("/products/") for each in found)
    assert shop.browser().get("/search/suggestions?q=").json == []


def test_search_keeps_no_word_that_is_not_a_products(shop: World) -> None:
    """Stories and makers are asked for at every request: none of their words may outlive a consent here."""
    with shop.reading():
        kept = set(db.session.scalars(select(SearchWord.word)))
        said = [
            f"{each.title} {' '.join(each.titles.values())} {each.description} {each.materials}"
            for each in db.session.scalars(select(Product))
        ]
        skus = [f"{each.sku} {each.option} {each.colour}" for each in db.session.scalars(select(Variant))]
        ours = {*search_index.TRADE_WORDS.values(), *search_index.MATERIAL_WORDS.values()}
        of_products = {word for text in (*said, *skus, *ours) for word in folding.words(text)}

    assert kept <= of_products


def test_the_office_puts_a_collection_into_the_window(shop: World) -> None:
    anita = shop.browser().sign_in("Anita")
    anita.renew_token("/manager/collections/new")
    form = {"slug": "made-of-tyre", "title": "Made of tyre", "kind": "ruled", "material": "tyre", "is_shown": "yes"}

    assert anita.post("/manager/collections", form).status_code == 303
    assert "Made of tyre" in shop.browser().get("/").text
    shown = shop.browser().get("/collections/made-of-tyre")
    assert {"the-tyre-wallet", "the-tyre-belt"} <= set(names(shown.text))

    hidden = {**form, "is_shown": "", "kind": "picked", "picks": "the-jhola nowhere"}
    refused = anita.post("/manager/collections/made-of-tyre", hidden)
    assert refused.status_code == 422 and "“nowhere”" in refused.text
    assert anita.post("/manager/collections/made-of-tyre", {**hidden, "picks": "the-jhola"}).status_code == 303
    assert shop.browser().get("/collections/made-of-tyre").status_code == 404
    assert shop.browser().sign_in("Meera").get("/manager/collections").status_code == 403


def test_the_office_says_under_which_materials_a_thing_is_found(shop: World) -> None:
    anita = shop.browser().sign_in("Anita")
    page = anita.get("/manager/products/the-jhola").text
    assert 'name="made_of" value="cotton" checked' in page
    fields = {"title": "Jhola", "description": "A bag.", "hsn": "420222", "trade": "block-print", "finish_days": "5"}

    anita.renew_token("/manager/products/the-jhola")
    assert anita.post("/manager/products/the-jhola", {**fields, "made_of": "jute"}).status_code == 303

    with shop.reading():
        jhola = db.session.scalars(select(Product).where(Product.slug == "the-jhola")).one()
        noted = select(ProductMaterial.material).where(ProductMaterial.product_id == jhola.id)
        assert list(db.session.scalars(noted)) == [Material.JUTE]
    assert "the-jhola" in names(shop.browser().get("/products?material=jute").text)
