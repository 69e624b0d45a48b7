"""The share of a sale from the price to her hand, and back: every amount below was computed by hand.

A messenger costs 169000 paise with 8048 tax inside (169000 x 500 / 10500 = 8047.6). Rina stitches it for 8450,
Mala finishes it for 1350. Its share of 9801 is divided 8451 : 1350 (tests/sharing.py).
"""

from datetime import timedelta

import pytest
from sqlalchemy import select

from shop import duties
from shop.artisans import payouts
from shop.artisans.models import PayoutMethod
from shop.artisans.share_models import Share
from shop.catalog.models import Unit
from shop.db import db
from shop.errors import Conflict, Invalid
from shop.money import Money
from shop.orders import lifecycle, returns
from shop.orders.models import OrderLine
from shop.orders.return_models import Outcome, Return, ReturnReason
from shop.payments import captures, refunds
from tests.cast import MESSENGER, TOTE
from tests.conftest import both_databases
from tests.sharing import (
    MALAS,
    RINAS,
    SHARE,
    WINDOW,
    asked,
    bought_and_made,
    hers,
    house,
    make,
    order_of,
    received,
    rule,
    send,
    sweep,
)
from tests.workshop import artisan, user
from tests.world import World

pytestmark = both_databases
PRICE, TAX, STITCH, FINISH = 169_000, 8_048, 8_450, 1_350


def statuses(world: World) -> list[str]:
    with world.reading():
        return [status.value for status in db.session.scalars(select(Share.status).order_by(Share.id))]


def test_a_share_is_promised_with_the_piece_hers_after_the_window_and_only_then_paid_out(world: World) -> None:
    rule(world)
    link = world.buy(MESSENGER)
    assert hers(world) == {"Rina": (0, 0), "Mala": (0, 0)}, "nothing is promised before there is a piece"
    make(world)
    assert hers(world) == {"Rina": (RINAS, STITCH), "Mala": (MALAS, FINISH)}
    rina = world.browser().sign_in_artisan("Rina")
    told = rina.get("/artisan/passbook").text
    assert "৮৪.৫১" in told or "84.51" in told
    with pytest.raises(Invalid, match=r"payout\.amount"), world.writing() as at:
        payouts.propose(artisan("Rina"), Money(STITCH + 1, "INR"), PayoutMethod.CASH, at=at, by=user("Meera"))

    sweep(world, 40)
    assert statuses(world) == ["pending"], "what has not left is not released, however long it lies"
    send(world, link)
    sweep(world, 14)
    assert statuses(world) == ["pending"], "the window's last moment is still in it"
    sweep(world, 0.01)
    sweep(world)

    assert statuses(world) == ["released"]
    assert hers(world) == {"Rina": (0, STITCH + RINAS), "Mala": (0, FINISH + MALAS)}
    assert house(world, "shares", "wages:1") == [SHARE, STITCH + FINISH]
    with world.writing() as at:
        payouts.propose(artisan("Rina"), Money(STITCH + RINAS, "INR"), PayoutMethod.CASH, at=at, by=user("Meera"))


def test_without_news_of_delivery_the_window_is_counted_from_shipping(world: World) -> None:
    rule(world)
    send(world, bought_and_made(world), deliver=False)
    sweep(world, 30)
    assert statuses(world) == ["pending"]
    sweep(world, 0.01)
    assert statuses(world) == ["released"]


def test_a_return_in_the_window_holds_the_release_takes_the_share_back_and_never_the_wages(world: World) -> None:
    rule(world)
    link = bought_and_made(world, 2)
    send(world, link)
    return_id = asked(world, link)
    sweep(world, 20)
    assert statuses(world) == ["pending", "pending"], "nothing is released while a return is on its way"

    [unit_id] = received(world, return_id)

    assert sorted(statuses(world)) == ["pending", "reversed"]
    assert hers(world) == {"Rina": (RINAS, 2 * STITCH), "Mala": (MALAS, 2 * FINISH)}
    assert house(world, "shares", "sales", "sales-returns", "tax:cgst", "tax:sgst") == [
        SHARE,
        2 * PRICE - 16_095,
        PRICE - 8_048,
        8_048 - 4_024 + 167,
        8_047 - 4_024 + 166,
    ]  # of 338000 paise 16095 are tax, in halves of 8048 and 8047; the post's 7000 have 333 inside

    with world.writing() as at:
        found = db.session.get_one(Return, return_id)
        returns.settle(found, unit_id, Outcome.RESTOCKED, at=at, by=user("Meera").actor)
        with pytest.raises(Conflict):
            returns.settle(found, unit_id, Outcome.WRITTEN_OFF, at=at, by=user("Meera").actor)
    sweep(world)
    assert sorted(statuses(world)) == ["released", "reversed"]
    again = world.buy(MESSENGER)  # the piece that came back is the oldest on the shelf, and its makers are known
    with world.reading():
        assert db.session.get_one(Unit, unit_id).reservation_id is not None
    assert hers(world)["Rina"] == (RINAS, 2 * STITCH + RINAS)
    assert sorted(statuses(world)) == ["pending", "released", "reversed"]
    with world.writing() as at:
        lifecycle.cancel(order_of(again), at=at, by="customer")
        refunds.request(captures.of_order(order_of(again))[0], order_of(again).total_minor, "test", at=at, by="user:1")
    assert hers(world)["Rina"] == (0, 2 * STITCH + RINAS)


def test_a_cancelled_order_takes_its_shares_back_and_whoever_waits_is_promised_anew(world: World) -> None:
    rule(world)
    first = bought_and_made(world)
    second = world.buy(MESSENGER, email="kabir@test.example")
    with world.writing() as at:
        refunds.refund_order(order_of(first), "ordered twice", at=at, by=user("Farida").actor)
    world.work()

    assert statuses(world) == ["reversed", "pending"]
    assert hers(world) == {"Rina": (RINAS, STITCH), "Mala": (MALAS, FINISH)}
    with world.reading():
        line = lifecycle.lines_of(order_of(second))[0]
        assert [share.line for share in db.session.scalars(select(Share).where(Share.status == "pending"))] == [
            line.reference
        ]


def test_money_alone_given_back_takes_no_share(world: World) -> None:
    rule(world)
    link = bought_and_made(world)
    send(world, link)
    with world.writing() as at:
        capture = captures.of_order(order_of(link))[0]
        refunds.request(capture, 50_000, "a kindness", at=at, by=user("Farida").actor)
    world.work()
    with world.writing() as at:
        refunds.refund_order(order_of(link), "all of it after all", at=at, by=user("Farida").actor)
    world.work()

    assert statuses(world) == ["pending"]
    codes = ("sales", "sales-returns", "shipping-income", "tax:cgst", "tax:sgst", "gateway:razorpay:clearing")
    sales, back, *rest = house(world, *codes)
    assert (sales - back, rest) == (0, [0, 0, 0, 0]), "two refunds together take back the sale and not a paisa more"
    sweep(world, 15)
    assert hers(world)["Rina"] == (0, STITCH + RINAS)


def test_after_release_the_house_bears_a_return(world: World) -> None:
    rule(world)
    link = bought_and_made(world)
    send(world, link)
    sweep(world, 15)
    with pytest.raises(Conflict, match=r"return\.window"):
        asked(world, link)
    with world.writing() as at:  # the office takes it back all the same, by a longer window of its own
        order = order_of(link)
        longer = type(WINDOW)(timedelta(days=60), timedelta(days=60))
        line = lifecycle.lines_of(order)[0]
        found = returns.ask(order, {line.id: 1}, ReturnReason.DAMAGED, longer, at=at, by="customer")
        returns.agree(found, at=at, by="user:1")
        return_id = found.id
    [unit_id] = received(world, return_id)
    with world.writing() as at:
        returns.settle(db.session.get_one(Return, return_id), unit_id, Outcome.WRITTEN_OFF, at=at, by="user:1")

    assert statuses(world) == ["released"]
    assert hers(world)["Rina"] == (0, STITCH + RINAS)
    assert house(world, "shares", "sales-returns") == [SHARE, PRICE - TAX]


def test_pieces_sent_back_one_by_one_never_give_back_more_than_was_paid(world: World) -> None:
    rule(world)
    link = bought_and_made(world, 3)
    send(world, link)
    for _ in range(3):
        return_id = asked(world, link)
        [unit_id] = received(world, return_id)
        with world.writing() as at:
            returns.settle(db.session.get_one(Return, return_id), unit_id, Outcome.WRITTEN_OFF, at=at, by="user:1")
    with pytest.raises(Invalid, match=r"return\.quantity"):
        asked(world, link)

    order = world.order(link)
    sales, back, shipping, *taxes = house(world, "sales", "sales-returns", "shipping-income", "tax:cgst", "tax:sgst")
    assert sales - back == 0
    assert shipping + sum(taxes) == order.shipping_minor, "what is left is delivery, tax and all"
    assert house(world, "gateway:razorpay:clearing") == [order.shipping_minor]
    assert statuses(world) == ["reversed"] * 3
    assert hers(world) == {"Rina": (0, 3 * STITCH), "Mala": (0, 3 * FINISH)}


def test_the_share_is_frozen_when_it_is_ordered_in_rupees_whatever_the_currency(world: World) -> None:
    rule(world)
    abroad = {"phone": "+44 20 7946 0018", "city": "Bristol", "state": "", "postcode": "BS1 4DJ", "country": "GB"}
    link = world.buy(MESSENGER, gateway="stripe", currency="USD", shipping_method="world-tracked", **abroad)
    rule(world, 1)
    make(world)

    assert hers(world) == {"Rina": (RINAS, STITCH), "Mala": (MALAS, FINISH)}
    with world.reading():
        assert db.session.scalars(select(OrderLine.share_minor)).all() == [SHARE]
    assert world.order(link).currency == "USD"


def test_a_piece_without_makers_on_record_promises_nothing_and_is_told_of(world: World) -> None:
    rule(world)
    world.buy(TOTE, 2)

    assert (statuses(world), house(world, "shares")) == ([], [0])
    with world.reading():
        duties.verify_books()
    page = world.browser().sign_in("Farida").get("/manager/books/verification").text
    assert "2 pieces were sold without makers on record; their share, ₹196.02, was promised to nobody." in page
