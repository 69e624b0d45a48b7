"""Draws the contact sheets in docs/screens: every main page at three widths, in a real browser.

Starts the demo on ports of its own, walks through buying, the office and an artisan's pages, takes a
full-page picture of each, and lays them side by side. Run by `make screens`.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, sync_playwright

from shop.demo.people import ARTISANS, DOMAIN, PASSWORD

ROOT = Path(__file__).resolve().parent.parent
SHEETS = ROOT / "docs" / "screens"
WIDTHS = (320, 768, 1280)
TALLEST = 1_500
MOST_BYTES = 1_000_000
PORT, SANDBOX_PORT = 8410, 8411
BASE = f"http://127.0.0.1:{PORT}"


@contextmanager
def demo() -> Iterator[None]:
    """Serve the demo from a folder of its own for the while."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PORT": str(PORT), "SANDBOX_PORT": str(SANDBOX_PORT), "SHOP_VAR": folder}
        process = subprocess.Popen([sys.executable, "run.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            _wait_until_ready(process)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _wait_until_ready(process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit("the demo did not start")
        try:
            urllib.request.urlopen(f"{BASE}/readyz", timeout=2)
            _wait_for_pictures()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the demo did not answer")


def _wait_for_pictures() -> None:
    """Wait until the worker has drawn every width of every picture."""
    for _ in range(600):
        told = urllib.request.urlopen(f"{BASE}/metrics", timeout=2).read().decode()
        if "shop_pictures_waiting 0\n" in told:
            return
        time.sleep(0.5)
    raise SystemExit("the worker does not come to an end of the pictures")


def sign_in_staff(page: Page, name: str) -> None:
    """Sign in to the office."""
    page.goto(f"{BASE}/login")
    page.fill("[name=email]", f"{name}@{DOMAIN}")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/manager/**")


def sign_in_artisan(page: Page, work_name: str) -> None:
    """Sign in as an artisan: card, then PIN."""
    _, card, pin, _, _ = next(person for person in ARTISANS if person[0] == work_name)
    page.goto(f"{BASE}/artisan/sign-in")
    page.fill("[name=card_number]", card)
    page.click("main button[type=submit]")
    page.fill("[name=pin]", pin)
    page.click("main button[type=submit]")
    page.wait_for_url("**/artisan/")


def fill_bag(page: Page) -> None:
    """Put two things into the bag."""
    for slug in ("kalka-tote", "leaf-notebook"):
        page.goto(f"{BASE}/products/{slug}")
        page.click("form.quantity button")


def look_into_bag(page: Page) -> None:
    """Fill the bag and look into it."""
    fill_bag(page)
    page.goto(f"{BASE}/cart")


def place_order(page: Page) -> None:
    """Order what is in the bag and stop before paying."""
    fill_bag(page)
    page.goto(f"{BASE}/checkout")
    given = {"name": "Asha Sen", "email": f"asha.sen@{DOMAIN}", "phone": "+91 98300 12345", "line1": "12 Invented Lane",
             "postcode": "700019", "city": "Kolkata"}  # fmt: skip
    for name, value in given.items():
        page.fill(f"[name={name}]", value)
    page.select_option("[name=state]", "West Bengal")
    page.click("label[for=payment_method-razorpay]")
    page.route("**/razorpay/**", lambda route: route.abort())
    page.click("[data-pay]")
    page.wait_for_url("**/pay")
    page.goto(re.sub(r"/pay$", "", page.url))


def first_link(pattern: str, start: str) -> Callable[[Page], None]:
    """Return a step that opens the first link of a page whose address matches."""

    def step(page: Page) -> None:
        page.goto(BASE + start)
        addresses = page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))")
        page.goto(BASE + next(address for address in addresses if re.fullmatch(pattern, address)))

    return step


def opened(path: str) -> Callable[[Page], None]:
    """Return a step that opens an address."""
    return lambda page: page.goto(BASE + path) and None


Steps = list[tuple[str, Callable[[Page], None]]]
STOREFRONT: Steps = [
    ("home", opened("/")),
    ("list", opened("/products")),
    ("product", opened("/products/kalka-tote")),
    ("search", opened("/search?q=wallet")),
    ("bag", look_into_bag),
    ("checkout", opened("/checkout")),
    ("order", place_order),
    ("home-bn", opened("/bn/")),
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
    ("books", opened("/manager/books")),
]
HERS: Steps = [
    ("home", opened("/artisan/")),
    ("work", opened("/artisan/tasks")),
    ("passbook", opened("/artisan/passbook")),
    ("mine", opened("/artisan/mine")),
]


def shoot(browser: Browser, steps: Steps, enter: Callable[[Page], None] | None, folder: Path, dark: bool) -> None:
    """Take a picture of every step at every width."""
    for width in WIDTHS:
        context = browser.new_context(
            viewport={"width": width, "height": 720}, color_scheme="dark" if dark else "light", locale="en-IN"
        )
        page = context.new_page()
        if enter is not None:
            enter(page)
        for name, step in steps:
            step(page)
            page.wait_for_load_state("networkidle")
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                print(f"{name} at {width}: scrolls sideways ({wide} px)")
            page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        context.close()


def lay_out(folder: Path, steps: Steps, target: Path) -> None:
    """Lay the pictures of one audience side by side: a row of pages, the three widths of each together."""
    scale = 0.36
    tiles: list[tuple[str, list[Image.Image]]] = []
    for name, _ in steps:
        shots = [Image.open(folder / f"{name}-{width}.png").convert("RGB") for width in WIDTHS]
        cut = [
            shot.crop((0, 0, shot.width, min(shot.height, int(TALLEST * (1 + (shot.width == 320)))))) for shot in shots
        ]
        tiles.append((name, [shot.resize((int(shot.width * scale), int(shot.height * scale))) for shot in cut]))
    columns = 2
    cell_width = sum(int(width * scale) for width in WIDTHS) + 40
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
    """Write a sheet as JPEG of at most MOST_BYTES / 3, so that three sheets stay under a megabyte."""
    for quality in (80, 70, 60, 50, 40, 30):
        sheet.save(target, "JPEG", quality=quality, optimize=True, progressive=True)
        if target.stat().st_size <= MOST_BYTES // 4:
            return


def main() -> None:
    """Draw every sheet, or one audience."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=["storefront", "storefront-dark", "office", "hers"])
    parser.add_argument("--keep", type=Path, help="also keep the single pictures in this folder")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("Chromium is missing. On Debian: apt-get install chromium fonts-noto-core fonts-beng")
    SHEETS.mkdir(parents=True, exist_ok=True)
    audiences: dict[str, tuple[Steps, Callable[[Page], None] | None, bool]] = {
        "storefront": (STOREFRONT, None, False),
        "storefront-dark": (STOREFRONT[:3], None, True),
        "office": (OFFICE, lambda page: sign_in_staff(page, "meera"), False),
        "hers": (HERS, lambda page: sign_in_artisan(page, "Shapla"), False),
    }
    with demo(), sync_playwright() as playwright, tempfile.TemporaryDirectory() as temporary:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        for name, (steps, enter, dark) in audiences.items():
            if options.only not in (None, name):
                continue
            folder = (options.keep or Path(temporary)) / name
            folder.mkdir(parents=True, exist_ok=True)
            shoot(browser, steps, enter, folder, dark)
            lay_out(folder, steps, SHEETS / f"{name}.jpg")
            print(f"docs/screens/{name}.jpg")


if __name__ == "__main__":
    main()
