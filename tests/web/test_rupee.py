"""One rupee on one page: from what a customer paid to the payout that its maker confirmed, by sums computed by hand."""

import re
from random import Random

import pytest

from shop.artisans import payouts, savings
from shop.artisans.models import Payout, PayoutMethod
from shop.db import db
from shop.ledger.chart import kind_of
from shop.money import Money
from shop.web.manager.reads.rupee import RupeePage, rupee_page
from tests.cast import MESSENGER, TOTE
from tests.conftest import both_databases
from tests.sharing import MALAS, RINAS, SHARE, bought_and_made, order_of, rule, send, sweep
from tests.workshop import artisan, ask, made, user
from tests.world import ABROAD, World

STITCH, FINISH = 8_450, 1_350  # what Rina and Mala earn on a messenger


def read(world: World, link: str, who: str = "Farida") -> RupeePage:
    with world.app.test_request_context(), world.reading():
        return rupee_page(user(who), order_of(link).number)


def address(world: World, link: str) -> str:
    return f"/manager/orders/{world.order(link).number}/rupee"


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def pay_out(world: World, minor: int, *, to: str = "Rina", settle: bool = True) -> int:
    with world.writing() as at:
        payout = payouts.propose(artisan(to), Money(minor, "INR"), PayoutMethod.CASH, at=at, by=user("Meera"))
        payouts.approve(payout, at=at, by=user("Farida"))
        payouts.record_sent(payout, bank_reference=None, at=at, by=user("Farida"))
        number = payout.id
    with world.writing() as at:
        if settle:
            payouts.answer(db.session.get_one(Payout, number), "yes", at=at, by=user(to))
        else:
            payouts.record_failed(db.session.get_one(Payout, number), "no such account", at=at, by=user("Farida"))
    return number


def ways_of_rina(page: RupeePage) -> list[tuple[int, int | None]]:
    """Return (paise, payout) of Rina's wages of the first piece."""
    wage = next(each for each in page.lines[0].pieces[0].wages if each.artisan.work_name == "Rina")
    return [(way.minor, way.payout.id if way.payout else None) for way in wage.ways]


@both_databases
def test_a_rupee_is_followed_from_the_payment_to_her_yes(world: World) -> None:
    rule(world)
    made(world, ask(world), "stitch", "Rina")  # ₹84.50 that are owed to her before this order
    link = bought_and_made(world)
    first = pay_out(world, 10_000)  # carries those, and ₹15.50 of this order's wages
    page = read(world, link)
    assert ways_of_rina(page) == [(1_550, first), (6_900, None)]
    told = page.lines[0].pieces[0]
    assert [(each.step.value, each.earning.amount_minor) for each in told.wages] == [
        ("stitch", STITCH),
        ("finish", FINISH),
    ]
    assert {part.artisan.work_name: part.minor for part in told.shares[0].parts} == {"Rina": RINAS, "Mala": MALAS}
    assert all(part.ways == [] for part in told.shares[0].parts)  # still may come back: nobody's to pay out

    pay_out(world, 6_000, settle=False)
    assert ways_of_rina(read(world, link)) == [(1_550, first), (6_900, None)]
    send(world, link)
    sweep(world, days=30)
    second = pay_out(world, 6_900 + RINAS)
    page = read(world, link)
    assert ways_of_rina(page) == [(1_550, first), (6_900, second)]
    hers = next(part for part in page.lines[0].pieces[0].shares[0].parts if part.artisan.work_name == "Rina")
    assert [(way.minor, way.payout and way.payout.id, way.settled_at is not None) for way in hers.ways] == [
        (RINAS, second, True)
    ]
    order = world.order(link)
    (sheet,) = page.sheets
    assert sheet.came == order.total_minor == sum(minor for _words, minor in sheet.went) + (sheet.left or 0)
    assert dict(sheet.went) == {
        "Tax": order.tax_minor,
        "Makers: wages": STITCH + FINISH,
        "Makers: share of the sale": SHARE,
    }
    shown = world.browser().sign_in("Farida").get(address(world, link)).text
    assert all(f"/manager/payouts/{each}" in shown for each in (first, second))
    assert "₹15.50" in shown and "₹69.00" in shown and "Confirmed by her" in text_of(shown)


@both_databases
def test_what_is_left_is_what_the_books_leave_over_for_random_orders(world: World) -> None:
    """The rest is a difference on the page; the accounts that hold it say the same, all orders together."""
    rule(world)
    chance, links = Random(11), []
    for _ in range(6):
        if chance.random() < 0.5:
            links.append(bought_and_made(world, chance.randint(1, 2), gateway=chance.choice(["razorpay", "stripe"])))
        else:
            links.append(world.buy(TOTE, chance.randint(1, 2)))
    for link in chance.sample(links, 4):
        send(world, link)
    sheets = [read(world, link).sheets[0] for link in links]
    for link, sheet in zip(links, sheets, strict=True):
        assert sheet.came == world.order(link).total_minor
    grown = {"sales": 0, "shipping-income": 0, "prepaid": 0, "wages": 0, "shares": 0, "gateway-fees": 0}
    for (code, currency), minor in credited(world).items():
        if kind_of(code) in grown and currency == "INR":
            grown[kind_of(code)] += minor
    tax_ahead = sum(world.order(link).tax_minor for link in links if world.order(link).status.value == "paid")
    assert sum(sheet.left or 0 for sheet in sheets) == sum(grown.values()) - tax_ahead


def credited(world: World) -> dict[tuple[str, str], int]:
    """Return account -> what was credited to it less what was debited."""
    rows = "SELECT d.code, c.code, t.currency, t.amount_minor FROM ledger_transfer t "
    rows += "JOIN ledger_account d ON d.id = t.debit_account_id JOIN ledger_account c ON c.id = t.credit_account_id"
    found: dict[tuple[str, str], int] = {}
    with world.reading():
        for gave, took, currency, minor in db.session.execute(db.text(rows)):
            found[gave, currency] = found.get((gave, currency), 0) - minor
            found[took, currency] = found.get((took, currency), 0) + minor
    return found


@pytest.mark.parametrize("who", ["Meera", "Farida", "Anita"])
def test_the_page_says_the_same_whatever_she_has_put_aside(world: World, who: str) -> None:
    """Whether nothing, some or all: before a payout and after it, which carries the oldest all the same."""
    link = bought_and_made(world)
    made(world, ask(world), "stitch", "Rina")
    office, path = world.browser().sign_in(who), address(world, link)

    def seen() -> str:
        return re.sub(r'name="csrf_token" value="[^"]*"', "", office.get(path).text)

    shown = seen()
    assert text_of(shown).count("owed to her") >= 2
    for minor, mark in ((1_337, "a" * 16), (STITCH - 337, "b" * 16)):
        with world.writing() as at:
            savings.save(artisan("Rina"), Money(minor, "INR"), mark=mark, at=at, by=user("Rina"))
        assert seen() == shown
    pay_out(world, 2 * STITCH - 1_337 - (STITCH - 337))
    after = seen()
    assert after != shown
    with world.writing() as at:
        savings.take_back(artisan("Rina"), Money(1_337, "INR"), mark="c" * 16, at=at, by=user("Rina"))
    assert seen() == after


def test_abroad_nothing_is_converted_by_a_rate_of_our_own(world: World) -> None:
    rule(world)
    link = bought_and_made(world, gateway="stripe", currency="USD", **ABROAD)
    dollars, rupees = read(world, link).sheets
    assert (dollars.currency, dollars.came, dollars.left) == ("USD", world.order(link).total_minor, dollars.came)
    assert (rupees.came, rupees.left) == (None, None)
    assert dict(rupees.went) == {"Makers: wages": STITCH + FINISH, "Makers: share of the sale": SHARE}
    assert "not yet" in world.browser().sign_in("Farida").get(address(world, link)).text


@pytest.mark.parametrize(
    ("who", "status", "payment"),
    [("Meera", 200, False), ("Farida", 200, True), ("Anita", 200, True), ("Nasrin", 403, False)],
)
def test_who_follows_and_who_sees_the_payment(world: World, who: str, status: int, payment: bool) -> None:
    link = world.buy(MESSENGER)
    answer = world.browser().sign_in(who).get(address(world, link))
    assert answer.status_code == status
    assert ("What the customer paid" in answer.text) is payment
    assert status == 403 or "A piece in the making" in answer.text


def test_it_is_reached_from_the_order_the_payment_and_the_entries(world: World) -> None:
    rule(world)
    link = bought_and_made(world)
    number, wanted = world.order(link).number, f'href="{address(world, link)}"'
    office = world.browser().sign_in("Farida")
    with world.reading():
        kinds = ("capture", "piece accepted", "share of a sale")
        names = db.session.execute(db.text("SELECT kind, reference FROM ledger_entry")).all()
    entries = [reference for kind, reference in names if kind in kinds]
    assert len(entries) == 4
    for path in (f"orders/{number}", f"orders/{number}/payment", *(f"books/entries/{each}" for each in entries)):
        assert wanted in office.get(f"/manager/{path}").text, path


def test_the_sums_are_not_told_where_they_would_tell_what_makers_of_another_centre_earned(world: World) -> None:
    rule(world)
    link = bought_and_made(world)
    assert read(world, link, "Meera").sheets
    with world.writing():
        artisan("Mala").centre_id = artisan("Shila").centre_id

    page = read(world, link, "Meera")

    assert (page.lines[0].pieces[0].has_others, page.sheets) == (True, [])
    assert read(world, link, "Farida").sheets
