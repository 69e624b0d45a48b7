"""Leaks made on purpose: a private column and a way out, both chosen by seed; the rig has to report each.

A mutant reads the value from the database at the moment of the request, as a careless view would, and gives it
to one kind of viewer only: in the page, a header, a cookie, a redirect, a picture, the sitemap, a letter, a
line of the log or a request to a gateway, plain or encoded.
"""

import base64
import contextlib
import html
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests
from flask import Response, request
from flask_login import current_user
from sqlalchemy import text
from sqlalchemy.exc import NoResultFound
from werkzeug.routing import Rule

from shop import mail
from shop.db import db
from shop.users.models import Role
from shop.users.policy import may
from shop.web.access import action_of
from tests.access.canaries import Canary
from tests.access.canary import customers, pay_again, readers
from tests.access.crawl import Crawl, Viewer, is_allowed
from tests.access.private import tables

BENGALI = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")
DRESSES: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "entities": lambda value: "".join(f"&#{ord(c)};" for c in value),
    "escaped": html.escape,
    "percent": lambda value: "".join(f"%{b:02X}" for b in value.encode()),
    "base64": lambda value: base64.b64encode(f"seen: {value}".encode()).decode(),
    "hex": lambda value: value.encode().hex(),
    "JSON": lambda value: "".join(f"\\u{ord(c):04x}" for c in value),
    "Bengali digits": lambda value: value.translate(BENGALI),
    "spaced digits": lambda value: " ".join(value[i : i + 5] for i in range(0, len(value), 5)),
}
FOR_DIGITS = ("plain", "entities", "percent", "base64", "hex", "JSON", "Bengali digits", "spaced digits")
FOR_TEXTS = ("plain", "entities", "percent", "base64", "hex", "JSON")  # case is part of a key
FOR_TOKENS = ("plain", "upper case", "entities", "percent", "base64", "hex", "JSON")
WAYS = ("comment", "JSON-LD", "header", "cookie", "redirect", "picture", "sitemap", "letter", "log", "gateway", "error")


@dataclass(frozen=True)
class Mutant:
    """One leak: whose column, to whom, on which route, in which way and dress."""

    canary: Canary
    viewer: Viewer
    route: str
    way: str
    dress: str

    def __str__(self) -> str:
        return f"{self.canary.column} to {self.viewer.role} at {self.route} as {self.way}, {self.dress}"


def choose(crawl: Crawl, seed: int) -> Mutant:
    """Return the mutant of a seed: something that the hand-written list does not allow."""
    chance = random.Random(seed)
    while True:
        canary = chance.choice(crawl.planted.of(chance.choice(sorted(crawl.planted.columns()))))
        way = WAYS[seed % len(WAYS)]
        viewer, route = _where(crawl, way, chance)
        if is_allowed(canary, viewer, route):
            continue
        planted = crawl.planted
        dresses = FOR_DIGITS if canary.value in planted.digits else FOR_TEXTS
        dresses = FOR_TOKENS if canary.value in planted.tokens else dresses
        dress = chance.choice([name for name in dresses if way in ("comment", "error", "letter") or name != "entities"])
        return Mutant(canary, viewer, route, way, dress)


def _where(crawl: Crawl, way: str, chance: random.Random) -> tuple[Viewer, str]:
    viewer = chance.choice(crawl.viewers)
    if way == "picture":
        return viewer, "media.rendition"
    if way == "sitemap":
        return viewer, "storefront.sitemap"
    if way in ("letter", "gateway"):
        reader = chance.choice(list(customers(crawl.world).values()))
        return reader, "mail:order_paid" if way == "letter" else "gateway"
    if way == "error":
        return viewer, "error:404"
    reached = [rule.endpoint for rule in crawl.world.app.url_map.iter_rules() if _reaches(crawl, viewer, rule)]
    return viewer, chance.choice(sorted(set(reached) - {"static", "assets", "media.rendition"}))


def _reaches(crawl: Crawl, viewer: Viewer, rule: Rule) -> bool:
    """Say whether a viewer may open a route at all."""
    if "GET" not in (rule.methods or ()):
        return False
    action = action_of(crawl.world.app, rule.endpoint)
    return action is None or (viewer.role != "anonymous" and may(Role(viewer.role), action))


def is_reported(crawl: Crawl, mutant: Mutant) -> bool:
    """Let a mutant live, go round where it leaks, and say whether the rig names its column and its place."""
    crawl.leaks.clear()
    crawl.world.app.wsgi_app.clear()  # a page that was kept would hide it
    with _living(crawl, mutant):
        _go(crawl, mutant)
    place = "log" if mutant.way == "log" else mutant.route
    return any(
        leak.column == mutant.canary.column
        and (leak.route == place or (mutant.way == "letter" and "mail:" in leak.route))
        for leak in crawl.leaks
    )


def _go(crawl: Crawl, mutant: Mutant) -> None:
    """Do the part of the crawl that comes by the mutant's place; the very code of the whole crawl."""
    if mutant.way == "letter":
        crawl.send_letters_again()
        crawl.letters(readers(crawl.world))
    elif mutant.way == "gateway":
        crawl.let_pages_end()  # a page that stands open asks its gateway nothing
        for reader in customers(crawl.world).values():
            pay_again(crawl, reader)
    elif mutant.way == "error":
        crawl.errors()
    elif mutant.way == "picture":
        crawl.files()
    else:
        crawl.pages(only={mutant.route})
    crawl.log()


def is_met(crawl: Crawl, mutant: Mutant) -> bool:
    """Say whether anyone came by while a mutant lived; a page made for nobody in particular knows no role."""
    return mutant.way in ("letter", "gateway") or mutant in crawl.met


def go_without(crawl: Crawl, mutant: Mutant) -> int:
    """Go the same way with no mutant living; return how many leaks were reported, which should be none."""
    crawl.leaks.clear()
    _go(crawl, mutant)
    return len(crawl.leaks)


@contextlib.contextmanager
def _living(crawl: Crawl, mutant: Mutant) -> Iterator[None]:
    if mutant.way == "letter":
        with _in_letters(mutant):
            yield
    elif mutant.way == "gateway":
        with _in_requests(crawl, mutant):
            yield
    else:
        with _in_answers(crawl, mutant):
            yield


def _value(mutant: Mutant) -> str:
    """Read the private value as it stands, and dress it; the vault's as someone who has opened the record."""
    if mutant.canary.column.startswith("identity."):
        return DRESSES[mutant.dress](mutant.canary.value)
    table, column = mutant.canary.column.split("@")[0].split(".")
    keys = next([key.name for key in found.primary_key] for found in tables() if found.name == table)
    bind = next(name for name, metadata in db.metadatas.items() if table in metadata.tables)
    where = " AND ".join(f"{key} = :{key}" for key in keys)
    row = mutant.canary.row.strip("()").rstrip(",").split(", ")
    with db.engines[bind].connect() as connection:
        held = connection.execute(
            text(f'SELECT "{column}" FROM {table} WHERE {where}'), dict(zip(keys, row, strict=True))
        ).scalar_one()
    held = held.decode() if isinstance(held, bytes) else str(held)
    return DRESSES[mutant.dress](mutant.canary.value)


@contextlib.contextmanager
def _in_answers(crawl: Crawl, mutant: Mutant) -> Iterator[None]:
    def leak(response: Response) -> Response:
        if not _is_its_moment(mutant, response):
            return response
        try:
            said = _value(mutant)
        except NoResultFound:  # its row went while others walked
            return response
        crawl.met.add(mutant)
        if mutant.way == "log":
            print(said, file=sys.stderr)  # what the log's own list of fields cannot hold back
        elif mutant.way == "header":
            response.headers["X-Note"] = quote(said, safe="%=&;#\\/+:@.$,-_ ")
        elif mutant.way == "cookie":
            response.set_cookie("seen", quote(said))
        elif mutant.way == "redirect":
            response.headers["Location"] = f"/seen?for={quote(said)}"
        else:
            response.direct_passthrough = False
            wrapped = (
                f'<script type="application/ld+json">{{"x": "{said}"}}</script>' if mutant.way == "JSON-LD" else said
            )
            response.set_data(response.get_data() + wrapped.encode())
        return response

    hooks = crawl.world.app.after_request_funcs.setdefault(None, [])
    hooks.insert(0, leak)
    try:
        yield
    finally:
        hooks.remove(leak)


def _is_its_moment(mutant: Mutant, response: Response) -> bool:
    role = current_user.role.value if current_user.is_authenticated else "anonymous"
    if mutant.way == "error":
        return response.status_code == 404 and role == mutant.viewer.role
    if mutant.way == "picture":  # pictures are read by whoever comes by
        return request.endpoint == mutant.route
    return request.endpoint == mutant.route and role == mutant.viewer.role


@contextlib.contextmanager
def _in_letters(mutant: Mutant) -> Iterator[None]:
    honest = mail.compose

    def compose(*, text: str, **parts: Any) -> Any:
        return honest(text=f"{text}\n{_value(mutant)}\n", **parts)

    mail.compose = compose
    try:
        yield
    finally:
        mail.compose = honest


@contextlib.contextmanager
def _in_requests(crawl: Crawl, mutant: Mutant) -> Iterator[None]:
    honest = requests.Session.request

    def send(session: requests.Session, method: str, url: str, **options: Any) -> requests.Response:
        with crawl.world.app.app_context():
            noted = {**(options.get("headers") or {}), "X-Note": quote(_value(mutant), safe="%=\\/+ ")}
        return honest(session, method, url, **{**options, "headers": noted})

    requests.Session.request = send
    try:
        yield
    finally:
        requests.Session.request = honest
