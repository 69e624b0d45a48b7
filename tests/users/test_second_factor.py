"""The second factor: a code opens once, paper opens once, and half a sign-in opens nothing."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from shop.db import db
from shop.users import recovery, second_factor, totp
from shop.users.totp import SecondFactor
from tests.cast import PASSWORD
from tests.conftest import both_databases
from tests.faults.together import at_once
from tests.users.factors import HALF_MINUTE, code, half_in, seed_of, sign_in_with, take_token, with_peppers, with_phone
from tests.world import Browser, World

STEP = "/login/second-step"


@pytest.fixture
def seed(world: World) -> str:
    return with_phone(world, "Farida")


@pytest.fixture
def required(world: World) -> World:
    """A shop in which everyone of the office needs a second factor."""
    world.app.config["SECOND_FACTOR"] = "required"
    return world


@both_databases
def test_password_then_phone_signs_in(world: World, seed: str) -> None:
    farida = sign_in_with(world, "Farida", seed)

    assert farida.get("/manager/").status_code == 200


def test_half_a_sign_in_opens_nothing(world: World, seed: str) -> None:
    half = half_in(world, "Farida")

    assert half.get("/manager/").status_code == 302
    assert half.post("/manager/payouts").status_code == 401
    assert half.post("/step-up", {"code": code(world, seed)}).status_code == 401


def test_half_a_sign_in_is_over_after_five_minutes(world: World, seed: str) -> None:
    half = half_in(world, "Farida")
    world.advance(timedelta(minutes=5))

    assert half.post(STEP, {"code": code(world, seed)}).status_code == 422
    assert half.get("/manager/").status_code == 302


def test_half_a_sign_in_dies_with_every_sign_in_of_that_person(world: World, seed: str) -> None:
    half = half_in(world, "Farida")
    with world.writing():
        db.session.execute(text("UPDATE user_account SET sign_in_version = sign_in_version + 1 WHERE name = 'Farida'"))
    world.advance(HALF_MINUTE)

    assert half.post(STEP, {"code": code(world, seed)}).status_code == 422


def test_half_a_sign_in_cannot_be_used_twice(world: World, seed: str) -> None:
    half, other = half_in(world, "Farida"), world.browser()
    cookie = half.client.get_cookie("session")
    assert cookie is not None
    other.client.set_cookie("session", cookie.value)
    world.advance(HALF_MINUTE)
    assert half.post(STEP, {"code": code(world, seed)}).status_code == 303
    world.advance(HALF_MINUTE)

    assert other.post(STEP, {"code": code(world, seed)}).status_code == 422


@both_databases
def test_one_code_sent_many_times_at_once_opens_once(world: World, seed: str) -> None:
    halves = [half_in(world, "Farida") for _ in range(4)]
    world.advance(HALF_MINUTE)
    now = code(world, seed)

    answers = at_once(4, lambda number: halves[number].post(STEP, {"code": now}).status_code)

    assert sorted(str(answer) for answer in answers) == ["303", "422", "422", "422"]


@both_databases
def test_the_replay_test_notices_a_code_that_is_not_used_up(
    world: World, seed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totp, "changed", lambda _statement: 1)
    one, other = half_in(world, "Farida"), half_in(world, "Farida")
    world.advance(HALF_MINUTE)
    now = code(world, seed)

    assert [each.post(STEP, {"code": now}).status_code for each in (one, other)] == [303, 303]


@pytest.mark.parametrize(("steps", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_good_for_a_half_minute_before_and_after(world: World, seed: str, steps: int, fits: bool) -> None:
    world.advance(5 * HALF_MINUTE)
    with world.writing() as at:
        assert totp.take(world.user("Farida").id, code(world, seed, steps), at=at) is fits


def test_an_older_code_is_refused_after_a_newer_one(world: World, seed: str) -> None:
    world.advance(5 * HALF_MINUTE)
    with world.writing() as at:
        assert totp.take(world.user("Farida").id, code(world, seed, 1), at=at)
        assert not totp.take(world.user("Farida").id, code(world, seed, 0), at=at)


def test_the_seed_is_not_in_the_database_and_opens_for_nobody_else(world: World, seed: str) -> None:
    with world.reading():
        kept = db.session.scalars(select(SecondFactor.seed)).one()
    assert seed not in kept

    with_phone(world, "Anita")
    with world.writing():
        db.session.execute(text("UPDATE second_factor SET seed = :kept"), {"kept": kept})
    world.advance(5 * HALF_MINUTE)
    with world.writing() as at:
        assert not totp.take(world.user("Anita").id, code(world, seed), at=at)
        assert totp.take(world.user("Farida").id, code(world, seed), at=at)


@both_databases
def test_a_code_from_paper_opens_once(world: World, seed: str) -> None:
    with world.writing():
        codes = recovery.make(world.user("Farida").id)
        kept = db.session.execute(text("SELECT code_hash FROM recovery_code")).scalars().all()
    assert len(set(codes)) == 10
    assert not set(kept) & set(codes)
    halves = [half_in(world, "Farida") for _ in range(4)]
    typed = codes[3].upper().replace("-", " ")

    answers = at_once(4, lambda number: halves[number].post(STEP, {"code": typed}).status_code)

    assert sorted(str(answer) for answer in answers) == ["303", "422", "422", "422"]
    with world.reading():
        assert recovery.left(world.user("Farida").id) == 9


def test_new_paper_makes_the_old_worth_nothing(world: World, seed: str) -> None:
    with world.writing() as at:
        farida = world.user("Farida").id
        old, new = recovery.make(farida), recovery.make(farida)
        assert not any(recovery.take(farida, each, at=at) for each in old)
        assert recovery.take(farida, new[0], at=at)


def test_six_wrong_codes_shut_the_second_step_for_a_while(world: World, seed: str) -> None:
    half = half_in(world, "Farida")
    assert [half.post(STEP, {"code": f"00000{n}"}).status_code for n in range(5)] == [422] * 5
    world.advance(HALF_MINUTE)
    assert half.post(STEP, {"code": code(world, seed)}).status_code == 429


def test_a_step_up_asks_for_the_phone_not_the_password(world: World, seed: str) -> None:
    farida = sign_in_with(world, "Farida", seed)
    world.advance(timedelta(minutes=6))
    assert farida.get("/manager/me/second-factor").location.startswith("/step-up")

    assert farida.post("/step-up", {"password": PASSWORD}).status_code == 422
    assert farida.post("/step-up?next=/manager/me", {"code": code(world, seed)}).location == "/manager/me"
    assert farida.get("/manager/me/second-factor").status_code == 200


def test_where_it_is_required_nothing_opens_before_it_is_set_up(required: World) -> None:
    anita = required.browser()
    answer = anita.post("/login?next=/manager/staff", {"email": "anita@test.example", "password": PASSWORD})
    assert answer.status_code == 303
    for path in ("/manager/", "/manager/people", "/manager/staff", "/manager/books"):
        assert anita.get(path).location == "/manager/me/second-factor", path
    take_token(anita, "/manager/me/second-factor")
    assert anita.post("/manager/staff", {"name": "X"}).location == "/manager/me/second-factor"
    assert anita.post("/manager/me/password", {}).location == "/manager/me/second-factor"

    enrol(required, anita, "Anita")

    assert anita.get("/manager/staff").status_code == 200


def test_where_it_is_required_the_last_one_stays(required: World) -> None:
    seed = with_phone(required, "Farida")
    farida = sign_in_with(required, "Farida", seed)

    assert farida.post("/manager/me/second-factor/removal").status_code == 409
    with required.reading():
        assert second_factor.of(required.user("Farida").id).any


@both_databases
def test_setting_up_a_phone_shows_ten_codes_once_and_ends_the_other_sign_ins(world: World) -> None:
    meera, elsewhere = world.browser().sign_in("Meera"), world.browser().sign_in("Meera")
    meera.post("/step-up", {"password": PASSWORD})
    take_token(meera)

    shown = enrol(world, meera, "Meera")

    assert len(re.findall(r"<code>[a-z2-9-]{17}</code>", shown)) == 10
    assert "<code>" not in meera.get("/manager/me").text
    assert elsewhere.get("/manager/").status_code == 302
    assert meera.get("/manager/").status_code == 200


def test_a_wrong_first_code_turns_nothing_on(world: World) -> None:
    meera = stepped_up(world, "Meera")
    meera.post("/manager/me/second-factor/seed")

    assert meera.post("/manager/me/second-factor", {"code": "000000"}).status_code == 422
    with world.reading():
        assert not second_factor.of(world.user("Meera").id).any
    world.browser().sign_in("Meera")


def test_a_second_factor_is_set_up_only_after_a_step_up(world: World) -> None:
    meera = world.browser().sign_in("Meera")

    for path in ("/manager/me/second-factor/seed", "/manager/me/codes", "/manager/me/second-factor/removal"):
        assert meera.post(path).location.startswith("/step-up"), path


def test_taking_the_phone_off_leaves_the_password(world: World) -> None:
    seed = with_phone(world, "Farida")
    farida = sign_in_with(world, "Farida", seed)

    assert farida.post("/manager/me/second-factor/removal").status_code == 303

    world.browser().sign_in("Farida")


def test_a_new_pepper_reads_what_was_sealed_under_the_old(world: World, settings: dict[str, str]) -> None:
    seed = with_phone(world, "Farida")
    both = "a new pepper,only-for-development-too"
    for peppers, fits in (("a new pepper", False), (both, True), ("a new pepper", True)):
        world.advance(5 * HALF_MINUTE)
        with with_peppers(world, settings, peppers) as other, other.writing() as at:
            assert totp.take(other.user("Farida").id, code(world, seed), at=at) is fits


def stepped_up(world: World, name: str) -> Browser:
    browser = world.browser().sign_in(name)
    browser.post("/step-up", {"password": PASSWORD})
    return take_token(browser)


def enrol(world: World, browser: Browser, name: str) -> str:
    """Set up a phone on the page, and return what was shown at its end."""
    assert browser.post("/manager/me/second-factor/seed").status_code == 303
    page = browser.get("/manager/me/second-factor").text
    seed = seed_of(world, name)
    assert seed in page.replace(" ", "") and "data:image/svg+xml" in page
    answer = browser.post("/manager/me/second-factor", {"code": code(world, seed)})
    assert answer.status_code == 200, answer.text
    return answer.text
