"""A few thousand senseless requests: every route, every method, junk wherever junk fits. Nothing may be a 5xx."""

import json
import random
from typing import Any

from shop.users.models import Role
from tests.access.abuse import Counting
from tests.cast import TOTE
from tests.test_routes import JUNK, field_names, path_of, raw_path, signed_in
from tests.world import Browser, World

METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND")
WHO = (None, Role.ARTISAN, Role.MANAGER, Role.ADMIN, Role.CUSTOMER)
HOMES = {Role.ARTISAN: "/artisan/", Role.MANAGER: "/manager/", Role.ADMIN: "/manager/", Role.CUSTOMER: "/account"}
KINDS = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json",
    "text/plain",
    "a/b;;",
    "",
)
HEADERS = ("Referer", "Accept-Language", "X-Forwarded-For", "X-Forwarded-Host", "If-None-Match", "If-Modified-Since",
           "Range", "Authorization", "Origin", "Accept-Encoding", "User-Agent")  # fmt: skip
LEAVES = ("auth.sign_out", "artisan.leave", "account.sign_out", "account.sign_out_everywhere")


def fuzz(world: World, *, seed: int, rounds: int = 2) -> tuple[int, list[str]]:
    """Ask for everything in every senseless way; return how many answers there were, and what broke.

    A 5xx is broken. So is the fuzz itself if someone was signed out on the way: her pages were not reached after that.
    """
    chance = random.Random(seed)
    people = [world.browser() if role is None else signed_in(world, role) for role in WHO]
    world.add_to_cart(people[0], TOTE)
    names = field_names()
    counting = Counting(world.app.wsgi_app)
    world.app.wsgi_app, world.app.testing = counting, False
    try:
        for _ in range(rounds):
            for rule in world.app.url_map.iter_rules():
                for method in METHODS:
                    for person in people if method in ("GET", "POST") else people[:1]:
                        if rule.endpoint in LEAVES:
                            continue
                        path = (
                            path_of(world.app, rule) if chance.random() < 0.4 else raw_path(rule, chance.choice(JUNK))
                        )
                        _ask(person, method, path, names, chance)
    finally:
        world.app.wsgi_app, world.app.testing = counting.app, True
    gone = [f"{who} was signed out" for who, person in zip(WHO, people, strict=True)
            if who and person.get(HOMES[who]).status_code != 200]  # fmt: skip
    return counting.answers, counting.broken + gone


def _ask(person: Browser, method: str, path: str, names: list[str], chance: random.Random) -> None:
    headers = {"Sec-Fetch-Site": "same-origin"}
    for name in chance.sample(HEADERS, 2):
        headers[name] = (
            chance.choice(JUNK).encode("ascii", "ignore").decode().replace("\r", "").replace("\n", "").replace("\0", "")
        )
    options: dict[str, Any] = {"query_string": {chance.choice(names): chance.choice(JUNK) for _ in range(3)}}
    if method not in ("GET", "HEAD", "OPTIONS", "TRACE"):
        options |= _body(person, names, chance)
    try:
        person.client.open(path, method=method, headers=headers, **options).close()
    except (UnicodeError, ValueError) as error:  # the test client itself cannot send this
        if "test.py" not in str(error.__traceback__):
            return


def _body(person: Browser, names: list[str], chance: random.Random) -> dict[str, Any]:
    fields = {name: chance.choice(JUNK) for name in chance.sample(names, min(len(names), 12))}
    if person.token:
        fields["csrf_token"] = person.token
    kind = chance.choice(KINDS) if chance.random() < 0.3 else KINDS[0]
    if kind == KINDS[0]:
        return {"data": fields}
    raw = json.dumps(fields) if chance.random() < 0.5 else chance.choice(JUNK)
    return {"data": raw.encode("utf-8", "replace"), "content_type": kind}
