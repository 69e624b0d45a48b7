"""A product's page in Chromium: colours are chosen by their pictures, with a script, without one and by the keyboard;
and its pictures fill their column, however many there are.
"""

import pytest
from playwright.sync_api import Browser, Page, expect

from shop.catalog import pictures, products
from shop.catalog.models import Picture
from shop.web.storefront.gallery import places
from tests.browser.test_pictures_in_chromium import a_large_one, wrong
from tests.cast import a_picture
from tests.world import World

MOST = 6
# Where each row of pictures begins and ends, measured from the edges of what holds them.
ROWS = """() => {
  const strip = document.querySelector(".gallery__strip"), box = strip.getBoundingClientRect(), rows = {};
  for (const each of strip.querySelectorAll("img")) {
    const lies = each.getBoundingClientRect();
    (rows[Math.round(lies.top)] ??= []).push(lies);
  }
  return Object.values(rows).map(row => [row.length, Math.round(row[0].left - box.left),
    Math.round(box.right - row.at(-1).right)]);
}"""


@pytest.fixture
def coloured(world: World) -> str:
    """The tote with a picture of each colour, and an address of it."""
    [one, other] = pictures.draw_known(
        [a_picture((240, 300)), a_picture((250, 300))], media=world.app.config["MEDIA_URL"]
    )
    with world.writing() as at:
        tote = products.get_by_slug("kalka-tote")
        for drawn, variant in zip((one, other), tote.variants, strict=True):
            pictures.add(tote, drawn, f"The tote in {variant.colour}", variant=variant, at=at)
    return "/products/kalka-tote?sku=MB-TOTE-IND"


def current(page: Page) -> str:
    return page.locator(".swatches [aria-current]").inner_text()


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without"])
def test_a_colour_is_chosen_by_its_picture_and_the_keyboard(
    world: World, coloured: str, served: str, chromium: Browser, script: bool
) -> None:
    page = chromium.new_context(java_script_enabled=script, viewport={"width": 320, "height": 700}).new_page()
    loaded: list[str] = []
    page.on("load", lambda page: loaded.append(page.url))
    page.goto(served + coloured)
    assert current(page) == "Indigo"
    assert len({each.get_attribute("src") for each in page.locator(".swatches img").all()}) == 2

    page.get_by_role("link", name="Madder").focus()
    page.keyboard.press("Enter")

    expect(page.locator("form.quantity [name=sku]")).to_have_value("MB-TOTE-MAD")
    expect(page).to_have_url(served + "/products/kalka-tote?sku=MB-TOTE-MAD")
    assert current(page) == "Madder"
    assert page.locator(".gallery img[alt='The tote in madder']").count() == 1
    assert page.locator(".gallery img[alt='The tote in indigo']").count() == 0
    assert len(loaded) == (1 if script else 2)
    if script:
        expect(page.get_by_role("link", name="Madder")).to_be_focused()
        assert page.locator(".top__end a").first.get_attribute("href") == "/bn/products/kalka-tote?sku=MB-TOTE-MAD"
    page.go_back()
    expect(page.locator("form.quantity [name=sku]")).to_have_value("MB-TOTE-IND")
    page.get_by_role("button", name="Put in the bag").click()
    expect(page.get_by_text("Indigo").first).to_be_visible()
    page.context.close()


def test_a_size_without_a_picture_of_its_own_is_chosen_by_words(world: World, served: str, chromium: Browser) -> None:
    page = chromium.new_context().new_page()
    page.goto(f"{served}/products/kalka-tote")

    assert page.locator("[data-choose] .trades a").all_inner_texts() == ["Indigo", "Madder"]
    assert page.locator(".swatches").count() == 0
    page.context.close()


def test_pictures_fill_their_column_at_any_count_of_them(world: World, served: str, chromium: Browser) -> None:
    wide, phone = (chromium.new_context(viewport={"width": each, "height": 800}).new_page() for each in (1280, 320))
    [drawn] = pictures.draw_known([a_large_one()], media=world.app.config["MEDIA_URL"])
    rows = {}
    for count in range(1, MOST + 1):
        for page in (wide, phone):
            page.goto(f"{served}/products/messenger", wait_until="load")
            assert wrong(page) == []
        rows[count] = wide.evaluate(ROWS)
        with world.writing() as at:
            messenger = products.get_by_slug("messenger")
            added: Picture = pictures.add(messenger, drawn, "One more", variant=None, at=at)
            assert added.position == count

    assert {each for row in rows.values() for _, *each in row for each in each} == {0}
    assert {count: [beside for beside, *_ in row] for count, row in rows.items()} == {
        1: [1], 2: [1, 1], 3: [1, 2], 4: [1, 3], 5: [1, 2, 2], 6: [1, 3, 2],
    }  # fmt: skip
    assert [len(places(count)) for count in range(9)] == list(range(9))
    for page in (wide, phone):
        page.context.close()
