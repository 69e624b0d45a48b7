"""Whatever happens to orders in whatever order, books, papers, stock and shares agree after every step, to the paisa.

Pieces go off, money goes back, parcels leave, pieces come back, refunds fail and go again, orders are cancelled: drawn
by a seed. What `ledger verify` compares is compared after each step, and the gateway's own books at the end.
"""

import random
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import select

from shop import books as rules
from shop.db import db
from shop.errors import DomainError
from shop.ledger.balances import stored
from shop.orders import lifecycle, returns
from shop.orders.invoice_models import Invoice, PaperKind
from shop.orders.models import Order, OrderStatus
from shop.orders.reductions import Asked, rows_left
from shop.orders.return_models import ReturnReason
from shop.orders.window import USUAL
from shop.payments import given_back, refund_troubles, refunds, taken_off
from shop.payments.models import Attempt, Capture, Refund, RefundStatus
from shop.production.models import ProductionOrder
from tests.cast import MESSENGER, SELLER, TOTE
from tests.conftest import both_databases
from tests.sharing import order_of, rule
from tests.workshop import made
from tests.world import World

STEPS = 16
BY = "user:1"
Act = Callable[[World, str, random.Random], None]


def take_off(world: World, link: str, dice: random.Random) -> None:
    with world.writing() as at:
        order = order_of(link)
        sku, (pieces, minor) = dice.choice(sorted(rows_left(order).items()))
        asked = Asked(dice.randint(0, pieces), dice.choice([0, dice.randint(0, minor // 2)]))
        taken_off.take_off(order, {sku: asked}, "drawn", at=at, by=BY)


def money_back(world: World, link: str, dice: random.Random) -> None:
    with world.writing() as at:
        order = order_of(link)
        sku, minor = dice.choice(sorted(given_back.left_of(order).items()))
        refunds.refund_parts(order, {sku: dice.randint(1, max(minor, 1))}, "drawn", at=at, by=BY)


def all_back(world: World, link: str, dice: random.Random) -> None:
    if dice.random() < 0.4:
        with world.writing() as at:
            refunds.refund_order(order_of(link), "drawn", at=at, by=BY)


def ship(world: World, link: str, dice: random.Random) -> None:
    with world.writing() as at:
        order = order_of(link)
        lifecycle.ship(order, "India Post", f"EB{order.id}IN", at=at, by=BY, seller=SELLER)
        lifecycle.deliver(order, at=at, by=BY)


def send_back(world: World, link: str, dice: random.Random) -> None:
    with world.writing() as at:
        order = order_of(link)
        left = [(line, count) for line, count in sorted(returns.left_with_customer(order.id).items()) if count]
        line, count = dice.choice(left) if left else (0, 1)
        found = returns.ask(order, {line: dice.randint(1, count)}, ReturnReason.SIZE, USUAL, at=at, by="customer")
        returns.agree(found, at=at, by=BY)
        units = [unit for unit, of in sorted(returns.units_out(order.id).items()) if of == line]
        refunds.refund_return(returns.receive(found, units[: found.count], at=at, by=BY), at=at, by=BY)
        returns.settle(found, units[0], returns.Outcome.RESTOCKED, at=at, by=BY)


def fail_next(world: World, link: str, dice: random.Random) -> None:
    world.sandbox.add_faults({"gateway": "razorpay", "match": "POST */refund", "kind": "refund_failed"})


def again(world: World, link: str, dice: random.Random) -> None:
    with world.writing() as at:
        for refund in refund_troubles.find_all(refund_troubles.failed())[:1]:
            refund_troubles.again(refund, at=at, by=BY)


def work_on(world: World, link: str, dice: random.Random) -> None:
    """Let Rina stitch and Mala finish a piece of the oldest order that is still to be made."""
    with world.reading():
        wanted = select(ProductionOrder.id).where(
            ProductionOrder.finished_at.is_(None), ProductionOrder.cancelled_at.is_(None)
        )
        work = db.session.scalars(wanted.order_by(ProductionOrder.id)).first()
    if work is not None:
        made(world, work, "stitch", "Rina")
        made(world, work, "finish", "Mala")


ACTS: tuple[Act, ...] = (
    take_off, take_off, take_off, money_back, all_back, ship, ship, send_back, fail_next, again, work_on, work_on,
)  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3])
@both_databases
def test_whatever_is_drawn_everything_agrees_after_every_step(world: World, seed: int) -> None:
    dice, done = random.Random(seed), Counter[str]()
    rule(world)
    links = [world.buy(TOTE, 3), world.buy(MESSENGER, 3), world.buy(TOTE, 2)]
    for step in range(STEPS):
        act, link = dice.choice(ACTS), dice.choice(links)
        try:
            act(world, link, dice)
            done[act.__name__] += 1
        except DomainError:
            done[f"no {act.__name__}"] += 1
        if dice.random() < 0.7:
            world.work()
        with world.reading():
            assert [str(each) for each in rules.findings()] == [], f"seed {seed}, step {step}: {act.__name__}, {done}"
    world.work()

    with world.reading():
        for order in db.session.scalars(select(Order)):
            _adds_up(order)
    assert done.total() == STEPS


def _adds_up(order: Order) -> None:
    """What was captured is what was sold, less what was credited; what went back; and what is still held."""
    mine = select(Refund).join(Capture).join(Attempt).where(Attempt.order_id == order.id)
    back = sum(each.amount_minor for each in db.session.scalars(mine).unique() if each.status is RefundStatus.PROCESSED)
    papers = dict.fromkeys(PaperKind, 0)
    for paper in db.session.scalars(select(Invoice).where(Invoice.order_id == order.id)):
        papers[paper.kind] += paper.total_minor
    sold, held = papers[PaperKind.TAX_INVOICE], stored(order.prepaid).minor
    assert back == papers[PaperKind.CREDIT_NOTE] + papers[PaperKind.REFUND_VOUCHER]
    assert order.total_minor == sold + papers[PaperKind.REFUND_VOUCHER] + held
    assert sold == (order.now_minor if order.status is OrderStatus.DELIVERED else 0)
