"""Three languages: what every page offers, whose letters it loads, whose digits it writes, and what stays unsaid."""

import re

import pytest
from sqlalchemy import select

from shop.artisans.consent_models import Channel, Item, Language
from shop.artisans.story_models import StoryText
from shop.db import db
from shop.orders.address import states_of
from shop.payments.checkout import page_request
from shop.payments.models import Attempt
from shop.web.language import LANGUAGES
from shop.web.storefront.places import STATES
from tests.artisans import publishing
from tests.cast import TOTE
from tests.world import World

OWN_FACE = {"en": "hind-siliguri-latin-400", "bn": "hind-siliguri-bengali-400", "hi": "hind-devanagari-400"}
PRICE = {"en": r"₹[0-9,]+", "bn": r"₹[০-৯,]+", "hi": r"₹[0-9,]+"}  # Latin digits in Hindi, as CLDR has it


def test_every_page_offers_the_others_and_loads_its_own_letters(world: World) -> None:
    visitor = world.browser()
    for code in LANGUAGES:
        page = visitor.get(f"{_prefix(code)}/products?craft=none").text

        offered = set(re.findall(r'<a href="([^"]+)" lang="(\w\w)" hreflang="\2">', page))
        assert offered == {(f"{_prefix(other)}/products?craft=none", other) for other in LANGUAGES if other != code}
        assert f'<html lang="{code}"' in page
        preloaded = set(re.findall(r'rel="preload" href="[^"]*fonts/([\w-]+)\.woff2', page))
        assert preloaded & set(OWN_FACE.values()) == {OWN_FACE[code]}


@pytest.mark.parametrize("code", LANGUAGES)
def test_prices_are_written_in_the_digits_of_the_language(world: World, code: str) -> None:
    prices = re.findall(r"₹[^\s<]+", world.browser().get(f"{_prefix(code)}/products").text)

    assert prices
    assert all(re.fullmatch(PRICE[code], price) for price in prices)


def test_a_story_is_told_in_hindi_only_where_she_agreed_to_hindi(world: World) -> None:
    story = publishing.told(world)
    page = f"/hi/stories/{story.slug}"
    with world.writing():
        db.session.add(StoryText(story_id=story.id, language=Language.HI, title="जाली", lead="", body="सुई नीचे जाती है।"))
    stranger = world.browser()
    assert stranger.get(page).status_code in (404, 410)
    assert story.slug not in stranger.get("/hi/stories").text
    english = stranger.get(f"/stories/{story.slug}").text
    assert f'hreflang="hi" href="http://localhost{page}"' not in english
    switch = dict(re.findall(r'<a href="([^"]+)" lang="[a-z]+" hreflang="([a-z]+)"', english))
    assert switch == {f"/bn/stories/{story.slug}": "bn", "/hi/stories": "hi"}
    assert {stranger.get(address).status_code for address in switch} == {200}

    publishing.agree(world, [Item.STORY], about=f"story:{story.id}", channels=[Channel.SHOP], languages=[Language.HI])

    shown = stranger.get(page)
    assert shown.status_code == 200 and "सुई नीचे जाती है" in shown.text
    assert publishing.PERSONA not in shown.text and "दोयल" not in shown.text  # her card she has not agreed to in Hindi


def test_whoever_pays_comes_back_to_her_language_and_reads_her_order_in_it(world: World) -> None:
    link = world.buy(TOTE, pay=False)
    with world.reading():
        attempt = db.session.scalars(select(Attempt)).one()
        assert page_request(attempt, shop_url="https://shop.test").cancel_url == f"https://shop.test{link}"
        attempt.order.language = "bn"
        asked = page_request(attempt, shop_url="https://shop.test")
        db.session.rollback()

    assert (asked.cancel_url, asked.return_url) == (f"https://shop.test/bn{link}", f"https://shop.test/bn{link}/return")
    hers = world.browser().get(f"/bn{link}").text
    assert "Kalka tote (বাংলা), নীল" in hers and "Indigo" not in hers
    assert "Kalka tote, Indigo" in world.browser().get(link).text


def test_each_state_of_india_can_be_chosen_once_by_the_name_it_has_in_the_language() -> None:
    codes = [code for code, _ in states_of("IN")]

    assert len(codes) == 36
    assert set(codes) == set(STATES)


def _prefix(code: str) -> str:
    return "" if code == "en" else f"/{code}"
