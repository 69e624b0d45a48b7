"""Draws the contact sheets in docs/screens: every main page at three widths, in a real browser.

Walks through buying in light and in dark, through the office and an artisan's pages, takes a full-page
picture of each, and lays them side by side. Run by `make screens`.
"""

import argparse
import re
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page

from bench.demo_shop import Shop, Step, chromium, demo, fill_address, sign_in_artisan, sign_in_staff
from bench.measured import ROOT

SHEETS = ROOT / "docs" / "screens"
WIDTHS = (320, 768, 1280)
SCALE = 0.45
TALLEST = 2_000
MOST_BYTES = 1_400_000
# Every picture that is laid out has come and can be painted.
DRAWN = """() => Promise.all([...document.images].filter(picture => picture.checkVisibility()).map(picture => {
  picture.loading = "eager";
  return picture.decode();
}))"""


def fill_bag(page: Page, shop: Shop) -> None:
    """Put two things into a new bag."""
    page.context.clear_cookies()
    for slug in ("kalka-tote", "leaf-notebook"):
        page.goto(f"{shop.base}/products/{slug}")
        page.click("form.quantity button")


def look_into_bag(page: Page, shop: Shop) -> None:
    """Fill the bag and look into it."""
    fill_bag(page, shop)
    page.goto(f"{shop.base}/cart")


def send_nothing(page: Page, shop: Shop) -> None:
    """Send a checkout with nothing in it, to see what it says."""
    fill_bag(page, shop)
    page.goto(f"{shop.base}/bn/checkout")
    page.evaluate("document.querySelector('[data-checkout]').noValidate = true")
    page.click("[data-pay]")


def place_order(page: Page, shop: Shop) -> None:
    """Order what is in the bag and stop before paying."""
    fill_bag(page, shop)
    page.goto(f"{shop.base}/checkout")
    fill_address(page)
    page.click("label[for=payment_method-razorpay]")
    page.wait_for_load_state("networkidle")
    page.route("**/razorpay/**", lambda route: route.abort())
    page.click("[data-pay]")
    page.wait_for_url("**/pay")
    page.goto(re.sub(r"/pay$", "", page.url))
    page.unroute("**/razorpay/**")


def first_link(pattern: str, start: str) -> Step:
    """Return a step that opens the first link of a page whose address matches."""

    def step(page: Page, shop: Shop) -> None:
        page.goto(shop.base + start)
        addresses = page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))")
        page.goto(shop.base + next(address for address in addresses if re.fullmatch(pattern, address)))

    return step


def opened(path: str) -> Step:
    """Return a step that opens an address."""

    def step(page: Page, shop: Shop) -> None:
        page.goto(shop.base + path)

    return step


Steps = list[tuple[str, Step]]
STOREFRONT: Steps = [
    ("home", opened("/")),
    ("list", opened("/products")),
    ("product", opened("/products/kalka-tote")),
    ("product in Bengali", opened("/bn/products/lotus-sling")),
    ("search in Hindi", opened("/hi/search?q=wallet")),
    ("bag", look_into_bag),
    ("checkout in Bengali, sent empty", send_nothing),
    ("order", place_order),
    ("story", first_link(r"/stories/[a-z0-9-]+", "/stories")),
    ("where the money goes", opened("/how-the-money-flows")),
    ("why buy", opened("/why-buy")),
    ("home in Bengali", opened("/bn/")),
]
OFFICE: Steps = [
    ("today", opened("/manager/")),
    ("board", opened("/manager/board")),
    ("orders", opened("/manager/orders")),
    ("order", first_link(r"/manager/orders/MB-[0-9A-Z]+", "/manager/orders")),
    ("products", opened("/manager/products")),
    ("product", opened("/manager/products/kalka-tote")),
    ("people", opened("/manager/people")),
    ("payouts", opened("/manager/payouts")),
    ("stories", opened("/manager/stories")),
]
HERS: Steps = [
    ("home", opened("/artisan/")),
    ("work", opened("/artisan/tasks")),
    ("passbook", opened("/artisan/passbook")),
    ("mine", opened("/artisan/mine")),
]


def shoot(browser: Browser, shop: Shop, steps: Steps, enter: Step | None, folder: Path, dark: bool) -> None:
    """Take a picture of every step at every width."""
    for width in WIDTHS:
        context = browser.new_context(
            viewport={"width": width, "height": 720}, color_scheme="dark" if dark else "light", locale="en-IN"
        )
        page = context.new_page()
        if enter is not None:
            enter(page, shop)
        for name, step in steps:
            step(page, shop)
            page.evaluate(DRAWN)
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                print(f"{name} at {width}: scrolls sideways ({wide} px)")
            page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        context.close()


def lay_out(folder: Path, steps: Steps, target: Path) -> None:
    """Lay the pictures of one audience side by side: a row of pages, the three widths of each together."""
    tiles: list[tuple[str, list[Image.Image]]] = []
    for name, _ in steps:
        shots = [Image.open(folder / f"{name}-{width}.png").convert("RGB") for width in WIDTHS]
        cut = [
            shot.crop((0, 0, shot.width, min(shot.height, int(TALLEST * (1 + (shot.width == 320)))))) for shot in shots
        ]
        tiles.append((name, [shot.resize((int(shot.width * SCALE), int(shot.height * SCALE))) for shot in cut]))
    columns = 2
    cell_width = sum(int(width * SCALE) for width in WIDTHS) + 40
    rows = [tiles[i : i + columns] for i in range(0, len(tiles), columns)]
    heights = [max(shot.height for _, shots in row for shot in shots) + 40 for row in rows]
    sheet = Image.new("RGB", (cell_width * columns + 20, sum(heights) + 20), "#d9d2c4")
    draw, top = ImageDraw.Draw(sheet), 20
    for row, height in zip(rows, heights, strict=True):
        left = 20
        for name, shots in row:
            draw.text((left, top - 14), name, fill="#1E2A4A")
            for shot in shots:
                sheet.paste(shot, (left, top))
                left += shot.width + 10
            left += 10
        top += height
    _save(sheet, target)


def _save(sheet: Image.Image, target: Path) -> None:
    """Write a sheet as JPEG of at most MOST_BYTES."""
    for quality in (82, 75, 65, 55, 45, 35):
        sheet.save(target, "JPEG", quality=quality, optimize=True, progressive=True)
        if target.stat().st_size <= MOST_BYTES:
            return


def main() -> None:
    """Draw every sheet, or one audience."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=["storefront", "storefront-dark", "office", "hers"])
    parser.add_argument("--keep", type=Path, help="also keep the single pictures in this folder")
    options = parser.parse_args()
    SHEETS.mkdir(parents=True, exist_ok=True)
    audiences: dict[str, tuple[Steps, Step | None, bool]] = {
        "storefront": (STOREFRONT, None, False),
        "storefront-dark": (STOREFRONT, None, True),
        "office": (OFFICE, lambda page, shop: sign_in_staff(page, shop, "meera"), False),
        "hers": (HERS, lambda page, shop: sign_in_artisan(page, shop, "Shapla"), False),
    }
    with demo() as shop, chromium() as browser, tempfile.TemporaryDirectory() as temporary:
        for name, (steps, enter, dark) in audiences.items():
            if options.only not in (None, name):
                continue
            folder = (options.keep or Path(temporary)) / name
            folder.mkdir(parents=True, exist_ok=True)
            shoot(browser, shop, steps, enter, folder, dark)
            lay_out(folder, steps, SHEETS / f"{name}.jpg")
            print(f"docs/screens/{name}.jpg")


if __name__ == "__main__":
    main()
