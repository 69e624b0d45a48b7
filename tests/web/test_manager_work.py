"""The workshop of the office: asking for pieces, offering steps, checking what was handed in."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from shop.artisans.models import Earning
from shop.clock import india_date
from shop.db import db
from shop.production.models import ProductionOrder, Task
from tests import cast
from tests.web import artisan_life as life
from tests.world import Browser, World


@pytest.fixture
def meera(world: World) -> Browser:
    return world.browser().sign_in("Meera")


def coming(world: World, days: int = 5) -> str:
    return (india_date(world.clock.now()) + timedelta(days=days)).isoformat()


def counted(world: World, model: type[Task] | type[ProductionOrder] | type[Earning]) -> int:
    with world.reading():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def ask(world: World, meera: Browser, **changes: str) -> tuple[int, str]:
    form = {"sku": cast.TOTE, "quantity": "১০", "due_on": coming(world), "once": "0123456789abcdef", **changes}
    answer = meera.post("/manager/work", form)
    return answer.status_code, answer.location or answer.text


def test_pieces_for_the_shelf_are_asked_for_once_a_form(world: World, meera: Browser) -> None:
    first, again = ask(world, meera), ask(world, meera)
    assert first == again == (303, "/manager/work/1")
    page = meera.get("/manager/work/1").text
    assert "Kalka tote, Indigo × 10" in page and "for the shelf" in page


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"quantity": "0"}, 422, "whole number"),
        ({"quantity": "501"}, 422, "from 1 to 500"),
        ({"quantity": "ten"}, 422, "whole number"),
        ({"due_on": "2020-01-01"}, 422, "has passed"),
        ({"due_on": "soon"}, 422, "Please give a day"),
        ({"sku": ""}, 422, "fill this in"),
        ({"sku": "NONE"}, 404, "no such product"),
        ({"once": ""}, 422, "load the page again"),
    ],
)
def test_a_wrong_request_says_what_is_wrong(
    world: World, meera: Browser, change: dict[str, str], status: int, words: str
) -> None:
    found, page = ask(world, meera, **change)
    assert found == status
    assert words in page
    assert counted(world, ProductionOrder) == 0


def test_the_least_earned_comes_first_with_the_reason(world: World, meera: Browser) -> None:
    life.earn(world, "Mala")
    ask(world, meera)
    page = meera.get("/manager/work/2/offers/cut").text
    assert page.index("Offer to Rina") < page.index("Offer to Mala")
    assert "Shila" not in page
    assert "<strong>Rina</strong> has earned least this month (₹0)" in page


def test_an_offer_is_made_and_taken_back(world: World, meera: Browser) -> None:
    ask(world, meera)
    form = {"artisan": "1", "quantity": "4", "due_on": coming(world), "rate": "8.50"}
    assert meera.post("/manager/work/1/offers/cut", form).status_code == 303
    with world.reading():
        task = db.session.scalars(select(Task)).one()
        assert (len(task.pieces), task.rate_minor, task.artisan.work_name) == (4, 850, "Rina")
    assert "Offered to Rina: Cut × 4" in meera.get("/manager/work/1").text
    answer = meera.post("/manager/tasks/1/withdrawal")
    assert (answer.status_code, answer.location) == (303, "/manager/work/1/offers/cut")
    assert meera.post("/manager/tasks/1/withdrawal").status_code == 409


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"rate": "7"}, 422, "never lower"),
        ({"quantity": "11"}, 409, "Only 10 pieces are left"),
        ({"quantity": ""}, 422, "whole number"),
        ({"due_on": "2020-01-01"}, 422, "has passed"),
        ({"artisan": "3"}, 404, "no such person"),
        ({"artisan": "99"}, 404, "no such person"),
    ],
)
def test_an_offer_that_cannot_be_made_changes_nothing(
    world: World, meera: Browser, change: dict[str, str], status: int, words: str
) -> None:
    ask(world, meera)
    form = {"artisan": "1", "quantity": "2", "due_on": coming(world), "rate": "8", **change}
    answer = meera.post("/manager/work/1/offers/cut", form)
    assert answer.status_code == status
    assert words in answer.text
    assert counted(world, Task) == 0


def test_a_check_shows_what_she_earns_and_pays_what_passes(world: World, meera: Browser) -> None:
    task_id = life.hand_in(world, pieces=3)
    page = meera.get(f"/manager/tasks/{task_id}/check").text
    assert "Each piece that passes pays Rina ₹8.00 at once." in page and "If all 3 pass: ₹24.00." in page
    for name in ("passed", "rework", "rejected"):
        assert f'name="{name}" type="text" value=""' in page
    form = {"passed": "২", "rework": "1", "rejected": "0", "cause": "work", "note": "A loose thread"}
    answer = meera.post(f"/manager/tasks/{task_id}/check", form)
    assert (answer.status_code, answer.location) == (303, "/manager/board/to-check")
    assert "Rina has earned ₹16.00" in meera.get(answer.location).text
    page = meera.get(f"/manager/tasks/{task_id}").text
    assert "A loose thread" in page and "2 passed, 1 to mend, 0 lost" in page
    assert meera.post(f"/manager/tasks/{task_id}/check", form).status_code == 409


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"passed": "2", "rework": "0", "rejected": "0"}, "must add up to the 3 pieces"),
        ({"passed": "2", "rework": "1", "rejected": "0"}, "why pieces were sent back"),
        ({"passed": "2", "rework": "1", "rejected": "0", "cause": "weather"}, "choose one of the options"),
        ({"passed": "", "rework": "", "rejected": ""}, "whole number"),
        ({"passed": "-1", "rework": "4", "rejected": "0"}, "whole number"),
    ],
)
def test_a_check_that_does_not_add_up_changes_nothing(
    world: World, meera: Browser, form: dict[str, str], words: str
) -> None:
    task_id = life.hand_in(world, pieces=3)
    answer = meera.post(f"/manager/tasks/{task_id}/check", form)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{form["passed"]}"' in answer.text
    assert counted(world, Earning) == 0


def test_the_board_shows_each_card_where_its_facts_put_it(world: World, meera: Browser) -> None:
    life.hand_in(world, "Rina")
    life.offer(world, "Mala")
    life.earn(world, "Rina", pieces=2)
    number = world.order(world.buy(cast.TOTE)).number
    where = {"to-check": "Cut × 3", "offered": "Cut × 3", "passed": "₹16", "ready": number, "to-assign": "Stitch × 3"}
    for column, words in where.items():
        page = meera.get(f"/manager/board/{column}").text
        lane = page.split(f'id="lane-{column}"')[1].split("<section")[0]
        assert words in lane, column
    assert "Nobody is making just now." in meera.get("/manager/board").text


def test_the_board_of_the_river_shows_no_work_of_the_north(world: World) -> None:
    life.hand_in(world, "Rina")
    page = world.browser().sign_in("Ruma").get("/manager/board").text
    assert "Rina" not in page and "Cut ×" not in page
