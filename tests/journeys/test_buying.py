"""Whole stories of buying, over HTTP, on both databases: from the shelf, made to order, late, twice, back."""

from datetime import timedelta

import pytest

from shop.catalog.models import Reservation, ReservationStatus
from shop.db import db
from shop.orders.models import OrderStatus
from shop.payments.models import AttemptStatus
from tests.cast import MESSENGER, TOTE, WALLET
from tests.conftest import both_databases
from tests.world import ABROAD, World

pytestmark = both_databases


@pytest.mark.parametrize("gateway", ["razorpay", "stripe"])
def test_asha_buys_from_the_shelf_and_her_order_is_paid(world: World, gateway: str) -> None:
    link = world.buy(TOTE, 2, gateway)

    page = world.browser().get(link)
    assert world.order(link).status is OrderStatus.PAID
    assert "Ready to leave" in page.text
    assert "₹1,568.00" in page.text  # 2 x 749 + 70 carriage


def test_a_customer_abroad_pays_in_her_currency_without_indian_tax(world: World) -> None:
    link = world.buy(TOTE, 1, "stripe", currency="GBP", **ABROAD)

    order = world.order(link)
    assert (order.status, order.currency, order.total_minor, order.tax_minor) == (OrderStatus.PAID, "GBP", 2_900, 0)


def test_coming_back_from_the_gateway_is_enough_when_no_webhook_ever_comes(world: World) -> None:
    link = world.buy(TOTE, pay=False)
    attempt = world.attempts(link)[0]
    world.sandbox.pay("razorpay", attempt.page_ref or "", quiet=True)

    answer = world.browser().get(link + "/return")

    assert answer.status_code == 303
    assert world.order(link).status is OrderStatus.PAID


def test_a_double_click_on_pay_makes_one_order_and_one_pay_page(world: World) -> None:
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    form = {**world.checkout_form(browser), "payment_method": "razorpay"}

    first, second = browser.post("/checkout", form), browser.post("/checkout", form)

    assert first.location == second.location
    assert len(world.attempts(first.location.removesuffix("/pay"))) == 1


def test_a_failed_try_leaves_the_page_open_and_paying_again_works(world: World) -> None:
    link = world.buy(TOTE, gateway="stripe", pay=False)
    world.pay(link, "fail")
    assert world.order(link).status is OrderStatus.PLACED

    again = world.browser().post(link + "/pay", {"payment_method": "razorpay"})

    assert again.status_code == 303
    assert [attempt.status for attempt in world.attempts(link)] == [AttemptStatus.EXPIRED, AttemptStatus.PENDING]
    world.pay(link)
    assert world.order(link).status is OrderStatus.PAID


def test_an_expired_hold_is_released_only_after_the_page_is_closed_and_looked_at(world: World) -> None:
    link = world.buy(WALLET, pay=False)
    assert world.add_to_cart(world.browser(), WALLET).status_code == 303

    world.advance(timedelta(minutes=32))
    world.look_at_gateways()

    assert world.attempts(link)[0].status is AttemptStatus.EXPIRED
    with world.reading():
        statuses = set(db.session.scalars(db.select(Reservation.status)))
    assert statuses == {ReservationStatus.RELEASED}


def test_money_that_comes_after_the_hold_gets_its_pieces_again(world: World) -> None:
    link = world.buy(TOTE, gateway="razorpay", pay=False)
    world.sandbox.set_deliveries(mode="hold")
    world.sandbox.pay("razorpay", world.attempts(link)[0].page_ref or "", "fail")
    failed = next(p["id"] for p in world.sandbox.books()["payments"] if p["status"] == "failed")
    world.advance(timedelta(minutes=40))
    world.look_at_gateways()
    assert world.attempts(link)[0].status is AttemptStatus.EXPIRED

    world.sandbox.set_deliveries(mode="auto")
    world.sandbox.authorize_late(failed)
    world.work()

    assert world.order(link).status is OrderStatus.PAID


def test_late_money_for_what_is_gone_and_cannot_be_made_goes_back(world: World) -> None:
    late = world.buy(WALLET, gateway="razorpay", pay=False)
    world.sandbox.set_deliveries(mode="hold")
    world.sandbox.pay("razorpay", world.attempts(late)[0].page_ref or "", "fail")
    failed = next(p["id"] for p in world.sandbox.books()["payments"] if p["status"] == "failed")
    world.advance(timedelta(minutes=40))
    world.look_at_gateways()
    world.sandbox.set_deliveries(mode="auto")
    quick = world.buy(WALLET)

    world.sandbox.authorize_late(failed)
    world.work()

    assert world.order(quick).status is OrderStatus.PAID
    assert world.order(late).status is OrderStatus.CANCELLED
    assert "given back" in world.browser().get(late).text


def test_two_buyers_for_the_last_wallet_and_one_gets_it(world: World) -> None:
    kabir = world.browser()
    world.add_to_cart(kabir, WALLET)
    form = {**world.checkout_form(kabir), "payment_method": "razorpay"}
    asha = world.buy(WALLET)

    answer = kabir.post("/checkout", form)

    assert answer.status_code == 409
    assert "Only 0 are left" in answer.text
    assert world.order(asha).status is OrderStatus.PAID


def test_an_order_is_cancelled_by_its_customer_before_work_and_the_money_goes_back(world: World) -> None:
    link = world.buy(MESSENGER)

    answer = world.browser().post(link + "/cancellation")
    world.work()

    assert answer.status_code == 303
    assert world.order(link).status is OrderStatus.CANCELLED
    assert "given back" in world.browser().get(link).text


def test_a_shipped_order_is_refunded_out_of_sales_and_no_maker_pays_for_it(world: World) -> None:
    link = world.buy(TOTE)
    number = world.order(link).number
    meera = world.browser().sign_in("Meera")
    shipped = meera.post(f"/manager/orders/{number}/shipment", {"carrier": "India Post", "tracking": "EB1IN"})
    assert shipped.status_code == 303

    refunded = meera.post(f"/manager/orders/{number}/refund", {"reason": "arrived torn"})
    world.work()

    assert refunded.status_code == 303
    assert world.order(link).status is OrderStatus.SHIPPED
    assert "given back" in world.browser().get(link).text
