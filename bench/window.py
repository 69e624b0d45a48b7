"""Everything that issue 6 wants measured: one function a step, each yielding its figures."""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

from flask import Flask
from flask_migrate import upgrade

from bench import products
from bench.checkouts import checkouts
from bench.journeys import journeys
from bench.lighthouse import lighthouse
from bench.measured import Measured, gathered, in_steps
from bench.serving import serving
from bench.weight import demo_load, weight
from bench.words import words
from shop import create_app
from shop.db import db
from tests.databases import postgresql_settings, sqlite_settings, start_postgresql

FEW, MANY = 1_000, 20_000
ROUNDS = 25
LISTS = (
    "/products",
    "/products?sort=newest",
    "/products?sort=price-up&ready=now",
    "/products?colour=indigo&price=2&sort=soonest",
    "/products?trade=kantha&trade=handmade-paper&colour=madder&material=cotton&sort=price-down",
    "/bn/products?ready=made&currency=USD",
)
SEARCHES = (
    "/search?q=bag",
    "/search?q=kantha+tote",
    "/search?q=kalka+bg",
    "/search?q=totte",
    "/search?q=red+leather+umbrella",
    "/search?q=cotton+canvas+indigo",
    "/bn/search?q=ব্যাগ",
    "/search?q=jhola",
)


def measure(scale: str) -> Iterator[Measured]:
    """Yield every figure of the window; one step that breaks leaves its figures missing."""
    yield from in_steps(
        (
            ("serving", serving),
            ("checkouts", checkouts),
            ("weight", weight),
            ("journeys", journeys),
            ("words", words),
            ("lighthouse", lighthouse),
            ("axe", axe),
            ("demo", demo_load),
            ("growing", growing),
        )
    )


def axe() -> Iterator[Measured]:
    """Yield what axe finds serious on any page, for anyone, in light and dark, in every language and state."""
    arguments = ["tests/browser/test_axe_in_chromium.py", "-n", "2"]
    return gathered(arguments, {"axe_serious": sum}, area="window", AXE="all", REQUIRE_BROWSER="1")


def growing() -> Iterator[Measured]:
    """Yield how much longer lists and searches take with twenty times the products: the database that grows more."""
    lists, searches = [], []
    for shops in (_on_sqlite, _on_postgresql):
        with shops() as (few, many):
            lists.append(_ratio(few, many, LISTS))
            searches.append(_ratio(few, many, SEARCHES))
    yield Measured("list_20k_vs_1k", max(lists), ROUNDS * len(LISTS), products.SEED)
    yield Measured("search_20k_vs_1k", max(searches), ROUNDS * len(SEARCHES), products.SEED)


def _ratio(few: Flask, many: Flask, paths: tuple[str, ...]) -> float:
    """Return the time of some pages in one shop by that in another: medians over interleaved rounds, every page alike.

    Pages are made by the app itself, behind any cache of whole pages.
    """
    for app in (few, many):
        for path in paths:
            _seconds(app, path)
    taken: dict[Flask, list[float]] = {few: [], many: []}
    for _ in range(ROUNDS):
        for app in (few, many):
            taken[app].append(sum(_seconds(app, path) for path in paths))
    told = f"{median(taken[few]) / len(paths):.4f} s, {median(taken[many]) / len(paths):.4f} s"
    print(f"  {few.config['DATABASE_URL'].split(':')[0]} {paths[0]} and others: {told}", file=sys.stderr)
    return round(median(taken[many]) / median(taken[few]), 2)


def _seconds(app: Flask, path: str) -> float:
    prefix, language = ("/bn", "bn") if path.startswith("/bn/") else ("", None)
    environ = {"shop.language": language} if language else {}
    began = time.perf_counter()
    with app.test_request_context(path.removeprefix(prefix), environ_overrides=environ):
        answer = app.full_dispatch_request()
        assert answer.status_code == 200, (path, answer.status_code)
    return time.perf_counter() - began


@contextmanager
def _on_sqlite() -> Iterator[tuple[Flask, Flask]]:
    with tempfile.TemporaryDirectory(prefix="bench-shops-") as folder:
        homes = [Path(folder) / str(number) for number in (FEW, MANY)]
        for home in homes:
            home.mkdir()
        yield _shop(sqlite_settings(homes[0]), FEW), _shop(sqlite_settings(homes[1]), MANY)


@contextmanager
def _on_postgresql() -> Iterator[tuple[Flask, Flask]]:
    import psycopg

    address, server = start_postgresql()
    try:
        with psycopg.connect(address, autocommit=True) as connection:
            for number in (FEW, MANY):
                for suffix in ("", "_identity"):
                    connection.execute(f"CREATE DATABASE bench_{number}{suffix}".encode())
        yield (
            _shop(postgresql_settings(address, f"bench_{FEW}"), FEW),
            _shop(postgresql_settings(address, f"bench_{MANY}"), MANY),
        )
    finally:
        with suppress(Exception):
            server.cleanup()


def _shop(settings: dict[str, str], number: int) -> Flask:
    """Return a shop with so many products."""
    app = create_app({**settings, "SHOP_URL": "http://localhost"})
    with app.app_context():
        upgrade()
        products.fill(number)
        db.session.remove()
    return app
