"""V2: validation and business logic."""

from collections.abc import Iterator
from unittest.mock import patch

from shop.artisans import payouts
from shop.artisans.models import Payout, PayoutMethod
from shop.catalog import products
from shop.db import db
from shop.money import Money
from shop.orders.models import OrderStatus
from shop.production.models import Task
from tests.access.abuse import asvs, expects_defects
from tests.access.abuse.looking import bag
from tests.bad_input.cases import CASES, SHARED, Case
from tests.bad_input.running import contents, unexpected
from tests.cast import ARTISANS, MESSENGER, TOTE, WALLET
from tests.web import artisan_life as life
from tests.world import World


def tried(world: World, *parts: str) -> Iterator[str]:
    """Send every bad input of the table whose name has one of these parts, from a stage that nothing disturbs."""
    chosen: list[Case] = [case for case in CASES if case.before in SHARED and any(part in case.name for part in parts)]
    if not chosen:
        yield "the table has no such inputs"
    for case in chosen:
        yield from unexpected(world, case)


@asvs("2.2.1", "Each input is held to what it should look like: numbers, codes, countries, lengths")
def inputs_are_validated(world: World) -> Iterator[str]:
    yield from tried(world, "quantity", "sku", "currency", "country", "postcode", "of 10 kB")


@asvs("2.2.2", "The server checks what the form's own attributes ask for")
def checked_on_the_server(world: World) -> Iterator[str]:
    yield from tried(world, "missing", "without a file", "without words", "checkout as")


@asvs("2.2.3", "Fields that belong together are checked together: state and postcode, country and parcel")
def combinations_are_checked(world: World) -> Iterator[str]:
    yield from tried(world, "of the other zone", "of home, abroad")
    browser = world.browser()
    bag(browser)
    for wrong in (
        {"postcode": "110001"},
        {"state": "Kerala"},
        {"phone": "+44 20 7946 0018", "country": "IN", "postcode": "1"},
    ):
        if world.place(browser, **wrong).status_code != 422:
            yield f"{wrong} was taken"


@asvs("2.3.1", "Steps come in their order and none is skipped: paying, making, shipping, paying out")
def steps_in_order(world: World) -> Iterator[str]:
    unpaid, waiting = world.buy(TOTE, pay=False), world.buy(MESSENGER)
    meera, farida = world.browser().sign_in("Meera"), world.browser().sign_in("Farida")
    parcel = {"carrier": "India Post", "tracking": "EB1IN"}
    task = life.offer(world)
    life.earn(world, "Mala")
    with world.writing() as at:
        payout = payouts.propose(
            life.artisan("Mala"), Money(500, "INR"), PayoutMethod.CASH, at=at, by=world.user("Meera")
        ).id
    for what, answer in {
        "shipping what is unpaid": meera.post(f"/manager/orders/{world.order(unpaid).number}/shipment", parcel),
        "shipping what is not made": meera.post(f"/manager/orders/{world.order(waiting).number}/shipment", parcel),
        "delivering what was not sent": meera.post(f"/manager/orders/{world.order(waiting).number}/delivery"),
        "checking what was not handed in": meera.post(f"/manager/tasks/{task}/check", {"passed": "3"}),
        "sending what was not approved": farida.post(f"/manager/payouts/{payout}/sending", {"bank_reference": "U1"}),
    }.items():
        if answer.status_code not in (403, 409, 422):
            yield f"{what} is answered with {answer.status_code}"
    rina = world.browser().sign_in_artisan("Rina")
    for step in ("submission", "start"):
        rina.post(f"/artisan/tasks/{task}/{step}")
        if life.status_of(world, Task, task) != "offered":
            yield f"{step} before it was taken on"
    if world.order(unpaid).status is not OrderStatus.PLACED:
        yield "the unpaid order moved"


@asvs("2.3.2", "Limits hold however one comes to them: pieces of a line, lines of a bag, money of a payout")
def limits_hold(world: World) -> Iterator[str]:
    browser = world.browser()
    said = [bag(browser, quantity="8").status_code for _ in range(3)]
    if said != [303, 303, 422]:
        yield f"8 pieces three times are answered with {said}"
    if browser.post(f"/cart/lines/{TOTE}", {"quantity": "21"}).status_code != 422:
        yield "a line was set to 21 pieces"
    life.earn(world, "Rina")
    meera = world.browser().sign_in("Meera")
    for amount in ("24.01", "-1", "0", "1e9", "99999999999"):
        form = {"artisan": "1", "amount": amount, "method": "cash", "once": "0123456789abcdef"}
        if meera.post("/manager/payouts", form).status_code != 422:
            yield f"a payout of {amount} was proposed"


@asvs("2.3.3", "What belongs together happens together or not at all")
@expects_defects
def all_or_nothing(world: World) -> Iterator[str]:
    link = world.buy(TOTE)
    meera = world.browser().sign_in("Meera")
    before = contents(world)
    with patch("shop.outbox.enqueue", side_effect=RuntimeError("broken on purpose")):
        form = {"carrier": "India Post", "tracking": "EB1IN"}
        answer = meera.post(f"/manager/orders/{world.order(link).number}/shipment", form)
    if answer.status_code != 500:
        yield f"the shipment was not broken ({answer.status_code})"
    after = contents(world)
    changed = [name for name in before if before[name] != after[name]]
    if changed:
        yield f"half a shipment was kept: {changed}"
    yield from world.books_breaks()


@asvs("2.3.4", "The last piece is sold once, and what is counted never falls below zero")
def nothing_twice(world: World) -> Iterator[str]:
    browsers = [world.browser() for _ in range(3)]
    for browser in browsers:
        world.add_to_cart(browser, WALLET)
    said = [world.place(browser).status_code for browser in browsers]
    if said.count(303) != 1 or not {*said} <= {303, 409, 422}:
        yield f"the last piece was sold as {said}"
    with world.reading():
        variant = products.find_variant(WALLET)
        if variant is None or not 0 <= variant.stock.reserved <= variant.stock.on_hand:
            yield "more is promised than there is"


@asvs("2.3.5", "Money goes to a maker by two people: who proposed never approves")
def two_people(world: World) -> Iterator[str]:
    life.earn(world, "Rina")
    with world.writing() as at:
        payout = payouts.propose(
            life.artisan("Rina"), Money(500, "INR"), PayoutMethod.CASH, at=at, by=world.user("Meera")
        ).id
    if world.browser().sign_in("Meera").post(f"/manager/payouts/{payout}/approval").status_code < 400:
        yield "she approved what she proposed"
    with world.reading():
        if db.session.get_one(Payout, payout).status.value != "proposed":
            yield "it moved all the same"


@asvs("2.4.1", "A machine cannot try secrets without end, at either door")
def tries_are_counted(world: World) -> Iterator[str]:
    guest = world.browser()
    office = [
        guest.post("/login", {"email": "meera@test.example", "password": f"guess {n}"}).status_code for n in range(7)
    ]
    workshop = [
        guest.post("/artisan/sign-in", {"card_number": ARTISANS["Rina"][0], "pin": f"11111{n}"}).status_code
        for n in range(2, 9)
    ]
    for said in (office, workshop):
        if said[-1] != 429 or 303 in said:
            yield f"seven guesses are answered with {said}"
