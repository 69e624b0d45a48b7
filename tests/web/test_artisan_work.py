"""Her work: an offer she may refuse, work she hands in, and nothing of anyone else's."""

import pytest

from shop.production.models import Task
from tests import cast
from tests.web import artisan_life as life
from tests.world import Browser, World

ACTS = ("acceptance", "refusal", "start", "submission")


@pytest.fixture
def rina(world: World) -> Browser:
    """Rina's phone."""
    return world.browser().sign_in_artisan("Rina")


def status(world: World, task_id: int) -> str:
    return life.status_of(world, Task, task_id)


def test_home_without_work_says_so(rina: Browser) -> None:
    page = rina.get("/artisan/").text
    assert "এখন কোনো কাজ নেই" in page and "₹০" in page


def test_an_offer_is_one_decision_on_home(rina: Browser, world: World) -> None:
    task_id = life.offer(world, pieces=10)
    page = rina.get("/artisan/").text
    assert page.count('class="ring open"') == 10
    for words in ("নতুন কাজ", "১০টা", "কাটা", "₹৮<", "₹৮০<", "বারের মধ্যে"):
        assert words in page
    assert page.index("না বললে কোনো ক্ষতি নেই") < page.index(f"/artisan/tasks/{task_id}/acceptance")
    assert page.index("/acceptance") < page.index("/refusal")


def test_from_offer_to_handed_in(rina: Browser, world: World) -> None:
    task_id = life.offer(world)
    for act, then in (("acceptance", "accepted"), ("start", "started"), ("submission", "submitted")):
        answer = rina.post(f"/artisan/tasks/{task_id}/{act}")
        assert (answer.status_code, answer.location) == (303, f"/artisan/tasks/{task_id}")
        assert status(world, task_id) == then
        assert rina.get(answer.location).status_code == 200
    assert "জমা দিয়েছেন" in rina.get("/artisan/tasks").text


def test_a_refusal_asks_no_reason_and_costs_nothing(rina: Browser, world: World) -> None:
    task_id = life.offer(world)
    page = rina.get(f"/artisan/tasks/{task_id}").text
    assert "<textarea" not in page and "<select" not in page
    answer = rina.post(f"/artisan/tasks/{task_id}/refusal")
    assert (answer.status_code, answer.location) == (303, "/artisan/")
    assert status(world, task_id) == "declined"
    assert "এতে কোনো ক্ষতি নেই" in rina.get("/artisan/").text
    assert "নিলেন না" in rina.get(f"/artisan/tasks/{task_id}").text


def test_she_may_give_back_what_she_took_before_she_starts(rina: Browser, world: World) -> None:
    task_id = life.offer(world)
    rina.post(f"/artisan/tasks/{task_id}/acceptance")
    assert "/refusal" in rina.get(f"/artisan/tasks/{task_id}").text
    rina.post(f"/artisan/tasks/{task_id}/refusal")
    assert status(world, task_id) == "declined"


@pytest.mark.parametrize("act", ["acceptance", "refusal"])
def test_a_double_tap_is_harmless(rina: Browser, world: World, act: str) -> None:
    task_id = life.offer(world)
    for _tap in range(3):
        answer = rina.post(f"/artisan/tasks/{task_id}/{act}")
        assert answer.status_code == 303
        assert rina.get(answer.location).status_code == 200
    assert status(world, task_id) == {"acceptance": "accepted", "refusal": "declined"}[act]


def test_an_offer_that_was_taken_back_shows_as_it_is(rina: Browser, world: World) -> None:
    task_id = life.offer(world)
    with world.writing() as at:
        life.tasks.withdraw(life.db.session.get_one(Task, task_id), at=at, by=world.user("Meera"))
    answer = rina.post(f"/artisan/tasks/{task_id}/acceptance")
    assert "এটা আর করতে হবে না" in rina.get(answer.location).text


def test_a_step_waits_for_the_one_before(rina: Browser, world: World) -> None:
    task_id = life.offer(world, step=1)
    rina.post(f"/artisan/tasks/{task_id}/acceptance")
    page = rina.get(f"/artisan/tasks/{task_id}").text
    assert "৩টে এখনও আগের জনের হাতে" in page and "/start" not in page
    assert rina.post(f"/artisan/tasks/{task_id}/start").status_code == 303
    assert status(world, task_id) == "accepted"


def test_pieces_to_mend_are_seen_by_their_shape(rina: Browser, world: World) -> None:
    task_id = life.hand_in(world)
    life.check(world, task_id, rework=1)
    page = rina.get(f"/artisan/tasks/{task_id}").text
    assert page.count('class="ring accepted"') == 2 and page.count('class="ring rework"') == 1
    assert "১টা সারাতে হবে" in page
    rina.post(f"/artisan/tasks/{task_id}/submission")
    assert status(world, task_id) == "submitted"


def test_mala_never_sees_rinas_work(world: World) -> None:
    task_id = life.offer(world, "Rina", sku=cast.MESSENGER)
    mala = world.browser().sign_in_artisan("Mala")
    assert mala.get(f"/artisan/tasks/{task_id}").status_code == 404
    assert {mala.post(f"/artisan/tasks/{task_id}/{act}").status_code for act in ACTS} == {404}
    assert status(world, task_id) == "offered"
    for path in ("/artisan/", "/artisan/tasks"):
        assert "Hibiscus" not in mala.get(path).text


@pytest.mark.parametrize("task_id", ["0", "999", "999999999999", "99999999999999999999", "-1", "one"])
def test_no_such_task_is_404(rina: Browser, task_id: str) -> None:
    assert rina.get(f"/artisan/tasks/{task_id}").status_code == 404
