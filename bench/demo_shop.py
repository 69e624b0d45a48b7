"""The whole demo, open for measurements: served as `make run` serves it, with worker and sandbox, its pictures drawn;
and a browser that looks at it.
"""

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
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench.measured import ROOT
from bench.running import free_port
from shop.demo.people import ARTISANS, DOMAIN, PASSWORD

PATIENCE_S = 300.0
CUSTOMER = {
    "name": "Asha Sen", "email": f"asha.sen@{DOMAIN}", "phone": "+91 98300 12345", "line1": "12 Invented Lane",
    "postcode": "700019", "city": "Kolkata",
}  # fmt: skip
STATE = "West Bengal"


@dataclass(frozen=True)
class Shop:
    """A shop that runs: its address, and the folder of its databases and mails."""

    base: str
    folder: Path


Step = Callable[[Page, Shop], None]


@contextmanager
def demo() -> Iterator[Shop]:
    """Serve the demo from a folder of its own for the while.

    BENCH_SHOP="http://127.0.0.1:8000 var" takes one that runs already, for working on a measurement.
    """
    if running := os.environ.get("BENCH_SHOP"):
        base, folder_of_it = running.split()
        yield Shop(base, Path(folder_of_it))
        return
    with tempfile.TemporaryDirectory(prefix="bench-shop-") as folder:
        ports = {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}
        shop = Shop(f"http://127.0.0.1:{ports['PORT']}", Path(folder))
        process = subprocess.Popen(
            [sys.executable, "run.py"],
            cwd=ROOT,
            env={**os.environ, **ports, "SHOP_VAR": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(shop, "/readyz", "", process)
            _wait_for(shop, "/metrics", "shop_pictures_waiting 0\n", process)
            yield shop
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _wait_for(shop: Shop, path: str, said: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until a page of the shop says something."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("the demo did not start")
        try:
            with urllib.request.urlopen(shop.base + path, timeout=5) as answer:
                if said in answer.read().decode():
                    return
        except OSError:
            pass
        time.sleep(0.3)
    raise RuntimeError(f"{path} did not say {said!r} in time")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Open the browser; RuntimeError where there is none."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise RuntimeError("Chromium is missing. On Debian: apt-get install chromium fonts-noto-core fonts-beng")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


def sign_in_staff(page: Page, shop: Shop, name: str) -> None:
    """Sign in to the office, or to a customer's account."""
    page.goto(f"{shop.base}/login")
    page.fill("[name=email]", f"{name}@{DOMAIN}")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(re.compile("/manager/|/account"))


def sign_in_artisan(page: Page, shop: Shop, work_name: str) -> None:
    """Sign in as an artisan: card, then PIN."""
    _, card, pin, *_ = next(person for person in ARTISANS if person[0] == work_name)
    page.goto(f"{shop.base}/artisan/sign-in")
    page.fill("[name=card_number]", card)
    page.click("main button[type=submit]")
    page.fill("[name=pin]", pin)
    page.click("main button[type=submit]")
    page.wait_for_url("**/artisan/")


def fill_address(page: Page) -> None:
    """Fill the address of a checkout, PIN code and state last but for what no charge depends on."""
    page.select_option("[name=state]", STATE)
    for name, value in CUSTOMER.items():
        page.fill(f"[name={name}]", value)
