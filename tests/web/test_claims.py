"""No number stands on the pages about the house that no claim of the register proves; what is not proven is not said.

The walk reads the pages as they are sent, in each language. A number that stands outside of an element that names a
claim which may be shown now fails it, and so does a figure that the claim does not have.
"""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from sqlalchemy import update

from shop.artisans import earnings
from shop.clock import india_date
from shop.db import db
from shop.ledger import flows
from shop.money import Money
from shop.production import checks, tasks
from shop.production.models import Task
from shop.programme import claims, measures
from shop.programme.models import Claim
from shop.web.storefront import claim_words
from tests import cast
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.web import artisan_life as life
from tests.workshop import artisan
from tests.world import World

PAGES = ("/why-buy", "/impact", "/how-the-money-flows", "/centres")
FIGURES = re.compile(r"\d+")
VOID = {"br", "img", "input", "link", "meta", "hr", "path", "rect", "source", "use"}
FACTS = {"india-ministry", "india-records", "programme-women", "programme-first-job", "programme-family"}


class Walk(HTMLParser):
    """Reads the main part of a page: every run of digits with the claim around it, or None."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str | None]] = []
        self.found: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("data-claim")))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            while self.open and self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if any(tag == "main" for tag, _ in self.open) and not any(tag in ("script", "style") for tag, _ in self.open):
            named = next((claim for _, claim in reversed(self.open) if claim), None)
            self.found += [(str(int(figure)), named) for figure in FIGURES.findall(data)]


def check_all(world: World) -> None:
    with world.writing() as at:
        for each in claims.CLAIMS:
            claims.check(each.id, at=at, by="user:1")


def credit_everyone(world: World, *, but: int = 0) -> None:
    """Let every maker of the cast, or all but some, earn something."""
    with world.writing() as at:
        for name in list(cast.ARTISANS)[: len(cast.ARTISANS) - but]:
            who, what = artisan(name), f"test:{name}"
            earnings.credit(who, Money(1_000, "INR"), reference=what, source=what, at=at, by="user:1")


def unproven(world: World, prefix: str = "") -> list[tuple[str, str, str | None]]:
    """Return every number of the pages that no claim which may be shown proves."""
    with world.reading():
        proven = {name: allowed(each) for name, each in claims.shown(at=world.clock.now()).items()}
    wrong = []
    for path in PAGES:
        for figure, named in Walk(world.browser().get(prefix + path).text).found:
            if figure not in proven.get(named or "", set()):
                wrong.append((path, figure, named))
    return wrong


def allowed(shown: claims.Shown) -> set[str]:
    """Return the runs of digits that a claim may print: its figures, its share, its source and its days."""
    days = [shown.as_of, india_date(shown.row.checked_at), shown.as_of - timedelta(days=364)]
    numbers = [*shown.definition.figures, shown.percent, shown.definition.year or 0]
    if shown.measure:
        numbers += [shown.measure.numerator, shown.measure.denominator]
        numbers += [shown.measure.numerator // 100, shown.measure.denominator // 100]
    parts = [*(f"{number:,}" for number in numbers), shown.definition.source, *(f"{d.year} {d.day}" for d in days)]
    if shown.definition.id == "money-flow":
        flow = flows.of(days[2] - timedelta(days=1), days[0])
        amounts = [
            flow.paid,
            flow.rest,
            -flow.rest,
            *(getattr(flow, name) for name in ("wages", "fees", "tax", "shares")),
        ]
        parts += [f"{minor // 100:,} {minor % 100}" for minor in amounts]
        tenths = [(2_000 * minor + flow.paid) // (2 * flow.paid) for minor in amounts if flow.paid]
        parts += [f"{each // 10} {each % 10}" for each in tenths]
    return {str(int(figure)) for part in parts for figure in FIGURES.findall(part)}


@pytest.fixture
def enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the cast of a test, which is small, for enough."""
    monkeypatch.setattr(claims, "FEWEST", 1)


@both_databases
@pytest.mark.parametrize("prefix", ["", "/bn"])
def test_every_number_on_the_pages_comes_from_a_claim(world: World, enough: None, prefix: str) -> None:
    world.buy(TOTE)
    credit_everyone(world)
    check_all(world)
    printed = [named for path in PAGES for _, named in Walk(world.browser().get(prefix + path).text).found]

    assert unproven(world, prefix) == []
    assert {*FACTS, "makers-earning", "money-to-makers", "money-flow"} <= set(printed), "the walk sees the figures"


def test_the_walk_sees_a_number_without_a_claim_and_one_that_the_claim_does_not_have(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_all(world)
    real = claim_words.WORDS["programme-first-job"]
    said = claim_words.Said("97 %", "of the women", "as told")
    monkeypatch.setitem(claim_words.WORDS, "programme-first-job", lambda claim: said)

    assert ("/why-buy", "97", "programme-first-job") in unproven(world)
    monkeypatch.setitem(claim_words.WORDS, "programme-first-job", real)
    assert unproven(world) == []
    assert Walk("<main><p>40 women</p></main>").found == [("40", None)]


def test_what_was_never_checked_has_run_out_or_was_changed_is_not_shown(world: World) -> None:
    page = world.browser()
    assert Walk(page.get("/why-buy").text).found == [], "nobody has checked anything yet"
    check_all(world)
    assert "19,223" in page.get("/why-buy").text

    with world.writing():
        db.session.execute(update(Claim).where(Claim.id == "india-ministry").values(source="hearsay"))
    assert "19,223" not in page.get("/why-buy").text and "22,955" in page.get("/why-buy").text

    world.advance(claims.HOLDS)
    assert "22,955" in page.get("/why-buy").text, "good on its last day"
    world.advance(timedelta(days=1))
    assert Walk(page.get("/why-buy").text).found == []


def test_a_figure_that_rests_on_too_few_makers_is_not_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    makers = len(cast.ARTISANS)
    monkeypatch.setattr(claims, "FEWEST", makers)
    check_all(world)
    credit_everyone(world, but=1)
    with world.reading():
        assert "makers-earning" not in claims.shown(at=world.clock.now())
    assert 'data-claim="money-flow"' not in world.browser().get("/how-the-money-flows").text

    credit_everyone(world)
    with world.reading():
        measure = claims.shown(at=world.clock.now())["makers-earning"].measure
        assert measure is not None and (measure.numerator, measure.denominator) == (makers, makers)


@both_databases
def test_the_flow_is_what_was_paid_and_where_it_went(world: World) -> None:
    today = india_date(world.clock.now())
    with world.reading():
        before = flows.of(today - timedelta(days=365), today)
    world.buy(TOTE)
    credit_everyone(world)
    with world.reading():
        flow = flows.of(today - timedelta(days=365), today)
        beyond = flows.of(today, today + timedelta(days=1))

    assert flow.paid > before.paid
    assert flow.wages == before.wages + 1_000 * len(cast.ARTISANS)
    assert flow.paid == flow.to_makers + flow.tax + flow.gateway + flow.rest
    assert (beyond.paid, beyond.to_makers) == (0, 0)


def test_the_office_checks_a_claim_again(world: World) -> None:
    office = world.browser().sign_in("Farida")
    assert "nobody has checked it yet" in office.get("/manager/claims").text
    assert office.post("/manager/claims/india-ministry", {}).status_code == 303
    with world.reading():
        row = db.session.get_one(Claim, "india-ministry")
        assert row.checked_by == world.user("Farida").actor
        assert set(claims.shown(at=world.clock.now())) == {"india-ministry"}
    assert office.post("/manager/claims/no-such", {}).status_code == 404
    assert world.browser().sign_in("Meera").get("/manager/claims").status_code == 403


@both_databases
def test_a_mended_piece_is_looked_at_twice_and_counted_once(world: World) -> None:
    """Of three pieces one is sent back and passes when it is mended: two of three passed at once."""
    task_id = life.hand_in(world, "Rina", 3)
    life.check(world, task_id, rework=1)
    assert first_looks(world) == (2, 3, 1)

    with world.writing() as at:
        tasks.submit(db.session.get_one(Task, task_id), at=at, by=world.user("Rina"))
    mended(world, task_id)
    life.earn(world, "Mala", 2)

    assert first_looks(world) == (4, 5, 2)
    world.advance(measures.YEAR + timedelta(minutes=1))
    assert first_looks(world) == (0, 0, 0)


def mended(world: World, task_id: int) -> None:
    with world.writing() as at:
        task = db.session.get_one(Task, task_id)
        checks.record(task, passed=1, rework=0, rejected=0, at=at, by=world.user("Meera"))


def first_looks(world: World) -> tuple[int, int, int]:
    with world.reading():
        found = measures.passed_at_once(world.clock.now())
        return found.numerator, found.denominator, found.makers
