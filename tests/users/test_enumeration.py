"""Nobody learns from signing in who has an account: hashes done, statements, status, headers and words are the same.

Whoever adds a way to sign in adds a row to PATHS: how a name that is known is tried, and one that is not.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse

from shop.db import db
from shop.users import invitations, recovery, signin
from shop.web import auth
from shop.web.edge import HALF
from tests.cast import ARTISANS, PASSWORD
from tests.conftest import both_databases
from tests.faults import figures
from tests.users.factors import half_in, with_phone
from tests.world import Browser, World

CARD = ARTISANS["Rina"][0]
Send = Callable[[], TestResponse]
Pair = tuple[Send, Send]
MUTABLE = ("Date", "Set-Cookie", "Content-Length", "X-Request-Id")


@dataclass(frozen=True)
class Path:
    """One way to try: both sides are made ready, and each is sent so many times."""

    name: str
    ready: Callable[[World], Pair]
    times: int = 1


@dataclass
class Seen:
    """What one who tries can tell, by looking or by a clock."""

    status: int
    headers: dict[str, str]
    cookies: list[str]
    text: str
    statements: int
    hashes: int


def by_form(path: str, known: dict[str, str], unknown: dict[str, str]) -> Callable[[World], Pair]:
    def ready(world: World) -> Pair:
        one, other = world.browser(), world.browser()
        return lambda: one.post(path, known), lambda: other.post(path, unknown)

    return ready


def a_bent_invitation(world: World) -> Pair:
    with world.writing() as at:
        token = invitations.invite(world.user("Bina"), at=at, by=world.user("Anita")).token
    one, other = world.browser(), world.browser()
    bent, invented = f"{token[:-1]}{'0' if token[-1] != '0' else '1'}", "999-" + "0" * 64
    return lambda: one.get(f"/invitation/{bent}"), lambda: other.get(f"/invitation/{invented}")


def a_used_invitation(world: World) -> Pair:
    with world.writing() as at:
        token = invitations.invite(world.user("Bina"), at=at, by=world.user("Anita")).token
        invitations.accept(token, signin.hash_secret("a password of her own"), at=at)
    one, other, form = world.browser(), world.browser(), {"password": "another one", "password_again": "another one"}
    invented = "999-" + "0" * 64
    return lambda: one.post(f"/invitation/{token}", form), lambda: other.post(f"/invitation/{invented}", form)


def half_a_sign_in_that_is_over(world: World) -> Pair:
    with_phone(world, "Farida")
    one, other = half_in(world, "Farida"), world.browser()
    world.advance(timedelta(minutes=6))
    with other.client.session_transaction() as session:
        session[HALF] = "a token that was never given"
    form = {"code": "123456"}
    return lambda: one.post("/login/second-step", form), lambda: other.post("/login/second-step", form)


def a_paper_code_that_was_used(world: World) -> Pair:
    with_phone(world, "Farida")
    with world.writing() as at:
        codes = recovery.make(world.user("Farida").id)
        assert recovery.take(world.user("Farida").id, codes[0], at=at)
    one, other = half_in(world, "Farida"), half_in(world, "Farida")
    return (
        lambda: one.post("/login/second-step", {"code": codes[0]}),
        lambda: other.post("/login/second-step", {"code": "aaaaa-bbbbb-ccccc"}),
    )


def one_who_is_shut_out(world: World) -> Pair:
    with world.writing() as at:
        world.user("Ruma").disabled_at = at
    one, other = world.browser(), world.browser()
    return (
        lambda: one.post("/login", {"email": "ruma@test.example", "password": PASSWORD}),
        lambda: other.post("/login", {"email": "no@x.example", "password": PASSWORD}),
    )


def _signed_in_and_out(world: World) -> Browser:
    browser = world.browser().sign_in("Meera")
    browser.post("/logout")
    return browser


def from_a_browser_of_the_house(world: World) -> Pair:
    one, other = (_signed_in_and_out(world) for _ in range(2))
    known, unknown = {"email": "farida@test.example"}, {"email": "nobody@test.example"}
    return (
        lambda: one.post("/login", {**known, "password": "not this one"}),
        lambda: other.post("/login", {**unknown, "password": "not this one"}),
    )


def in_other_letters_each_time(world: World) -> Pair:
    def sending(browser: Browser, name: str) -> Send:
        spelt = (name[:size].upper() + name[size:] + "@test.example" for size in range(len(name)))
        return lambda: browser.post("/login", {"email": next(spelt), "password": "not this one"})

    return sending(world.browser(), "farida"), sending(world.browser(), "nobody")


KNOWN = {"email": "meera@test.example", "password": "not this one at all"}
UNKNOWN = {"email": "no@x.example", "password": "not this one at all"}
PATHS = [
    Path("staff password", by_form("/login", KNOWN, UNKNOWN)),
    Path("staff password until it is shut", by_form("/login", KNOWN, UNKNOWN), times=7),
    Path("staff password, right, of one who is shut out", one_who_is_shut_out),
    Path("staff password from a browser that the house knows", from_a_browser_of_the_house),
    Path("card", by_form("/artisan/sign-in", {"card_number": CARD}, {"card_number": "9876"})),
    Path("card and PIN", by_form(
        "/artisan/sign-in", {"card_number": CARD, "pin": "736251"}, {"card_number": "9876", "pin": "736251"})),
    Path("card and PIN until it is shut", by_form(
        "/artisan/sign-in", {"card_number": CARD, "pin": "736251"}, {"card_number": "9876", "pin": "736251"}), times=7),
    Path("staff password, the name spelt otherwise each time", in_other_letters_each_time, times=6),
    Path("mailed link", by_form("/login/link", {"email": "asha@test.example"}, {"email": "no@x.example"})),
    Path("mailed link until no more are sent", by_form(
        "/login/link", {"email": "asha@test.example"}, {"email": "no@x.example"}), times=5),
    Path("mailed link, asked by staff", by_form(
        "/login/link", {"email": "meera@test.example"}, {"email": "no@x.example"})),
    Path("a new account", by_form(
        "/account/new", {"email": "asha@test.example", "password": "ten letters or more"},
        {"email": "no@x.example", "password": "ten letters or more"})),
    Path("customer's password", by_form("/login", {**KNOWN, "email": "asha@test.example"}, UNKNOWN), times=7),
    Path("second step", half_a_sign_in_that_is_over),
    Path("recovery code", a_paper_code_that_was_used),
    Path("invitation, bent", a_bent_invitation),
    Path("invitation, used", a_used_invitation),
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
@both_databases
def test_a_name_that_is_known_is_tried_like_one_that_is_not(
    world: World, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = differences(world, path, monkeypatch)

    figures.note("access.enumeration_paths_differing", len(found), n=len(PATHS), seed=0)
    assert found == []


def test_a_path_that_tells_by_its_words_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signin, "count_knock", lambda user_id, *_more, at: user_id != 0)

    assert {"status", "text", "hashes"} <= {name for name, *_ in differences(world, PATHS[0], monkeypatch)}


def test_a_path_that_tells_by_its_work_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fits = signin.secret_fits
    monkeypatch.setattr(signin, "secret_fits", lambda user, secret: user is not None and fits(user, secret))

    assert [name for name, *_ in differences(world, PATHS[0], monkeypatch)] == ["hashes"]


def test_a_path_that_tells_by_its_statements_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    knock = auth._knock

    def asks_more(user: Any, secret: str, typed: str) -> Any:
        if user is not None:
            db.session.execute(db.text("SELECT 1"))
        return knock(user, secret, typed)

    monkeypatch.setattr(auth, "_knock", asks_more)

    assert [name for name, *_ in differences(world, PATHS[0], monkeypatch)] == ["statements"]


def differences(world: World, path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, object, object]]:
    """Return in what a known name differs from an unknown one: the field, and what was seen of each."""
    known, unknown = path.ready(world)
    found: list[tuple[str, object, object]] = []
    for _ in range(path.times):
        one, other = look(world, known, monkeypatch), look(world, unknown, monkeypatch)
        found += [(n, v, getattr(other, n)) for n, v in vars(one).items() if v != getattr(other, n)]
    return found


def look(world: World, send: Send, monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Send once and return all that one could tell from it."""
    with monkeypatch.context() as patch, statements(world) as asked:
        hashes: list[str] = []
        hasher = signin._hasher
        patch.setattr(signin, "_hasher", Hashes(hasher, hashes))
        answer = send()
    headers = {name: value for name, value in answer.headers.items() if name not in MUTABLE}
    cookies = sorted(cookie.split("=")[0] for cookie in answer.headers.getlist("Set-Cookie"))
    return Seen(answer.status_code, headers, cookies, words_of(answer.text), len(asked), len(hashes))


class Hashes:
    """The shop's hasher, which writes down each hash it makes."""

    def __init__(self, inner: Any, made: list[str]) -> None:
        self.inner, self.made = inner, made

    def verify(self, *given: Any) -> bool:
        self.made.append("verify")
        return bool(self.inner.verify(*given))

    def hash(self, *given: Any) -> str:
        self.made.append("hash")
        return str(self.inner.hash(*given))

    def check_needs_rehash(self, *given: Any) -> bool:
        return bool(self.inner.check_needs_rehash(*given))


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """Gather every statement that the shop sends meanwhile."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    with world.reading():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def words_of(text: str) -> str:
    """Return a page without what was typed, its emblem, and its token."""
    text = re.sub(r'<svg class="emblem".*?</svg>', "", text, flags=re.DOTALL)
    text = re.sub(r"[\w.]+@(test|x)\.example", "", text)
    for typed in (CARD, "9876", CARD.translate(BENGALI), "9876".translate(BENGALI)):
        text = text.replace(typed, "")
    text = re.sub(r"/invitation/[0-9a-f-]+", "", text)
    return re.sub(r'name="csrf_token" value="[^"]*"', "", text)


BENGALI = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")
