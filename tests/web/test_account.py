"""A customer's own pages: her orders and addresses and nobody else's, and nothing of her where pages are cached."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from shop.db import db
from shop.orders.address_models import SavedAddress
from shop.orders.models import Order
from shop.users import customers
from tests.cast import PASSWORD, TOTE, WALLET
from tests.conftest import both_databases
from tests.letters import newest_link
from tests.world import ABROAD, ADDRESS, Browser, World

PLACE = {name: ADDRESS[name] for name in ("name", "phone", "line1", "line2", "city", "state", "postcode", "country")}


@pytest.fixture
def asha(world: World) -> Browser:
    return world.browser().sign_in_customer()


@pytest.fixture
def kabir(world: World) -> Browser:
    with world.writing() as at:
        customers.add("kabir@test.example", "Kabir", PASSWORD, at=at)
    return world.browser().sign_in_customer("Kabir")


def fresh(browser: Browser) -> Browser:
    """Show again who it is; the token of forms is the new session's afterwards."""
    assert browser.post("/step-up", {"password": PASSWORD}).status_code == 303
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/account").text)
    assert found
    browser.token = found[1]
    return browser


@both_databases
def test_what_a_guest_bought_with_her_address_stands_in_her_account(
    world: World, asha: Browser, kabir: Browser
) -> None:
    hers = world.order(world.buy(TOTE, email="ASHA@Test.example"))
    his = world.order(world.buy(WALLET, email="kabir@test.example"))

    assert hers.number in asha.get("/account").text
    assert his.number not in asha.get("/account").text
    assert asha.get(f"/account/orders/{hers.number}").status_code == 200
    assert asha.get(f"/account/orders/{his.number}").status_code == 404
    assert kabir.get(f"/account/orders/{hers.number}").status_code == 404
    assert kabir.get(f"/account/orders/{his.number}").status_code == 200


def test_an_address_nobody_has_proven_shows_no_orders(world: World, kabir: Browser) -> None:
    order = world.order(world.buy(TOTE, email="kabir@test.example"))
    with world.writing():
        world.user("Kabir").email_proven_at = None

    assert order.number not in kabir.get("/account").text
    assert kabir.get(f"/account/orders/{order.number}").status_code == 404


def test_whoever_takes_an_address_over_does_not_get_the_orders_of_the_one_before(world: World, asha: Browser) -> None:
    order = world.order(world.buy(TOTE))
    fresh(asha)
    asha.post("/account/email", {"email": "elsewhere@test.example"})
    asha.post(newest_link(world, "elsewhere@test.example"))
    newcomer = world.browser()
    newcomer.post("/account/new", {"email": "asha@test.example"})
    newcomer.post(newest_link(world, "asha@test.example"))

    assert order.number not in newcomer.get("/account").text
    assert newcomer.get(f"/account/orders/{order.number}").status_code == 404
    assert asha.get(f"/account/orders/{order.number}").status_code == 200


def test_staff_see_no_customer_s_pages_and_she_none_of_theirs(world: World, asha: Browser) -> None:
    order = world.order(world.buy(TOTE))

    assert world.browser().sign_in("Anita").get(f"/account/orders/{order.number}").status_code == 403
    assert asha.get(f"/manager/orders/{order.number}").status_code == 403


@both_databases
def test_addresses_are_kept_changed_and_removed(world: World, asha: Browser) -> None:
    assert asha.post("/account/addresses/new", PLACE).status_code == 303
    assert "12 Invented Lane" in asha.get("/account/addresses").text
    number = saved(world)[0].id

    assert asha.post(f"/account/addresses/{number}", {**PLACE, "line1": "5 Other Street"}).status_code == 303
    assert [place.line1 for place in saved(world)] == ["5 Other Street"]
    assert asha.post(f"/account/addresses/{number}/removal").status_code == 303
    assert saved(world) == []


def test_nobody_reaches_another_s_address(world: World, asha: Browser, kabir: Browser) -> None:
    asha.post("/account/addresses/new", PLACE)
    number = saved(world)[0].id

    assert kabir.get(f"/account/addresses/{number}").status_code == 404
    assert kabir.post(f"/account/addresses/{number}", {**PLACE, "name": "Mine now"}).status_code == 404
    assert kabir.post(f"/account/addresses/{number}/removal").status_code == 404
    assert kabir.get("/account/addresses").text.count("Invented Lane") == 0
    assert [place.name for place in saved(world)] == [PLACE["name"]]


def test_an_address_the_post_would_not_take_is_refused(world: World, asha: Browser) -> None:
    answer = asha.post("/account/addresses/new", {**PLACE, "postcode": "1", "phone": "x"})

    assert answer.status_code == 422
    assert "phone number" in answer.text and "postcode" in answer.text
    assert saved(world) == []


def test_twenty_addresses_are_enough(world: World, asha: Browser) -> None:
    statuses = [asha.post("/account/addresses/new", PLACE).status_code for _ in range(21)]

    assert statuses == [303] * 20 + [422]


def test_the_checkout_offers_her_addresses_to_her_alone(world: World, asha: Browser) -> None:
    bristol = {name: ABROAD[name] for name in PLACE}
    for place in (bristol, PLACE):
        asha.post("/account/addresses/new", place)
    older = min(place.id for place in saved(world))
    guest = world.browser()
    for browser in (asha, guest):
        world.add_to_cart(browser, TOTE)

    page = asha.get("/checkout").text
    assert 'value="asha@test.example"' in page and 'value="700019"' in page
    assert 'value="BS1 4DJ"' in asha.get(f"/checkout?address={older}").text
    nothing = guest.get(f"/checkout?address={older}").text
    assert "asha@" not in nothing.lower() and "Invented" not in nothing and "BS1" not in nothing
    assert 'href="/checkout?address' not in nothing


def test_a_guest_s_checkout_asks_nobody_to_sign_in(world: World) -> None:
    guest = world.browser()
    world.add_to_cart(guest, TOTE)
    page = guest.get("/checkout").text.split("<main", 1)[1].split("</main>")[0]

    assert "account" not in page.lower() and "/login" not in page


def test_pages_that_may_be_cached_are_the_same_to_everyone(world: World, asha: Browser) -> None:
    for path in ("/", "/products", "/products/kalka-tote", "/search?q=tote", "/bn/"):
        hers, anyone = asha.get(path), world.browser().get(path)

        assert hers.data == anyone.data, path
        assert "Set-Cookie" not in hers.headers


@pytest.mark.parametrize(
    "path", ["", "/addresses", "/addresses/new", "/details", "/data", "/new", "/mailed", "/closed"]
)
def test_no_page_of_an_account_is_kept_or_listed(world: World, asha: Browser, path: str) -> None:
    browser = world.browser() if path in ("/new", "/mailed", "/closed") else asha
    for prefix in ("", "/bn"):
        answer = browser.get(f"{prefix}/account{path}")

        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert '<meta name="robots" content="noindex">' in answer.text


def test_the_order_of_a_guest_offers_an_account_once(world: World, asha: Browser) -> None:
    link = world.buy(TOTE)

    assert world.browser().get(link).text.count("/account/new") == 1
    assert "/account/new" not in asha.get(link).text


def test_details_are_kept(world: World, asha: Browser) -> None:
    assert asha.post("/account/details", {"name": "  Asha   Sen ", "language": "bn"}).status_code == 303

    with world.reading():
        user = customers.find_customer("asha@test.example")
        assert user is not None and (user.name, user.language) == ("Asha Sen", "bn")
    for wrong in ({"name": "x" * 61, "language": "en"}, {"name": "x", "language": "xx"}):
        assert asha.post("/account/details", wrong).status_code == 422


def test_signing_out_ends_this_browser_and_everywhere_ends_all(world: World, asha: Browser) -> None:
    other, third = world.browser().sign_in_customer(), world.browser().sign_in_customer()
    assert asha.get("/account/details").text.count("Another browser") == 2

    asha.post("/account/sign-out")
    assert (asha.get("/account").status_code, other.get("/account").status_code) == (302, 200)
    other.post("/account/sign-out-everywhere")
    assert (other.get("/account").status_code, third.get("/account").status_code) == (302, 302)


def test_an_account_left_alone_for_half_a_day_is_signed_out(world: World, asha: Browser) -> None:
    world.advance(timedelta(hours=12))

    assert asha.get("/account").location == "/login?next=/account"


def test_signing_in_keeps_the_language_of_the_page(world: World) -> None:
    assert world.browser().get("/bn/account/data").location == "/bn/login?next=/bn/account/data"


def test_older_orders_stand_on_further_pages(world: World, asha: Browser) -> None:
    order = world.order(world.buy(TOTE, pay=False))
    with world.writing():
        row = db.session.get_one(Order, order.id)
        columns = {c.name: getattr(row, c.key) for c in Order.__table__.columns if c.name != "id"}
        for number in range(25):
            unique = {"number": f"MB-COPY{number:02}", "key": f"key-{number}", "cart_id": 10_000 + number}
            db.session.add(Order(**{**columns, **unique, "status": "cancelled"}))
    first = asha.get("/account").text
    older = re.search(r"/account\?before=\d+", first)

    assert older and first.count("/account/orders/") == 20
    assert asha.get(older[0]).text.count("/account/orders/") == 6
    with world.writing():  # they have no lines, which the books would rightly notice
        db.session.execute(Order.__table__.delete().where(Order.number.startswith("MB-COPY")))


def saved(world: World) -> list[SavedAddress]:
    with world.reading():
        found = list(db.session.scalars(select(SavedAddress)))
        db.session.expunge_all()
        return found
