"""Signing in: five tries, then a pause; a reset ends every session; digits in any script."""

import re
from datetime import timedelta

import pytest
from argon2 import Type
from werkzeug.test import TestResponse

from shop.db import db
from shop.errors import Conflict, DomainError, Invalid, TooMany
from shop.users import enrolment, signin
from shop.users.models import Role, User
from tests.cast import ARTISANS, PASSWORD
from tests.conftest import NOBODY, SLOW
from tests.workshop import user
from tests.world import Browser, World

CARD, PIN, _, _ = ARTISANS["Rina"]
BENGALI = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")


def test_five_tries_are_counted_and_the_sixth_is_not_even_looked_at(world: World) -> None:
    assert [count(world) for _ in range(7)] == [True] * 5 + [False] * 2

    with pytest.raises(TooMany) as refused:
        signin.refuse_locked(False)
    assert refused.value.values == {"minutes": 15}


def test_secrets_are_kept_at_the_cost_that_rfc_9106_asks_of_small_machines() -> None:
    """Tests run on a quick hasher; this is the one the shop has."""
    assert (SLOW.type, SLOW.time_cost, SLOW.parallelism) == (Type.ID, 3, 4)
    assert SLOW.memory_cost == 64 * 1024


def test_an_unknown_name_costs_what_a_known_one_costs() -> None:
    assert not SLOW.check_needs_rehash(NOBODY)


def test_the_pause_ends_after_a_quarter_of_an_hour(world: World) -> None:
    for _ in range(6):
        count(world)
    world.advance(timedelta(minutes=14, seconds=59))
    assert not count(world)

    world.advance(timedelta(seconds=1))
    assert count(world)


def test_a_good_sign_in_starts_the_count_again(world: World) -> None:
    for _ in range(4):
        count(world)
    world.browser().sign_in_artisan("Rina")

    assert [count(world) for _ in range(5)] == [True] * 5


def test_a_locked_card_does_not_open_even_to_the_right_pin(world: World) -> None:
    browser = world.browser()
    for _ in range(5):
        assert enter(browser, "123457").status_code == 422
    assert enter(browser, PIN).status_code == 429

    world.advance(timedelta(minutes=15))
    assert enter(browser, PIN).status_code == 303


def test_an_unknown_card_is_answered_word_for_word_like_a_known_one(world: World) -> None:
    known, unknown = world.browser(), world.browser()
    for _ in range(6):
        one = enter(known, "123457")
        other = enter(unknown, "123457", card="1009")

        assert one.status_code == other.status_code
        assert words_of(one, CARD) == words_of(other, "1009")


def test_card_and_pin_may_be_typed_in_bengali_digits_and_with_spaces(world: World) -> None:
    answer = enter(world.browser(), f" {PIN[:3]} {PIN[3:]} ".translate(BENGALI), card=CARD.translate(BENGALI))

    assert answer.status_code == 303


def test_a_new_pin_ends_every_session_she_had(world: World) -> None:
    rina = world.browser().sign_in_artisan("Rina")
    assert rina.get("/artisan/").status_code == 200

    with world.writing() as at:
        enrolment.reset_pin(user("Rina").id, "592817", at=at, by=user("Ruma"))

    assert rina.get("/artisan/").status_code == 302
    assert enter(world.browser(), PIN).status_code == 422
    assert enter(world.browser(), "592817").status_code == 303


def test_a_new_pin_unlocks_a_locked_card(world: World) -> None:
    for _ in range(6):
        count(world)
    with world.writing() as at:
        enrolment.reset_pin(user("Rina").id, "592817", at=at, by=user("Ruma"))

    assert enter(world.browser(), "592817").status_code == 303


def test_signing_out_ends_the_sessions_on_every_device(world: World) -> None:
    one, other = world.browser().sign_in("Meera"), world.browser().sign_in("Meera")

    assert one.post("/logout").status_code == 303

    assert other.get("/manager/").status_code == 302


def test_a_pin_is_reset_for_artisans_alone(world: World) -> None:
    with world.writing() as at:
        enrolment.reset_pin(user("Meera").id, "592817", at=at, by=user("Ruma"))

    world.browser().sign_in("Meera")


def test_one_who_left_does_not_come_in(world: World) -> None:
    meera = world.browser().sign_in("Meera")
    with world.writing() as at:
        user("Meera").disabled_at = at

    assert meera.get("/manager/").status_code == 302
    form = {"email": "meera@test.example", "password": PASSWORD}
    assert world.browser().post("/login", form).status_code == 422


@pytest.mark.parametrize("pin", ["12345", "1234567", "abcdef", "", "12 34", "٣٣٣٣٣", "12345½"])
def test_a_pin_has_six_digits(pin: str) -> None:
    with pytest.raises(Invalid, match=r"signin\.pin_shape"):
        signin.checked_pin(pin)


@pytest.mark.parametrize("pin", ["000000", "111111", "123456", "654321", "987654", "567890", "098765", "১১১১১১"])
def test_a_pin_that_anyone_would_guess_is_refused(pin: str) -> None:
    with pytest.raises(Invalid, match=r"signin\.pin_easy"):
        signin.checked_pin(pin)


@pytest.mark.parametrize(("given", "kept"), [("270518", "270518"), ("২৭ ০৫ ১৮", "270518"), ("२७०५१८", "270518")])
def test_a_pin_is_kept_as_plain_digits(given: str, kept: str) -> None:
    assert signin.checked_pin(given) == kept


@pytest.mark.parametrize("password", ["", "short", "x" * 9, "x" * 201])
def test_a_password_has_a_sensible_length(password: str) -> None:
    with pytest.raises(Invalid):
        signin.checked_password(password)


def test_no_secret_is_stored_as_it_was_given(world: World) -> None:
    with world.reading():
        hashes = list(db.session.scalars(db.select(User.secret_hash)))

    assert all(each.startswith("$argon2id$") for each in hashes)
    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize(
    ("role", "name", "email", "centre_id", "problem"),
    [
        (Role.ARTISAN, "X", "x@test.example", None, "user.incomplete"),
        (Role.FINANCE, " ", "x@test.example", None, "user.incomplete"),
        (Role.FINANCE, "X", "x", None, "user.incomplete"),
        (Role.MANAGER, "X", "x@test.example", None, "user.manager_needs_centre"),
        (Role.FINANCE, "X", " MEERA@test.example", None, "user.email_taken"),
    ],
)
def test_staff_without_what_they_need_are_not_added(
    world: World, role: Role, name: str, email: str, centre_id: int | None, problem: str
) -> None:
    with pytest.raises(DomainError) as refused, world.writing() as at:
        enrolment.add_staff(role, name, email, PASSWORD, centre_id=centre_id, at=at)

    assert refused.value.message_id == problem


def test_a_card_is_given_once(world: World) -> None:
    with pytest.raises(Conflict, match=r"user\.card_taken"), world.writing() as at:
        enrolment.add_card("Uma", CARD.translate(BENGALI), "592817", centre_id=1, at=at)


def test_what_is_kept_of_a_secret_may_be_made_before_the_unit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with world.reading():
        pin, password = signin.keep_pin("592817"), signin.keep_password(PASSWORD)
        for keep, bad in ((signin.keep_pin, "123456"), (signin.keep_password, "short")):
            with pytest.raises(Invalid):
                keep(bad)

    with monkeypatch.context() as patch, world.writing() as at:
        patch.setattr(signin, "_hasher", None)  # nothing is hashed while others wait for the unit
        enrolment.add_card("Uma", "3001", pin, centre_id=1, at=at)
        enrolment.add_staff(Role.FINANCE, "Lila", "lila@test.example", password, centre_id=None, at=at)
        with pytest.raises(AttributeError):
            enrolment.add_card("Ila", "3002", "592817", centre_id=1, at=at)

    with world.reading():
        assert signin.secret_fits(user("Uma"), "592817") and signin.secret_fits(user("Lila"), PASSWORD)
        assert not signin.secret_fits(user("Uma"), "592818")


def words_of(answer: TestResponse, card: str) -> str:
    """Return a page without its emblem, which each card has, and without the card's number."""
    text = re.sub(r"<svg.*?</svg>|<img[^>]*>", "", answer.text, flags=re.DOTALL)
    return text.replace(card, "").replace(card.translate(BENGALI), "")


def count(world: World) -> bool:
    with world.writing() as at:
        return signin.count_try(user("Rina").id, at=at)


def enter(browser: Browser, pin: str, card: str = CARD) -> TestResponse:
    return browser.post("/artisan/sign-in", {"card_number": card, "pin": pin})
