"""A return over HTTP: asked on the order's page, answered and taken in by the office, and told by mail at each step."""

import re

from tests.cast import TOTE
from tests.conftest import both_databases
from tests.letters import letters
from tests.sharing import rule, send
from tests.world import Browser, World

pytestmark = both_databases


def test_a_return_from_the_customers_click_to_the_shelf(world: World) -> None:
    rule(world)
    link = world.buy(TOTE, 2)
    guest, meera, ruma = world.browser(), world.browser().sign_in("Meera"), world.browser().sign_in("Ruma")
    assert "Sending something back" not in guest.get(link).text, "nothing is sent back before it has left"
    send(world, link)
    assert "Send something back, until" in guest.get(link).text

    assert guest.post(f"{link}/returns", {"pieces_1": "3", "reason": "size"}).status_code == 422
    assert guest.post(f"{link}/returns", {"pieces_1": "1", "reason": "because"}).status_code == 422
    assert guest.post(f"{link}/returns", {"pieces_1": "1", "reason": "size"}).status_code == 303
    assert guest.post(f"{link}/returns", {"pieces_1": "1", "reason": "size"}).status_code == 409
    today = meera.get("/manager/").text
    assert "the customer would send a piece back" in today
    [path] = set(re.findall(r"/manager/returns/\d+", today))
    assert ruma.get(path).status_code == 404
    assert path in meera.get(f"/manager/orders/{world.order(link).number}").text

    refused = meera.post(f"{path}/answer", {"answer": "refuse", "why": ""})
    assert (refused.status_code, "Please say why" in refused.text) == (422, True)
    assert meera.post(f"{path}/answer", {"answer": "agree"}).status_code == 303
    assert "a return is on its way to us" in meera.get("/manager/").text
    pieces = re.findall(r'name="piece" value="(\d+)"', meera.get(path).text)
    assert len(pieces) == 2, "either of the two may be the one that comes"
    assert meera.post(f"{path}/arrival", {"piece": pieces}).status_code == 422
    assert meera.post(f"{path}/arrival", {"piece": pieces[1]}).status_code == 303
    world.work()
    assert "₹749.00 goes to you the way it came" in guest.get(link).text

    assert on_the_shelf(meera) == 3
    assert meera.post(f"{path}/pieces/{pieces[0]}", {"outcome": "restocked"}).status_code == 404
    assert meera.post(f"{path}/pieces/{pieces[1]}", {"outcome": "restocked"}).status_code == 303
    assert meera.post(f"{path}/pieces/{pieces[1]}", {"outcome": "written-off"}).status_code == 409
    assert on_the_shelf(meera) == 4
    assert "lie about" not in meera.get("/manager/").text
    subjects = [str(mail["Subject"]) for mail in letters(world, "asha@test.example")]
    for words in ("your request", "may send it back", "come back"):
        assert any(words in subject for subject in subjects), (words, subjects)


def test_a_refusal_is_told_with_its_reason_and_she_may_call_off_what_she_asked(world: World) -> None:
    link = world.buy(TOTE)
    send(world, link)
    guest, meera = world.browser(), world.browser().sign_in("Meera")
    guest.post(f"{link}/returns", {"pieces_1": "1", "reason": "changed-mind"})
    assert meera.post("/manager/returns/1/answer", {"answer": "refuse", "why": "it was worn"}).status_code == 303
    assert "We cannot take it back: it was worn" in guest.get(link).text
    assert guest.post(f"{link}/returns", {"pieces_1": "1", "reason": "changed-mind"}).status_code == 303
    assert guest.post(f"{link}/returns/withdrawal").status_code == 303
    assert meera.post("/manager/returns/2/answer", {"answer": "agree"}).status_code == 409


def test_figures_are_set_by_one_and_a_share_is_approved_by_another(world: World) -> None:
    meera, farida, anita = (world.browser().sign_in(name) for name in ("Meera", "Farida", "Anita"))
    page = "/manager/figures/kalka-tote"
    assert meera.post(f"{page}/costs", {"kind": "material", "rupees": "165", "percent": ""}).status_code == 303
    assert meera.post(f"{page}/costs", {"kind": "fee", "rupees": "1", "percent": "2"}).status_code == 422
    assert meera.post("/manager/figures/house/costs", {"kind": "fee", "percent": "2.36"}).status_code == 404
    assert anita.post("/manager/figures/house/costs", {"kind": "fee", "percent": "2.36"}).status_code == 303
    assert meera.post(f"{page}/share", {"rupees": "74.90"}).status_code == 303
    assert meera.post(f"{page}/share/1/answer", {"answer": "approve"}).status_code == 403
    assert "Approve this share" not in meera.get(page).text
    assert "₹74.90" not in world.browser().get("/products/kalka-tote").text
    assert farida.post(f"{page}/share/1/answer", {"answer": "approve"}).status_code == 303

    shown = world.browser().get("/products/kalka-tote").text
    assert "To the makers: ₹121.90" in shown, "47.00 of wages and 74.90 of share"
    assert "₹17.68" in shown, "2.36 % of 749.00 are 17.6764"


def test_who_proposed_a_share_reads_why_it_was_declined_until_a_new_one_is_proposed(world: World) -> None:
    meera, farida = world.browser().sign_in("Meera"), world.browser().sign_in("Farida")
    page = "/manager/figures/kalka-tote"
    meera.post(f"{page}/share", {"rupees": "1"})
    assert farida.post(f"{page}/share/1/answer", {"answer": "decline", "reason": "too little"}).status_code == 303
    assert "₹1.00 was declined by Farida on" in meera.get(page).text
    assert ": too little</p>" in meera.get(page).text
    meera.post(f"{page}/share", {"rupees": "74.90"})
    assert "was declined" not in meera.get(page).text


def on_the_shelf(meera: Browser) -> int:
    found = re.search(r"(\d+) on the shelf", meera.get("/products/kalka-tote?sku=MB-TOTE-IND").text)
    assert found
    return int(found[1])
