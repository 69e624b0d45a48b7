"""The office's page of differences and one payment's story: what stands there, and what a press on a button does."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from shop import duties
from shop.db import db
from shop.ledger.models import Account, Entry, Transfer
from shop.orders import lifecycle
from shop.payments import captures, refund_troubles, refunds, reviews
from shop.payments.models import AttemptEvent, Capture
from shop.payments.review_models import Review, ReviewEvent, ReviewStatus
from shop.payments.settlement_models import SettlementLine
from shop.users.audit import AuditRecord
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.world import World

OF_MAKERS = ("share", "share taken back", "wage")


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def differing(world: World) -> str:
    """A payment that was given back in part behind the shop's back; the address of its order."""
    link = world.buy(TOTE)
    with world.reading():
        payment = db.session.scalars(select(Capture.payment_ref)).one()
    world.sandbox.refund("razorpay", payment, 7_000, quiet=True)
    world.unexplained["razorpay", "INR"] = -7_000
    world.advance(timedelta(hours=1))
    with world.reading():
        duties.reconcile()
    return link


def states(world: World) -> list[tuple[ReviewStatus, str | None, str | None]]:
    with world.reading():
        return [(each.status, each.owner, each.note) for each in db.session.scalars(select(Review).order_by(Review.id))]


@both_databases
def test_a_difference_is_taken_explained_and_stays_closed(world: World, differing: str) -> None:
    office = world.browser().sign_in("Farida")
    assert "1 difference with a gateway" in office.get("/manager/").text
    page = office.get("/manager/gateways").text
    assert "A refund that we did not ask for" in page and "nobody looks into it" in page and "₹70.00" in page
    number = world.order(differing).number
    assert f"/manager/orders/{number}/payment" in page

    assert office.post("/manager/gateways/differences/1/taking").status_code == 303
    with world.reading():
        farida = world.user("Farida").actor
    assert states(world) == [(ReviewStatus.TAKEN, farida, None)]
    assert "Farida looks into it" in world.browser().sign_in("Anita").get("/manager/gateways").text
    for note in ("", " ", "x" * 151):
        refused = office.post("/manager/gateways/differences/1/closing", {"note": note})
        assert refused.status_code == 422 and "Write down what you found" in refused.text
    assert office.post("/manager/gateways/differences/1/closing", {"note": "by telephone"}).status_code == 303
    assert states(world) == [(ReviewStatus.ACCEPTED, farida, "by telephone")]
    assert office.post("/manager/gateways/differences/1/closing", {"note": "again"}).status_code == 409
    assert office.post("/manager/gateways/differences/1/taking").status_code == 409
    assert office.post("/manager/gateways/differences/9/taking").status_code == 404

    with world.reading():
        duties.reconcile()
        assert list(db.session.scalars(select(ReviewEvent.status).order_by(ReviewEvent.id))) == [
            ReviewStatus.OPEN, ReviewStatus.TAKEN, ReviewStatus.ACCEPTED,
        ]  # fmt: skip
        of_payments = select(AuditRecord.act).where(AuditRecord.act.like("payments.%"))
        acts = list(db.session.scalars(of_payments.order_by(AuditRecord.seq)))
        assert acts == ["payments.take", "payments.explain"]
        assert reviews.count() == 0
    assert "by telephone" in office.get("/manager/gateways").text


def test_a_payments_story_goes_from_its_page_to_the_bank(world: World) -> None:
    link = world.buy(TOTE)
    with world.writing() as at:
        order = lifecycle.get_of(world.user("Anita"), world.order(link).number)
        refunds.request(captures.of_order(order)[0], 20_000, "a thread was loose", at=at, by="user:1")
    world.work()
    sent = world.sandbox.pay_out("razorpay")
    with world.reading():
        duties.reconcile()
        payment = db.session.scalars(select(Capture.payment_ref)).one()
        entries = set(
            db.session.scalars(select(Entry.reference).where(Entry.kind.in_(["capture", "refund", "settlement"])))
        )
    number = world.order(link).number
    office = world.browser().sign_in("Farida")
    assert f'href="/manager/orders/{number}/payment"' in office.get(f"/manager/orders/{number}").text

    page = office.get(f"/manager/orders/{number}/payment").text

    told = text_of(page)
    for said in (
        "A pay page was asked of Razorpay", "The pay page of Razorpay opened", "payment_link.paid", payment,
        "₹819.00 was paid", "Razorpay took the money", "Refund of ₹200.00 asked for", "a thread was loose",
        "₹200.00 went back", "₹799.68 came to our bank", "₹200.00 left our bank", sent["id"], sent["utr"],
        "₹19.32, of it ₹2.94 tax", "gateway:razorpay:clearing → prepaid:", "bank → gateway:razorpay:clearing",
        "gateway-fees:razorpay:tax → gateway:razorpay:clearing", "Came to the bank ₹599.68",
    ):  # fmt: skip
        assert said in told, said
    assert len(entries) == 4
    for reference in entries:
        assert f"/manager/books/entries/{reference}" in page
    asked, opened, came = (told.index(each) for each in ("was asked of", "page of Razorpay opened", "came to our bank"))
    assert asked < opened < came


def test_a_payment_that_was_held_has_a_story_too(world: World) -> None:
    link = world.buy(TOTE, pay=False)
    world.sandbox.add_faults({"gateway": "razorpay", "match": "POST /pay/*", "kind": "wrong_amount", "delta": -1})
    world.pay(link)
    world.unexplained["razorpay", "INR"] = 81_899
    world.advance(timedelta(hours=1))
    with world.reading():
        duties.reconcile()
    office = world.browser().sign_in("Farida")

    story = text_of(office.get(f"/manager/orders/{world.order(link).number}/payment").text)
    assert "told us something that does not fit; it is held" in story
    assert "81899 INR was paid, 81900 INR was asked" in story
    assert "A payment that we do not have" in story
    queue = text_of(office.get("/manager/gateways").text)
    assert "81899 INR was paid, 81900 INR was asked" in queue and world.order(link).number in queue


def story_of(world: World, link: str) -> str:
    office = world.browser().sign_in("Farida")
    return text_of(office.get(f"/manager/orders/{world.order(link).number}/payment").text)


def test_a_held_payment_that_names_its_page_alone_stands_in_the_story_of_that_page_and_no_other(world: World) -> None:
    """Money that comes after its link has closed: Razorpay tells the payment alone, which names no key of ours."""
    world.sandbox.add_faults({"gateway": "razorpay", "match": "POST /v1/payment_links", "kind": "wrong_amount"})
    link, other = (world.buy(TOTE, pay=False) for _ in range(2))
    payment = world.sandbox.pay("razorpay", world.attempts(link)[0].page_ref or "", "fail")["payment"]
    world.advance(timedelta(minutes=40))
    world.look_at_gateways()
    world.sandbox.capture_late(payment)
    world.work()

    story = story_of(world, link)
    assert "told us something that does not fit; it is held" in story
    assert "payment.captured" in story and "81899 INR was paid, 81900 INR was asked" in story
    assert "does not fit" not in story_of(world, other)
    world.unexplained["razorpay", "INR"] = 81_899


def test_what_was_noted_of_a_pay_page_stands_in_its_story(world: World) -> None:
    link = world.buy(TOTE)
    with world.reading():
        noted = set(db.session.scalars(select(AttemptEvent.note).where(AttemptEvent.note.is_not(None))))
    assert noted

    story = story_of(world, link)
    assert {story.count(note or "") for note in noted} == {2}, "as the number of what was paid, and as what was noted"


def test_the_story_holds_every_entry_about_a_payments_money(world: World) -> None:
    """A refund that came back and went again, a dispute that was won, and what the bank was sent and gave."""
    link = world.buy(TOTE, gateway="stripe")
    payment = world.sandbox.books()["payments"][0]["id"]
    dispute = world.sandbox.dispute("stripe", payment)["dispute"]
    world.work()
    world.sandbox.decide("stripe", dispute, "won")
    world.work()
    with world.writing() as at:
        order = lifecycle.get_of(world.user("Anita"), world.order(link).number)
        refunds.refund_order(order, "asked by mail", at=at, by="user:1")
    world.work()
    world.sandbox.settle("stripe", world.sandbox.books()["refunds"][-1]["id"], "fail")
    world.work()
    with world.writing() as at:
        (back,) = refund_troubles.find_all(refund_troubles.failed())
        refund_troubles.again(back, at=at, by="user:1")
    world.work()
    world.buy(TOTE, 5, gateway="stripe", email="kabir@test.example")  # so that there is something to send
    world.sandbox.pay_out("stripe")
    with world.reading():
        duties.reconcile()
        others = f"prepaid:{world.order(link).id + 1}"
        told_of_other = select(Transfer.entry_id).join(Account, Account.id == Transfer.credit_account_id)
        of_money = select(Entry.reference).where(Entry.id.not_in(told_of_other.where(Account.code == others)))
        entries = set(db.session.scalars(of_money.where(Entry.kind.not_in(OF_MAKERS))))
        other = db.session.scalars(select(Capture.payment_ref).where(Capture.payment_ref != payment)).one()
        line = db.session.scalars(select(SettlementLine).where(SettlementLine.about == other)).one()
        entries.discard(line.reference)
        assert reviews.waiting() == [], "the lines of a dispute that we know need nobody"

    page = world.browser().sign_in("Farida").get(f"/manager/orders/{world.order(link).number}/payment").text

    assert len(entries) >= 9
    for reference in entries:
        assert f"/manager/books/entries/{reference}" in page, reference
    told = text_of(page)
    for said in (
        "Written in the books – chargeback won", "refund came back", "₹819.00 came back from the bank",
        "disputes → gateway:stripe:clearing", "gateway:stripe:clearing → disputes", "₹2,319.00 left our bank",
    ):  # fmt: skip
        assert said in told, said
    assert line.reference not in page


def test_today_tells_what_is_unknown_once_with_the_act_that_settles_it(world: World) -> None:
    world.sandbox.add_faults(
        {"gateway": "razorpay", "match": "* /v1/payment_links*", "kind": "error_500_before", "times": None}
    )
    link = world.buy(TOTE, pay=False)
    world.advance(timedelta(minutes=20))
    world.sandbox.clear_faults()

    office, auditor = world.browser().sign_in("Farida"), world.browser().sign_in("Bina")
    page = office.get("/manager/").text
    assert page.count(world.order(link).number) == 1 and "Razorpay does not say whether" in page
    assert "has not been known for" not in page
    assert "has not been known for" in auditor.get("/manager/").text, "who has no act for it is told all the same"


def test_today_tells_a_payment_that_is_held_once(world: World) -> None:
    link = world.buy(TOTE, pay=False)
    world.sandbox.add_faults({"gateway": "razorpay", "match": "POST /pay/*", "kind": "wrong_amount", "delta": -1})
    world.pay(link)
    world.unexplained["razorpay", "INR"] = 81_899
    world.advance(timedelta(hours=1))
    with world.reading():
        duties.reconcile()

    page = world.browser().sign_in("Farida").get("/manager/").text
    assert f"was paid for order {world.order(link).number}" in page
    assert "difference with a gateway" not in page
    assert "1 difference with a gateway" in world.browser().sign_in("Bina").get("/manager/").text


def test_who_keeps_no_house_money_sees_neither_page_nor_link(world: World, differing: str) -> None:
    number = world.order(differing).number
    manager = world.browser().sign_in("Meera")

    assert "/payment" not in manager.get(f"/manager/orders/{number}").text
    assert "difference with a gateway" not in manager.get("/manager/").text
    for path in (f"/manager/orders/{number}/payment", "/manager/gateways"):
        assert manager.get(path).status_code == 403
    auditor = world.browser().sign_in("Bina")
    assert "Close it with this note" not in auditor.get("/manager/gateways").text
    assert auditor.post("/manager/gateways/differences/1/taking").status_code == 403
