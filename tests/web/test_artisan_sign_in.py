"""She signs in with a card and a PIN; whether a card exists is told by nothing."""

import re
from datetime import timedelta

import pytest

from tests import cast
from tests.world import Browser, World

CARD, PIN, EMBLEM, _ = cast.ARTISANS["Rina"]
UNKNOWN = "9876"
SIGN_IN = "/artisan/sign-in"


def test_card_then_pin_opens_her_first_page(browser: Browser) -> None:
    first = browser.get(SIGN_IN)
    assert first.status_code == 200 and 'name="card_number"' in first.text and 'name="pin"' not in first.text
    second = browser.post(SIGN_IN, {"card_number": CARD})
    assert second.status_code == 200 and 'name="pin"' in second.text and f'data-emblem="{EMBLEM}"' in second.text
    opened = browser.post(SIGN_IN, {"card_number": CARD, "pin": PIN})
    assert (opened.status_code, opened.location) == (303, "/artisan/")
    assert browser.get("/artisan/").status_code == 200
    assert browser.get(SIGN_IN).location == "/artisan/"


def test_digits_may_be_bengali_with_spaces(browser: Browser) -> None:
    bengali = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")
    pin = f"{PIN[:3]} {PIN[3:]}".translate(bengali)
    assert browser.post(SIGN_IN, {"card_number": f" {CARD.translate(bengali)}", "pin": pin}).status_code == 303


def test_the_phone_is_not_asked_to_keep_the_pin(browser: Browser) -> None:
    page = browser.post(SIGN_IN, {"card_number": CARD})
    field = re.search(r'<input[^>]*name="pin"[^>]*>', page.text)
    assert field is not None
    for attribute in ('type="text"', 'inputmode="numeric"', 'autocomplete="off"'):
        assert attribute in field[0]
    assert 'type="password"' not in page.text
    assert "Set-Cookie" not in page.headers and page.headers["Cache-Control"] == "no-store"


def shown(page: str, card: str) -> str:
    """Return a page without what may differ between two cards: the number and the emblem."""
    return re.sub(r'<svg class="emblem".*?</svg>', "EMBLEM", page.replace(card, "CARD"))


def test_an_unknown_card_is_told_apart_by_nothing(world: World) -> None:
    known, unknown = world.browser(), world.browser()
    asked = [b.post(SIGN_IN, {"card_number": c}) for b, c in ((known, CARD), (unknown, UNKNOWN))]
    assert shown(asked[0].text, CARD) == shown(asked[1].text, UNKNOWN)
    for _try in range(8):
        one = known.post(SIGN_IN, {"card_number": CARD, "pin": "111112"})
        other = unknown.post(SIGN_IN, {"card_number": UNKNOWN, "pin": "111112"})
        assert one.status_code == other.status_code
        assert shown(one.text, CARD) == shown(other.text, UNKNOWN)
        assert list(one.headers.keys()) == list(other.headers.keys())


def test_an_unknown_card_keeps_its_emblem(world: World) -> None:
    pages = {world.browser().post(SIGN_IN, {"card_number": UNKNOWN}).text for _ in range(3)}
    assert len(pages) == 1


def test_a_pin_is_guessed_five_times_at_most(world: World) -> None:
    browser = world.browser()
    answers = [browser.post(SIGN_IN, {"card_number": CARD, "pin": f"31415{n}"}) for n in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 5
    assert all("মিলল না, আবার দিন" in answer.text for answer in answers)
    locked = browser.post(SIGN_IN, {"card_number": CARD, "pin": PIN})
    assert locked.status_code == 429 and "দিদিকে বলুন" in locked.text
    world.advance(timedelta(minutes=16))
    assert browser.post(SIGN_IN, {"card_number": CARD, "pin": PIN}).status_code == 303


def test_what_cannot_be_a_pin_is_not_a_try(world: World) -> None:
    browser = world.browser()
    for _try in range(7):
        assert browser.post(SIGN_IN, {"card_number": CARD, "pin": "123"}).status_code == 422
    assert browser.post(SIGN_IN, {"card_number": CARD, "pin": PIN}).status_code == 303


@pytest.mark.parametrize("card", ["", "abc", "12", "1234567890123", "¼½¾⅓"])
def test_what_cannot_be_a_card_asks_for_the_card_again(browser: Browser, card: str) -> None:
    page = browser.post(SIGN_IN, {"card_number": card})
    assert page.status_code == 422 and 'name="pin"' not in page.text


def test_forgotten_says_whom_to_ask(browser: Browser) -> None:
    assert "দিদিকে বলুন" in browser.get(SIGN_IN + "?forgotten=1").text


def test_leaving_ends_every_session_of_hers(world: World) -> None:
    here, there = world.browser().sign_in_artisan("Rina"), world.browser().sign_in_artisan("Rina")
    left = here.post("/logout")
    assert (left.status_code, left.location) == (303, SIGN_IN)
    for browser in (here, there):
        assert browser.get("/artisan/").location == SIGN_IN
