"""L14: what is refused leaves the database as it was. Every table is compared before and after each refused verb."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import pytest
from sqlalchemy import select

from shop.artisans import advances, corrections, payouts, recoveries, savings
from shop.artisans.advance_models import Advance, AdvanceReason
from shop.artisans.models import CorrectionReason, Earning, Payout, PayoutMethod
from shop.clock import india_date
from shop.db import db
from shop.errors import DomainError
from shop.ledger import posting
from shop.ledger.posting import Leg, ReferenceReused
from shop.money import Money
from shop.orders import lifecycle, returns
from shop.orders.models import Order
from shop.orders.reductions import Asked
from shop.orders.return_models import Return, ReturnReason
from shop.orders.window import USUAL
from shop.payments import refunds, taken_off
from shop.production import checks
from shop.production.models import Task
from tests.cast import MESSENGER, SELLER, TOTE
from tests.conftest import both_databases
from tests.sharing import asked, bought_and_made, order_of, rule, send
from tests.workshop import artisan, do, made, offer, user
from tests.workshop import ask as ask_for
from tests.world import World

MARK = "0" * 15
CASH = PayoutMethod.CASH
Verb = Callable[["Hand"], object]


class Hand:
    """Who asks for what is refused: the rows that a world of money holds, read anew in each unit."""

    def __init__(self, links: dict[str, str], at: datetime) -> None:
        self.links, self.at = links, at

    def order(self, name: str) -> Order:
        return order_of(self.links[name])


def inr(minor: int) -> Money:
    return Money(minor, "INR")


def _post(hand: Hand, reference: str, debit: str, minor: int) -> int:
    on, leg = india_date(hand.at), Leg(debit, "capital", inr(minor))
    legs = [Leg("bank", "capital", inr(5)), leg]
    return posting.post(reference, "test", legs, effective_on=on, at=hand.at, by="user:1")


def _advance(hand: Hand, minor: int, instalment: int) -> Advance:
    terms = (inr(minor), inr(instalment), AdvanceReason.TOOLS, CASH)
    return advances.propose(artisan("Mala"), *terms, agreed_on=india_date(hand.at), at=hand.at, by=user("Meera"))


def _payout() -> Payout:
    return db.session.scalars(select(Payout)).one()


def _given() -> Advance:
    return db.session.scalars(select(Advance)).one()


def _earning() -> Earning:
    return db.session.scalars(select(Earning).order_by(Earning.id).limit(1)).one()


REFUSED: dict[str, Verb] = {
    "post below zero": lambda hand: _post(hand, "odd:1", "artisan:1:savings", 10**8),
    "post a used reference": lambda hand: (_post(hand, "odd:2", "bank", 7), _post(hand, "odd:2", "bank", 8)),
    "save too much": lambda hand: savings.save(
        artisan("Rina"), inr(10**7), mark=MARK + "1", at=hand.at, by=user("Rina")
    ),
    "save for her": lambda hand: savings.save(artisan("Rina"), inr(1), mark=MARK + "1", at=hand.at, by=user("Meera")),
    "take back too much": lambda hand: savings.take_back(
        artisan("Rina"), inr(101), mark=MARK + "2", at=hand.at, by=user("Rina")
    ),
    "advance of nothing": lambda hand: _advance(hand, 0, 0),
    "instalment above": lambda hand: _advance(hand, 10, 11),
    "advance approved alone": lambda hand: advances.approve(_given(), at=hand.at, by=user("Meera")),
    "advance paid unapproved": lambda hand: advances.record_paid(
        _given(), bank_reference="UTR9", at=hand.at, by=user("Farida")
    ),
    "repay before yes": lambda hand: recoveries.repay(
        artisan("Rina"), _given().id, inr(1), mark=MARK + "3", at=hand.at, by=user("Rina")
    ),
    "payout above": lambda hand: payouts.propose(artisan("Mala"), inr(10**7), CASH, at=hand.at, by=user("Meera")),
    "second payout": lambda hand: payouts.propose(artisan("Rina"), inr(1), CASH, at=hand.at, by=user("Meera")),
    "payout approved alone": lambda hand: payouts.approve(_payout(), at=hand.at, by=user("Meera")),
    "payout sent unapproved": lambda hand: payouts.record_sent(
        _payout(), bank_reference=None, at=hand.at, by=user("Farida")
    ),
    "yes to nothing sent": lambda hand: payouts.answer(_payout(), "yes", at=hand.at, by=user("Rina")),
    "fail what is not sent": lambda hand: payouts.record_failed(_payout(), "gone", at=hand.at, by=user("Farida")),
    "correct without a note": lambda hand: corrections.propose(
        _earning(), CorrectionReason.COUNTED_TWICE, " ", at=hand.at, by=user("Meera")
    ),
    "check own work": lambda hand: checks.record(
        _submitted(), passed=1, rework=0, rejected=0, at=hand.at, by=user("Rina")
    ),
    "check miscounted": lambda hand: checks.record(
        _submitted(), passed=2, rework=0, rejected=0, at=hand.at, by=user("Meera")
    ),
    "check twice": lambda hand: checks.record(_checked(), passed=1, rework=0, rejected=0, at=hand.at, by=user("Meera")),
    "ship what is not made": lambda hand: lifecycle.ship(
        hand.order("unmade"), "India Post", "EB1IN", at=hand.at, by="user:1", seller=SELLER
    ),
    "cancel what left": lambda hand: lifecycle.cancel(hand.order("sent"), at=hand.at, by="customer"),
    "refund more than a row": lambda hand: refunds.refund_parts(
        hand.order("sent"), {MESSENGER: 10**7}, "odd", at=hand.at, by="user:1"
    ),
    "refund a part unsent": lambda hand: refunds.refund_parts(
        hand.order("unmade"), {MESSENGER: 1}, "odd", at=hand.at, by="user:1"
    ),
    "refund unpaid": lambda hand: refunds.refund_order(hand.order("unpaid"), "odd", at=hand.at, by="user:1"),
    "take off the last piece": lambda hand: taken_off.take_off(
        hand.order("unmade"), {MESSENGER: Asked(1)}, "odd", at=hand.at, by="user:1"
    ),
    "second return": lambda hand: returns.ask(
        hand.order("sent"), {hand.order("sent").lines[0].id: 1}, ReturnReason.SIZE, USUAL, at=hand.at, by="customer"
    ),
    "receive another's piece": lambda hand: returns.receive(
        db.session.scalars(select(Return)).one(), [10**6], at=hand.at, by="user:1"
    ),
}


def _submitted() -> Task:
    return db.session.scalars(select(Task).where(Task.status == "submitted")).one()


def _checked() -> Task:
    return db.session.scalars(select(Task).where(Task.status == "checked").order_by(Task.id).limit(1)).one()


@pytest.fixture
def hand(world: World) -> Hand:
    """A world in which money of every kind lies or is under way."""
    rule(world)
    sent = bought_and_made(world)
    send(world, sent)
    asked(world, sent)
    links = {"sent": sent, "unmade": world.buy(MESSENGER), "unpaid": world.buy(TOTE, pay=False)}
    done = ask_for(world, reference="shelf:1")
    made(world, done, "stitch", "Mala")
    handed_in = offer(world, ask_for(world, reference="shelf:2"), "stitch", "Rina")
    do(world, handed_in, "accept", "start", "submit")
    with world.writing() as at:
        rina = artisan("Rina")
        savings.save(rina, inr(100), mark=MARK + "0", at=at, by=user("Rina"))
        terms = (inr(500), inr(100), AdvanceReason.TOOLS, CASH)
        advances.propose(rina, *terms, agreed_on=india_date(at), at=at, by=user("Meera"))
        payouts.propose(rina, inr(1_000), CASH, at=at, by=user("Meera"))
    return Hand(links, world.clock.now())


def rows(world: World) -> dict[str, list[str]]:
    """Return every row of every table of the shop."""
    with world.reading():
        return {it.name: sorted(map(repr, db.session.execute(select(it)))) for it in db.metadata.sorted_tables}


@both_databases
def test_what_is_refused_leaves_every_table_as_it_was(world: World, hand: Hand) -> None:
    before, taken, changed = rows(world), [], []
    assert all(before[name] for name in ("ledger_transfer", "saving", "advance", "payout", "share", "task"))
    for name, verb in REFUSED.items():
        try:
            with world.writing():
                verb(hand)
        except (DomainError, ReferenceReused):
            after = rows(world)
            changed += [f"{name}: {table}" for table in before if before[table] != after[table]]
            before = after
        else:
            taken.append(name)

    assert (taken, changed) == ([], [])


def test_control_an_edge_that_keeps_what_was_begun_is_seen(world: World, hand: Hand) -> None:
    before = rows(world)
    with world.writing(), suppress(ReferenceReused):
        REFUSED["post a used reference"](hand)

    after = rows(world)
    assert {name for name in before if before[name] != after[name]} >= {"ledger_entry", "ledger_transfer"}
