"""V4: API and web service."""

from collections.abc import Iterator

from tests.access.abuse import asvs
from tests.access.abuse.logic import tried
from tests.access.abuse.looking import answers, closed
from tests.cast import TOTE
from tests.test_routes import path_of
from tests.world import World


@asvs("4.1.1", "Every answer says what it is, and text says in which characters")
def content_types(world: World) -> Iterator[str]:
    for path, answer in answers(world):
        kind = answer.headers.get("Content-Type", "")
        if answer.data and not kind:
            yield f"{path} says nothing"
        if kind.startswith("text/") and "charset=utf-8" not in kind.lower():
            yield f"{path} is {kind}"
        if answer.data[:15].lower().startswith(b"<!doctype html") and not kind.startswith("text/html"):
            yield f"{path} is a page called {kind}"


@asvs("4.1.3", "What a proxy sets cannot be set by whoever asks")
def forwarded_headers(world: World) -> Iterator[str]:
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP"):
        answer = world.app.test_client().get("/metrics", headers={header: "127.0.0.1"}, environ_overrides=elsewhere)
        if answer.status_code != 404:
            yield f"{header} opens /metrics"
    plain = world.browser().get("/products/kalka-tote").text
    for header, value in (
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "gopher"),
        ("X-Forwarded-Prefix", "/evil"),
        ("X-Original-URL", "/manager/"),
        ("X-Rewrite-URL", "/manager/"),
        ("X-User-ID", "1"),
        ("X-Forwarded-Server", "evil.example"),
    ):
        if world.browser().get("/products/kalka-tote", headers={header: value}).text != plain:
            yield f"{header} changes a page"
    for header in ("X-User-ID", "X-Remote-User", "Remote-User", "X-Auth-User"):
        if world.browser().get("/manager/", headers={header: "1"}).status_code != 302:
            yield f"{header} signs in"


@asvs("4.1.4", "An address answers the methods that it has and no other, by no other name")
def methods(world: World) -> Iterator[str]:
    anita = world.browser().sign_in("Anita")
    same = {"Sec-Fetch-Site": "same-origin"}
    for rule in world.app.url_map.iter_rules():
        path = path_of(world.app, rule)
        with world.app.test_request_context():
            here = set(world.app.url_map.bind("localhost").allowed_methods(path))
        for method in {"PUT", "DELETE", "PATCH", "PROPFIND", "CONNECT", "FOO"} - here:
            if (said := closed(anita.client.open(path, method=method, headers=same)).status_code) not in (404, 405):
                yield f"{method} {path} is answered with {said}"
    for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        answer = world.browser().get(
            "/cart/lines", headers={header: "POST"}, query_string={"_method": "POST", "sku": TOTE}
        )
        if answer.status_code != 405:
            yield f"{header} makes a GET a POST"


@asvs("4.1.5", "What a gateway tells is believed only with its signature over the very bytes")
def messages_are_signed(world: World) -> Iterator[str]:
    yield from tried(world, "webhook", "Stripe's", "signed,")
