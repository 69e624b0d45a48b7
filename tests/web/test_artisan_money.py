"""Her money: a passbook that adds up, lines that open, and a payout that waits for her own answer."""

import re
from datetime import date, timedelta

import pytest

from shop.artisans.models import Payout, PayoutMethod
from shop.web.artisan.passbook_reads import Moved, whole_lines
from tests.web import artisan_life as life
from tests.world import Browser, World

LATIN = str.maketrans("০১২৩৪৫৬৭৮৯−", "0123456789-")


@pytest.fixture
def rina(world: World) -> Browser:
    """Rina's phone."""
    return world.browser().sign_in_artisan("Rina")


def sums(page: str) -> list[float]:
    """Return the amounts of a page in the order in which they stand."""
    found = re.findall(r'class="sum">([^<]+)<', page)
    return [float(re.sub(r"[₹,\s]|&nbsp;", "", text).translate(LATIN)) for text in found]


def test_an_empty_passbook_opens(rina: Browser) -> None:
    assert sums(rina.get("/artisan/passbook").text) == [0, 0]


def test_accepted_pieces_are_one_line_that_opens(rina: Browser, world: World) -> None:
    life.earn(world, pieces=4)
    page = rina.get("/artisan/passbook").text
    assert sums(page) == [32, 32, 0]
    assert "× ৪ কাটা" in page
    line = re.search(r'href="(/artisan/passbook/\d+)"', page)
    assert line is not None
    opened = rina.get(line[1]).text
    assert sums(opened) == [8, 32, 8, 8, 8, 8]
    assert "কী কী মিলে এই টাকা" in opened


def test_opening_and_lines_make_closing(rina: Browser, world: World) -> None:
    life.earn(world, pieces=5)
    world.advance(timedelta(days=40))
    life.earn(world, pieces=3)
    payout_id = life.send(world, "Rina", 5_000)
    rina = world.browser().sign_in_artisan("Rina")
    rina.post(f"/artisan/payouts/{payout_id}/answer", {"said": "yes"})
    page = rina.get("/artisan/passbook").text
    closing, *lines, opening = sums(page)
    assert opening == 40 and sorted(lines) == [-50, 24] and closing == opening + sum(lines) == 14
    assert "পেয়েছেন" in page
    earlier = re.search(r'href="(/artisan/passbook\?month=[\d-]+)"', page)
    assert earlier is not None


def test_months_lead_back_to_the_first_line(rina: Browser, world: World) -> None:
    life.earn(world, pieces=5)
    world.advance(timedelta(days=35))
    rina = world.browser().sign_in_artisan("Rina")
    page, seen = rina.get("/artisan/passbook").text, []
    while back := re.search(r'href="(/artisan/passbook\?month=[\d-]+)" aria-label="আগের মাস"', page):
        page = rina.get(back[1]).text
        seen.append(sums(page))
    assert seen[-1] == [40, 40, 0] and len(seen) <= 2


@pytest.mark.parametrize("month", ["", "2026-13", "x", "9999-12", "0001-01", "2026-1"])
def test_any_month_is_answered(rina: Browser, month: str) -> None:
    assert rina.get(f"/artisan/passbook?month={month}").status_code == 200


def test_mala_never_sees_rinas_earnings(rina: Browser, world: World) -> None:
    life.earn(world, "Rina", pieces=4)
    line = re.search(r"/artisan/passbook/\d+", rina.get("/artisan/passbook").text)
    assert line is not None
    mala = world.browser().sign_in_artisan("Mala")
    assert mala.get(line[0]).status_code == 404
    assert sums(mala.get("/artisan/passbook").text) == [0, 0]
    payout_id = life.send(world, "Rina", 1_000)
    assert mala.post(f"/artisan/payouts/{payout_id}/answer", {"said": "yes"}).status_code == 404
    assert life.status_of(world, Payout, payout_id) == "sent"


@pytest.mark.parametrize("line", ["0", "999", "99999999999999999999", "x"])
def test_no_such_line_is_404(rina: Browser, line: str) -> None:
    assert rina.get(f"/artisan/passbook/{line}").status_code == 404


def test_a_payout_stands_alone_until_she_answers(rina: Browser, world: World) -> None:
    life.earn(world, pieces=10)
    life.offer(world)
    life.send(world, "Rina", 5_000)
    page = rina.get("/artisan/").text
    assert "হাতে টাকা পেয়েছেন?" in page and sums(page) == [50, 30]
    assert "নতুন কাজ" not in page and "<nav" not in page
    answers = re.findall(r'<button class="([^"]*)" name="said" value="(\w+)"', page)
    assert answers == [("act", "yes"), ("act", "less"), ("act", "no")]


@pytest.mark.parametrize(("said", "then"), [("yes", "settled"), ("less", "questioned"), ("no", "questioned")])
def test_her_answer_is_taken_once(rina: Browser, world: World, said: str, then: str) -> None:
    life.earn(world, pieces=10)
    payout_id = life.send(world, "Rina", 5_000)
    for _tap in range(2):
        answer = rina.post(f"/artisan/payouts/{payout_id}/answer", {"said": said})
        assert (answer.status_code, answer.location) == (303, "/artisan/")
    assert life.status_of(world, Payout, payout_id) == then
    page = rina.get("/artisan/").text
    assert sums(page)[0] == 30 and ("দিদি দেখছেন" in page) == (then == "questioned")


def test_money_she_questioned_leads_to_its_line(rina: Browser, world: World) -> None:
    life.earn(world, pieces=10)
    payout_id = life.send(world, "Rina", 5_000)
    rina.post(f"/artisan/payouts/{payout_id}/answer", {"said": "no"})
    line = re.search(r'class="way" href="([^"]+)"', rina.get("/artisan/").text)
    assert line is not None
    assert sums(rina.get(line[1]).text) == [-50]


def test_money_to_the_bank_asks_about_the_bank(rina: Browser, world: World) -> None:
    life.earn(world, pieces=10)
    life.send(world, "Rina", 5_000, PayoutMethod.UPI)
    page = rina.get("/artisan/").text
    assert "ব্যাঙ্কে টাকা এসেছে?" in page and "হাতে টাকা" not in page


def test_an_answer_is_one_of_three(rina: Browser, world: World) -> None:
    life.earn(world, pieces=10)
    payout_id = life.send(world, "Rina", 5_000)
    for said in ("", "maybe"):
        assert rina.post(f"/artisan/payouts/{payout_id}/answer", {"said": said}).status_code == 422
    assert life.status_of(world, Payout, payout_id) == "sent"


def test_money_that_came_after_all_is_confirmed_on_its_own_line(rina: Browser, world: World) -> None:
    life.earn(world, pieces=10)
    payout_id = life.send(world, "Rina", 5_000)
    rina.post(f"/artisan/payouts/{payout_id}/answer", {"said": "no"})
    line = re.search(r'class="way" href="([^"]+)"', rina.get("/artisan/").text)
    assert line is not None and "পরে পেয়েছি" in rina.get(line[1]).text

    rina.post(f"/artisan/payouts/{payout_id}/answer", {"said": "yes"})

    assert life.status_of(world, Payout, payout_id) == "settled"
    assert "পরে পেয়েছি" not in rina.get(line[1]).text


def test_a_page_of_a_day_with_very_many_moves_parts_no_line() -> None:
    on = date(2026, 11, 6)
    sources = [*["task:1"] * 50, *["task:2"] * 30, "", *["task:3"] * 70]
    rows = [Moved(900 - place, 100, on, None, f"r{place}", source, False) for place, source in enumerate(sources)]

    first = whole_lines(rows)
    assert len(first) == 80 and {row.source for row in first} == {"task:1", "task:2"}
    assert whole_lines(rows[80:]) == rows[80:]
    assert whole_lines(rows[:5]) == rows[:5]
