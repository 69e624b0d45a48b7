"""A page that lies untouched closes itself, says so before, and one tap keeps it open; nothing else does."""

import re
from datetime import timedelta

import pytest

from tests.world import World


@pytest.mark.parametrize(
    ("name", "path", "seconds"),
    [
        ("Rina", "/artisan/passbook", 180),
        ("Rina", "/artisan/tasks", 600),
        ("Meera", "/manager/", 900),
        ("Farida", "/manager/payouts", 900),
    ],
)
def test_each_page_says_when_it_closes(world: World, name: str, path: str, seconds: int) -> None:
    browser = world.browser().sign_in_artisan(name) if name == "Rina" else world.browser().sign_in(name)

    page, bn = browser.get(path).text, "/bn"  # she reads Bengali, and so does what is left of her page

    assert f'<meta http-equiv="refresh" content="{seconds};url={bn if name == "Rina" else ""}/signed-out">' in page
    assert f'data-limit="{seconds}"' in page
    assert 'role="alertdialog"' in page and "autofocus" in page


@pytest.mark.parametrize("path", ["/", "/login", "/artisan/sign-in", "/signed-out"])
def test_a_page_of_nobody_does_not_close(world: World, path: str) -> None:
    page = world.browser().get(path).text

    assert "alertdialog" not in page and 'http-equiv="refresh"' not in page


def test_one_tap_keeps_a_money_page_open_for_three_minutes_more_and_no_longer(world: World) -> None:
    rina = world.browser().sign_in_artisan("Rina")
    rina.get("/artisan/passbook")
    world.advance(timedelta(minutes=2, seconds=30))
    assert rina.post("/session", {"page": "own.money"}).status_code == 204
    world.advance(timedelta(minutes=2, seconds=30))
    assert rina.get("/artisan/passbook").status_code == 200

    rina.post("/session", {"page": "own.money"})
    world.advance(timedelta(minutes=3))
    assert rina.get("/artisan/passbook").status_code == 302


@pytest.mark.parametrize("page", ["", "nonsense", "own.money"])
def test_a_tap_that_names_no_page_keeps_the_shortest_limit(world: World, page: str) -> None:
    rina = world.browser().sign_in_artisan("Rina")
    rina.post("/session", {"page": page})
    world.advance(timedelta(minutes=3))

    assert rina.get("/artisan/tasks").status_code == 302


def test_a_tap_after_the_end_brings_nothing_back(world: World) -> None:
    meera = world.browser().sign_in("Meera")
    world.advance(timedelta(minutes=15))

    assert meera.post("/session", {"page": "today.read"}).status_code == 401
    assert meera.get("/manager/").status_code == 302


def test_what_is_left_of_a_page_says_whose_it_was_to_nobody(world: World) -> None:
    page = world.browser().get("/signed-out")

    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    body = re.sub(r"<head>.*?</head>", "", page.text, flags=re.DOTALL)
    for word in ("Missing", "Bags", "sign-in", "artisan", "office"):
        assert word not in body
    assert "<title>Signed out</title>" in page.text
