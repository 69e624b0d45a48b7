"""A sign-in is a row: it ends at once, never comes back, and its token is exchanged."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from shop.db import db
from shop.users import sessions
from shop.users.models import SignIn
from tests.cast import PASSWORD
from tests.conftest import both_databases
from tests.world import Browser, World

pytestmark = both_databases


@pytest.fixture
def meera(world: World) -> Browser:
    return world.browser().sign_in("Meera")


def cookie(browser: Browser) -> str:
    found = browser.client.get_cookie("session")
    assert found is not None
    return found.value


def with_cookie(world: World, value: str) -> Browser:
    other = world.browser()
    other.client.set_cookie("session", value)
    return other


def test_the_database_keeps_no_token_that_signs_in(world: World, meera: Browser) -> None:
    with world.reading():
        row = db.session.scalars(select(SignIn)).one()
        assert sessions.find(row.token_hash, at=world.clock.now()) is None


def test_an_office_page_left_alone_for_a_quarter_of_an_hour_signs_out(world: World, meera: Browser) -> None:
    world.advance(timedelta(minutes=14, seconds=59))
    assert meera.get("/manager/").status_code == 200  # and begins the quarter of an hour anew
    world.advance(timedelta(minutes=14, seconds=59))
    assert meera.get("/manager/").status_code == 200
    world.advance(timedelta(minutes=15))
    assert meera.get("/manager/").status_code == 302


def test_her_money_lies_open_for_three_minutes_and_her_work_for_ten(world: World) -> None:
    rina = world.browser().sign_in_artisan("Rina")
    assert rina.get("/artisan/tasks").status_code == 200
    world.advance(timedelta(minutes=9, seconds=59))
    assert rina.get("/artisan/passbook").status_code == 200
    world.advance(timedelta(minutes=3))
    assert rina.get("/artisan/passbook").status_code == 302


def test_a_copied_cookie_is_worth_nothing_after_sign_out(world: World, meera: Browser) -> None:
    copied = cookie(meera)
    assert with_cookie(world, copied).get("/manager/").status_code == 200

    meera.post("/logout")

    assert with_cookie(world, copied).get("/manager/").status_code == 302


def test_a_step_up_exchanges_the_token(world: World, meera: Browser) -> None:
    before = cookie(meera)

    assert meera.post("/step-up?next=/manager/people", {"password": PASSWORD}).location == "/manager/people"

    assert with_cookie(world, before).get("/manager/").status_code == 302
    assert meera.get("/manager/").status_code == 200


def test_a_wrong_password_is_no_step_up(world: World, meera: Browser) -> None:
    before = cookie(meera)

    assert meera.post("/step-up", {"password": "not this one"}).status_code == 422

    assert with_cookie(world, before).get("/manager/").status_code == 200


def test_a_request_on_its_way_cannot_bring_an_ended_sign_in_back(world: World, meera: Browser) -> None:
    with world.reading():
        row = db.session.scalars(select(SignIn)).one()
    with world.writing() as at:
        sessions.end(row.id, at=at)

    with world.writing() as at:
        assert not sessions.keep(row.id, idle=timedelta(hours=1), at=at)
        assert sessions.step_up(row.id, at=at) is None

    assert meera.get("/manager/").status_code == 302


def test_a_sign_in_ends_after_a_month_however_often_it_is_used(world: World) -> None:
    with world.writing() as at:
        token = sessions.begin(world.user("Meera"), idle=timedelta(days=90), at=at)
    world.advance(sessions.LONGEST - timedelta(seconds=1))
    with world.reading():
        assert sessions.find(token, at=world.clock.now()) is not None
    world.advance(timedelta(seconds=1))
    with world.reading():
        assert sessions.find(token, at=world.clock.now()) is None
