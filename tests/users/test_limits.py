"""The counters of tries: by person, by name, by address, by browser; and who can lock whom out."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from shop import duties, jobs
from shop.db import db
from shop.users import signin, tries
from shop.users.tries import Tries
from tests.cast import ARTISANS, PASSWORD
from tests.conftest import both_databases
from tests.faults.together import at_once
from tests.world import Browser, World

CARD, PIN, _, _ = ARTISANS["Rina"]
FAR, VILLAGE = "203.0.113.7", "198.51.100.20"


def enter(browser: Browser, pin: str, card: str = CARD, at: str = VILLAGE) -> int:
    form = {"card_number": card, "pin": pin}
    return browser.post("/artisan/sign-in", form, environ_base={"REMOTE_ADDR": at}).status_code


@both_databases
def test_many_at_once_count_exactly(world: World) -> None:
    def act(_number: int) -> bool:
        with world.writing() as at:
            return tries.count("account", "1", 5, at=at)

    assert at_once(30, act).count(True) == 5


@both_databases
def test_nobody_far_away_locks_her_out_of_her_own_phone(world: World) -> None:
    hers = world.browser().sign_in_artisan("Rina")
    hers.post("/logout")
    stranger = world.browser()
    assert [enter(stranger, f"31415{n}", at=FAR) for n in range(6)] == [422] * 5 + [429]

    assert enter(world.browser(), PIN) == 429, "a new browser waits"
    assert enter(hers, PIN) == 303, "hers does not"


def test_her_own_phone_has_five_tries_of_its_own(world: World) -> None:
    hers = world.browser().sign_in_artisan("Rina")
    hers.post("/logout")

    assert [enter(hers, f"31415{n}") for n in range(6)] == [422] * 5 + [429]
    assert enter(world.browser(), PIN) == 303, "and does not use up those of others"


def test_a_browser_that_signed_another_in_is_none_of_hers(world: World) -> None:
    malas = world.browser().sign_in_artisan("Mala")
    malas.post("/logout")
    for n in range(5):
        enter(world.browser(), f"31415{n}", at=FAR)

    assert enter(malas, PIN) == 429


def test_an_invented_device_cookie_is_a_new_browser(world: World) -> None:
    browser = world.browser()
    browser.client.set_cookie("device", "invented")
    for n in range(5):
        enter(world.browser(), f"31415{n}", at=FAR)

    assert enter(browser, PIN) == 429


@both_databases
def test_one_address_tries_thirty_names_and_no_more(world: World) -> None:
    browser = world.browser()
    answers = [enter(browser, "314159", card=str(5000 + n), at=FAR) for n in range(32)]

    assert answers == [422] * 30 + [429] * 2
    assert enter(browser, PIN, at=FAR) == 429
    assert enter(world.browser(), PIN) == 303, "another address is another"


def test_a_village_that_shares_an_address_signs_in_all_day(world: World) -> None:
    for _ in range(40):
        assert enter(world.browser(), PIN) == 303


def test_sign_ins_do_not_give_back_what_was_guessed(world: World) -> None:
    browser = world.browser()
    for n in range(29):
        enter(browser, "314159", card=str(5000 + n))
    assert enter(world.browser(), PIN) == 303

    assert enter(browser, "314159", card="5900") == 422
    assert enter(browser, "314159", card="5901") == 429


def test_a_household_of_ipv6_is_one_address(world: World) -> None:
    browser = world.browser()
    for n in range(30):
        enter(browser, "314159", card=str(5000 + n), at=f"2001:db8:1:2::{n:x}")

    assert enter(browser, "314159", card="5900", at="2001:db8:1:2:ffff::1") == 429
    assert enter(browser, "314159", card="5900", at="2001:db8:1:3::1") == 422


def test_no_address_name_or_card_lies_in_the_counters(world: World) -> None:
    enter(world.browser(), "314159", card="9876", at=FAR)
    world.browser().post("/login", {"email": "asha@test.example", "password": "x"})
    with world.reading():
        keys = " ".join(db.session.scalars(select(Tries.key)))
    for clear in (FAR, "9876", "asha"):
        assert clear not in keys
    assert len(keys.split()) == 4


def test_a_device_is_kept_by_its_hash_and_its_cookie_is_out_of_reach_of_scripts(world: World) -> None:
    answer = world.browser().post("/login", {"email": "meera@test.example", "password": PASSWORD})
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("device="))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    with world.reading():
        assert db.session.execute(text("SELECT token_hash FROM device")).scalars().one() not in cookie


def test_counters_that_are_over_are_swept(world: World) -> None:
    enter(world.browser(), "314159")
    world.advance(timedelta(minutes=16))
    with world.app.app_context():
        duties.forget()
    with world.reading():
        assert db.session.scalars(select(Tries.key)).all() == []
    assert duties.forget in [job for job, _ in jobs.SCHEDULE]


def test_a_password_is_told_wrong_and_then_shut_by_account_too(world: World) -> None:
    browser, form = world.browser(), {"email": "meera@test.example", "password": "not this one"}
    assert [browser.post("/login", form).status_code for _ in range(6)] == [422] * 5 + [429]


@pytest.mark.parametrize("hops", [0, 1])
def test_what_a_proxy_says_of_the_client_counts_only_where_the_proxy_is_ours(
    settings: dict[str, str], world: World, hops: int
) -> None:
    from shop import create_app

    app = create_app({**settings, "TESTING": True, "PROXY_HOPS": str(hops)})
    answers = []
    for n in range(signin.MOST_FROM_ADDRESS + 1):
        headers = {"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": f"203.0.113.{n}"}
        form = {"card_number": str(5000 + n), "pin": "314159"}
        answers.append(app.test_client().post("/artisan/sign-in", data=form, headers=headers).status_code)

    assert (429 in answers) is (hops == 0)
