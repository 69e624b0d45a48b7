"""A dispute whose every message got lost is found by asking, in whatever state it is, and stands in the books as told.

After every test `world` compares our books with the sandbox's, dispute fees included.
"""

import json
from datetime import timedelta
from typing import Any, Literal

import pytest
from sqlalchemy import func, select

from shop import comparing, duties
from shop.db import db
from shop.ledger import balances
from shop.ledger.models import Entry
from shop.orders.models import OrderStatus
from shop.payments import disputes, reviews, settlement
from shop.payments.dispute_models import Dispute, DisputeEvent, DisputeStatus
from shop.payments.gateways import LineKind, razorpay, stripe
from shop.payments.models import EventStatus
from shop.payments.review_models import DifferenceKind
from shop.payments.settlement_models import Settlement, SettlementLine
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.payments.test_gateways import page_request
from tests.payments.test_genuine import deliver, events, work
from tests.sharing import house, send
from tests.world import ABROAD, World

both_gateways = pytest.mark.parametrize("gateway", ["razorpay", "stripe"])
FEE = {"stripe": 150_000, "razorpay": 0}


def asked_back(world: World, link: str, **more: Any) -> str:
    """Let a bank ask a payment back, of which no message comes; return the gateway's number of the dispute."""
    attempt = world.attempts(link)[-1]
    payment = next(row["id"] for row in world.sandbox.books()["payments"] if row["ref"] == attempt.page_ref)
    opened = world.sandbox.dispute(attempt.gateway, payment, **more)
    drop(world)
    return opened["dispute"]


def drop(world: World) -> None:
    held = [each["id"] for each in world.sandbox.deliveries()["events"] if each["state"] == "held"]
    world.sandbox.release(ids=held, drop=True)


def compare(world: World) -> None:
    with world.reading():
        duties.reconcile()
    drop(world)
    world.work()


def only(world: World) -> tuple[DisputeStatus, int]:
    with world.reading():
        dispute = db.session.scalars(select(Dispute)).unique().one()
        return dispute.status, dispute.reserved_minor


def deaf(world: World, gateway: str, *, sent: bool = True) -> str:
    """Buy a tote, and from then on hear no message."""
    link = world.buy(TOTE, gateway=gateway)
    if sent:
        send(world, link)
    world.sandbox.set_deliveries(mode="hold")
    return link


@pytest.mark.parametrize("outcome", ["won", "lost"])
@both_gateways
@both_databases
def test_a_dispute_of_which_no_message_came_is_found_open_and_found_decided(
    world: World, gateway: str, outcome: Any
) -> None:
    link = deaf(world, gateway)
    ref = asked_back(world, link)
    for _ in range(2):
        compare(world)
    assert only(world) == (DisputeStatus.OPENED, 81_900)
    assert house(world, "disputes") == [81_900 if gateway == "stripe" else 0]

    world.advance(timedelta(days=40))  # a bank takes its time, and the comparison looks five days back
    world.sandbox.send_evidence(gateway, ref)
    compare(world)
    assert only(world) == (DisputeStatus.ANSWERED, 81_900)
    world.sandbox.decide(gateway, ref, outcome)
    for _ in range(2):
        compare(world)

    won = outcome == "won"
    assert only(world) == (DisputeStatus(outcome), 0 if won else 81_900)
    assert house(world, "disputes", f"gateway-fees:{gateway}") == [0 if won else 81_900, FEE[gateway]]
    with world.reading():
        assert reviews.waiting() == []
        told = db.session.scalars(select(DisputeEvent.status).order_by(DisputeEvent.id)).all()
        assert told == [DisputeStatus.OPENED, DisputeStatus.ANSWERED, DisputeStatus(outcome)]


@both_gateways
@both_databases
def test_one_that_was_lost_before_anyone_heard_of_it_cancels_what_had_not_left(world: World, gateway: str) -> None:
    link = deaf(world, gateway, sent=False)
    world.sandbox.decide(gateway, asked_back(world, link), "lost")
    compare(world)

    assert only(world) == (DisputeStatus.LOST, 81_900)
    assert world.order(link).status is OrderStatus.CANCELLED
    assert house(world, "disputes") == [0], "what was held for the order covers it"


@both_gateways
@both_databases
def test_the_messages_that_come_after_all_change_nothing_more(world: World, gateway: str) -> None:
    link = deaf(world, gateway)
    attempt = world.attempts(link)[-1]
    payment = next(row["id"] for row in world.sandbox.books()["payments"] if row["ref"] == attempt.page_ref)
    ref = world.sandbox.dispute(gateway, payment)["dispute"]  # type: str
    with world.reading():
        duties.reconcile()
    world.sandbox.decide(gateway, ref, "won")
    with world.reading():
        duties.reconcile()
        entries = db.session.scalar(select(func.count()).select_from(Entry))

    world.sandbox.release(order="reverse", copies=2)
    world.work()

    assert only(world) == (DisputeStatus.WON, 0)
    with world.reading():
        assert db.session.scalar(select(func.count()).select_from(Entry)) == entries
        assert reviews.waiting() == []


@both_gateways
def test_a_long_list_is_read_to_its_end(world: World, gateway: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "PAGE_SIZE", 2)
    monkeypatch.setattr(stripe, "PAGE_SIZE", 2)
    links = [world.buy(TOTE, gateway=gateway) for _ in range(5)]
    world.sandbox.set_deliveries(mode="hold")
    for link in links:
        asked_back(world, link)
    compare(world)

    with world.reading():
        assert db.session.scalar(select(func.count()).select_from(Dispute)) == 5


@pytest.mark.books_may_differ
@both_gateways
def test_a_dispute_of_a_payment_that_we_do_not_have_stands_in_the_queue(world: World, gateway: str) -> None:
    elsewhere = world.app.extensions["counter"].gateways[gateway].open_page(page_request("MB-T-1", world.clock.now()))
    payment = world.sandbox.pay(gateway, elsewhere.ref)["payment"]  # somebody's who shares the account
    unknown = world.sandbox.dispute(gateway, payment)["dispute"]
    for _ in range(2):
        compare(world)

    with world.reading():
        found = {each.kind: (each.ref, each.theirs_minor, each.ours_minor, each.why) for each in reviews.waiting()}
    why = f"dispute {unknown} is of a payment that we do not have"
    assert found[DifferenceKind.DISPUTE_UNKNOWN] == (unknown, 81_900, 0, why)
    page = world.browser().sign_in("Anita").get("/manager/gateways").text
    assert "A bank asks back a payment that we do not have" in page


@pytest.mark.books_may_differ
@both_gateways
def test_a_dispute_that_the_gateway_does_not_have_stands_in_the_queue(world: World, gateway: str) -> None:
    asked_back(world, deaf(world, gateway))
    compare(world)
    world.sandbox.reset()
    world.advance(timedelta(hours=1))
    compare(world)

    with world.reading():
        found = {each.kind: (each.theirs_minor, each.ours_minor) for each in reviews.waiting()}
    assert found[DifferenceKind.DISPUTE_MISSING] == (0, 81_900)


@both_gateways
def test_an_end_that_we_know_otherwise_is_told_and_changes_nothing(world: World, gateway: str) -> None:
    link = deaf(world, gateway)
    ref = asked_back(world, link)
    world.sandbox.decide(gateway, ref, "won")
    compare(world)
    counter, now = world.app.extensions["counter"], world.clock.now()
    with world.reading():
        seen = next(
            iter(counter.gateways[gateway].disputes_between(now - timedelta(days=1), now + timedelta(days=1), at=now))
        )
        db.session.rollback()
    bent = disputes.DisputeSeen(**{**vars(seen), "status": DisputeStatus.LOST})

    class Bent:
        def __getattr__(self, name: str) -> Any:
            return getattr(counter.gateways[gateway], name)

        def disputes_between(self, *_span: Any, **_at: Any) -> list[disputes.DisputeSeen]:
            return [bent]

    with world.reading():
        others: Any = {gateway: Bent()}
        bent_counter = comparing.Counter(others, counter.clock, counter.seller)
        (opened,) = comparing.review_disputes(bent_counter, gateway)
    assert (opened.kind, opened.ref) == (DifferenceKind.DISPUTE_FATE, ref)
    assert opened.why and "was won, now it is told as lost" in opened.why
    assert only(world) == (DisputeStatus.WON, 0)
    compare(world)
    with world.reading():
        assert reviews.waiting() == []


@both_gateways
@both_databases
def test_what_a_bank_took_is_a_line_of_the_settlement_that_needs_nobody(world: World, gateway: str) -> None:
    link = deaf(world, gateway)
    world.sandbox.decide(gateway, asked_back(world, link), "lost")
    compare(world)
    world.sandbox.set_deliveries(mode="auto")
    world.buy(TOTE, gateway=gateway)
    world.buy(TOTE, 2, gateway=gateway)
    sent = world.sandbox.pay_out(gateway)
    for _ in range(2):
        compare(world)

    with world.reading():
        assert reviews.waiting() == []
        assert balances.derived("bank").minor == sent["amount"]
        assert balances.derived(f"gateway:{gateway}:clearing").minor == 0
        assert balances.derived("disputes").minor == 81_900


@pytest.mark.parametrize("outcome", ["won", "lost"])
@pytest.mark.parametrize("is_settled_between", [False, True], ids=["settled after", "settled between"])
@both_gateways
@both_databases
def test_a_dispute_in_dollars_is_settled_in_rupees_to_the_paisa(
    world: World, gateway: str, outcome: Literal["won", "lost"], is_settled_between: bool
) -> None:
    """Both clearing accounts end at nought; what was exchanged stands in `fx`, and the fee stays apart."""
    link = world.buy(TOTE, gateway=gateway, currency="USD", **ABROAD)
    cents, clearing = world.order(link).total_minor, f"gateway:{gateway}:clearing"
    for _ in range(5):
        world.buy(TOTE, gateway=gateway)
    world.sandbox.set_deliveries(mode="hold")
    sent = 0

    def settle() -> None:
        nonlocal sent
        sent += world.sandbox.pay_out(gateway)["amount"]
        for _ in range(2):
            compare(world)
        with world.reading():
            assert reviews.waiting() == []
            assert balances.derived("bank").minor == sent
            assert [balances.derived(clearing, currency).minor for currency in ("INR", "USD")] == [0, 0]

    ref = asked_back(world, link, **({"at_onset": True} if gateway == "razorpay" else {}))
    compare(world)
    if is_settled_between:
        settle()
        for _ in range(5):
            world.buy(TOTE, gateway=gateway)
            compare(world)
    world.sandbox.decide(gateway, ref, outcome)
    drop(world)
    compare(world)
    settle()

    with world.reading():
        lost = cents if outcome == "lost" else 0
        assert balances.derived("disputes", "USD").minor == 0
        assert balances.derived(world.order(link).prepaid, "USD").minor == cents - lost, "what was held covers the loss"
        assert balances.derived("fx", "USD").minor == cents - lost
        assert balances.derived("fx", "INR").minor == (lost - cents) * 88
        kept = sum(line.fee_minor for line in db.session.scalars(select(SettlementLine)))
        fees = [balances.derived(f"gateway-fees:{gateway}{part}").minor for part in ("", ":tax")]
        assert sum(fees) == kept > FEE[gateway]


@both_databases
def test_a_line_of_a_dispute_in_dollars_waits_until_the_books_have_what_it_took(world: World) -> None:
    link = world.buy(TOTE, gateway="stripe", currency="USD", **ABROAD)
    for _ in range(5):
        world.buy(TOTE, gateway="stripe")
    world.sandbox.set_deliveries(mode="hold")
    ref = asked_back(world, link, inquiry=True)
    compare(world)
    world.sandbox.pay_out("stripe")
    compare(world)
    with world.writing() as at:  # as if it had been told before the books heard of it
        settled = db.session.scalars(select(Settlement)).one()
        line = SettlementLine(
            settlement_id=settled.id, gateway="stripe", ref="txn_early", kind=LineKind.OTHER, about=ref, currency="INR",
            gross_minor=-88, fee_minor=0, fee_tax_minor=0, at=at,
        )  # fmt: skip
        db.session.add(line)
        db.session.flush()
        assert settlement.post_lines("stripe", [line.id], at=at, by="test") == 0
        assert DifferenceKind.LINE_UNKNOWN in [each.kind for each in settlement.differences("stripe")]
        db.session.delete(line)


@both_databases
def test_the_fee_of_a_dispute_that_was_won_is_looked_for_a_week_longer(world: World) -> None:
    link = deaf(world, "stripe")
    world.sandbox.decide("stripe", asked_back(world, link), "won")
    compare(world)
    with world.reading():
        won = db.session.scalars(select(Dispute)).unique().one()
        assert (won.status, won.fee_back_minor) == (DisputeStatus.WON, 0)
        assert won.returned_at and won.closed_at
        later = [won.closed_at + timedelta(days=days) for days in (6, 8)]
        assert [disputes.unfinished_since("stripe", at=at) for at in later] == [won.opened_at, None]


ELSEWHERE = {"stripe": {"account": "acct_of_somebody"}, "razorpay": {"account_id": "acc_of_somebody"}}


@both_gateways
@both_databases
def test_a_genuine_message_of_a_dispute_of_another_account_is_held(world: World, gateway: str) -> None:
    link = deaf(world, gateway)
    attempt = world.attempts(link)[-1]
    payment = next(row["id"] for row in world.sandbox.books()["payments"] if row["ref"] == attempt.page_ref)
    world.sandbox.dispute(gateway, payment)
    sent = world.sandbox.deliveries(bodies=True)["events"]
    genuine = json.loads(next(each["body"] for each in sent if each["type"].endswith("dispute.created")))

    bent = json.dumps({**genuine, "id": "evt_bent", **ELSEWHERE[gateway]}).encode()
    assert deliver(world, gateway, bent) == 200
    work(world)
    held = events(world)[-1]
    assert held.status is EventStatus.HELD and held.note and "which is not ours" in held.note
    with world.reading():
        assert db.session.scalars(select(Dispute)).unique().all() == []

    assert deliver(world, gateway, json.dumps(genuine).encode(), event_id="evt_genuine") == 200  # as it was sent
    work(world)
    assert only(world) == (DisputeStatus.OPENED, 81_900)
