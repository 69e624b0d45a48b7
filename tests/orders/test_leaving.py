"""She takes her data with her and closes her account: what she is asked, what stands in the way, and what stays."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from shop import books, privacy
from shop.db import db
from shop.errors import Conflict, NotFound
from shop.orders import lifecycle
from shop.orders.models import Order, OrderStatus
from shop.outbox import OutboxRow
from shop.users import audit, customers
from shop.users.links import LinkAllowance
from shop.users.models import User
from tests.cast import PASSWORD, SELLER, TOTE, WALLET
from tests.conftest import both_databases
from tests.letters import letters, newest_link
from tests.orders.her_life import ASHA, a_life, deliver, dump, user_id
from tests.web.test_account import fresh
from tests.world import World

SIGNING_IN = {"sign_ins", "browsers", "links"}  # how the export calls what has to do with signing in


def test_many_orders_are_told_and_asked_about_with_the_statements_of_one(world: World) -> None:
    def statements() -> int:
        seen: list[str] = []

        def count(*given: object) -> None:
            seen.append(str(given[2]))

        with world.reading():
            event.listen(db.engine, "before_cursor_execute", count)
            person = privacy.get_by_email(ASHA)
            rows = {name: len(list(rows)) for name, rows in privacy.sections(person)}
            privacy.holds(person, at=world.clock.now())
            event.remove(db.engine, "before_cursor_execute", count)
        assert rows["orders"] == rows["payments"] == len(person.orders)
        return len(seen)

    world.buy(TOTE)
    few = statements()
    world.buy(TOTE)
    world.buy(WALLET)
    assert statements() == few


@both_databases
def test_the_books_hold_and_the_amounts_stay_under_the_order_s_number(world: World) -> None:
    a_life(world)
    with world.reading():
        before = db.session.execute(
            select(Order.number, Order.total_minor, Order.tax_minor, Order.place_of_supply)
        ).all()
    with world.writing() as at:
        hers = db.session.get_one(User, user_id(ASHA))
        assert privacy.erase(privacy.of_account(hers), at=at, by=hers.actor) == 2

    with world.reading():
        columns = (Order.number, Order.total_minor, Order.tax_minor, Order.place_of_supply)
        assert db.session.execute(select(*columns)).all() == before
        assert {o.email.partition("@")[2] for o in db.session.scalars(select(Order))} == {"invalid"}
        assert [str(finding) for finding in books.findings()] == []
        assert list(audit.verify()) == []
        assert db.session.scalars(select(LinkAllowance)).all() == []
        assert [row.act for row in audit.newest(9, act="customers.erase")] == ["customers.erase"]


def test_she_takes_her_data_with_her(world: World) -> None:
    order = world.order(world.buy(TOTE))
    asha = world.browser().sign_in_customer()
    assert asha.post("/account/export", {"kind": "json"}).location.startswith("/step-up?next=")
    fresh(asha)

    answer = asha.post("/account/export", {"kind": "json"}, buffered=True)
    page = asha.post("/account/export", {"kind": "html"}, buffered=True)

    told = json.loads(answer.data)
    assert set(told) == {"made_at", "account", "addresses", "orders", "payments", "letters", "mails", *SIGNING_IN}
    assert told["orders"][0]["number"] == order.number and told["account"][0]["email"] == ASHA
    assert told["payments"][0]["received"][0]["amount_minor"] == order.total_minor
    assert told["mails"][0]["kind"] == "order_paid"
    assert told["browsers"] == [{"signed_in_at": told["account"][0]["signed_in_at"]}]
    assert order.key not in answer.text and "argon2" not in answer.text
    assert order.number in page.text and "12 Invented Lane" in page.text and "<script" not in page.text
    assert "₹749.00" in page.text and "minor" not in page.text
    for each in (answer, page):
        assert each.headers["Content-Disposition"].startswith("attachment; filename=")
        assert each.headers["Cache-Control"] == "no-store"
    with world.reading():
        assert [row.subject for row in audit.newest(5, act="customers.export")] == [f"user:{user_id(ASHA)}"] * 2


def test_nobody_else_s_order_is_in_her_export(world: World) -> None:
    other = world.order(world.buy(TOTE, email="kabir@test.example", name="Kabir Roy"))
    answer = fresh(world.browser().sign_in_customer()).post("/account/export", {"kind": "json"}, buffered=True)

    assert other.number not in answer.text and "Kabir" not in answer.text


@both_databases
def test_she_closes_her_account_by_saying_so_twice(world: World) -> None:
    link = world.buy(TOTE)
    deliver(world, link)
    asha, elsewhere = world.browser().sign_in_customer(), world.browser().sign_in_customer()
    assert asha.get("/account/erase").location == "/step-up?next=/account/erase"
    fresh(asha)
    assert "What stays" in asha.get("/account/erase").text
    assert asha.post("/account/erasure", {}).status_code == 422
    assert "quite sure" in asha.post("/account/erase").text

    assert asha.post("/account/erasure", {"sure": "yes"}).location == "/account/closed"

    assert [b.get("/account").status_code for b in (asha, elsewhere)] == [302, 302]
    assert world.browser().get(link).status_code == 404
    assert world.browser().post("/login", {"email": ASHA, "password": PASSWORD}).status_code == 422
    stranger = world.browser()
    stranger.post("/account/new", {"email": ASHA})  # the address is free again, and finds nothing
    stranger.post(newest_link(world, ASHA))
    assert "MB-" not in stranger.get("/account").text


@pytest.mark.parametrize("state", ["open", "on-its-way", "may-return", "unpaid"])
def test_an_order_that_is_not_settled_stands_in_the_way(world: World, state: str) -> None:
    link = world.buy(TOTE, pay=state != "unpaid")
    if state == "on-its-way":
        with world.writing() as at:
            order = db.session.get_one(Order, world.order(link).id)
            lifecycle.ship(order, "India Post", "EB1IN", at=at, by="user:1", seller=SELLER)
    if state == "may-return":
        deliver(world, link, days=13)
    asha = fresh(world.browser().sign_in_customer())
    number = world.order(link).number

    page = asha.get("/account/erase").text
    answer = asha.post("/account/erasure", {"sure": "yes"})

    assert number in page and "Erase everything</button>" not in page
    assert (answer.status_code, number in answer.text) == (409, True)
    assert world.order(link).email == ASHA
    assert asha.get("/account").status_code == 200
    with pytest.raises(Conflict, match=state), world.writing() as at:
        privacy.erase(privacy.get_by_email(ASHA), at=at, by="command")


def test_money_on_its_way_back_stands_in_the_way(world: World) -> None:
    link = world.buy(TOTE)
    world.browser().post(f"{link}/cancellation")
    with world.reading():
        assert [hold.why.value for hold in privacy.holds(privacy.get_by_email(ASHA), at=world.clock.now())] == [
            "refund-due"
        ]
    world.work()
    with world.reading():
        assert privacy.holds(privacy.get_by_email(ASHA), at=world.clock.now()) == []


def test_an_order_that_was_never_paid_is_cancelled_and_let_go(world: World) -> None:
    link = world.buy(TOTE, pay=False)
    world.advance(timedelta(minutes=40))
    world.look_at_gateways()
    with world.writing() as at:
        privacy.erase(privacy.get_by_email(ASHA), at=at, by="command")

    order = world.order(link)
    assert (order.status, order.name) == (OrderStatus.CANCELLED, "erased")


def test_a_mail_that_waits_is_not_sent_after_an_erase(world: World) -> None:
    world.browser().post("/login/link", {"email": ASHA})
    with world.writing() as at:
        privacy.erase(privacy.get_by_email(ASHA), at=at, by="command")

    assert letters(world, ASHA) == []
    with world.reading():
        assert [row.payload for row in db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "mail"))] == [{}]


@both_databases
def test_a_guest_who_writes_in_is_answered_by_the_commands(world: World) -> None:
    number = deliver(world, world.buy(TOTE, email="Kabir@Test.example", name="Kabir Roy"))
    runner = world.app.test_cli_runner()

    told = runner.invoke(args=["privacy", "export", "KABIR@test.example"])
    assert json.loads(told.output)["orders"][0]["number"] == number
    asked = runner.invoke(args=["privacy", "erase", "kabir@test.example"], input="n\n")
    assert asked.exit_code == 1 and "1 orders" in asked.output
    done = runner.invoke(args=["privacy", "erase", "kabir@test.example", "--yes"])
    assert done.exit_code == 0, done.output

    assert "Kabir" not in json.dumps(dump(world)) and "kabir@" not in json.dumps(dump(world))
    again = runner.invoke(args=["privacy", "export", "kabir@test.example"])
    assert again.exit_code == 1 and "nothing under this address" in again.output
    with world.reading():
        assert {row.act for row in audit.newest(9)} >= {"customers.export", "customers.erase"}


def test_nobody_is_found_under_an_address_that_bought_nothing(world: World) -> None:
    with world.reading(), pytest.raises(NotFound):
        privacy.get_by_email("nobody@test.example")


def test_an_account_that_bought_nothing_is_closed(world: World) -> None:
    with world.writing() as at:
        assert privacy.erase(privacy.get_by_email(ASHA), at=at, by="command") == 0
    with world.reading():
        assert customers.find_customer(ASHA) is None
