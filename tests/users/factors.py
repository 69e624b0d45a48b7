"""Second factors for tests: a phone, the half way in, and the code of a moment."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pyotp

from shop import create_app, peppers
from shop.clock import FixedClock
from shop.db import db
from shop.phases import Counter
from shop.users import totp
from shop.users.totp import SecondFactor
from tests.cast import PASSWORD, SELLER
from tests.world import Browser, World

HALF_MINUTE = timedelta(seconds=totp.STEP_S)  # after it the phone shows another code


def with_phone(world: World, name: str) -> str:
    """Give a member of staff a phone that counts; return its seed."""
    with world.writing() as at:
        user_id = world.user(name).id
        totp.begin(user_id, at=at)
    secret = seed_of(world, name)
    with world.writing() as at:
        assert totp.confirm(user_id, code(world, secret, -1), at=at)
    return secret


def seed_of(world: World, name: str) -> str:
    """Return the seed that we keep for a person, opened."""
    with world.reading():
        user_id = world.user(name).id
        opened = peppers.unseal(db.session.get_one(SecondFactor, user_id).seed, f"second_factor|{user_id}|seed")
    assert opened is not None
    return opened


def code(world: World, secret: str, steps: int = 0) -> str:
    """Return what her phone shows now, or so many half minutes from now."""
    return pyotp.TOTP(secret).at(world.clock.now() + steps * HALF_MINUTE)


def half_in(world: World, name: str) -> Browser:
    """Return a browser in which the password was right and the second factor is asked for."""
    browser = world.browser()
    answer = browser.post("/login", {"email": f"{name.lower()}@test.example", "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/login/second-step"), answer.text
    return browser


def sign_in_with(world: World, name: str, secret: str) -> Browser:
    """Sign in with password and phone."""
    browser = half_in(world, name)
    world.advance(HALF_MINUTE)
    assert browser.post("/login/second-step", {"code": code(world, secret)}).status_code == 303
    return take_token(browser)


def take_token(browser: Browser, path: str = "/manager/me") -> Browser:
    """Let a browser know the token of its forms."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(path).text)
    assert found, f"no token on {path}"
    browser.token = found[1]
    return browser


@contextmanager
def with_peppers(world: World, settings: dict[str, str], given: str) -> Iterator[World]:
    """Open the same house again with other peppers."""
    app = create_app({**settings, "TESTING": True, "PIN_PEPPER": given})
    app.extensions["counter"] = Counter({}, FixedClock(world.clock.now()), SELLER)
    yield World(app, world.sandbox, world.clock)
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
