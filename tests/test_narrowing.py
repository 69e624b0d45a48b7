"""What pages of the office say and offer: nothing of another centre, no customer's contact, no way that is closed.

Everyone of the office walks every page that the access matrix opens to her, in the house of `tests/two_centres.py`.
"""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from werkzeug.routing import MapAdapter

from shop.users.models import Role
from shop.users.policy import may
from shop.web.access import action_of
from tests.access_table import ROLE_OF, table
from tests.cast import TOTE
from tests.sharing import send
from tests.two_before import BEFORE
from tests.two_centres import OWN, PERSON_OF, POUCH, RIVER, House, build, rules
from tests.two_shown import OUTSIDE
from tests.world import ADDRESS, World

OFFICE = (Role.MANAGER, Role.FINANCE, Role.SAFEGUARDING, Role.AUDITOR, Role.ADMIN)
CONTACT = (ADDRESS["email"], "9830012345", "98300 12345", ADDRESS["name"], ADDRESS["line1"], ADDRESS["postcode"])
# What only a page of that centre may say: its makers, its goods, its people, its name.
OF_CENTRE = {
    RIVER: ("Shila", "River pouch", "river-pouch", POUCH, "Rupa", "Ruma", "River centre", *OUTSIDE[RIVER]),
    OWN: ("Rina", "Mala", "Kalka tote", "/products/kalka-tote", TOTE, "Mina", "Meera", "North centre", *OUTSIDE[OWN]),
}


@pytest.fixture
def house(world: World, tmp_path: Path) -> House:
    """The house with two of everything."""
    return build(world, tmp_path)


def pages(house: House, role: Role, name: str, side: str) -> Iterator[tuple[str, str]]:
    """Yield (address, text) of every page of the office that is open to a person on one side."""
    column = next(short for short, each in ROLE_OF.items() if each is role)
    open_to_her = {
        endpoint
        for endpoint, cells in table().items()
        if not isinstance(cells, str) and any(c.column == column and c.expected == "y" for c in cells)
    }
    for rule, method in rules(house):
        if method == "GET" and rule.endpoint in open_to_her and rule.endpoint.startswith("manager."):
            answer = house.ask(rule, "GET", name, side)
            if not answer.mimetype.startswith("image/"):
                yield house.path(rule, side), answer.text
            answer.close()
            if rule.endpoint in BEFORE:
                house.put_back()


def test_a_manager_reads_nothing_of_another_centre(house: House) -> None:
    found = [
        f"{name} {path}: {word}"
        for name, own, other in (("Meera", OWN, RIVER), ("Ruma", RIVER, OWN))
        for path, text in pages(house, Role.MANAGER, name, own)
        for word in (*OF_CENTRE[other], str(house.sides[other]["number"]))
        if word in text
    ]

    assert found == []


def test_the_walk_would_find_what_is_said_of_another_centre(house: House) -> None:
    said = {path for path, text in pages(house, Role.ADMIN, "Anita", OWN) if "Shila" in text or "River pouch" in text}

    assert {"/manager/", "/manager/board", "/manager/people", "/manager/payouts", "/manager/products"} <= said


@pytest.mark.parametrize("role", OFFICE)
def test_no_page_of_the_office_shows_a_customers_contact(house: House, role: Role) -> None:
    name = PERSON_OF[role]
    found = [
        f"{path}: {word}"
        for path, text in pages(house, role, name, OWN)
        if not path.endswith("/label")
        for word in CONTACT
        if word in text
    ]

    assert found == []


@pytest.mark.parametrize("role", OFFICE)
def test_no_page_offers_what_its_reader_may_not_do(house: House, role: Role) -> None:
    name, closed, links = PERSON_OF[role], [], set()
    bound = house.world.app.url_map.bind("localhost")
    for path, text in pages(house, role, name, OWN):
        for form in re.findall(r"<form[^>]*>", text):
            closed += _closed(house, bound, role, path, form)
        links |= {unescape(each).split("#")[0] for each in re.findall(r'href="(/manager[^"]*)"', text)}
    browser = house.browser(name)
    closed += [
        f"{link}: {status}" for link in sorted(links) if (status := browser.get(link).status_code) not in (200, 302)
    ]

    assert closed == []
    assert len(links) > 15


def _closed(house: House, bound: MapAdapter, role: Role, path: str, form: str) -> list[str]:
    target = re.search(r'action="([^"]+)"', form)
    assert target, f"{path}: {form} says nowhere to"
    method = "POST" if 'method="post"' in form else "GET"
    endpoint, _parts = bound.match(unescape(target[1]).split("?")[0], method=method)
    action = action_of(house.world.app, endpoint)
    return [] if action is None or may(role, action) else [f"{path} offers {endpoint}"]


def test_an_exchange_of_two_centres_is_decided_by_the_house_and_sent_by_either(house: House) -> None:
    world = house.world
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    world.add_to_cart(browser, POUCH)
    link = world.place(browser).location.removesuffix("/pay")
    world.pay(link)
    send(world, link)
    asked = {"pieces_1": "1", "reason": "damaged", "wish": "exchange"}
    assert browser.post(f"{link}/returns", asked).status_code == 303
    meera, ruma, anita = (world.browser().sign_in(name) for name in ("Meera", "Ruma", "Anita"))
    [path] = set(re.findall(r"/manager/returns/\d+", meera.get("/manager/").text))
    assert anita.post(f"{path}/answer", {"answer": "agree"}).status_code == 303
    came = {"piece": re.findall(r'name="piece" value="(\d+)"', anita.get(path).text)[0], "give": "exchange"}
    assert (meera.post(f"{path}/arrival", came).status_code, ruma.post(f"{path}/arrival", came).status_code) == (
        403,
        403,
    )
    assert anita.post(f"{path}/arrival", came).status_code == 303
    for manager in (meera, ruma):
        assert manager.post(f"{path}/exchange/end").status_code == 403
        assert "End it and give the money back" not in manager.get(path).text
    assert "End it and give the money back" in anita.get(path).text
    assert meera.post(f"{path}/exchange/shipment", {"carrier": "Post", "tracking": "EX1"}).status_code == 303


def test_an_order_of_two_centres_is_seen_by_both_and_given_back_by_finance(house: House) -> None:
    world = house.world
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    world.add_to_cart(browser, POUCH)
    link = world.place(browser).location.removesuffix("/pay")
    world.pay(link)
    number = link.split("/orders/")[1].split("/")[0]

    for name, other in (("Meera", RIVER), ("Ruma", OWN)):
        manager = world.browser().sign_in(name)
        page = manager.get(f"/manager/orders/{number}").text
        assert number in manager.get("/manager/orders").text
        assert OF_CENTRE[other][0] not in page and f"/manager/orders/{number}/refund" not in page
        refused = manager.post(f"/manager/orders/{number}/refund", {"reason": "all of it"})
        assert (refused.status_code, "finance gives it back" in refused.text) == (403, True)
    farida = world.browser().sign_in("Farida")
    assert f"/manager/orders/{number}/refund" in farida.get(f"/manager/orders/{number}").text
    assert farida.post(f"/manager/orders/{number}/refund", {"reason": "all of it"}).status_code == 303


def test_an_address_is_printed_only_while_the_parcel_is_ready(house: House) -> None:
    number = house.sides[OWN]["number"]
    meera = house.world.browser().sign_in("Meera")
    path = f"/manager/orders/{number}"
    assert ADDRESS["line1"] in meera.get(f"{path}/label").text
    assert meera.post(f"{path}/shipment", {"carrier": "India Post", "tracking": "EB1"}).status_code == 303

    answer = meera.get(f"{path}/label")

    assert (answer.status_code, ADDRESS["line1"] in answer.text) == (409, False)
    unpaid = house.world.buy(TOTE, pay=False).split("/orders/")[1].split("/")[0]
    assert meera.get(f"/manager/orders/{unpaid}/label").status_code == 409
