"""What the checks share: the tree's syntax, an answer of each kind, a production shop, a page's elements."""

import ast
import contextlib
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from shop import create_app
from tests.cast import TOTE
from tests.test_config import GOOD
from tests.test_routes import path_of, rules
from tests.world import Browser, World

ROOT = Path(__file__).resolve().parents[3]
STAFF = ("Meera", "Farida", "Nasrin", "Bina", "Anita")


@cache
def sources() -> dict[str, ast.Module]:
    """Return the syntax of every module of the shop."""
    paths = sorted((ROOT / "shop").rglob("*.py"))
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in paths}


def nodes(kind: type[ast.AST]) -> Iterator[tuple[str, Any]]:
    """Yield every node of a kind with where it stands."""
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, kind):
                yield f"{path}:{getattr(node, 'lineno', 0)}", node


def calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call of a function, by its dotted name or its last part."""
    for where, node in nodes(ast.Call):
        name = ast.unparse(node.func)
        if name in names or ("." in name and name.rsplit(".", 1)[1] in {n[1:] for n in names if n.startswith(".")}):
            yield where, node


def imports() -> Iterator[tuple[str, str]]:
    """Yield every imported module with where."""
    for where, node in nodes(ast.Import):
        for alias in node.names:
            yield where, alias.name
    for where, node in nodes(ast.ImportFrom):
        if node.module:
            yield where, node.module


class Elements(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def named(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.found if tag in tags]


_answers: list[tuple[str, TestResponse]] = []


def answers(world: World) -> list[tuple[str, TestResponse]]:
    """Return an answer of every kind, asked for once: every world begins alike."""
    if not _answers:
        _answers.extend(_asked(world))
    return _answers


def _asked(world: World) -> Iterator[tuple[str, TestResponse]]:
    """Yield an answer of every kind: each page, refusals, errors, files, webhooks."""
    guest, anita, rina = world.browser(), world.browser().sign_in("Anita"), world.browser().sign_in_artisan("Rina")
    for rule in rules(world.app, "GET"):
        path = path_of(world.app, rule)
        who = anita if path.startswith("/manager") else rina if path.startswith("/artisan") else guest
        yield path, closed(who.get(path))
        yield "stranger's " + path, closed(guest.get(path))
    for method, path in (("GET", "/nowhere"), ("PUT", "/"), ("POST", "/cart/lines"), ("POST", "/webhooks/stripe"),
                         ("POST", "/manager/payouts"), ("OPTIONS", "/checkout"), ("HEAD", "/products")):  # fmt: skip
        yield f"{method} {path}", closed(guest.client.open(path, method=method))
    yield "413", closed(guest.post("/cart/lines", {"sku": "x" * 300_000}))
    yield "422", closed(guest.post("/cart/lines", {"sku": TOTE, "quantity": "0"}))


def closed(answer: TestResponse) -> TestResponse:
    """Return an answer, read and closed."""
    answer.get_data()
    answer.close()
    return answer


def pages(world: World) -> Iterator[tuple[str, str]]:
    """Yield every page that is one, with its address."""
    for path, answer in answers(world):
        if answer.mimetype == "text/html" and answer.status_code == 200:
            yield path, answer.text


@contextlib.contextmanager
def production(world: World, **other: str) -> Iterator[Flask]:
    """Give the shop as it opens in production, on this world's databases."""
    from shop.db import db

    settings = {name: world.app.config[name] for name in ("DATABASE_URL", "IDENTITY_DATABASE_URL", "MEDIA_URL")}
    app = create_app({**GOOD, "TRUSTED_HOSTS": "shop.example", **settings, **other})
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()


SECURE = {"base_url": "https://shop.example"}


def names_of(answer: TestResponse) -> dict[str, str]:
    """Return an answer's cookies by name, each with its whole line."""
    return {line.split("=", 1)[0]: line for line in answer.headers.getlist("Set-Cookie")}


def bag(browser: Browser, **fields: str) -> TestResponse:
    """Put something into the bag."""
    return browser.post("/cart/lines", {"sku": TOTE, "quantity": "1", "currency": "INR", **fields})
