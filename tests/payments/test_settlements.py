"""What a gateway sends to our bank stands in the books line by line, once, and what does not fit waits for a person."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import StatementError

from shop import comparing, duties
from shop.clock import india_date
from shop.db import db
from shop.ledger import balances
from shop.ledger.models import Entry
from shop.ledger.posting import Leg, ReferenceReused, post
from shop.money import Money
from shop.orders import lifecycle
from shop.payments import captures, refunds, reviews, settlement, settlement_verification, unsettled
from shop.payments.gateways import LineKind, SettlementSeen, razorpay, stripe
from shop.payments.models import Capture, Refund
from shop.payments.review_models import DifferenceKind, Review, ReviewStatus
from shop.payments.settlement_models import Settlement, SettlementLine
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.faults.together import at_once
from tests.world import ABROAD, World

both_gateways = pytest.mark.parametrize("gateway", ["razorpay", "stripe"])
# 2 % at Razorpay and 3 % at Stripe of what was paid, and 18 % of that as tax.
FEES = {"razorpay": (1_638, 294), "stripe": (2_457, 442)}


def held(world: World, code: str, currency: str = "INR") -> int:
    with world.reading():
        return balances.derived(code, currency).minor


def give_back(world: World, link: str, minor: int) -> None:
    with world.writing() as at:
        order = lifecycle.get_of(world.user("Anita"), world.order(link).number)
        refunds.request(captures.of_order(order)[0], minor, "a thread was loose", at=at, by="test")
    world.work()


def compare(world: World) -> None:
    with world.reading():
        duties.reconcile()
    world.work()


def entries(world: World) -> int:
    with world.reading():
        return db.session.scalar(select(func.count()).where(Entry.kind == "settlement")) or 0


def queue(world: World) -> list[tuple[DifferenceKind, int, int]]:
    with world.reading():
        return [(each.kind, each.theirs_minor, each.ours_minor) for each in reviews.waiting()]


@both_gateways
@both_databases
def test_a_settlement_leaves_nothing_in_clearing_and_names_fee_and_tax(world: World, gateway: str) -> None:
    world.buy(TOTE, gateway=gateway)
    give_back(world, world.buy(TOTE, gateway=gateway), 20_000)
    clearing, fees = f"gateway:{gateway}:clearing", f"gateway-fees:{gateway}"
    assert held(world, clearing) == 2 * 81_900 - 20_000

    sent = world.sandbox.pay_out(gateway)
    for _ in range(2):  # a report is read again every hour
        compare(world)

    fee, tax = FEES[gateway]
    assert held(world, clearing) == 0
    assert held(world, "bank") == sent["amount"] == 2 * (81_900 - fee - tax) - 20_000
    assert (held(world, fees), held(world, f"{fees}:tax")) == (2 * fee, 2 * tax)
    assert entries(world) == 3
    assert queue(world) == []
    with world.reading():
        read = db.session.scalars(select(Settlement)).one()
        assert (read.ref, read.amount_minor, read.currency) == (sent["id"], sent["amount"], "INR")
        assert read.bank_ref and read.bank_ref in (sent.get("utr"), sent.get("trace_id", {}).get("value"))
        lines = db.session.scalars(select(SettlementLine)).all()
        assert sorted(line.kind for line in lines) == [LineKind.PAYMENT, LineKind.PAYMENT, LineKind.REFUND]
        assert all(line.posted_at and (line.capture_id or line.refund_id) for line in lines)


@both_gateways
@both_databases
def test_dollars_reach_the_bank_as_rupees_by_way_of_fx(world: World, gateway: str) -> None:
    link = world.buy(TOTE, gateway=gateway, currency="USD", **ABROAD)
    cents = world.order(link).total_minor
    clearing = f"gateway:{gateway}:clearing"
    assert held(world, clearing, "USD") == cents

    sent = world.sandbox.pay_out(gateway)
    compare(world)

    assert held(world, clearing, "USD") == 0
    assert held(world, clearing, "INR") == 0
    assert held(world, "fx", "USD") == cents
    assert held(world, "fx", "INR") == -cents * 88
    kept = held(world, f"gateway-fees:{gateway}") + held(world, f"gateway-fees:{gateway}:tax")
    assert held(world, "bank") == sent["amount"] == cents * 88 - kept
    assert queue(world) == []


@both_gateways
def test_long_reports_are_read_page_by_page_to_their_end(
    world: World, gateway: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(razorpay, "PAGE_SIZE", 2)
    monkeypatch.setattr(stripe, "PAGE_SIZE", 2)
    monkeypatch.setattr(comparing, "BATCH", 3)
    links = [world.buy(TOTE, gateway=gateway, pay=False) for _ in range(5)]
    for link in links:
        world.sandbox.pay(gateway, world.attempts(link)[0].page_ref or "", quiet=True)

    compare(world)  # no webhook came: the list alone tells of them
    assert held(world, f"gateway:{gateway}:clearing") == 5 * 81_900
    for link in links:
        give_back(world, link, 1_000)
    sent = world.sandbox.pay_out(gateway)
    compare(world)

    assert sent["lines"] == 10
    assert entries(world) == 10
    assert held(world, "bank") == sent["amount"]
    assert queue(world) == []


@both_gateways
@both_databases
def test_a_line_that_settles_nothing_of_ours_waits_unposted_until_its_payment_is_known(
    world: World, gateway: str
) -> None:
    link = world.buy(TOTE, gateway=gateway, pay=False)
    world.sandbox.pay(gateway, world.attempts(link)[0].page_ref or "", quiet=True)
    world.sandbox.pay_out(gateway)
    now = world.clock.now()

    with world.reading():
        comparing.read_settlements(
            world.app.extensions["counter"], gateway, now - comparing.LOOK_BACK, now + comparing.MARGIN
        )
        assert [each.kind for each in settlement.differences(gateway)] == [DifferenceKind.LINE_UNKNOWN]
    assert (entries(world), held(world, "bank")) == (0, 0)

    compare(world)  # which first finds the payment, then what settles it

    assert entries(world) == 1
    assert held(world, f"gateway:{gateway}:clearing") == 0
    with world.reading():
        assert settlement.differences(gateway) == []


@both_gateways
def test_what_the_gateway_books_on_its_own_and_sums_that_are_short_stand_in_the_queue(
    world: World, gateway: str
) -> None:
    world.buy(TOTE, gateway=gateway)
    sent = world.sandbox.pay_out(gateway, adjustment=-5_000, short=100)
    compare(world)

    fee, tax = FEES[gateway]
    assert sorted(queue(world)) == [
        (DifferenceKind.LINE_UNKNOWN, -5_000, 0),
        (DifferenceKind.SETTLEMENT_SUM, sent["amount"], sent["amount"] + 100),
    ]
    assert held(world, "bank") == 81_900 - fee - tax - 5_000  # as its lines say
    with world.writing() as at:
        for each in reviews.waiting():
            reviews.accept(each, "the bank took a fee for the chargeback", at=at, by="user:1")
    compare(world)
    assert queue(world) == []
    world.unexplained[gateway, "INR"] = -5_000  # what the adjustment took out of clearing


@both_databases
def test_a_payout_that_was_asked_for_by_hand_is_one_sum_and_its_fees_stay_visible(world: World) -> None:
    """Stripe does not tell what is in it: the sum is booked, what was kept stays in clearing, and a person is told."""
    for _ in range(2):
        world.buy(TOTE, gateway="stripe")
    fee, tax = FEES["stripe"]
    came = 2 * (81_900 - fee - tax)
    world.sandbox.pay_out("stripe", by_hand=came)
    for _ in range(2):
        compare(world)

    assert held(world, "bank") == came
    assert held(world, "gateway:stripe:clearing") == 2 * (fee + tax), "nobody has told of the fees"
    assert queue(world) == [(DifferenceKind.SETTLEMENT_BY_HAND, came, came)]
    assert entries(world) == 1
    page = world.browser().sign_in("Anita").get("/manager/gateways").text
    assert "asked for by hand" in page
    assert "₹57.98" in page, "what stays open"
    with world.writing() as at:
        reviews.accept(reviews.waiting()[0], "compared with the report of June", at=at, by="user:1")
    compare(world)
    assert queue(world) == []


WAYS_TO_HEAR = {"paid, then failed": [1, 2], "failed alone": [2], "twice each": [1, 1, 2, 2]}


@pytest.mark.parametrize("heard", WAYS_TO_HEAR.values(), ids=WAYS_TO_HEAR)
@both_databases
def test_a_payout_that_fails_after_it_was_paid_leaves_the_bank_once_and_is_sent_again(
    world: World, heard: list[int]
) -> None:
    link = world.buy(TOTE, gateway="stripe")
    fee, tax = FEES["stripe"]
    net = 81_900 - fee - tax
    sent = world.sandbox.pay_out("stripe")
    for _ in range(heard.count(1)):
        compare(world)
        assert held(world, "bank") == net
    world.advance(timedelta(days=6))
    world.sandbox.fail_payout(sent["id"])
    for _ in range(heard.count(2)):
        compare(world)
    assert held(world, "bank") == 0
    assert held(world, "gateway:stripe:clearing") == net, "the fee was kept all the same"
    assert world.net_difference() == 0
    assert queue(world) == []
    with world.reading():
        failed_at = db.session.scalars(select(Settlement.failed_at)).one()
        assert failed_at == world.clock.now().replace(microsecond=0)
        came = settlement.totals("stripe", failed_at - timedelta(days=9), failed_at)
        assert came == {"INR": (1, 0, fee + tax)}
    browser = world.browser().sign_in("Farida")
    assert "came back on" in browser.get("/manager/gateways").text
    story = browser.get(f"/manager/orders/{world.order(link).number}/payment").text
    assert "Sent back by the bank" in story
    assert f"settlement:stripe:{sent['id']}:failed" in story

    world.buy(TOTE, gateway="stripe")
    again = world.sandbox.pay_out("stripe")
    for _ in range(2):
        compare(world)
    assert again["amount"] == held(world, "bank") == 2 * net
    assert held(world, "gateway:stripe:clearing") == 0
    assert queue(world) == []


@both_databases
def test_a_payout_by_hand_that_fails_is_undone_and_needs_nobody(world: World) -> None:
    world.buy(TOTE, gateway="stripe")
    fee, tax = FEES["stripe"]
    for number in range(2):  # the first fails, the second stays
        by_hand = world.sandbox.pay_out("stripe", by_hand=10_000)
        compare(world)
        assert queue(world) == [(DifferenceKind.SETTLEMENT_BY_HAND, 10_000, 10_000)]
        assert held(world, "bank") == 10_000
        if number == 0:
            world.sandbox.fail_payout(by_hand["id"])
            compare(world)
            assert (queue(world), held(world, "bank")) == ([], 0)
            assert world.net_difference() == 0

    rest = world.sandbox.pay_out("stripe")
    compare(world)
    assert rest["amount"] == 81_900 - fee - tax - 10_000
    assert held(world, "bank") == rest["amount"] + 10_000
    assert held(world, "gateway:stripe:clearing") == 0
    assert queue(world) == [(DifferenceKind.SETTLEMENT_BY_HAND, 10_000, 10_000)]


def test_what_puts_back_another_sum_than_failed_stands_in_the_queue(world: World) -> None:
    world.buy(TOTE, gateway="stripe")
    sent = world.sandbox.pay_out("stripe")
    world.sandbox.fail_payout(sent["id"])
    world.sandbox.pay_out("stripe")
    compare(world)
    assert queue(world) == []

    with world.writing():
        line = db.session.scalars(select(SettlementLine).where(SettlementLine.about == sent["id"])).one()
        line.about = "po_of_nobody"
    compare(world)
    assert queue(world) == [(DifferenceKind.LINE_UNKNOWN, sent["amount"], 0)]

    with world.writing():
        line = db.session.scalars(select(SettlementLine).where(SettlementLine.about == "po_of_nobody")).one()
        line.about = sent["id"]
        failed = db.session.scalars(select(Settlement).where(Settlement.ref == sent["id"])).one()
        failed.amount_minor -= 1
    with world.reading():
        told = settlement.differences("stripe")
        assert [each.kind for each in told] == [DifferenceKind.LINE_UNKNOWN, DifferenceKind.SETTLEMENT_SUM]
        assert [found.row for found in settlement_verification.verify()] == [f"settlement:stripe:{sent['id']}:failed"]
    with world.writing():
        failed = db.session.scalars(select(Settlement).where(Settlement.ref == sent["id"])).one()
        failed.amount_minor += 1


@pytest.mark.parametrize("is_guarded", [True, False])
@both_databases
@pytest.mark.books_may_differ
def test_two_who_hear_of_a_failure_at_once_book_it_once(
    world: World, is_guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.buy(TOTE, gateway="stripe")
    sent = world.sandbox.pay_out("stripe")
    compare(world)
    world.sandbox.fail_payout(sent["id"])
    now = world.clock.now()
    [seen] = (
        world.app.extensions["counter"]
        .gateways["stripe"]
        .settlements_between(now - comparing.LOOK_BACK, now + comparing.MARGIN)
    )
    if not is_guarded:  # control: neither the row nor the name of the entry holds it
        monkeypatch.setattr(settlement, "changed", lambda _statement: 1)
        monkeypatch.setattr(Settlement, "failure", property(lambda self: f"{self.ref}:{secrets.token_hex(4)}"))

    def hear(_number: int) -> None:
        with world.writing() as at:
            settlement.record("stripe", seen, at=at, by="test")

    at_once(8, hear)

    came = -7 * sent["amount"] if not is_guarded else 0
    assert held(world, "bank") == came


@both_gateways
@both_databases
def test_what_later_money_came_without_is_told_and_ends_when_its_line_comes(world: World, gateway: str) -> None:
    link = world.buy(TOTE, gateway=gateway)
    give_back(world, link, 20_000)
    sent = world.sandbox.pay_out(gateway)
    compare(world)
    with world.reading():
        read_then = {line.kind: line.ref for line in db.session.scalars(select(SettlementLine))}
        payment, refund = db.session.execute(select(Capture.payment_ref, Refund.gateway_ref).join(Refund)).one()
    kinds = {LineKind.PAYMENT: "capture_id", LineKind.REFUND: "refund_id"}
    with world.writing():  # as if its lines had not been read, of a payment and of a refund
        for line in db.session.scalars(select(SettlementLine)):
            setattr(line, kinds[line.kind], None)
    both = [(DifferenceKind.SETTLEMENT_LACKS_PAYMENT, payment), (DifferenceKind.SETTLEMENT_LACKS_REFUND, refund)]
    for days, lacking in ((9, []), (2, both)):
        world.advance(timedelta(days=days))
        world.buy(TOTE, gateway=gateway)
        compare(world)
        assert told_lacking(world, gateway) == [], "nothing came meanwhile"
        world.sandbox.pay_out(gateway)
        compare(world)
        assert told_lacking(world, gateway) == lacking
    page = world.browser().sign_in("Farida").get("/manager/gateways").text
    assert "Paid, and in no settlement" in page and "Given back, and in no settlement" in page
    assert world.order(link).number in page

    with world.writing():
        for line in db.session.scalars(select(SettlementLine).where(SettlementLine.ref.in_(read_then.values()))):
            line.posted_at = None  # it is matched anew, and its entry is the one that stands
    compare(world)
    assert (told_lacking(world, gateway), queue(world)) == ([], [])
    assert held(world, "bank") >= sent["amount"]


def told_lacking(world: World, gateway: str) -> list[tuple[DifferenceKind, str]]:
    with world.reading():
        return [(each.kind, each.ref) for each in unsettled.differences(gateway)]


def test_what_came_in_another_currency_or_failed_or_by_hand_says_nothing_of_a_payment(world: World) -> None:
    world.buy(TOTE, gateway="stripe")
    with world.writing() as at:
        captured_at = db.session.scalars(select(Capture.captured_at)).one()
        late = captured_at + timedelta(days=11)

        def sent(ref: str, currency: str, sent_at: datetime) -> Settlement:
            told = {"gateway": "stripe", "ref": ref, "bank_ref": "", "amount_minor": 1, "currency": currency}
            made = Settlement(**told, sent_at=sent_at, read_at=at)
            db.session.add(made)
            db.session.flush()
            return made

        lacking = [DifferenceKind.SETTLEMENT_LACKS_PAYMENT]

        def told() -> list[DifferenceKind]:
            db.session.flush()
            return [each.kind for each in unsettled.differences("stripe")]

        in_dollars = sent("po_usd", "USD", late)
        assert told() == lacking, "nothing ever came in rupees"
        in_rupees = sent("po_inr", "INR", captured_at + timedelta(days=1))
        assert told() == []
        in_rupees.sent_at = late
        assert told() == lacking
        in_rupees.failed_at = late
        db.session.delete(in_dollars)
        assert told() == []
        in_rupees.failed_at = None
        assert told() == lacking
        by_hand = SettlementLine(
            settlement_id=in_rupees.id, gateway="stripe", ref="po_inr", kind=LineKind.SUM, currency="INR",
            gross_minor=1, fee_minor=0, fee_tax_minor=0, at=at,
        )  # fmt: skip
        db.session.add(by_hand)
        assert told() == []
        db.session.delete(by_hand)
        db.session.delete(in_rupees)


def one_line_is_in_the_books_otherwise(world: World) -> str:
    """Buy three pieces and settle them, with another entry under the name of the first's line; return that line."""
    for _ in range(3):
        world.buy(TOTE, gateway="stripe")
    world.sandbox.pay_out("stripe")
    now, counter = world.clock.now(), world.app.extensions["counter"]
    [seen] = counter.gateways["stripe"].settlements_between(now - comparing.LOOK_BACK, now + comparing.MARGIN)
    with world.writing() as at:
        legs = [Leg("bank", "gateway:stripe:clearing", Money(1, "INR"))]
        name = f"settlement:stripe:{seen.lines[0].ref}"
        post(name, "settlement", legs, effective_on=india_date(at), at=at, by="test")
    return seen.lines[0].ref


def read(world: World, gateway: Any = None) -> list[settlement.Difference]:
    counter = world.app.extensions["counter"]
    if gateway is not None:
        counter = replace(counter, gateways={"stripe": gateway})
    now = world.clock.now()
    with world.reading():
        return comparing.read_settlements(counter, "stripe", now - comparing.LOOK_BACK, now)


@pytest.mark.books_may_differ
@both_databases
def test_a_line_that_raises_keeps_no_other_waiting_and_is_told(world: World) -> None:
    bad = one_line_is_in_the_books_otherwise(world)
    for _ in range(2):  # it is met again each hour
        compare(world)

    fee, tax = FEES["stripe"]
    assert held(world, "bank") == 2 * (81_900 - fee - tax) + 1
    (told,) = reviewed(world)
    assert (told.kind, told.ref, told.status) == (DifferenceKind.LINE_UNKNOWN, bad, ReviewStatus.OPEN)
    assert told.why and told.why.startswith("ReferenceReused at ")


@pytest.mark.books_may_differ
@both_databases
def test_control_lines_that_are_posted_together_alone_wait_for_a_bad_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_line_is_in_the_books_otherwise(world)
    monkeypatch.setattr(comparing, "_posted_together", comparing._post)
    with pytest.raises(ReferenceReused):
        read(world)
    assert held(world, "bank") == 1


class Bent:
    """A gateway whose newest settlement cannot be written down: no column holds a sum in it."""

    name = "stripe"

    def __init__(self, honest: Any) -> None:
        self.honest = honest

    def settlements_between(self, *span: Any) -> list[SettlementSeen]:
        newest, *others = self.honest.settlements_between(*span)
        return [replace(newest, lines=[replace(newest.lines[0], gross_minor=2**70)]), *others]


@pytest.mark.parametrize("is_guarded", [True, False])
@pytest.mark.books_may_differ
@both_databases
def test_a_settlement_that_cannot_be_written_down_keeps_no_other_waiting(
    world: World, is_guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        world.buy(TOTE, gateway="stripe")
        newest = world.sandbox.pay_out("stripe")
        world.advance(timedelta(hours=1))
    bent = Bent(world.app.extensions["counter"].gateways["stripe"])
    fee, tax = FEES["stripe"]
    if not is_guarded:  # control
        monkeypatch.setattr(comparing, "_try", lambda _failed, _name, _ref, act: act())
        with pytest.raises((OverflowError, StatementError)):
            read(world, bent)
        assert held(world, "bank") == 0
        return
    (told,) = read(world, bent)
    assert (told.kind, told.ref, told.theirs_minor) == (DifferenceKind.SETTLEMENT_SUM, newest["id"], newest["amount"])
    assert told.why and "Error" in told.why
    assert held(world, "bank") == 81_900 - fee - tax

    assert read(world) == []
    assert held(world, "bank") == 2 * (81_900 - fee - tax)


@pytest.mark.books_may_differ
@both_databases
def test_a_line_of_another_amount_than_the_capture_is_not_posted(world: World) -> None:
    world.buy(TOTE, gateway="razorpay")
    with world.writing():
        capture = db.session.scalars(select(Capture)).unique().one()
        capture.amount_minor -= 1
    world.sandbox.pay_out("razorpay")
    compare(world)

    assert (DifferenceKind.LINE_AMOUNT, 81_900, 81_899) in queue(world)
    assert entries(world) == 0


def reviewed(world: World) -> list[Review]:
    with world.reading():
        found = list(db.session.scalars(select(Review).order_by(Review.id)))
        db.session.expunge_all()
        return found


@both_gateways
@both_databases
def test_a_difference_opens_once_and_closes_itself_when_it_is_gone(world: World, gateway: str) -> None:
    link = world.buy(TOTE, gateway=gateway)
    with world.reading():
        payment = db.session.scalars(select(Capture.payment_ref)).one()
    back: dict[str, Any] = dict(world.sandbox.refund(gateway, payment, 5_000, quiet=True))  # on the gateway's own page
    for _ in range(3):
        compare(world)

    (first,) = reviewed(world)
    assert (first.kind, first.status, first.ref) == (DifferenceKind.REFUND_UNKNOWN, ReviewStatus.OPEN, back["refund"])
    assert (first.theirs_minor, first.ours_minor, first.about) == (5_000, 0, payment)

    world.sandbox.settle(gateway, back["refund"], "fail", quiet=True)
    compare(world)
    (gone,) = reviewed(world)
    assert (gone.id, gone.status) == (first.id, ReviewStatus.GONE)
    assert world.order(link).status == "paid"


@pytest.mark.books_may_differ
@both_databases
def test_what_a_person_explained_stays_closed_until_it_says_something_else(world: World) -> None:
    world.buy(TOTE, gateway="razorpay")
    with world.reading():
        payment = db.session.scalars(select(Capture.payment_ref)).one()
    world.sandbox.refund("razorpay", payment, 5_000, quiet=True)
    compare(world)
    with world.writing() as at:
        (standing,) = reviews.waiting()
        reviews.take(standing, at=at, by="user:3")
        reviews.accept(standing, "given back by telephone", at=at, by="user:3")
    compare(world)
    assert queue(world) == []

    with world.writing() as at:
        ours = reviewed(world)[0]
        changed = [settlement.Difference("razorpay", ours.kind, ours.ref, payment, 6_000, 0, "INR", ours.happened_at)]
        opened = reviews.keep("razorpay", reviews.OF_REFUNDS, changed, span=None, at=at, by="test")
    assert opened == changed
    (again,) = reviewed(world)
    assert (again.status, again.owner, again.theirs_minor) == (ReviewStatus.OPEN, None, 6_000)


@both_databases
def test_two_who_find_the_same_difference_open_it_once(world: World) -> None:
    now = world.clock.now()
    found = [settlement.Difference("razorpay", DifferenceKind.REFUND_UNKNOWN, "rfnd_1", None, 1, 0, "INR", now)]

    def find(_number: int) -> int:
        with world.writing() as at:
            return len(reviews.keep("razorpay", reviews.OF_REFUNDS, found, span=None, at=at, by="test"))

    opened = at_once(8, find)

    assert sorted(opened, key=str) == [0] * 7 + [1]
    assert len(reviewed(world)) == 1
