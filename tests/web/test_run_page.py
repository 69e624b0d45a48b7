"""The page of a payout run: what it offers can be proposed as it stands, and it holds a large centre."""

from shop.artisans import payouts
from shop.clock import india_date
from shop.web.manager.reads.runs import run_page
from tests.artisans.test_advances import give
from tests.artisans.test_deductions import notify
from tests.artisans.test_runs import begin
from tests.conftest import both_databases
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World


@both_databases
def test_what_is_offered_is_the_most_that_can_be_proposed(world: World) -> None:
    give(world, 3_000, 1_500)
    life.earn(world, "Rina", 5)  # ₹40 of wages: ₹15 go back on the advance and ₹5 are deducted
    notify(world, 500)
    run_id = begin(world)

    with world.app.test_request_context(), world.reading():
        at = world.clock.now()
        (offered,) = run_page(user("Farida"), run_id, None, at=at).candidates
        assert (offered.back_minor, offered.deducted_minor, offered.offered_minor) == (1_500, 500, 2_000)
        assert offered.offered_minor == payouts.most(artisan("Rina"), at=at)

    shown = world.browser().sign_in("Meera").get(f"/manager/runs/{run_id}").text
    assert 'value="20"' in shown and "₹15.00" in shown and "₹5.00" in shown


def test_a_centre_of_a_thousand_can_propose_and_no_form_is_endless(world: World) -> None:
    office = world.browser().sign_in("Meera")
    today = str(india_date(world.clock.now()))
    run = office.post("/manager/runs", {"first_on": today, "last_on": today}).location

    def of(women: int) -> dict[str, str]:
        empty = {f"amount-{number}": "" for number in range(women)}
        return {"once": "0" * 16, **empty, **{f"method-{number}": "cash" for number in range(women)}}

    assert office.post(f"{run}/proposals", of(1_000)).status_code == 303
    assert office.post(f"{run}/proposals", of(2_000)).status_code == 413
