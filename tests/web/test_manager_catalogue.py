"""Files of products in the office: seen first, then done whole; and a page whose options need no script."""

import io
import re

import pytest

from shop.catalog import products
from shop.catalog.exchange import waiting
from shop.catalog.products import VariantText
from tests.catalog.exchanging import LARGE, PURSE, bring, made_of
from tests.world import Browser, World

CATALOGUE = "/manager/catalogue"


@pytest.fixture
def meera(world: World) -> Browser:
    return world.browser().sign_in("Meera")


def send(browser: Browser, content: bytes) -> tuple[int, str]:
    form = {"file": (io.BytesIO(content), "products.csv")}
    answer = browser.post(f"{CATALOGUE}/file", form, content_type="multipart/form-data")
    return answer.status_code, answer.text


def seen(browser: Browser) -> str:
    """Return the mark of what the page shows."""
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', browser.get(CATALOGUE).text)
    assert found
    return found[1]


def test_a_file_is_seen_first_and_then_done_once(world: World, meera: Browser) -> None:
    assert send(meera, made_of({**PURSE, "Odd": "1"}, LARGE))[0] == 303
    page = meera.get(CATALOGUE).text
    assert "Lotus purse" in page and "It has no HSN yet" in page and "Not known here, kept as they are: Odd" in page
    with world.reading():
        assert products.by_slugs(["lotus-purse"]) == []
    mark = seen(meera)
    done = meera.post(f"{CATALOGUE}/import", {"seen": mark})
    assert done.location == "/manager/products"
    assert meera.post(f"{CATALOGUE}/import", {"seen": mark}).status_code == 404
    purse = meera.get("/manager/products/lotus-purse").text
    assert "Before it can be sold it needs" in purse and "an HSN" in purse
    assert send(meera, made_of({**PURSE, "Odd": "1"}, LARGE))[0] == 303
    assert "There is nothing to do" in meera.get(CATALOGUE).text


def test_what_has_changed_since_it_was_seen_is_shown_again(world: World, meera: Browser) -> None:
    send(meera, made_of({"Handle": "kalka-tote", "Title": "Grand tote"}))
    mark = seen(meera)
    with world.writing():
        products.get_by_slug("kalka-tote").title = "Little tote"
    answer = meera.post(f"{CATALOGUE}/import", {"seen": mark})
    assert (answer.status_code, "The shop has changed since you looked" in answer.text) == (409, True)
    assert "Little tote" in answer.text
    assert meera.post(f"{CATALOGUE}/import", {"seen": seen(meera)}).status_code == 303


def test_wrong_rows_are_told_and_nothing_can_be_done(world: World, meera: Browser) -> None:
    send(meera, made_of({**PURSE, "Variant Price": "4,50"}, LARGE))
    page = meera.get(CATALOGUE).text
    assert "Write an amount above zero such as 1250.50" in page
    assert 'name="seen"' not in page
    assert meera.post(f"{CATALOGUE}/import", {"seen": "0" * 64}).status_code == 409
    status, text = send(meera, "Handle,Title\na,Größe\n".encode("latin-1"))
    assert (status, "not in UTF-8" in text) == (422, True)
    assert send(meera, b"")[0] == 422
    assert meera.post(f"{CATALOGUE}/removal").status_code == 303
    with world.reading():
        assert waiting.find(world.user("Meera").id) is None


def test_a_manager_writes_and_reads_her_own_centre_alone(world: World, meera: Browser) -> None:
    ruma = world.browser().sign_in("Ruma")
    send(ruma, made_of({"Handle": "kalka-tote", "Title": "Ours now"}))
    assert "There is a product at this address which is not yours" in ruma.get(CATALOGUE).text
    assert "Ours now" not in meera.get(CATALOGUE).text
    assert "kalka-tote" in meera.get(f"{CATALOGUE}/products.csv").text
    answer = ruma.get(f"{CATALOGUE}/products.csv?headings=classic")
    assert (answer.mimetype, "kalka-tote" in answer.text, answer.text.startswith("Handle,")) == (
        "text/csv",
        False,
        True,
    )
    assert "attachment" in answer.headers["Content-Disposition"]


def test_the_office_writes_three_languages_and_names_options(world: World, meera: Browser) -> None:
    words = {
        "title": "Kalka tote", "description": "A tote.\r\n\r\nOf cotton.", "trade": "block-print", "hsn": "420222",
        "finish_days": "7", "materials": "cotton", "care": "Wash.", "size": "9 cm", "title_bn": "কল্কা",
        "description_bn": "থলি।", "materials_bn": "সুতি", "care_bn": "কাচুন।", "option_names": "Colour", "tags": "a, b,a",
    }  # fmt: skip
    assert meera.post("/manager/products/kalka-tote", words).status_code == 303
    page = world.browser().get("/bn/products/kalka-tote").text
    assert all(word in page for word in ("কল্কা", "থলি।", "সুতি", "কাচুন।"))
    assert '<p class="lines-kept">Of cotton.</p>' in world.browser().get("/products/kalka-tote").text
    with world.reading():
        tote = products.get_by_slug("kalka-tote")
        assert (tote.tags, [each.options for each in tote.variants]) == (["a", "b"], [["Indigo"], ["Madder"]])
    refused = meera.post("/manager/products/kalka-tote", {**words, "option_names": "Colour, Size"})
    assert (refused.status_code, "needs a value for each option" in refused.text) == (422, True)


def test_a_colour_and_a_size_are_chosen_by_links_alone(world: World) -> None:
    bring(world, made_of({**PURSE, "HSN (product.metafields.workshop.hsn)": "420222"}, LARGE))
    with world.writing() as at:
        purse = products.get_by_slug("lotus-purse")
        for colour, size in (("Madder", "Small"), ("Teal", "Large")):
            sku = f"MB-PURSE-{colour.upper()}"
            words = VariantText(sku, "", colour.lower(), 90, {"INR": 45_000}, True, options=[colour, size])
            products.add_variant(purse, words)
        purse.pictures = [*products.get_by_slug("kalka-tote").pictures]
        products.publish(purse, at=at, by="user:1")
    page = world.browser().get("/products/lotus-purse?sku=MB-PURSE-IND-L").text
    chosen = re.findall(r'sku=(MB-PURSE[A-Z-]*)"( aria-current="true")?[^>]*><span>([A-Za-z]+)', page)
    assert chosen == [
        ("MB-PURSE-IND-L", ' aria-current="true"', "Indigo"), ("MB-PURSE-MADDER", "", "Madder"),
        ("MB-PURSE-TEAL", "", "Teal"),
        ("MB-PURSE-IND-S", "", "Small"), ("MB-PURSE-IND-L", ' aria-current="true"', "Large"),
    ]  # fmt: skip
