"""Her phone is used by others too: what her pages leave on it, and how fast she is away from them."""

import re

import pytest

from shop.db import db
from shop.users import sessions
from tests.web import artisan_life as life
from tests.world import Browser, World

OPEN = ("/artisan/sign-in", "/artisan/sign-in?forgotten=1", "/artisan/nowhere")
HERS = ("/artisan/", "/artisan/tasks", "/artisan/passbook", "/artisan/mine")
# Words that would tell a stranger whose pages these are.
TELLING = re.compile(r"missing|bag|trust|surviv|artisan|maker|women|shop", re.I)
SIGN_IN = "/artisan/sign-in"


@pytest.fixture
def rina(world: World) -> Browser:
    life.earn(world)
    life.offer(world, pieces=12)
    return world.browser().sign_in_artisan("Rina")


@pytest.mark.parametrize("path", [*HERS, *OPEN])
def test_title_icon_and_name_tell_nothing(rina: Browser, path: str) -> None:
    page = rina.get(path, follow_redirects=True)

    head = page.text.split("<body", 1)[0]
    [title] = re.findall(r"<title>(.*?)</title>", head)
    names = re.findall(r'<meta name="(?:application-name|apple-mobile-web-app-title)" content="([^"]*)"', head)
    icons = re.findall(r'<link rel="(?:icon|apple-touch-icon)" href="([^"]*)"', head)
    assert not any(TELLING.search(name) for name in (title, *names))
    assert [icon.rsplit("/")[-1] for icon in icons] == ["plain.svg"]
    assert "og:" not in head and "manifest" not in head and 'name="description"' not in head


@pytest.mark.parametrize("path", [*HERS, *OPEN])
def test_every_page_of_hers_is_kept_nowhere_and_has_the_way_out(rina: Browser, path: str) -> None:
    page = rina.get(path, follow_redirects=True)

    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"
    expected = "same-origin" if page.request.path == SIGN_IN else "no-referrer"
    assert page.headers["Referrer-Policy"] == expected
    assert page.text.count('action="/artisan/leave"') == 1
    assert re.search(r'<button class="skip" type="submit" form="leave">', page.text)
    assert "js/leave.js" in page.text


@pytest.mark.parametrize("path", ["/artisan/sign-in", "/login"])
def test_the_page_that_asks_for_a_pin_is_no_other(world: World, path: str) -> None:
    stranger = world.browser()
    pin = stranger.post(SIGN_IN, {"card_number": "1001"})

    assert 'action="/artisan/leave"' in pin.text
    assert "Set-Cookie" not in pin.headers


def test_leaving_ends_every_sign_in_of_hers_and_leads_to_the_weather(world: World, rina: Browser) -> None:
    other = world.browser().sign_in_artisan("Rina")

    left = rina.client.post("/artisan/leave")

    assert left.status_code == 200
    assert re.search(r'http-equiv="refresh" content="0; url=https://mausam\.imd\.gov\.in/"', left.text)
    assert set(re.findall(r'"(\w+)"', left.headers["Clear-Site-Data"])) == {"cache", "cookies", "storage"}
    assert left.headers["Cache-Control"] == "no-store"
    assert not re.search("rina|lotus|₹|খাতা|" + TELLING.pattern, left.text.split("<title>")[1], re.I)
    for browser in (rina, other):
        assert browser.get("/artisan/").location == SIGN_IN
    with world.reading():
        assert sessions.standing_of(world.user("Rina").id, at=world.clock.now()) == []


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "null"}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "cross-site"}], ids=str
)
def test_leaving_never_fails(world: World, rina: Browser, headers: dict[str, str]) -> None:
    assert world.browser().client.post("/artisan/leave", headers=headers).status_code == 200
    assert rina.client.post("/artisan/leave", headers=headers, data={"csrf_token": "old"}).status_code == 200
    assert rina.get("/artisan/").location == SIGN_IN


def test_where_the_message_was_lost_the_next_request_finds_that_she_has_left(world: World, rina: Browser) -> None:
    rina.client.set_cookie("left", "1")

    answer = rina.get("/artisan/passbook")

    assert (answer.status_code, answer.location) == (303, SIGN_IN)
    assert "left=;" in "".join(answer.headers.getlist("Set-Cookie"))
    with world.reading():
        assert sessions.standing_of(world.user("Rina").id, at=world.clock.now()) == []
        db.session.rollback()
    assert rina.get(SIGN_IN).status_code == 200
    assert rina.sign_in_artisan("Rina").get("/artisan/").status_code == 200


def test_amounts_stay_hidden_until_she_shows_them(world: World, rina: Browser) -> None:
    page = rina.get("/artisan/passbook?month=2026-01").text
    [back] = re.findall(r'name="back" value="([^"]*)"', page)

    assert back == "/artisan/passbook?month=2026-01"
    assert rina.post("/artisan/amounts", {"back": back, "hide": "1"}).location == back
    for path in HERS:
        shown = rina.get(path).text
        assert "₹" not in shown
        spoken = re.findall(r'class="sum"([^>]*)>', shown)
        assert all('role="img" aria-label="' in each for each in spoken)  # a hearer is told no amount either
        assert 'name="hide" value="0"' in shown
    assert "₹" in world.browser().sign_in_artisan("Rina").get("/artisan/").text  # only on this phone
    rina.post("/artisan/amounts", {"hide": "0"})
    assert "₹" in rina.get("/artisan/").text


def test_an_old_browser_that_says_nothing_of_its_origin_needs_the_token(rina: Browser) -> None:
    """Pages without referrer make a browser send `Origin: null`; before Sec-Fetch-Site only the token tells."""
    sent = {"hide": "1", "csrf_token": rina.token}

    assert rina.client.post("/artisan/amounts", data=sent, headers={"Origin": "null"}).status_code == 303
    for wrong in ({"hide": "1"}, {"hide": "1", "csrf_token": "forged"}):
        assert rina.client.post("/artisan/amounts", data=wrong, headers={"Origin": "null"}).status_code == 403
    cross = {"Origin": "null", "Sec-Fetch-Site": "cross-site"}
    assert rina.client.post("/artisan/amounts", data=sent, headers=cross).status_code == 403
