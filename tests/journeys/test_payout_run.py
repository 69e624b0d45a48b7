"""A payout run from its first day to the last yes, as the office and the women do it in their browsers."""

import re
from datetime import timedelta

from sqlalchemy import select
from werkzeug.test import TestResponse

from shop import books, duties
from shop.artisans import cash_box, cash_sums
from shop.artisans.models import Payout
from shop.clock import india_date
from shop.db import db
from shop.ledger import balances
from shop.outbox import OutboxRow
from tests.conftest import both_databases
from tests.web import artisan_life as life
from tests.world import Browser, World


@both_databases
def test_a_run_goes_from_its_proposal_to_the_last_confirmation(world: World) -> None:
    life.earn(world, "Rina", 20)
    life.earn(world, "Mala", 15)
    meera, farida, ruma = (world.browser().sign_in(name) for name in ("Meera", "Farida", "Ruma"))
    rina, mala = (world.browser().sign_in_artisan(name) for name in ("Rina", "Mala"))
    numbers = ids(world)
    here, there = numbers["centre"], numbers["other"]

    # the box: counted by one, seen by another, filled from the bank
    assert write(meera, here, "open", "10.00").status_code == 303
    assert meera.post(f"/manager/cash/{here}/acts/1/seen").status_code == 403  # not by the one who wrote it
    assert farida.post(f"/manager/cash/{here}/acts/1/seen").status_code == 303
    assert "someone else has to have seen it" not in farida.get("/manager/").text
    assert write(meera, here, "bring", "155.00", bank_reference="CHQ 1").status_code == 303
    assert "₹155" in farida.get("/manager/").text  # Today asks for the second person
    assert farida.post(f"/manager/cash/{here}/acts/2/seen").status_code == 303
    assert ruma.get(f"/manager/cash/{here}").status_code == 404
    assert ruma.post(f"/manager/cash/{here}/acts/2/withdrawal").status_code == 404
    assert ruma.get(f"/manager/cash/{there}").status_code == 200

    # proposed in one post; a second one of the same form adds nothing
    today = india_date(world.clock.now())
    period = {"first_on": str(today - timedelta(days=6)), "last_on": str(today)}
    run = meera.post("/manager/runs", period).location
    assert meera.post("/manager/runs", period).location == run
    page = meera.get(run).text
    form = {"once": once(page), f"amount-{numbers['Rina']}": "160", f"method-{numbers['Rina']}": "cash",
            f"amount-{numbers['Mala']}": "121", f"method-{numbers['Mala']}": "bank"}  # fmt: skip
    half = meera.post(f"{run}/proposals", form)
    assert (half.status_code, half.text.count("So much cannot be proposed now")) == (422, 1)
    form[f"amount-{numbers['Mala']}"] = "120"
    assert meera.post(f"{run}/proposals", form).status_code == 303
    assert meera.post(f"{run}/proposals", form).status_code == 303
    assert sums(world) == [("Rina", 16_000, "proposed"), ("Mala", 12_000, "proposed")]
    for path in ("", "/cash-list"):
        assert ruma.get(run + path).status_code == 404
    for path in ("/proposals", "/approval", "/sending"):
        assert ruma.post(run + path, form).status_code == 404

    # approved by another, as she saw it
    shown = dict.fromkeys(re.findall(r'name="(payout-\d+)"', farida.get(run).text), "yes")
    assert len(shown) == 2
    assert meera.post(f"{run}/approval", shown).status_code == 403
    assert farida.post(f"{run}/approval", shown).status_code == 303

    # a file for the bank, a list for the cash, references in one form
    assert farida.post("/manager/payout-files", {"centre": str(here)}).status_code == 303
    listed = farida.get(f"{run}/cash-list").text
    assert "₹160.00" in listed
    assert "₹120.00" not in listed
    cash, bank = (each["id"] for each in rows(world))
    sent = {f"handed-{cash}": "yes", f"reference-{bank}": "UTR-1"}
    assert farida.post(f"{run}/sending", sent).status_code == 303
    assert farida.post(f"{run}/sending", sent).status_code == 303
    other = farida.post(f"{run}/sending", {**sent, f"reference-{bank}": "UTR-2"})
    assert (other.status_code, "moved on meanwhile" in other.text) == (422, True)
    assert farida.get(f"/manager/cash/{here}?month=0001-01").status_code == 200
    assert told(world, here) == (500, 16_000, 16_500)

    # handed out and not confirmed: in the book, on Today and by mail, once, and nothing is posted
    world.advance(timedelta(days=4))
    farida = world.browser().sign_in("Farida")
    assert "Handed to Rina" in farida.get(f"/manager/cash/{here}").text
    assert "Rina has not confirmed ₹160.00" in farida.get("/manager/").text
    for _ in range(2):
        with world.app.app_context():
            duties.tell_of_cash()
    assert told_by_mail(world) == ["farida@test.example"]
    assert told(world, here) == (500, 16_000, 16_500)

    # she confirms the cash; the bank's did not arrive, is hers again, and the same run goes on with it
    rina, mala = (world.browser().sign_in_artisan(name) for name in ("Rina", "Mala"))
    assert rina.post(f"/artisan/payouts/{cash}/answer", {"said": "yes"}).status_code in (302, 303)
    assert farida.post(f"/manager/payouts/{bank}/failure", {"reason": "wrong number"}).status_code == 303
    again = {"once": once(farida.get(run).text), f"amount-{numbers['Mala']}": "120", f"method-{numbers['Mala']}": "upi"}
    assert farida.post(f"{run}/proposals", again).status_code == 303
    meera = world.browser().sign_in("Meera")
    new = next(each["id"] for each in rows(world) if each["status"] == "proposed")
    assert meera.post(f"{run}/approval", {f"payout-{new}": "yes"}).status_code == 403  # she began the run
    anita = world.browser().sign_in("Anita")
    assert anita.post(f"{run}/approval", {f"payout-{new}": "yes"}).status_code == 303
    used = anita.post(f"{run}/sending", {f"reference-{new}": "UTR-1"})
    assert (used.status_code, "already used" in used.text) == (422, True)
    assert anita.post(f"{run}/sending", {f"reference-{new}": "UTR-3"}).status_code == 303
    assert mala.post(f"/artisan/payouts/{new}/answer", {"said": "yes"}).status_code in (302, 303)
    assert sums(world) == [("Rina", 16_000, "settled"), ("Mala", 12_000, "failed"), ("Mala", 12_000, "settled")]

    book = anita.get(f"/manager/cash/{here}/book.csv")
    assert [line.split(",")[3:6] for line in book.text.splitlines()[2:]] == [
        ["10.00", "", "10.00"], ["155.00", "", "165.00"], ["", "160.00", "5.00"],
    ]  # fmt: skip
    with world.reading():
        assert [str(each) for each in books.findings()] == []


def write(browser: Browser, centre_id: int, kind: str, amount: str, **more: str) -> TestResponse:
    return browser.post(f"/manager/cash/{centre_id}/acts", {"kind": kind, "amount": amount, **more})


def once(page: str) -> str:
    found = re.search(r'name="once" value="([0-9a-f]{16})"', page)
    assert found
    return found[1]


def ids(world: World) -> dict[str, int]:
    with world.reading():
        women = {name: life.artisan(name) for name in ("Rina", "Mala", "Shila")}
        centres = {"centre": women["Rina"].centre_id, "other": women["Shila"].centre_id}
        return {name: each.id for name, each in women.items()} | centres


def rows(world: World) -> list[dict[str, object]]:
    with world.reading():
        found = db.session.scalars(select(Payout).order_by(Payout.id)).all()
        return [
            {"id": each.id, "name": each.artisan.work_name, "minor": each.amount_minor, "status": each.status.value}
            for each in found
        ]


def sums(world: World) -> list[tuple[object, object, object]]:
    return [(each["name"], each["minor"], each["status"]) for each in rows(world)]


def told(world: World, centre_id: int) -> tuple[int | None, int, int]:
    with world.reading():
        account = balances.derived(f"cash:{centre_id}").minor
        return cash_box.held(centre_id), cash_sums.unconfirmed(centre_id), account


def told_by_mail(world: World) -> list[str]:
    with world.reading():
        found = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "mail")).all()
        return [each.payload["to"] for each in found if each.payload["template"] == "cash_unconfirmed"]
