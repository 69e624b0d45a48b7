"""Races on money and the books: many at once come to one result, and each test notices its guard missing."""

import itertools
import random
import secrets
import threading
from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from shop import jobs, outbox
from shop.artisans import earnings, payouts
from shop.artisans.models import Artisan, Earning, Payout, PayoutMethod
from shop.catalog import stock
from shop.clock import india_date
from shop.db import db
from shop.errors import Conflict, DomainError
from shop.ledger import sealing, verification
from shop.ledger.models import Entry, Seal, Transfer
from shop.ledger.posting import Leg, post
from shop.money import Money
from shop.orders import placing
from shop.orders.models import Order, OrderStatus
from shop.payments import checkout, collect, inbox, refunds
from shop.payments.models import Attempt, AttemptStatus, Capture, GatewayEvent, Refund
from shop.production import checks, orders, tasks
from shop.production.models import Task
from shop.users import signin
from shop.users.models import User
from shop.web.storefront import checkout as checkout_view
from shop.web.storefront import order as order_view
from tests.cast import ARTISANS, MESSENGER, TOTE
from tests.conftest import both_databases
from tests.faults.together import Entrance, Gate, at_once, gated_writing
from tests.faults.unguarded import Unguarded
from tests.world import World

pytestmark = both_databases


# The same checkout sent twenty times.


def twenty_clicks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send one checkout form twenty times at one moment: one order, one attempt, one answer."""
    browser = world.browser()
    world.add_to_cart(browser, TOTE)
    form = {**world.checkout_form(browser), "payment_method": "razorpay"}
    bag = browser.client.get_cookie("bag")
    assert bag is not None
    monkeypatch.setattr(checkout_view, "writing", gated_writing(Gate(20)))

    def click(number: int) -> str:
        again = world.browser()
        again.client.set_cookie("bag", bag.value)
        answer = again.post("/checkout", form)
        return f"{answer.status_code} {answer.location}"

    answers = at_once(20, click)

    with world.reading():
        made = db.session.scalar(select(func.count(Order.id)))
        asked = db.session.scalar(select(func.count(Attempt.id)))
    assert made == 1, f"one checkout made {made} orders"
    assert asked == 1, f"one checkout made {asked} attempts"
    told = Tally(map(str, answers))
    assert len(told) == 1 and str(answers[0]).startswith("303"), f"answers differ: {told}"


def test_one_checkout_sent_twenty_times_makes_one_order(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    twenty_clicks(world, monkeypatch)


def test_control_without_the_unique_cart_a_double_click_makes_more_orders(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, place = itertools.count(1_000_000), placing.place
    monkeypatch.setattr(placing, "find_by_cart", lambda cart_id: None)

    def place_anew(cart: Any, *rest: Any, **more: Any) -> Order:
        return place(SimpleNamespace(id=next(number)), *rest, **more)

    monkeypatch.setattr(placing, "place", place_anew)

    with pytest.raises(AssertionError, match=r"one checkout made \d+ orders"):
        twenty_clicks(world, monkeypatch)


def ten_clicks_on_pay_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask ten times at one moment for a new pay page of one order: one page is open."""
    link = world.buy(TOTE, pay=False)
    world.advance(timedelta(minutes=40))
    world.look_at_gateways()
    monkeypatch.setattr(order_view, "writing", gated_writing(Gate(10)))

    def click(number: int) -> str:
        return str(world.browser().post(link + "/pay", {"payment_method": "razorpay"}).status_code)

    answers = at_once(10, click)

    standing = [attempt.status for attempt in world.attempts(link) if attempt.status is not AttemptStatus.EXPIRED]
    assert standing == [AttemptStatus.PENDING], f"ten clicks opened {len(standing)} pages"
    assert Tally(map(str, answers)) == {"303": 10}


def test_ten_clicks_on_pay_again_open_one_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ten_clicks_on_pay_again(world, monkeypatch)


def test_control_without_the_look_and_the_index_pay_again_opens_many_pages(
    world: World, monkeypatch: pytest.MonkeyPatch, unguarded: Unguarded
) -> None:
    unguarded.index("uq_payment_attempt_one_open")
    monkeypatch.setattr(checkout, "find_open", lambda order: None)

    with pytest.raises(AssertionError, match=r"ten clicks opened \d+ pages"):
        ten_clicks_on_pay_again(world, monkeypatch)


# Ten refunds of a third each.


def ten_refunds(world: World) -> None:
    """Ask ten times at one moment for a third of a capture: never more than was captured goes back."""
    link = world.buy(TOTE, 1, "razorpay")
    third = world.order(link).total_minor // 3
    gate = Gate(10)

    def ask(number: int) -> bool:
        with world.app.app_context(), gated_writing(gate)():
            capture = db.session.scalars(select(Capture)).one()
            try:
                refunds.request(capture, third, f"race {number}", at=world.clock.now(), by="user:1")
            except Conflict:
                return False
            return True

    answers = at_once(10, ask)

    with world.reading():
        asked = sum(db.session.scalars(select(Refund.amount_minor)))
        captured = db.session.scalars(select(Capture.amount_minor)).one()
    assert asked <= captured, f"{asked} asked back of {captured} captured"
    assert answers.count(True) == 3 and answers.count(False) == 7, answers
    world.work()
    theirs = world.sandbox.books()["razorpay"]["INR"]
    assert theirs == {"captured": captured, "refunded": 3 * third}


def test_ten_refunds_at_once_never_give_back_more_than_was_captured(world: World) -> None:
    ten_refunds(world)


@pytest.mark.books_may_differ
def test_control_a_refund_reserved_without_a_condition_gives_too_much(
    world: World, monkeypatch: pytest.MonkeyPatch, unguarded: Unguarded
) -> None:
    unguarded.check("payment_attempt", "refunds_covered")

    def reserve_blindly(statement: Any) -> int:
        db.session.execute(update(Attempt).values(refund_reserved_minor=Attempt.refund_reserved_minor + 1))
        return 1

    monkeypatch.setattr(refunds, "changed", reserve_blindly)

    with pytest.raises(AssertionError, match=r"asked back of \d+ captured"):
        ten_refunds(world)


# Forty guesses of a PIN.


def forty_guesses(world: World, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Try forty PINs of one card at one moment: five are looked at, whichever they are."""
    looked_at: list[str] = []
    fits = signin.secret_fits

    def watched(user: User | None, secret: str) -> bool:
        if user is not None:
            looked_at.append(secret)
        return fits(user, secret)

    monkeypatch.setattr(signin, "secret_fits", watched)
    pins = [f"{pin:06d}" for pin in random.Random(seed).sample(range(100_000, 270_000), 40)]
    card = ARTISANS["Rina"][0]

    def guess(number: int) -> int:
        return world.browser().post("/artisan/sign-in", {"card_number": card, "pin": pins[number]}).status_code

    with Entrance(world.app).shut_for(40) as gate:
        answers = at_once(40, guess)

    assert gate.arrived == 40
    assert len(looked_at) <= signin.MOST_TRIES, f"{len(looked_at)} of 40 guesses were looked at"
    assert set(answers) <= {422, 429}, answers
    right = world.browser().post("/artisan/sign-in", {"card_number": card, "pin": ARTISANS["Rina"][1]})
    assert right.status_code == 429, "the card was not locked"
    world.advance(timedelta(minutes=16))
    world.browser().sign_in_artisan("Rina")


def test_forty_guesses_at_once_are_five(world: World, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    forty_guesses(world, monkeypatch, seed)


def test_control_a_try_that_is_not_counted_first_lets_guesses_through_up_to_the_limit_of_an_address(
    world: World, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(signin, "count_try", lambda user_id, at: True)

    with pytest.raises(AssertionError, match=r"30 of 40 guesses were looked at"):
        forty_guesses(world, monkeypatch, seed)


# Two workers and one queue.


def two_workers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two workers claim from one queue while both are in the middle of a claim: each row is done once."""
    done: list[int] = []
    both = Gate(2)

    def do(payload: Any) -> None:
        both.wait()  # nothing is finished before both workers hold a claim
        done.append(payload["number"])

    monkeypatch.setattr(jobs, "KINDS", {"test": do})
    with world.writing() as at:
        for number in range(2 * jobs.BATCH):
            outbox.enqueue("test", f"test:{number}", {"number": number}, at=at)

    at_once(2, lambda number: [jobs.work_once(world.app) for _ in range(3)])

    twice = {number for number, times in Tally(done).items() if times > 1}
    assert twice == set(), f"{len(twice)} rows were done twice"
    assert sorted(done) == list(range(2 * jobs.BATCH))


def test_two_workers_do_each_row_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    two_workers(world, monkeypatch)


def test_control_without_a_lease_both_workers_do_the_same_rows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "claim", partial(outbox.claim, lease=timedelta(0)))

    with pytest.raises(AssertionError, match=r"\d+ rows were done twice"):
        two_workers(world, monkeypatch)


# One check recorded by two people.


def submitted_task(world: World) -> int:
    """Return a task of one messenger that Rina has handed in."""
    world.buy(MESSENGER)
    with world.writing() as at:
        meera, rina = world.user("Meera"), world.user("Rina")
        order = orders.open_of(meera)[0]
        artisan = db.session.scalars(select(Artisan).where(Artisan.user_id == rina.id)).one()
        task = tasks.offer(order, order.making.steps[0], artisan, 1, due_on=india_date(at), at=at, by=meera)
        for verb in (tasks.accept, tasks.start, tasks.submit):
            verb(task, at=at, by=rina)
        return task.id


def eight_checks(world: World) -> None:
    """Record one check eight times at one moment, by two people: the piece is credited once."""
    task_id = submitted_task(world)
    gate = Gate(8)

    def check(number: int) -> str:
        with world.app.app_context(), gated_writing(gate)():
            try:
                by = world.user(("Meera", "Anita")[number % 2])
                task = db.session.get_one(Task, task_id)
                checks.record(task, passed=1, rework=0, rejected=0, at=world.clock.now(), by=by)
            except DomainError as error:
                return type(error).__name__
            return "recorded"

    answers = at_once(8, check)

    with world.reading():
        credited = db.session.scalars(select(Earning.amount_minor)).all()
        artisan = db.session.scalars(select(Artisan).where(Artisan.work_name == "Rina")).one()
        payable = earnings.can_take(artisan).minor
    assert len(credited) == 1, f"one piece was credited {len(credited)} times"
    assert payable == credited[0]
    assert Tally(map(str, answers)) == {"recorded": 1, "Conflict": 7}, answers


def test_one_check_recorded_eight_times_credits_once(world: World) -> None:
    eight_checks(world)


@pytest.mark.books_may_differ
def test_control_a_check_without_status_and_reference_credits_more_than_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    credit = earnings.credit

    def record(task: Task, *, at: Any, by: User, **counts: int) -> None:
        checks._accept(task, task.pieces[0], at=at, by=by.actor)

    monkeypatch.setattr(checks, "record", record)
    monkeypatch.setattr(
        earnings,
        "credit",
        lambda *args, reference, **more: credit(*args, reference=f"{reference}:{secrets.token_hex(4)}", **more),
    )

    with pytest.raises(AssertionError, match=r"one piece was credited \d+ times"):
        eight_checks(world)


# One payment told twenty times.


def twenty_webhooks(world: World, seed: int) -> None:
    """Deliver a payment's events twenty times each, shuffled, at once, while workers and the customer look."""
    link = world.buy(TOTE, pay=False)
    world.sandbox.set_deliveries(mode="hold")
    world.sandbox.pay("razorpay", world.attempts(link)[0].page_ref or "")

    def act(number: int) -> object:
        if number == 0:
            return [sent["status"] for sent in _release(world, seed)]
        if number == 1:
            return world.browser().get(link + "/return").status_code
        return [jobs.work_once(world.app) for _ in range(5)] and None

    answers = at_once(4, act)
    world.work()

    with world.reading():
        captures = db.session.scalar(select(func.count(Capture.id)))
        paid = db.session.scalars(select(Attempt.captured_minor)).one()
    assert captures == 1, f"one payment made {captures} captures"
    assert paid == world.order(link).total_minor
    assert answers[1:] == [303, None, None] and set(answers[0]) == {200}, answers
    assert world.order(link).status is OrderStatus.PAID


def _release(world: World, seed: int) -> list[Any]:
    return list(world.sandbox.release(copies=20, order="shuffle", seed=seed, fresh_ids=True, parallel=20))


def test_one_payment_told_twenty_times_is_one_capture(world: World, seed: int) -> None:
    twenty_webhooks(world, seed)


def test_the_inbox_keeps_one_of_twenty_copies(world: World, seed: int) -> None:
    link = world.buy(TOTE, pay=False)
    world.sandbox.set_deliveries(mode="hold")
    world.sandbox.pay("razorpay", world.attempts(link)[0].page_ref or "")
    kinds = len(world.sandbox.deliveries()["events"])

    answers = _release(world, seed)

    with world.reading():
        kept = db.session.scalar(select(func.count(GatewayEvent.id)))
    assert {answer["status"] for answer in answers} == {200} and len(answers) == 20 * kinds
    assert kept == kinds


@pytest.mark.books_may_differ
def test_control_without_unique_events_and_payments_there_are_more_captures(
    world: World, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    store, apply_payment = inbox.store, collect.apply_payment

    def salted(gateway: Any, notice: Any, body: bytes, **more: Any) -> bool:
        padded = body + b" " * secrets.randbelow(10_000)
        return store(gateway, replace(notice, event_id=secrets.token_hex(8)), padded, **more)

    def anew(gateway: Any, seen: Any, **more: Any) -> Any:
        return apply_payment(gateway, replace(seen, ref=f"{seen.ref}-{secrets.token_hex(4)}"), **more)

    monkeypatch.setattr(inbox, "store", salted)
    monkeypatch.setattr(collect, "apply_payment", anew)

    with pytest.raises(AssertionError, match=r"one payment made \d+ captures"):
        twenty_webhooks(world, seed)


# Two payouts proposed at once.


def earned(world: World, minor: int = 50_000) -> int:
    """Let Rina have earned something; return her artisan's id."""
    with world.writing() as at:
        rina = db.session.scalars(select(Artisan).where(Artisan.work_name == "Rina")).one()
        earnings.credit(rina, Money(minor, "INR"), reference="race:earned", source="race", at=at, by="user:1")
        return rina.id


def two_proposals(world: World) -> None:
    """Propose two payouts to one artisan at one moment: one stands, the other is told why not."""
    artisan_id = earned(world)
    gate = Gate(2)

    def propose(number: int) -> str:
        with world.app.app_context():
            try:
                with gated_writing(gate)():
                    artisan = db.session.get_one(Artisan, artisan_id)
                    by = world.user(("Farida", "Anita")[number])
                    payouts.propose(artisan, Money(50_000, "INR"), PayoutMethod.BANK, at=world.clock.now(), by=by)
            except DomainError as error:
                return error.message_id
            return "proposed"

    answers = at_once(2, propose)

    with world.reading():
        standing = db.session.scalar(select(func.count(Payout.id)))
    assert standing == 1, f"{standing} payouts stand for one artisan"
    assert sorted(map(str, answers)) == ["payout.one_open", "proposed"], answers


def test_two_payouts_proposed_at_once_are_one(world: World) -> None:
    two_proposals(world)


def test_control_without_the_index_and_the_look_there_are_two_payouts(
    world: World, monkeypatch: pytest.MonkeyPatch, unguarded: Unguarded
) -> None:
    unguarded.index("uq_payout_one_open")
    monkeypatch.setattr(payouts, "OPEN", ())

    with pytest.raises(AssertionError, match=r"2 payouts stand for one artisan"):
        two_proposals(world)


# Four sealers.


def seal_once(world: World, gate: Gate) -> None:
    """Seal as the worker does."""
    with world.app.app_context(), gated_writing(gate)():
        sealing.seal()


def four_sealers(world: World, verb: Callable[[World, Gate], None]) -> None:
    """Let four seal forty entries at one moment: one chain, every entry in it once, no sealer failing."""
    with world.writing() as at:
        for number in range(40):
            leg = Leg("bank", "sales", Money(100 + number, "INR"))
            post(f"race:{number}", "race", [leg], effective_on=india_date(at), at=at, by="user:1")
    gate = Gate(4)

    answers = at_once(4, lambda number: verb(world, gate))

    with world.reading():
        entries = db.session.scalar(select(func.count(Entry.id)))
        seals = db.session.scalars(select(Seal.seq).order_by(Seal.seq)).all()
        broken = list(verification.verify())
    assert answers == [None] * 4, f"{sum(answer is not None for answer in answers)} sealers failed"
    assert seals == list(range(1, (entries or 0) + 1))
    assert broken == []


def test_four_sealers_make_one_chain(world: World) -> None:
    four_sealers(world, seal_once)


def test_control_a_sealer_that_reads_before_its_turn_breaks_on_another(world: World) -> None:
    def seal_late(world: World, gate: Gate) -> None:
        with world.app.app_context():
            seq, chain = sealing.head()
            query = select(*sealing.SEALED_COLUMNS).join(Transfer, Transfer.entry_id == Entry.id).order_by(Entry.id)
            rows = [sealing.SealedRow._make(row) for row in db.session.execute(query)]
            db.session.rollback()
            with gated_writing(gate)():
                for entry_id, transfers in sealing.entries(rows):
                    seq, chain = seq + 1, sealing.link(chain, transfers)
                    seal = {"seq": seq, "entry_id": entry_id, "chain": chain, "fingerprints": ""}
                    db.session.execute(insert(Seal).values(seal))

    with pytest.raises(AssertionError, match=r"3 sealers failed"):
        four_sealers(world, seal_late)


# One correction of a shelf sent twice.


def two_corrections(world: World) -> None:
    """Correct a shelf twice at one moment under one reference: it counts once."""
    with world.reading():
        variant_id = db.session.scalars(select(stock.Stock.variant_id).order_by(stock.Stock.variant_id)).first()
    gate = Gate(2)

    def correct(number: int) -> None:
        with world.app.app_context(), gated_writing(gate)():
            stock.adjust(variant_id, 1, "found", "race:found", at=world.clock.now(), by="user:1")

    at_once(2, correct)  # the slower one finds it done, or is refused by the unique reference

    with world.reading():
        like = stock.StockMovement.reference.like("race:found%")
        moved = db.session.scalar(select(func.count()).select_from(stock.StockMovement).where(like))
    assert moved == 1, f"one correction counted {moved} times"


def test_two_corrections_of_one_shelf_under_one_reference_count_once(world: World) -> None:
    two_corrections(world)


def test_control_a_correction_without_its_reference_counts_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    number, adjust = itertools.count(1), stock.adjust

    def adjust_anew(variant_id: int, change: int, reason: str, reference: str, **more: Any) -> None:
        adjust(variant_id, change, reason, f"{reference}:{next(number)}", **more)

    monkeypatch.setattr(stock, "adjust", adjust_anew)

    with pytest.raises(AssertionError, match=r"one correction counted 2 times"):
        two_corrections(world)


def test_every_thread_works_on_a_connection_of_its_own(world: World) -> None:
    """What the races rest on: sessions are not shared, so two writing units are two transactions."""
    seen: set[int] = set()
    lock, gate = threading.Lock(), Gate(8)

    def look(number: int) -> None:
        with world.app.app_context():
            connection = db.session.connection().connection.dbapi_connection
            gate.wait()
            with lock:
                seen.add(id(connection))

    at_once(8, look)

    assert len(seen) == 8
