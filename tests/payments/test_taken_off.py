"""What goes off an order before its parcel leaves, followed to the paisa: pieces, money alone, and what comes after it.

A tote costs 749.00, of which 35.67 is tax (17.84 and 17.83); delivery is 70.00, of which 3.33 is (1.67 and 1.66). A
messenger costs 1690.00; Rina stitches it and Mala finishes it.
"""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from shop import books as rules
from shop.catalog import stock
from shop.db import db
from shop.errors import Conflict, DomainError
from shop.orders import invoice_files, invoices, lifecycle, reductions, returns
from shop.orders.models import OrderStatus
from shop.orders.paper_rows import Part
from shop.orders.reductions import Asked
from shop.orders.return_models import Outcome, Return
from shop.payments import refund_troubles, refunds, taken_off
from shop.payments.models import Refund
from shop.production.models import ProductionOrder, Task
from tests.cast import MESSENGER, TOTE
from tests.conftest import both_databases
from tests.letters import letters, text_of
from tests.sharing import MALAS, RINAS, asked, bought_and_made, hers, house, make, order_of, received, rule, send
from tests.workshop import check, do, offer, variant
from tests.world import ADDRESS, World

pytestmark = both_databases
CODES = ("sales", "sales-returns", "shipping-income", "tax:cgst", "tax:sgst", "gateway:razorpay:clearing")


def take_off(world: World, link: str, pieces: int = 0, minor: int = 0, sku: str = TOTE) -> None:
    with world.writing() as at:
        taken_off.take_off(order_of(link), {sku: Asked(pieces, minor)}, "asked by mail", at=at, by="user:1")


def free(world: World, sku: str) -> int:
    with world.reading():
        number = variant(sku).id
        return stock.free([number])[number]


def papers(world: World, link: str) -> list[tuple[str, int, int]]:
    with world.reading():
        return [(each.kind.value, each.total_minor, each.tax_minor) for each in invoices.papers_of(order_of(link))]


def words(world: World, link: str, place: int) -> str:
    with world.reading():
        order = order_of(link)
        return str(invoice_files.words_of(invoices.papers_of(order)[place], order))


def states(world: World) -> list[str]:
    with world.reading():
        return [each.status.value for each in db.session.scalars(select(Refund).order_by(Refund.id)).unique()]


def why_not(world: World, link: str, **wanted: Asked) -> str:
    """Return why something cannot go off an order; empty if it can."""
    with world.reading():
        try:
            reductions.named(
                order_of(link), {{"tote": TOTE, "delivery": ""}.get(sku, sku): of for sku, of in wanted.items()}
            )
        except DomainError as error:
            return error.message_id
    return ""


def test_one_of_two_totes_goes_off_over_http_and_the_invoice_says_what_was_supplied(world: World) -> None:
    link = world.buy(TOTE, 2)
    order, farida, customer = world.order(link), world.browser().sign_in("Farida"), world.browser()
    delivery, where = order.shipping_minor, f"/manager/orders/{order.number}/refund"
    assert (order.items_minor, free(world, TOTE)) == (149_800, 3)

    page = farida.get(f"{where}?pieces_0=1").text
    for told in (
        "₹749.00 goes back",
        "1 piece goes off the order",
        "goes back to the shelf",
        "refund voucher",
        "prepaid:",
    ):
        assert told in page, told
    form = {"pieces_0": "1", "shown": "74900", "stood": "paid", "reason": "one too many"}
    assert farida.post(where, {**form, "shown": "74800"}).status_code == 409
    assert farida.post(where, form).status_code == 303
    assert (free(world, TOTE), world.order(link).status) == (4, OrderStatus.PAID)
    world.work()

    assert papers(world, link) == [("refund-voucher", 74_900, 0)] and states(world) == ["processed"]
    assert "not supplied, and not invoiced" in words(world, link, 0)
    assert house(world, f"prepaid:{order.id}", "gateway:razorpay:clearing") == [74_900 + delivery] * 2
    told = [text_of(each) for each in letters(world, ADDRESS["email"])]
    assert any("1 × Kalka tote" in text and "₹749.00 goes back to you" in text for text in told)
    shown = customer.get(link).text
    assert "1 piece taken off" in shown and "It was ₹" in shown
    meera = world.browser().sign_in("Meera")
    slip = meera.get(f"/manager/orders/{order.number}/label").text
    assert "1 × " in slip and "2 × " not in slip
    assert "These are all the pieces" in farida.get(f"{where}?pieces_0=1").text

    ship = {"carrier": "India Post", "tracking": "EB1IN"}
    place = f"/manager/orders/{order.number}/shipment"
    assert meera.post(place, {**ship, "seen": "0"}).status_code == 409, "she packed two"
    assert meera.post(place, {**ship, "seen": "1"}).status_code == 303
    world.work()
    tax = 3_567 + round(delivery * 5 / 105)
    assert papers(world, link)[1:] == [("tax-invoice", 74_900 + delivery, tax)]
    assert "1 × " not in words(world, link, 1) and "'1'" in words(world, link, 1)
    sums = dict(zip(CODES, house(world, *CODES), strict=True))
    assert (abs(sums["sales"]), abs(sums["tax:cgst"] + sums["tax:sgst"])) == (71_333, tax)
    assert house(world, f"prepaid:{order.id}") == [0]
    assert "Tax invoice MB/" in customer.get(link).text
    assert farida.get(f"{where}?part_0=750").status_code == 409, "no more than was invoiced"
    send_back = received(world, _delivered(world, link))
    assert len(send_back) == 1 and papers(world, link)[2][:2] == ("credit-note", 74_900)


def _delivered(world: World, link: str) -> int:
    with world.writing() as at:
        lifecycle.deliver(order_of(link), at=at, by="user:1")
    return asked(world, link)


def test_money_alone_before_shipping_is_a_discount_on_the_invoice_and_no_credit_note_reaches_beyond(
    world: World,
) -> None:
    link = world.buy(TOTE)
    take_off(world, link, minor=10_000)
    take_off(world, link, minor=7_000, sku="")
    world.work()
    assert [kind for kind, *_ in papers(world, link)] == ["refund-voucher", "refund-voucher"]
    assert "the lower price" in words(world, link, 0)
    send(world, link)

    # 649.00 at 5 % inside: 30.90 of tax, in halves; the delivery is not there any more
    assert papers(world, link)[2] == ("tax-invoice", 64_900, 3_090)
    said = words(world, link, 2)
    assert "'Discount'" in said and "₹749.00" in said and "-₹100.00" in said and "Delivery" not in said
    assert house(world, "shipping-income", "tax:cgst", "tax:sgst") in ([0, -1_545, -1_545], [0, 1_545, 1_545])
    assert world.order(link).total_minor == 81_900, "what was bought stays as it was"
    with pytest.raises(Conflict, match="part_too_much"), world.writing() as at:
        refunds.refund_parts(order_of(link), {TOTE: 64_901}, "too much", at=at, by="user:1")
    received(world, asked(world, link))
    assert papers(world, link)[3] == ("credit-note", 64_900, 3_090), "the piece gives back what it had cost"
    assert house(world, "gateway:razorpay:clearing") == [0]


def test_what_cannot_go_off(world: World) -> None:
    link = world.buy(TOTE, 2)
    assert why_not(world, link, tote=Asked(2)) == "refund.last_piece"
    assert why_not(world, link, tote=Asked(3)) == "refund.part_too_much"
    assert why_not(world, link, tote=Asked(1, 74_900)) == "refund.keeps_price"
    assert why_not(world, link, tote=Asked(0, 149_800)) == "refund.keeps_price"
    assert why_not(world, link, tote=Asked()) == why_not(world, link, nothing=Asked(1)) == "refund.part"
    assert why_not(world, link, delivery=Asked(1)) == why_not(world, link, delivery=Asked(0, 10**6)) != ""
    assert why_not(world, link, tote=Asked(1, 74_899), delivery=Asked(0, 1)) == ""
    take_off(world, link, minor=10_001)
    take_off(world, link, pieces=1)  # half of what is left of the row, not the price that it no longer has
    with world.reading():
        assert [each.minor for each in order_of(link).reductions] == [10_001, 69_900]
    unpaid = world.buy(TOTE, 2, pay=False)
    assert why_not(world, unpaid, tote=Asked(1)) == "order.moved_on"
    send(world, link)
    assert why_not(world, link, tote=Asked(1)) == "order.moved_on"


def test_the_workshop_makes_what_is_begun_and_no_more_and_every_share_follows_its_piece(world: World) -> None:
    """Of four messengers one is finished and one taken on; two are offered to nobody: three go off."""
    rule(world)
    link = world.buy(MESSENGER, 4)
    with world.reading():
        work = db.session.scalars(select(ProductionOrder.id)).one()
    stitched = offer(world, work, "stitch", "Rina", 2)
    do(world, stitched, "accept", "start", "submit")
    check(world, stitched, 2)
    finished = offer(world, work, "finish", "Mala", 1)
    do(world, finished, "accept", "start", "submit")
    check(world, finished, 1)
    ahead = offer(world, work, "stitch", "Rina", 2)
    assert hers(world)["Rina"][0] == RINAS

    farida, number = world.browser().sign_in("Farida"), world.order(link).number
    page = farida.get(f"/manager/orders/{number}/refund?pieces_0=3").text
    assert "2 pieces that nobody has begun are not made" in page and "1 piece is still made" in page
    take_off(world, link, pieces=3, sku=MESSENGER)

    with world.reading():
        asked_for = db.session.get_one(ProductionOrder, work)
        assert (asked_for.quantity, asked_for.cancelled_at) == (2, None)
        assert db.session.get_one(Task, ahead).status.value == "withdrawn", "it was only offered"
        assert (
            lifecycle.progress(order_of(link), stock.standing(lifecycle.references_of(order_of(link).id))).value
            == "ready"
        )
    assert hers(world)["Rina"] == (RINAS, 2 * 8_450), "her finished piece stays the customer's, her wages hers"
    last = offer(world, work, "finish", "Mala", 1)
    do(world, last, "accept", "start", "submit")
    check(world, last, 1)
    assert free(world, MESSENGER) == 1, "what was begun lies on the shelf now"
    send(world, link)
    world.work()
    delivery = world.order(link).shipping_minor
    assert sorted(minor for _, minor, _ in papers(world, link)) == [169_000 + delivery, 3 * 169_000]


def test_cancelling_makes_no_more_than_is_begun_either(world: World) -> None:
    """Of four messengers one is taken on and one is offered: three are never made."""
    link = world.buy(MESSENGER, 4)
    with world.reading():
        work = db.session.scalars(select(ProductionOrder.id)).one()
    begun = offer(world, work, "stitch", "Rina", 1)
    do(world, begun, "accept")
    ahead = offer(world, work, "stitch", "Rina", 1)

    with world.writing() as at:
        refunds.refund_order(order_of(link), "asked by mail", at=at, by="user:1")

    with world.reading():
        asked_for = db.session.get_one(ProductionOrder, work)
        assert (asked_for.quantity, asked_for.cancelled_at) == (1, None)
        assert db.session.get_one(Task, ahead).status.value == "withdrawn"
    do(world, begun, "start", "submit")
    check(world, begun, 1)
    last = offer(world, work, "finish", "Mala", 1)
    do(world, last, "accept", "start", "submit")
    check(world, last, 1)
    assert free(world, MESSENGER) == 1, "what was begun lies on the shelf"
    world.work()


def test_pieces_that_come_back_one_by_one_come_to_the_paisa_to_what_they_cost(world: World) -> None:
    """A paisa off three totes of 749.00 leaves a sum that three do not divide."""
    link = world.buy(TOTE, 3)
    take_off(world, link, minor=1)
    world.work()
    send(world, link)
    for _ in range(3):
        coming = asked(world, link)
        (unit,) = received(world, coming)
        with world.writing() as at:
            returns.settle(db.session.get_one(Return, coming), unit, Outcome.RESTOCKED, at=at, by="user:1")

    given = sorted(minor for kind, minor, _ in papers(world, link) if kind == "credit-note")
    assert given == [74_899, 74_900, 74_900]


def test_a_finished_piece_goes_to_who_waits_and_its_share_is_promised_anew(world: World) -> None:
    rule(world)
    first = bought_and_made(world, 2)
    waiting = world.buy(MESSENGER)
    assert hers(world)["Rina"][0] == 2 * RINAS

    take_off(world, first, pieces=1, sku=MESSENGER)

    with world.reading():
        reservations = stock.standing(lifecycle.references_of(order_of(waiting).id))
        assert lifecycle.progress(order_of(waiting), reservations).value == "ready"
    assert hers(world) == {"Rina": (2 * RINAS, 2 * 8_450), "Mala": (2 * MALAS, 2 * 1_350)}
    make(world)  # hers was asked for already: it goes to the shelf
    assert free(world, MESSENGER) == 1
    world.work()


@pytest.mark.parametrize("is_sent", [False, True], ids=["before the parcel left", "after it"])
def test_what_fails_to_go_is_owed_and_goes_again_under_its_own_paper(world: World, is_sent: bool) -> None:
    link = world.buy(TOTE, 2)
    order = world.order(link)
    world.sandbox.add_faults({"gateway": "razorpay", "match": "POST */refund", "kind": "refund_failed"})
    take_off(world, link, pieces=1)
    if is_sent:
        send(world, link)
    world.work()
    assert states(world) == ["failed"]
    if not is_sent:
        send(world, link)
    assert papers(world, link) == [("tax-invoice", order.total_minor - 74_900, papers(world, link)[0][2])]
    assert house(world, f"prepaid:{order.id}") == [74_900], "it is owed"
    assert "₹749.00" in world.browser().sign_in("Farida").get("/manager/exceptions").text

    with world.writing() as at:  # all that was sold goes back: what is owed keeps its own way and paper
        refunds.refund_order(order_of(link), "a kindness", at=at, by="user:1")
    world.work()
    assert house(world, f"prepaid:{order.id}", "gateway:razorpay:clearing") == [74_900] * 2
    with world.writing() as at:
        refund_troubles.again(refund_troubles.find_all(refund_troubles.failed())[0], at=at, by="user:1")
    world.work()
    assert states(world) == ["failed", "processed", "processed"]
    assert [(kind, minor) for kind, minor, _ in papers(world, link)[1:]] == [
        ("credit-note", order.total_minor - 74_900), ("refund-voucher", 74_900),
    ]  # fmt: skip
    assert house(world, f"prepaid:{order.id}", "gateway:razorpay:clearing") == [0, 0]


def test_cancelling_after_something_went_off_gives_the_rest_back_also_what_had_failed(world: World) -> None:
    link = world.buy(TOTE, 3)
    world.sandbox.add_faults({"gateway": "razorpay", "match": "POST */refund", "kind": "refund_failed"})
    take_off(world, link, pieces=1)
    world.work()
    take_off(world, link, pieces=1)
    world.work()
    assert states(world) == ["failed", "processed"]
    assert world.browser().post(f"{link}/cancellation").status_code == 303
    world.work()

    assert states(world) == ["failed", "processed", "processed"] and free(world, TOTE) == 5
    assert house(world, "gateway:razorpay:clearing", f"prepaid:{world.order(link).id}") == [0, 0]
    with world.reading():
        assert refund_troubles.find_all(refund_troubles.failed()) == [], "it went back with the order"
    total = world.order(link).total_minor
    assert [minor for _, minor, _ in papers(world, link)] == [74_900, total - 74_900]


def test_a_failure_that_is_written_after_a_cancellation_is_owed_though_its_clock_says_before(world: World) -> None:
    link = world.buy(TOTE, 2)
    world.sandbox.add_faults({"gateway": "razorpay", "match": "POST */refund", "kind": "refund_failed"})
    take_off(world, link, pieces=1)
    world.advance(timedelta(seconds=10))
    assert world.browser().post(f"{link}/cancellation").status_code == 303
    world.advance(timedelta(seconds=-5))  # as another process has it that looked at its clock a moment ago
    world.work()
    world.advance(timedelta(seconds=5))
    world.work()

    assert sorted(states(world)) == ["failed", "processed"]
    with world.writing() as at:
        (owed,) = refund_troubles.find_all(refund_troubles.failed())
        refund_troubles.again(owed, at=at, by="user:1")
    world.work()
    assert house(world, f"prepaid:{world.order(link).id}", "gateway:razorpay:clearing") == [0, 0]


@pytest.mark.parametrize("comes_back", [False, True], ids=["refused", "sent back by the bank"])
def test_what_fails_once_the_order_is_cancelled_is_owed_still(world: World, comes_back: bool) -> None:
    link = world.buy(TOTE, 2)
    if not comes_back:
        world.sandbox.add_faults({"gateway": "razorpay", "match": "POST */refund", "kind": "refund_failed"})
    take_off(world, link, pieces=1)
    if comes_back:
        world.work()
    assert world.browser().post(f"{link}/cancellation").status_code == 303
    world.advance(timedelta(minutes=1))
    world.work()
    if comes_back:
        first = next(each["id"] for each in world.sandbox.books()["refunds"] if each["amount"] == 74_900)
        world.sandbox.settle("razorpay", first, "fail")
        world.work()
    assert sorted(states(world)) == ["failed", "processed"]
    order = world.order(link)
    assert house(world, f"prepaid:{order.id}") == [74_900], "it is owed"
    assert "₹749.00" in world.browser().sign_in("Farida").get("/manager/exceptions").text

    with world.writing() as at:
        refund_troubles.again(refund_troubles.find_all(refund_troubles.failed())[0], at=at, by="user:1")
    world.work()

    assert house(world, f"prepaid:{order.id}", "gateway:razorpay:clearing") == [0, 0]
    with world.reading():
        assert refund_troubles.find_all(refund_troubles.failed()) == []


@pytest.mark.parametrize("is_sent", [False, True], ids=["before the parcel left", "after it"])
def test_what_someone_gives_back_at_the_gateway_replaces_what_had_failed(world: World, is_sent: bool) -> None:
    link = world.buy(TOTE, 2)
    total = world.order(link).total_minor
    world.sandbox.add_faults({"gateway": "razorpay", "match": "POST */refund", "kind": "refund_failed"})
    take_off(world, link, pieces=1)
    world.work()
    if is_sent:
        send(world, link)
    world.sandbox.refund("razorpay", world.sandbox.books()["payments"][0]["id"], 74_900)
    world.work()
    farida = world.browser().sign_in("Farida")
    act = re.search(r'action="(/manager/events/\d+/taking-in)"', farida.get("/manager/exceptions").text)
    assert act is not None and farida.post(act.group(1)).status_code == 303
    if not is_sent:
        send(world, link)
    world.work()

    assert states(world) == ["failed", "processed"]
    with world.reading():
        assert refund_troubles.find_all(refund_troubles.failed()) == [], "it cannot go a second time"
    assert {(kind, minor) for kind, minor, _ in papers(world, link)} == {
        ("tax-invoice", total - 74_900), ("refund-voucher", 74_900),
    }  # fmt: skip
    assert house(world, f"prepaid:{world.order(link).id}") == [0]


def test_while_a_bank_asks_for_the_money_nothing_goes_off(world: World) -> None:
    link = world.buy(TOTE, 2, gateway="stripe")
    payment = world.sandbox.books()["payments"][-1]["id"]
    opened = world.sandbox.dispute("stripe", payment)
    world.work()
    with pytest.raises(Conflict, match="disputed"):
        take_off(world, link, pieces=1)
    assert free(world, TOTE) == 3

    world.sandbox.decide("stripe", opened["dispute"], "won", fee_back=True)
    world.work()
    assert house(world, "disputes", "gateway-fees:stripe") == [0, 0], "the fee that was put back is booked back"
    take_off(world, link, pieces=1)
    world.work()
    assert states(world) == ["processed"]


@pytest.mark.books_may_differ
def test_control_what_goes_off_and_is_not_asked_back_is_found(world: World) -> None:
    link = world.buy(TOTE, 2)
    with world.writing() as at:
        reductions.take_off(order_of(link), [Part(TOTE, 1, 74_900)], at=at, by="user:1")
    with world.reading():
        told = [str(finding) for finding in rules.findings()]
    assert any("went off MB-TOTE-IND, None is asked back" in each for each in told), told
