"""The tables of the office on a small phone: each row is a card, nothing scrolls sideways, and it is a table still."""

from playwright.sync_api import Browser

from tests.browser.test_exceptions_in_chromium import office, seen
from tests.sharing import bought_and_made
from tests.world import World

PAGES = (
    "orders",
    "products",
    "people",
    "payouts",
    "books",
    "books/accounts/bank",
    "products/messenger",
)
SCROLLING = "[...document.querySelectorAll('.table-box')].filter(box => box.scrollWidth > box.clientWidth).length"
CARDS = """[...document.querySelectorAll('.table-box tbody td[data-label]:not(:first-child)')].filter(
    cell => cell.offsetParent && getComputedStyle(cell, '::before').content !== `"${cell.dataset.label}"`
).length"""


def test_every_row_is_a_card_on_a_phone_and_a_table_to_a_reading_aid(
    world: World, served: str, chromium: Browser
) -> None:
    bought_and_made(world, 2)
    page = office(world, chromium, served, script=True).new_page()
    cells = 0
    for path in PAGES:
        page.goto(f"{served}/manager/{path}")
        seen(page, path.replace("/", "-"))
        assert page.evaluate(SCROLLING) == 0, path
        assert page.evaluate(CARDS) == 0, f"{path}: a cell without its heading"
        cells += page.get_by_role("cell").count()
    assert cells > 20
    page.goto(f"{served}/manager/orders")
    assert page.get_by_role("table", name="Orders").get_by_role("columnheader", name="How far").count() == 1

    page.set_viewport_size({"width": 1280, "height": 800})
    assert page.evaluate(CARDS) > 0, "a wide screen has its headings above"
