"""What every page of hers keeps to: who may open it, what it leaves on the phone, how it is written."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from shop.db import db
from tests.web import artisan_life as life
from tests.world import Browser, World

PAGES = (
    "/artisan/", "/artisan/tasks", "/artisan/tasks/1", "/artisan/savings", "/artisan/passbook", "/artisan/passbook/1",
    "/artisan/mine", "/artisan/thanks",
)  # fmt: skip
ACTS = (
    "/artisan/tasks/1/acceptance",
    "/artisan/tasks/1/refusal",
    "/artisan/tasks/1/start",
    "/artisan/tasks/1/submission",
    "/artisan/payouts/1/answer",
    "/artisan/savings/more",
    "/artisan/savings/back",
    "/artisan/advances/1/repayment",
    "/artisan/advances/1/answer",
    "/artisan/amounts",
    "/artisan/language",
    "/artisan/thanks/choice",
)


@pytest.fixture
def rina(world: World) -> Browser:
    """Rina's phone, after a first task was checked and a second one offered."""
    life.earn(world)
    life.offer(world, pieces=12)
    return world.browser().sign_in_artisan("Rina")


def test_it_opens_and_leaves_nothing(rina: Browser) -> None:
    for path in PAGES:
        page = rina.get(path)
        assert page.status_code == 200
        assert page.headers["Cache-Control"] == "no-store"
        assert "<title>খাতা</title>" in page.text and '<html lang="bn"' in page.text
        assert "Rina" not in page.text


def test_a_stranger_is_sent_to_the_card(rina: Browser, world: World) -> None:
    for path in PAGES:
        answer = world.browser().get(path)
        assert (answer.status_code, answer.location) == (302, "/artisan/sign-in")


def test_a_stranger_does_nothing(rina: Browser, world: World) -> None:
    for path in ACTS:
        assert world.browser().post(path).status_code == 401
        assert life.status_of(world, life.Task, 2) == "offered"


def test_the_office_has_no_place_here(rina: Browser, world: World) -> None:
    meera = world.browser().sign_in("Meera")
    assert {meera.get(path).status_code for path in PAGES} == {403}
    assert {meera.post(path).status_code for path in ACTS} == {403}


def test_an_act_is_not_a_page(rina: Browser) -> None:
    for path in ACTS:
        assert rina.get(path).status_code == 405
        assert rina.post("/artisan/tasks").status_code == 405


def test_no_other_site_acts_for_her(rina: Browser) -> None:
    for path in ACTS:
        assert rina.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert rina.client.post(path, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 403


def test_every_act_is_a_plain_form(rina: Browser) -> None:
    for path in PAGES:
        text = rina.get(path).text
        forms = [form for form in re.findall(r"<form.*?</form>", text, re.S) if 'id="leave"' not in form]
        assert forms
        assert all('method="post"' in form and "<button" in form and "csrf_token" in form for form in forms)
        assert all('src="/assets/' in tag for tag in re.findall(r"<script[^>]*>", text))
        assert not re.search(r'\son[a-z]+="|\sstyle="', text)


def test_its_figures_are_bengali(rina: Browser) -> None:
    for path in PAGES:
        body = re.sub(r"<[^>]+>", " ", rina.get(path).text.split("<body", 1)[1].split(">", 1)[1])
        assert not re.search(r"[0-9]", body)


@pytest.mark.parametrize("path", [*PAGES[:-2], "/artisan/passbook?month=2026-01"])
def test_hidden_amounts_are_nowhere(rina: Browser, path: str) -> None:
    assert "₹" in rina.get(path).text or path == "/artisan/tasks"
    back = rina.post("/artisan/amounts", {"back": path})
    assert (back.status_code, back.location) == (303, path)
    assert "₹" not in rina.get(path).text
    rina.post("/artisan/amounts")
    assert "₹" in rina.get("/artisan/").text


def test_hiding_never_leads_elsewhere(rina: Browser) -> None:
    for before in ("https://elsewhere.example/artisan/", "//elsewhere.example/artisan/", "/manager/", "nonsense"):
        assert rina.post("/artisan/amounts", {"back": before}).location == "/artisan/"
    for _tap in range(2):
        rina.post("/artisan/amounts", {"hide": "1"})
    assert "₹" not in rina.get("/artisan/").text


def test_she_chooses_her_language(rina: Browser) -> None:
    assert rina.post("/artisan/language", {"language": "en"}).location == "/artisan/mine"
    assert "You can take now" in rina.get("/artisan/").text
    rina.post("/artisan/language", {"language": "hi"})
    assert "आप अभी ले सकती हैं" in rina.get("/artisan/").text
    assert rina.post("/artisan/language", {"language": "xx"}).status_code == 422
    rina.post("/artisan/language", {"language": "bn"})
    assert "এখন নিতে পারেন" in rina.get("/artisan/").text


@contextmanager
def counting(world: World) -> Iterator[list[str]]:
    """Collect the statements that are sent to the shop's database."""
    sent: list[str] = []
    with world.reading():
        engine = db.engine

    def note(*args: object) -> None:
        sent.append(str(args[2]))

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", ["/artisan/", "/artisan/tasks", "/artisan/passbook"])
def test_more_rows_are_not_more_queries(rina: Browser, world: World, path: str) -> None:
    life.earn(world)
    rina.get(path)  # the first look at money shortens how long she stays signed in
    with counting(world) as few:
        rina.get(path)
    for pieces in (1, 2, 4):
        life.earn(world, pieces=pieces)
        life.offer(world, pieces=pieces)
    with counting(world) as many:
        rina.get(path)
    assert len(many) == len(few) <= 16
