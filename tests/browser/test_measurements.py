"""The measurements of the window notice what they are there to notice."""

from pathlib import Path

from playwright.sync_api import Browser

from bench.demo_shop import Shop
from bench.journeys import Journey
from bench.words import left_in_english
from tests.world import World


def test_a_journey_notices_another_language_a_wide_page_an_error_a_lost_file_and_a_foreign_host(
    world: World, served: str, chromium: Browser
) -> None:
    def broken() -> str:
        return (
            '<!doctype html><html lang="en"><title>x</title><p class="wide">x</p>'
            '<img src="https://elsewhere.example/x"></html>'
        )

    broken.__dict__["action"] = None
    world.app.add_url_rule("/broken", "broken", broken)
    page = chromium.new_context(viewport={"width": 320, "height": 600}).new_page()
    page.route("https://elsewhere.example/**", lambda route: route.abort())
    journey = Journey(page, Shop(served, Path()), "bn")

    page.goto(f"{served}/bn/why-buy")
    journey.look("/bn/why-buy")
    assert journey.wrong == []
    page.goto(f"{served}/broken")
    page.evaluate("document.querySelector('.wide').style.width = '900px'")
    page.evaluate("console.error('something broke')")
    page.goto(f"{served}/nowhere")
    page.goto(f"{served}/broken")
    page.evaluate("document.querySelector('.wide').style.width = '900px'")
    journey.look("/bn/cart")

    seen = " ".join(journey.wrong)
    told = ("is not /bn/cart", "is in en", "scrolls sideways", "something broke", "404 for", "elsewhere.example")
    assert [each for each in told if each not in seen] == []
    page.context.close()


def test_english_left_in_a_bengali_page_is_seen_and_names_are_not() -> None:
    page = """<html lang="bn"><head><title>ব্যাগ · Missing Bags</title><style>p {}</style></head><body>
    <a hreflang="hi">हिन्दी</a><p>Pay by UPI</p><p>ইউপিআই দিয়ে দাম দিন, Razorpay</p><img alt="A red bag"><p>36 × 40 cm</p>
    <p>MB-7QX7FR2</p><input type="submit" value="Send"><address>12 Invented Lane</address><p>थैला</p></body></html>"""

    assert left_in_english(page, "bn") == ["Pay by UPI", "A red bag", "Send", "थैला"]
    assert left_in_english("<p>Indigo</p><p>नीला</p>", "hi") == ["Indigo"]
