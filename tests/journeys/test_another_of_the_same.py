"""A piece that comes back for another of the same: what becomes of shares, wages, stock, the sale and the money.

A messenger costs 169000 paise; who makes one alone earns 9800 in wages, and its share of 9801 is hers whole.
"""

import pytest
from sqlalchemy import func, select

from shop.artisans.share_models import Share
from shop.catalog import stock
from shop.catalog.models import Reservation, Unit
from shop.db import db
from shop.errors import Conflict, Invalid
from shop.ledger.models import Entry
from shop.orders import exchanges, invoices, lifecycle, returns
from shop.orders.models import Shipment
from shop.orders.reductions import Asked
from shop.orders.return_models import Exchange, ExchangeStatus, Outcome, Return, Wish
from shop.payments import captures, taken_off
from shop.payments.models import Refund
from shop.production.models import ProductionOrder
from tests.cast import MESSENGER, TOTE, WALLET
from tests.conftest import both_databases
from tests.sharing import (
    SHARE,
    asked,
    ended,
    exchanged,
    hers,
    house,
    make,
    order_of,
    received,
    rule,
    send,
    sent_anew,
    sweep,
)
from tests.workshop import ask, user
from tests.world import World

pytestmark = both_databases
PRICE, WAGES = 169_000, 9_800
RINA, MALA = ("Rina", "Rina"), ("Mala", "Mala")


def bought(world: World, quantity: int = 1) -> str:
    """Buy messengers that Rina makes alone, and send them."""
    rule(world)
    link = world.buy(MESSENGER, quantity)
    make(world, quantity, by=RINA)
    send(world, link)
    return link


def put_away(world: World, return_id: int, outcome: Outcome = Outcome.RESTOCKED) -> None:
    """Settle every piece of a return in one way."""
    with world.writing() as at:
        found = db.session.get_one(Return, return_id)
        for piece in list(found.pieces):
            returns.settle(found, piece.unit_id, outcome, at=at, by=user("Meera").actor)


def return_of(world: World, exchange_id: int) -> int:
    with world.reading():
        return db.session.get_one(Exchange, exchange_id).return_id


def given_back(world: World) -> list[int]:
    with world.reading():
        return list(db.session.scalars(select(Refund.amount_minor).order_by(Refund.id)))


def test_from_the_workshop_the_second_maker_gets_the_share_and_the_first_keeps_her_wage(world: World) -> None:
    link = bought(world)
    assert hers(world) == {"Rina": (SHARE, WAGES), "Mala": (0, 0)}
    money = house(world, "sales", "sales-returns", "tax:cgst", "gateway:razorpay:clearing")
    row = exchanged(world, link)
    assert hers(world) == {"Rina": (0, WAGES), "Mala": (0, 0)}, "the share goes back, the wage never"
    with world.reading():
        [work] = db.session.scalars(select(ProductionOrder).where(ProductionOrder.reference.like("%:exchange:%")))
        assert (work.quantity, work.due_on) == (1, db.session.get_one(Exchange, row).promised_on)
    with pytest.raises(Conflict, match=r"order\.not_ready"):
        sent_anew(world, row)

    make(world, by=MALA)
    assert hers(world) == {"Rina": (0, WAGES), "Mala": (SHARE, WAGES)}
    sweep(world, 40)
    assert hers(world)["Mala"] == (SHARE, WAGES), "the window of the first parcel is over, that of the second not begun"
    sent_anew(world, row)
    sweep(world, 14)
    assert hers(world)["Mala"] == (SHARE, WAGES), "the window's last moment is still in it"
    sweep(world, 0.01)

    assert hers(world) == {"Rina": (0, WAGES), "Mala": (0, WAGES + SHARE)}
    assert house(world, "sales", "sales-returns", "tax:cgst", "gateway:razorpay:clearing") == money, "no money moved"
    assert given_back(world) == []
    with world.reading():
        order = order_of(link)
        assert [paper.kind.value for paper in invoices.papers_of(order)] == ["tax-invoice"]
        second = order.shipments[1]
        assert second.exchange_id == row
        named = select(func.count()).where(Entry.reference == f"shipment:{second.id}")
        assert db.session.scalar(named) == 0
    assert world.books_breaks() == []


def test_from_the_shelf_it_can_leave_at_once_and_nothing_is_asked_of_the_workshop(world: World) -> None:
    link = bought(world)
    ask(world)
    make(world, by=MALA)
    row = exchanged(world, link)
    assert hers(world) == {"Rina": (0, WAGES), "Mala": (SHARE, WAGES)}
    with world.reading():
        asked_for = db.session.scalars(select(ProductionOrder).where(ProductionOrder.reference.like("%:exchange:%")))
        assert asked_for.all() == []
    sent_anew(world, row)
    sweep(world, 15)
    assert hers(world) == {"Rina": (0, WAGES), "Mala": (0, WAGES + SHARE)}
    assert world.books_breaks() == []


def test_what_came_back_goes_on_the_shelf_and_to_anybody_but_the_one_who_sent_it_back(world: World) -> None:
    link = bought(world)
    row = exchanged(world, link)
    put_away(world, return_of(world, row))
    with world.reading():
        assert exchanges.ready([db.session.get_one(Exchange, row)]) == set()
        [came] = db.session.get_one(Return, 1).pieces
        unit_id = came.unit_id
    other = world.buy(MESSENGER, email="kabir@test.example")
    with world.reading():
        line = lifecycle.lines_of(order_of(other))[0].reference
        held = select(Unit.id).join(Reservation, Reservation.id == Unit.reservation_id)
        assert db.session.scalars(held.where(Reservation.reference == line)).all() == [unit_id]
    assert hers(world)["Rina"] == (SHARE, WAGES), "promised anew, for the line that has it now"
    make(world, by=MALA)
    sent_anew(world, row)
    assert world.books_breaks() == []


def test_while_a_piece_is_put_away_again_whoever_waits_after_the_sender_gets_it(world: World) -> None:
    link = bought(world)
    row = exchanged(world, link)
    other = world.buy(MESSENGER, email="kabir@test.example")  # waits for the workshop, after the exchange
    put_away(world, return_of(world, row))
    with world.reading():
        assert lifecycle.progress(order_of(other), standing(other)) is lifecycle.Progress.READY
        assert exchanges.ready([db.session.get_one(Exchange, row)]) == set()
    assert world.books_breaks() == []


def standing(link: str) -> list[Reservation]:
    references = [line.reference for line in order_of(link).lines]
    return list(db.session.scalars(select(Reservation).where(Reservation.reference.in_(references))))


def test_the_new_piece_may_come_back_for_money_to_the_paisa_or_for_yet_another(world: World) -> None:
    link = bought(world, 3)
    first = exchanged(world, link, 2)
    make(world, 2, by=MALA)
    sent_anew(world, first)
    put_away(world, return_of(world, first), Outcome.WRITTEN_OFF)
    second = exchanged(world, link)
    put_away(world, return_of(world, second), Outcome.WRITTEN_OFF)
    make(world, by=MALA)
    sent_anew(world, second)
    for _each in range(3):
        number = asked(world, link)
        received(world, number)
        put_away(world, number)
        assert world.books_breaks() == []

    assert given_back(world) == [PRICE] * 3
    assert hers(world) == {"Rina": (0, 3 * WAGES), "Mala": (0, 3 * WAGES)}
    sweep(world, 40)
    assert hers(world) == {"Rina": (0, 3 * WAGES), "Mala": (0, 3 * WAGES)}
    with pytest.raises(Conflict):
        asked(world, link)


def test_odd_prices_come_to_the_same_sum_however_a_piece_went(world: World) -> None:
    """Three totes for 224700 less 100 in money: 74866 or 74867 each, and all of it once."""
    link = world.buy(TOTE, 3)
    with world.writing() as at:
        taken_off.take_off(order_of(link), {TOTE: Asked(minor=100)}, "a mark", at=at, by="user:3")
    send(world, link)
    row = exchanged(world, link)
    put_away(world, return_of(world, row))
    number = asked(world, link)
    received(world, number)
    put_away(world, number)
    ended(world, row)
    number = asked(world, link)
    received(world, number)

    goes = given_back(world)
    assert sum(goes) == 3 * 74_900
    assert sorted(goes[1:]) == [74_866, 74_867, 74_867]
    assert world.books_breaks() == []


def test_after_the_release_the_house_bears_the_second_share(world: World) -> None:
    rule(world)
    link = world.buy(MESSENGER)
    make(world, by=RINA)
    send(world, link, deliver=False)
    sweep(world, 31)
    assert hers(world)["Rina"] == (0, WAGES + SHARE)
    with world.writing() as at:  # news of its arrival, at last: she may send it back after all
        lifecycle.deliver(order_of(link), at=at, by=user("Meera").actor)
    row = exchanged(world, link)
    make(world, by=MALA)
    sent_anew(world, row)
    sweep(world, 15)

    assert hers(world) == {"Rina": (0, WAGES + SHARE), "Mala": (0, WAGES + SHARE)}
    assert house(world, "shares") == [2 * SHARE]
    assert world.books_breaks() == []


def test_ended_before_it_is_sent_the_money_goes_back_once_and_unbegun_work_is_called_off(world: World) -> None:
    link = bought(world, 2)
    row = exchanged(world, link)
    assert ended(world, row) == PRICE
    assert hers(world) == {"Rina": (SHARE, 2 * WAGES), "Mala": (0, 0)}, "the piece that she kept keeps its share"
    with world.reading():
        work = db.session.scalars(select(ProductionOrder).order_by(ProductionOrder.id.desc())).first()
        assert work is not None
        assert work.cancelled_at is not None
        assert db.session.get_one(Return, 1).refund_minor == PRICE
    with pytest.raises(Conflict, match=r"exchange\.moved_on"):
        ended(world, row)
    with pytest.raises(Conflict, match=r"exchange\.moved_on"):
        sent_anew(world, row)
    sweep(world, 15)
    assert hers(world)["Rina"] == (0, 2 * WAGES + SHARE)
    assert given_back(world) == [PRICE]
    assert world.books_breaks() == []


def test_ended_with_its_piece_set_aside_the_piece_is_free_and_its_share_ends(world: World) -> None:
    link = bought(world, 2)
    row = exchanged(world, link)
    make(world, by=MALA)
    assert hers(world)["Mala"] == (SHARE, WAGES)
    ended(world, row)
    assert hers(world) == {"Rina": (SHARE, 2 * WAGES), "Mala": (0, WAGES)}
    again = exchanged_again(world, link)
    with world.reading():
        assert exchanges.ready([db.session.get_one(Exchange, again)]) == set(), "it was of this line before"
    world.buy(MESSENGER, email="kabir@test.example")
    assert hers(world)["Mala"] == (SHARE, WAGES), "whoever buys now gets it at once"
    assert world.books_breaks() == []


def exchanged_again(world: World, link: str) -> int:
    put_away(world, 1, Outcome.WRITTEN_OFF)
    return exchanged(world, link)


def test_what_cannot_be_had_again_is_not_wished_for_and_the_office_gives_the_money(world: World) -> None:
    link = world.buy(WALLET)
    send(world, link)
    with pytest.raises(Conflict, match=r"exchange\.not_to_be_had"):
        asked(world, link, wish=Wish.EXCHANGE)
    with world.writing() as at:
        number = order_of(link).lines[0].variant_id
        stock.adjust(number, 1, "found", "test:found", at=at, by="user:1")
    number = asked(world, link, wish=Wish.EXCHANGE)
    world.buy(WALLET, email="kabir@test.example")
    with pytest.raises(Conflict, match=r"exchange\.not_to_be_had"), world.writing() as at:
        found = db.session.get_one(Return, number)
        exchanges.receive(found, list(returns.units_out(found.order_id)), at=at, by="user:1")
    with world.reading():
        assert db.session.scalar(select(func.count()).select_from(Exchange)) == 0
        assert db.session.get_one(Return, number).status.value == "agreed", "nothing half done"
    received(world, number)
    assert given_back(world) == [99_000]


def test_who_asked_for_money_gets_no_other_piece_instead(world: World) -> None:
    link = bought(world)
    number = asked(world, link)
    with pytest.raises(Conflict, match=r"exchange\.not_wished"), world.writing() as at:
        exchanges.receive(db.session.get_one(Return, number), [1], at=at, by="user:1")


def test_a_parcel_arrives_once_and_leaves_with_its_carrier_named(world: World) -> None:
    link = world.buy(TOTE)
    send(world, link)
    row = exchanged(world, link)
    with pytest.raises(Invalid, match=r"shipment\.incomplete"), world.writing() as at:
        exchanges.send(db.session.get_one(Exchange, row), " ", "X1", at=at, by="user:1")
    with pytest.raises(Conflict, match=r"exchange\.moved_on"), world.writing() as at:
        exchanges.deliver(db.session.get_one(Exchange, row), at=at, by="user:1")
    sent_anew(world, row)
    with pytest.raises(Conflict, match=r"exchange\.moved_on"), world.writing() as at:
        exchanges.deliver(db.session.get_one(Exchange, row), at=at, by="user:1")
    with world.reading():
        parcels = db.session.scalars(select(Shipment).order_by(Shipment.id)).all()
        assert [each.exchange_id for each in parcels] == [None, row]
        assert db.session.get_one(Exchange, row).status is ExchangeStatus.DELIVERED


def test_another_return_may_be_asked_while_the_other_piece_is_made_and_counts_it_as_hers(world: World) -> None:
    link = bought(world, 2)
    row = exchanged(world, link)
    put_away(world, return_of(world, row), Outcome.WRITTEN_OFF)
    number = asked(world, link)
    with pytest.raises(Conflict, match=r"return\.one_open"):
        asked(world, link)
    received(world, number)
    put_away(world, number)
    with pytest.raises(Invalid, match=r"return\.quantity"):
        asked(world, link)
    ended(world, row)
    assert given_back(world) == [PRICE, PRICE]
    with world.reading():
        assert sorted(status.value for status in db.session.scalars(select(Share.status))) == ["reversed", "reversed"]
        [capture] = captures.of_order(order_of(link))
        assert capture.amount_minor - 2 * PRICE == order_of(link).shipping_minor
    assert world.books_breaks() == []
