"""V7: session management."""

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select

from shop.db import db
from shop.users import sessions
from shop.users.models import SignIn
from shop.users.tries import Tries
from shop.web.access import action_of
from tests.access.abuse import asvs
from tests.access.abuse.looking import closed, names_of
from tests.cast import ARTISANS, PASSWORD, TOTE
from tests.test_routes import path_of, rules
from tests.web import artisan_life as life
from tests.world import Browser, World

FEWEST_PAGES = {"/manager/": 18, "/artisan/": 5, "/account": 8}  # fewer would mean that the rig does not see them


def stands(browser: Browser, path: str = "/manager/") -> bool:
    return browser.get(path).status_code == 200


def cookie(browser: Browser) -> str:
    """Return the value of the cookie that holds the sign-in."""
    found = browser.client.get_cookie("session")
    return found.value if found else ""


def shown_again(browser: Browser, page: str) -> Browser:
    """Return a browser in which she has just shown again who she is, with the token of a page."""
    answer = browser.post("/step-up", {"password": PASSWORD})
    assert answer.status_code == 303, answer.text
    browser.renew_token(page)
    return browser


def copied(world: World, browser: Browser) -> Browser:
    """Return another browser with a copy of this one's cookie."""
    thief = world.browser()
    thief.client.set_cookie("session", cookie(browser))
    return thief


@asvs("7.2.1", "A sign-in is looked up on our side at every request")
def looked_up_here(world: World) -> Iterator[str]:
    meera = world.browser().sign_in("Meera")
    with world.writing():
        for row in db.session.scalars(select(SignIn)):
            db.session.delete(row)
    if stands(meera):
        yield "a cookie without its row is still good"


@asvs("7.2.2", "Each sign-in has a token of its own, and nothing fixed opens a page")
def tokens_are_dynamic(world: World) -> Iterator[str]:
    one, other = world.browser().sign_in("Meera"), world.browser().sign_in("Meera")
    if cookie(one) == cookie(other):
        yield "two sign-ins share a token"
    for given in (
        {"Authorization": "Bearer " + world.app.config["SECRET_KEY"]},
        {"X-Api-Key": world.app.config["SECRET_KEY"]},
    ):
        if world.browser().get("/manager/", headers=given).status_code == 200:
            yield "a fixed key opens a page"


@asvs("7.2.3", "A token is 256 random bits, kept only as a hash")
def tokens_are_random(world: World) -> Iterator[str]:
    with world.writing() as at:
        tokens = [sessions.begin(world.user("Meera"), idle=timedelta(minutes=5), at=at) for _ in range(50)]
        kept = set(db.session.scalars(select(SignIn.token_hash)))
    if len({*tokens}) != 50 or any(len(token) < 43 for token in tokens):
        yield "tokens are short or repeat"
    if kept & {*tokens} or not {hashlib.sha256(token.encode()).hexdigest() for token in tokens} <= kept:
        yield "the token itself is kept"


@asvs("7.2.4", "Signing in and stepping up give a new token, and the old one is worth nothing")
def tokens_are_exchanged(world: World) -> Iterator[str]:
    fixed = world.browser()
    fixed.client.set_cookie("session", "planted-by-someone")
    fixed.sign_in("Meera")
    if cookie(fixed) == "planted-by-someone":
        yield "a planted cookie is kept"
    before = copied(world, fixed)
    if not stands(before):
        yield "the copy does not stand to begin with"
    if fixed.post("/step-up", {"password": PASSWORD}).status_code != 303:
        yield "the step-up failed"
    if stands(before):
        yield "the token from before the step-up is still good"
    if not stands(fixed):
        yield "the new token is not good"


@asvs("7.3.1", "A page left alone is closed: an office's after fifteen minutes, her money's after three")
def idle(world: World) -> Iterator[str]:
    meera, rina = world.browser().sign_in("Meera"), world.browser().sign_in_artisan("Rina")
    if not stands(rina, "/artisan/passbook"):
        yield "her passbook does not open"
    world.advance(timedelta(minutes=4))
    if stands(rina, "/artisan/passbook"):
        yield "her passbook stays open"
    world.advance(timedelta(minutes=10))
    if not stands(meera):
        yield "the office is closed too early"
    world.advance(timedelta(minutes=16))
    if stands(meera):
        yield "the office stays open"


@asvs("7.3.2", "However often it is used, a sign-in ends after thirty days")
def absolute(world: World) -> Iterator[str]:
    meera = world.browser().sign_in("Meera")
    with world.writing():
        for row in db.session.scalars(select(SignIn)):
            row.idle_until = row.idle_until + timedelta(days=400)
    world.advance(timedelta(days=31))
    if stands(meera):
        yield "after a month it is still good"


@asvs("7.4.1", "Signing out ends it on our side: the same cookie opens nothing any more")
def signing_out(world: World) -> Iterator[str]:
    for browser, path in (
        (world.browser().sign_in("Meera"), "/manager/"),
        (world.browser().sign_in_artisan("Rina"), "/artisan/"),
    ):
        thief = copied(world, browser)
        if not stands(thief, path):
            yield "the copy does not stand to begin with"
        browser.post("/logout")
        if stands(thief, path) or stands(browser, path):
            yield f"{path} opens after signing out"


@asvs("7.4.2", "Who is disabled is out at once, on every device")
def disabled(world: World) -> Iterator[str]:
    devices = [world.browser().sign_in("Meera") for _ in range(2)]
    with world.writing() as at:
        world.user("Meera").disabled_at = at
    for device in devices:
        if stands(device):
            yield "she is still in"
    if world.browser().post("/login", {"email": "meera@test.example", "password": PASSWORD}).status_code == 303:
        yield "she signs in again"


@asvs("7.4.3", "A new secret ends every sign-in made with the old one")
def new_secret(world: World) -> Iterator[str]:
    card, old, _, _ = ARTISANS["Rina"]
    rina, elsewhere = world.browser().sign_in_artisan("Rina"), world.browser().sign_in_customer()
    asha = shown_again(world.browser().sign_in_customer(), "/account")
    with world.reading():
        hers = f"/manager/people/{life.artisan('Rina').id}/pin"
    pin = world.browser().sign_in("Meera").post(hers, {"pin": "835164", "pin_again": "835164"})
    password = asha.post("/account/password", {"password": "another-kantha"})
    if (pin.status_code, password.status_code) != (303, 303):
        yield f"a new PIN is answered with {pin.status_code}, a new password with {password.status_code}"
    if stands(rina, "/artisan/") or stands(elsewhere, "/account"):
        yield "an old sign-in is still good"
    if not stands(asha, "/account"):
        yield "who changed her password is out too"
    for door, form in (
        ("/artisan/sign-in", {"card_number": card, "pin": old}),
        ("/login", {"email": "asha@test.example", "password": PASSWORD}),
    ):
        if world.browser().post(door, form).status_code == 303:
            yield f"{door} takes the old secret"


@asvs("7.4.4", "Every page behind a sign-in has the way out on it")
def way_out(world: World) -> Iterator[str]:
    order = world.order(world.buy(TOTE, email="asha@test.example"))
    for browser, home, way in (
        (shown_again(world.browser().sign_in("Anita"), "/manager/"), "/manager/", "/logout"),
        (shown_again(world.browser().sign_in("Meera"), "/manager/"), "/manager/", "/logout"),
        (world.browser().sign_in_artisan("Rina"), "/artisan/", "/artisan/leave"),
        (shown_again(world.browser().sign_in_customer(), "/account"), "/account", "/account/sign-out"),
    ):
        asked = [path_of(world.app, rule) for rule in rules(world.app, "GET") if action_of(world.app, rule.endpoint)]
        seen = 0
        for path in [*asked, f"/account/orders/{order.number}"]:
            answer = closed(browser.get(path))
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            seen += 1
            forms = re.findall(r"<form\b.*?</form>", answer.text, re.DOTALL)
            if not any(f'method="post" action="{way}"' in form and "<button" in form for form in forms):
                yield f"{path} has none"
        if seen < FEWEST_PAGES[home]:
            yield f"only {seen} pages behind {home} were looked at"
        browser.post(way)
        if stands(browser, home):
            yield f"{way} does not lead out"


@asvs("7.4.5", "One sign-in or all of a person's can be ended from our side")
def ended_by_us(world: World) -> Iterator[str]:
    one, other = world.browser().sign_in("Meera"), world.browser().sign_in("Meera")
    with world.writing() as at:
        newest = sessions.standing_of(world.user("Meera").id, at=at)[0]
        sessions.end(newest.id, at=at)
    if stands(other) or not stands(one):
        yield "ending one does not end that one alone"
    with world.writing() as at:
        sessions.end_all(world.user("Meera").id, at=at)
    if stands(one):
        yield "ending all leaves one"


@asvs("7.6.2", "Nobody is signed in by looking: a page asked for sets no session")
def no_session_by_looking(world: World) -> Iterator[str]:
    for path in (
        "/",
        "/products",
        "/products/kalka-tote",
        "/cart",
        "/login",
        "/artisan/sign-in",
        "/search?q=x",
        "/manager/",
        "/artisan/",
        "/account",
        "/account/new",
        "/account/link/x",
        "/join/1/x",
    ):
        answer = world.browser().get(path)
        if any(re.search("session", name) for name in names_of(answer)):
            yield f"{path} sets a session"
    with world.reading():
        if db.session.scalars(select(SignIn)).first() is not None:
            yield "a sign-in was made"
        if db.session.scalars(select(Tries)).first() is not None:
            yield "a try was counted"
