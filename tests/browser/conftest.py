"""A real browser against the shop on a real port. Without Chromium these tests are left out, loudly;
where REQUIRE_BROWSER is set they fail instead."""

import os
import shutil
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from tests.world import World

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")


def pytest_ignore_collect(collection_path: object, config: pytest.Config) -> bool | None:
    """Leave this folder out where there is no Chromium and nobody requires one."""
    if CHROMIUM is None and not os.environ.get("REQUIRE_BROWSER"):
        return True
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser that leaves while a file of ours is on its way leaves it open until the thread has ended."""
    left_open = "ignore:Exception ignored in.*static:pytest.PytestUnraisableExceptionWarning"
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.filterwarnings(left_open))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    assert CHROMIUM, "Chromium is required here: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def served(world: World) -> Iterator[str]:
    """Serve the world's shop on a port and return its address."""
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    address = f"http://127.0.0.1:{server.server_port}"
    world.app.config["SHOP_URL"] = address
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield address
    server.shutdown()
    thread.join(5)
    server.server_close()
