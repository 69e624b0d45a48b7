"""What a page says of the width of its pictures is what its layout does, and nothing moves when they come."""

import io

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from shop.catalog import pictures, products
from tests.artisans import publishing
from tests.world import World

WIDTHS = (320, 360, 768, 1024, 1280, 1600)
PAGES = ("/", "/products", "/products/messenger", "/search?q=tote", "/stories", f"/stories/{publishing.SLUG}")
NEAR = (0.9, 1.15)
MOVED = """window.moved = 0; new PerformanceObserver(list => { for (const each of list.getEntries())
  if (!each.hadRecentInput) window.moved += each.value }).observe({type: "layout-shift", buffered: true})"""
# How wide a picture is said to be, and how wide it lies; those that are not laid out are left out.
SAID = r"""() => [...document.querySelectorAll("picture img")].map(img => {
  const probe = document.createElement("div");
  document.body.append(probe);
  for (const part of img.sizes.split(/,(?![^(]*\))/)) {
    const [, query, length] = part.trim().match(/^(?:(\(.*\))\s+)?(\S.*)$/);
    if (!query || matchMedia(query).matches) { probe.style.width = length; break; }
  }
  const said = probe.getBoundingClientRect().width;
  probe.remove();
  return [img.sizes, said, img.getBoundingClientRect().width];
}).filter(each => each[2] > 0)"""


def a_large_one() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (1000, 1250), "#25365f").save(buffer, "PNG")
    return buffer.getvalue()


def wrong(page: Page) -> list[str]:
    """Return the pictures of a page that lie wider or narrower than it says."""
    told = page.evaluate(SAID)
    assert told, f"{page.url} shows no picture"
    return [f"{page.url} at {page.viewport_size}: {said} for {real} by {sizes}" for sizes, said, real in told
            if not NEAR[0] <= said / real <= NEAR[1]]  # fmt: skip


@pytest.fixture
def pictured(world: World) -> None:
    """A product with three large pictures, and a story."""
    publishing.told(world)
    drawn = pictures.draw_known([a_large_one()], media=world.app.config["MEDIA_URL"]) * 3
    with world.writing() as at:
        product = products.get_by_slug("messenger")
        for each in drawn:
            pictures.put_first(product, pictures.add(product, each, "The messenger", variant=None, at=at))
    world.work()


def test_widths_that_pages_tell_are_those_they_show_and_nothing_moves(
    pictured: None, served: str, chromium: Browser
) -> None:
    found, moved = [], {}
    for width in WIDTHS:
        page = chromium.new_context(viewport={"width": width, "height": 740}).new_page()
        page.add_init_script(MOVED)
        page.goto(served + "/cart", wait_until="networkidle")  # letters are here before; this is about pictures
        for path in PAGES:
            page.goto(served + path, wait_until="load")
            found += wrong(page)
            moved[width, path] = page.evaluate("window.moved")
        page.context.close()

    assert found == []
    assert max(moved.values()) <= 0.01, moved


def test_control_a_picture_said_to_be_as_wide_as_the_window_is_noticed(
    pictured: None, served: str, chromium: Browser
) -> None:
    page = chromium.new_context(viewport={"width": 1280, "height": 740}).new_page()
    page.goto(served + "/products", wait_until="load")
    page.evaluate("document.querySelectorAll('picture *').forEach(each => { each.sizes = '100vw' })")

    assert wrong(page)
    page.context.close()
