"""V6: authentication."""

import re
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select

from shop.config import UnsafeSettings
from shop.db import db
from shop.errors import Invalid
from shop.users import enrolment, signin
from shop.users.models import Role, User
from tests.access.abuse import asvs
from tests.access.abuse.looking import Elements, production
from tests.cast import ARTISANS, PASSWORD
from tests.databases import sqlite_settings
from tests.world import Browser, World

LONG = "নকশি-kantha " * 8 + "and a needle"  # 108 characters
WRONG = "That did not match"


def hire(world: World, password: str, email: str = "new@test.example") -> None:
    """Add a member of staff with a password."""
    with world.writing() as at:
        enrolment.add_staff(Role.FINANCE, "Newcomer", email, password, centre_id=None, at=at)


def enters(world: World, password: str, email: str = "new@test.example") -> bool:
    return world.browser().post("/login", {"email": email, "password": password}).status_code == 303


def fields(browser: Browser, path: str, name: str) -> list[dict[str, str]]:
    return [found for found in Elements(browser.get(path).text).named("input") if found.get("name") == name]


def passwords(world: World) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield every field for a password, wherever one is asked for."""
    meera = world.browser().sign_in("Meera")
    for browser, path in ((world.browser(), "/login"), (meera, "/step-up")):
        for field in fields(browser, path, "password"):
            yield path, field


@asvs("6.2.1", "A password has at least ten characters")
def passwords_are_long(world: World) -> Iterator[str]:
    for password in ("", "short", "kanthabag", "x" * 7):
        try:
            hire(world, password)
            yield f"{password!r} was taken"
        except Invalid:
            pass


@asvs("6.2.5", "Any characters make a password: no rule asks for capitals, digits or signs")
def any_characters(world: World) -> Iterator[str]:
    for number, password in enumerate(
        ("only small letters here", "১২৩৪ নকশি কাঁথা", "        spaces        ", "🧵🪡🧶👜🧵🪡🧶👜🧵🪡")
    ):
        hire(world, password, f"n{number}@test.example")
        if not enters(world, password, f"n{number}@test.example"):
            yield f"{password!r} does not sign in"


@asvs("6.2.6", "What is typed as a password is not shown")
def passwords_are_masked(world: World) -> Iterator[str]:
    found = list(passwords(world))
    if len(found) < 2:
        yield "the forms ask for no password"
    yield from (f"{path} shows it" for path, field in found if field.get("type") != "password")
    pin = world.browser().post("/artisan/sign-in", {"card_number": ARTISANS["Rina"][0]}).text
    if "masked" not in next(each for each in Elements(pin).named("input") if each.get("name") == "pin").get(
        "class", ""
    ):
        yield "the PIN is shown"


@asvs("6.2.7", "Pasting and password managers work")
def managers_work(world: World) -> Iterator[str]:
    for path, field in passwords(world):
        if (
            field.get("autocomplete") not in ("current-password", "new-password")
            or "readonly" in field
            or "onpaste" in field
        ):
            yield f"{path} hinders a password manager"
        if "maxlength" in field and int(field["maxlength"]) < 64:
            yield f"{path} cuts what is pasted"


@asvs("6.2.8", "A password is compared as it came: nothing is cut, folded or trimmed")
def compared_exactly(world: World) -> Iterator[str]:
    longest = "k" * 198 + "x"
    hire(world, LONG)
    hire(world, longest, "longest@test.example")
    for close in (LONG[:-1], LONG[:72], LONG.upper(), LONG + " ", " " + LONG, LONG + "\0"):
        if enters(world, close):
            yield f"{close[-12:]!r} of {len(close)} characters signs in as well"
        with world.writing():
            newcomer = signin.find_by_email("new@test.example")
            signin.forget_tries(newcomer.id if newcomer else 0)
    if enters(world, longest + "y", "longest@test.example"):
        yield "what comes after the longest password is not looked at"
    if not enters(world, LONG):
        yield "the password itself does not sign in"


@asvs("6.2.9", "A password of 64 characters and more is taken")
def long_passwords(world: World) -> Iterator[str]:
    for number, length in enumerate((64, 100, 199)):
        hire(world, "k" * (length - 1) + "x", f"n{number}@test.example")
        if not enters(world, "k" * (length - 1) + "x", f"n{number}@test.example"):
            yield f"one of {length} characters does not sign in"


@asvs("6.2.10", "A password stays good; nobody is made to change it by the calendar")
def no_rotation(world: World) -> Iterator[str]:
    world.advance(timedelta(days=800))
    if not enters(world, PASSWORD, "meera@test.example"):
        yield "after two years it does not sign in"


@asvs("6.3.1", "After five guesses an account is closed for a while, for the right secret as well, and then open again")
def guessing_is_stopped(world: World) -> Iterator[str]:
    guest = world.browser()
    for number in range(5):
        guest.post("/login", {"email": "meera@test.example", "password": f"guess {number}"})
    if enters(world, PASSWORD, "meera@test.example"):
        yield "the sixth try was looked at"
    if not enters(world, PASSWORD, "farida@test.example"):
        yield "another account is closed with it"
    world.advance(timedelta(minutes=16))
    if not enters(world, PASSWORD, "meera@test.example"):
        yield "it stays closed for good"


@asvs("6.3.2", "A new shop has no account, and production refuses the demo's people")
def no_default_accounts(world: World) -> Iterator[str]:
    from pathlib import Path

    from flask_migrate import upgrade

    from shop import create_app

    folder = Path(world.app.config["MAIL_FOLDER"]).parent / "new"
    folder.mkdir()
    empty = create_app({**sqlite_settings(folder), "TESTING": True})
    with empty.app_context():
        upgrade()
        if count := db.session.scalar(select(func.count()).select_from(User)):
            yield f"a new database has {count} accounts"
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    from shop.demo.people import DOMAIN

    hire(world, PASSWORD, f"someone@{DOMAIN}")
    try:
        with production(world):
            yield "production opened with the demo's people"
    except UnsafeSettings:
        pass


@asvs("6.3.4", "Each door lets in those whom it is for, with the same limits, and there is no other")
def doors(world: World) -> Iterator[str]:
    card, pin, _, _ = ARTISANS["Rina"]
    guest = world.browser()
    for what, answer in {
        "a card at the office": guest.post("/login", {"email": card, "password": pin}),
        "a password at the makers' door": guest.post(
            "/artisan/sign-in", {"card_number": "meera@test.example", "pin": PASSWORD}
        ),
        "a password in the address": guest.get(
            "/login", query_string={"email": "meera@test.example", "password": PASSWORD}
        ),
        "a password in a header": guest.get(
            "/manager/", headers={"Authorization": "Basic bWVlcmFAdGVzdC5leGFtcGxlOmthbnRoYS1hbmQtaW5kaWdv"}
        ),
    }.items():
        if answer.status_code == 303 or guest.get("/manager/").status_code == 200:
            yield f"{what} signs in ({answer.status_code})"


@asvs("6.3.8", "Whether an account exists cannot be told: status, words and headers are the same")
def no_enumeration(world: World) -> Iterator[str]:
    def said(path: str, form: dict[str, str], name: str) -> tuple[int, str, list[str]]:
        answer = world.browser().post(path, form)
        text = re.sub(r'value="[^"]*"', "", answer.text.replace(name, "..."))
        return answer.status_code, re.sub(r"emblem-\w+|#\w+", "", text), sorted(answer.headers.keys())

    for known, unknown in (("meera@test.example", "nobody@test.example"), ("anita@test.example", "x@y.example")):
        for _ in range(3):
            one = said("/login", {"email": known, "password": "wrong"}, known)
            other = said("/login", {"email": unknown, "password": "wrong"}, unknown)
            if one != other:
                yield f"{known} and {unknown} are answered differently"
    one = said("/artisan/sign-in", {"card_number": "1001", "pin": "918273"}, "1001")
    other = said("/artisan/sign-in", {"card_number": "9999", "pin": "918273"}, "9999")
    if one[0] != other[0] or one[2] != other[2] or ("1001" in one[1]) != ("9999" in other[1]):
        yield "a card that exists is answered differently"


@asvs("6.4.2", "There is no hint and no secret question")
def no_hints(world: World) -> Iterator[str]:
    for path in ("/login", "/artisan/sign-in", "/artisan/sign-in?forgotten=1"):
        for field in Elements(world.browser().get(path).text).named("input", "select"):
            if re.search("hint|question|maiden|pet|school", field.get("name", "")):
                yield f"{path} asks for {field['name']}"
    with world.reading():
        if any(re.search("hint|question", column.name) for column in User.__table__.columns):
            yield "an account keeps a hint"
