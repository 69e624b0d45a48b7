"""Orders in the office: no customer's contact, one parcel, and money that goes back whole."""

import pytest
from sqlalchemy import func, select

from shop.db import db
from shop.orders.models import Shipment
from shop.payments.models import Refund
from tests import cast
from tests.world import ADDRESS, Browser, World

CONTACT = (ADDRESS["email"], ADDRESS["name"], ADDRESS["line1"], ADDRESS["postcode"], "98300")


@pytest.fixture
def meera(world: World) -> Browser:
    return world.browser().sign_in("Meera")


@pytest.fixture
def number(world: World) -> str:
    """A paid order that can be packed."""
    return world.order(world.buy(cast.TOTE, 2)).number


def counted(world: World, model: type[Shipment] | type[Refund]) -> int:
    with world.reading():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_the_list_filters_by_how_far_an_order_has_come(world: World, meera: Browser, number: str) -> None:
    making = world.order(world.buy(cast.MESSENGER)).number
    placed = world.order(world.buy(cast.TOTE, pay=False)).number
    everything = {"ready": number, "in-the-making": making, "placed": placed}
    for progress, wanted in everything.items():
        page = meera.get(f"/manager/orders?progress={progress}").text
        assert [each for each in everything.values() if each in page] == [wanted]
    page = meera.get("/manager/orders").text
    assert all(each in page for each in everything.values())
    assert "No order stands here." in meera.get("/manager/orders?progress=delivered").text


def test_only_the_label_shows_where_the_parcel_goes(world: World, meera: Browser, number: str) -> None:
    page = meera.get(f"/manager/orders/{number}").text
    assert "Kalka tote, Indigo" in page and "Razorpay took the money" in page
    for path in ("orders", f"orders/{number}", f"orders/{number}/refund", "", "board", "books"):
        shown = meera.get(f"/manager/{path}").text
        assert [each for each in CONTACT if each in shown] == [], path
    label = meera.get(f"/manager/orders/{number}/label").text
    assert all(each in label for each in (ADDRESS["name"], ADDRESS["line1"], ADDRESS["postcode"]))
    assert ADDRESS["email"] not in label
    assert world.browser().sign_in("Farida").get(f"/manager/orders/{number}/label").status_code == 403


def test_a_parcel_is_sent_once_and_arrives(world: World, meera: Browser, number: str) -> None:
    form = {"carrier": "India Post", "tracking": "EB123456789IN"}
    assert meera.post(f"/manager/orders/{number}/shipment", form).status_code == 303
    assert meera.post(f"/manager/orders/{number}/shipment", form).status_code == 409
    page = meera.get(f"/manager/orders/{number}").text
    assert "EB123456789IN" in page and "It has arrived" in page
    assert meera.post(f"/manager/orders/{number}/delivery").status_code == 303
    assert meera.post(f"/manager/orders/{number}/delivery").status_code == 409
    assert "Delivered" in meera.get(f"/manager/orders/{number}").text
    assert counted(world, Shipment) == 1


def test_a_parcel_without_a_carrier_or_before_its_pieces_is_not_sent(world: World, meera: Browser, number: str) -> None:
    answer = meera.post(f"/manager/orders/{number}/shipment", {"carrier": " ", "tracking": "kept"})
    assert answer.status_code == 422
    assert "give the carrier" in answer.text and 'value="kept"' in answer.text
    making = world.order(world.buy(cast.MESSENGER)).number
    answer = meera.post(f"/manager/orders/{making}/shipment", {"carrier": "Post", "tracking": "1"})
    assert answer.status_code == 409
    assert counted(world, Shipment) == 0


def test_a_refund_is_shown_before_it_is_done_and_goes_back_whole(world: World, meera: Browser, number: str) -> None:
    page = meera.get(f"/manager/orders/{number}/refund").text
    assert "₹1,568.00 goes back to the customer" in page and "The order is cancelled" in page
    assert "The wages of the makers stay theirs." in page
    answer = meera.post(f"/manager/orders/{number}/refund", {"reason": "  "})
    assert (answer.status_code, counted(world, Refund)) == (422, 0)
    assert meera.post(f"/manager/orders/{number}/refund", {"reason": "she asked"}).status_code == 303
    world.work()
    page = meera.get(f"/manager/orders/{number}").text
    assert "Cancelled" in page and "₹1,568.00 went back" in page and "Refund: she asked" in page
    assert meera.post(f"/manager/orders/{number}/refund", {"reason": "again"}).status_code == 409
    assert counted(world, Refund) == 1


def test_an_unpaid_order_has_nothing_to_give_back(world: World, meera: Browser) -> None:
    number = world.order(world.buy(cast.TOTE, pay=False)).number
    assert "Nothing was paid for this order" in meera.get(f"/manager/orders/{number}/refund").text
    assert meera.post(f"/manager/orders/{number}/refund", {"reason": "why not"}).status_code == 409


def test_finding_an_order_or_an_entry(world: World, meera: Browser, number: str) -> None:
    for words in (number, number.lower(), number.removeprefix("MB-")):
        assert meera.get(f"/manager/find?q={words}").location == f"/manager/orders/{number}"
    assert meera.get("/manager/find?q=payout:1:sent").location == "/manager/books/entries/payout:1:sent"
