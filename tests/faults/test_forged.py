"""Webhooks that are not what they say: forged, stale, tampered with, or genuine and yet not what we asked for."""

import json
import random
from collections import Counter as Tally
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from shop.db import db
from shop.orders.models import Order, OrderStatus
from shop.outbox import OutboxRow
from shop.payments import collect, refund_answers
from shop.payments.dispute_models import Dispute
from shop.payments.gateways.razorpay import RazorpayGateway
from shop.payments.gateways.stripe import StripeGateway
from shop.payments.models import Attempt, Capture, Refund, RefundStatus
from tests.cast import TOTE
from tests.conftest import both_databases
from tests.faults.conftest import Often
from tests.faults.figures import note
from tests.faults.forging import FORGED, WRONG, letter_of
from tests.world import World

pytestmark = both_databases
UNPAID = 8


def templates(world: World) -> tuple[list[tuple[str, dict[str, Any]]], list[Attempt]]:
    """Return genuine events by gateway, of payments, refunds and disputes, and the open attempts that they are bent to.

    The refunds are on their way: only a genuine word of their bank may end them.
    """
    world.sandbox.set_deliveries(mode="hold")
    world.sandbox.add_faults({"match": "POST *refund*", "kind": "refund_pending", "times": None})
    for gateway in ("stripe", "razorpay"):
        link = world.buy(TOTE, gateway=gateway, pay=False)
        world.sandbox.pay(gateway, world.attempts(link)[-1].page_ref or "")
        assert world.browser().get(f"{link}/return").status_code == 303
        assert world.browser().post(f"{link}/cancellation").status_code == 303
        asked_back = world.buy(TOTE, gateway=gateway, pay=False)
        payment = world.sandbox.pay(gateway, world.attempts(asked_back)[-1].page_ref or "")["payment"]
        assert world.browser().get(f"{asked_back}/return").status_code == 303
        world.sandbox.dispute(gateway, payment)
    world.work()
    link = world.buy(TOTE, gateway="razorpay", pay=False)
    world.sandbox.pay("razorpay", world.attempts(link)[-1].page_ref or "", "authorize")
    for refund in world.sandbox.books()["refunds"]:
        world.sandbox.settle(refund["gateway"], refund["id"])
    told = world.sandbox.deliveries(bodies=True)["events"]
    kinds = (
        "checkout.session.completed",
        "refund.updated",
        "payment.authorized",
        "payment.captured",
        "payment_link.paid",
        "refund.processed",
        "charge.dispute.created",
        "payment.dispute.created",
    )
    by_kind = {event["type"]: (event["gateway"], json.loads(event["body"])) for event in told}
    found = [by_kind[kind] for kind in kinds]
    links = [world.buy(TOTE, gateway=("stripe", "razorpay")[n % 2], pay=False) for n in range(UNPAID)]
    return found, [world.attempts(link)[-1] for link in links]


def effects(world: World) -> int:
    """Return how many orders are paid, captures written or asked for, refunds over and disputes known."""
    with world.reading():
        counts = (
            select(func.count(Order.id)).where(Order.status == OrderStatus.PAID),
            select(func.count(Capture.id)),
            select(func.count(OutboxRow.id)).where(OutboxRow.kind == collect.CAPTURING),
            select(func.count(Dispute.id)),
            select(func.count(Refund.id)).where(Refund.status.in_((RefundStatus.PROCESSED, RefundStatus.FAILED))),
        )
        return sum(db.session.scalar(count) or 0 for count in counts)


def forgeries(world: World, number: int, seed: int) -> None:
    """Send so many letters that are not what they say: none has an effect, and none that is badly signed is taken."""
    dice = random.Random(seed)
    found, attempts = templates(world)
    client, accepted = world.app.test_client(), Tally[str]()
    ways = [*FORGED.items(), *WRONG.items()]
    for name, way in ways:
        before = effects(world)
        for _ in range(number // len(ways)):
            letter = letter_of(*dice.choice(found), found, attempts, dice)
            way(letter)
            address, body, headers = letter.sealed()
            status = client.post(address, data=body, headers=headers).status_code
            assert status in (200, 400), f"{name}: {status}"
            accepted[name] += name in FORGED and status == 200
        world.work()
        accepted[name] += effects(world) - before
    note("payments.forged_accepted", accepted.total(), n=number, seed=seed)
    assert accepted.total() == 0, f"{accepted.total()} of {number} were accepted: {+accepted}"


def end_the_refunds(world: World) -> None:
    """Let the banks' genuine word come in, so that both sides' books are alike again."""
    world.sandbox.set_deliveries(mode="auto")
    world.work()


def test_nothing_forged_and_nothing_wrong_is_accepted(world: World, seed: int, often: Often) -> None:
    forgeries(world, often(300, 1_000, 10_000), seed)

    end_the_refunds(world)


def test_the_same_letters_left_as_they_are_would_pay(world: World, seed: int) -> None:
    """What is forged above is one bend away from the real thing."""
    dice = random.Random(seed)
    found, attempts = templates(world)
    before = effects(world)
    for gateway, said in found:
        address, body, headers = letter_of(gateway, said, found, attempts, dice).sealed()
        assert world.app.test_client().post(address, data=body, headers=headers).status_code == 200
    world.work()

    done = "an order paid and a capture for each gateway, both refunds, both disputes, and one capture asked for"
    assert effects(world) >= before + 2 * 2 + 2 + 2 + 1, done
    world.unexplained |= {("stripe", "INR"): -81_900, ("razorpay", "INR"): -2 * 81_900}


@pytest.mark.books_may_differ
def test_control_without_signatures_forgeries_are_accepted(
    world: World, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for gateway in (StripeGateway, RazorpayGateway):
        monkeypatch.setattr(gateway, "_signed", lambda *_given: True)

    with pytest.raises(AssertionError, match=r"\d+ of 30 were accepted"):
        forgeries(world, 30, seed)


@pytest.mark.books_may_differ
def test_control_a_payment_known_by_its_key_alone_is_accepted_whatever_it_is(
    world: World, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_payment = collect.apply_payment

    def by_key_alone(gateway: Any, seen: Any, **more: Any) -> Any:
        fits = (Attempt.key == seen.key) if seen.key else (Attempt.page_ref == seen.page_ref)
        attempt = db.session.scalars(select(Attempt).where(fits)).unique().one_or_none()
        if attempt is not None:
            asked = {"amount_minor": attempt.amount_minor, "currency": attempt.currency, "live": gateway.live}
            seen = replace(seen, **asked)
        return apply_payment(gateway, seen, **more)

    monkeypatch.setattr(collect, "apply_payment", by_key_alone)

    with pytest.raises(AssertionError, match=r"\d+ of 60 were accepted"):
        forgeries(world, 60, seed)


@pytest.mark.books_may_differ
def test_control_a_refund_known_by_its_key_and_sum_alone_is_accepted_whatever_it_is(
    world: World, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_refund = refund_answers.apply_refund

    def by_key_alone(gateway: Any, seen: Any, *more: Any, **others: Any) -> Any:
        refund = db.session.scalars(select(Refund).where(Refund.key == seen.key)).unique().one_or_none()
        if refund is not None:
            seen = replace(seen, currency=refund.capture.currency, payment_ref=refund.capture.payment_ref)
        return apply_refund(gateway, seen, *more, **others)

    monkeypatch.setattr(refund_answers, "apply_refund", by_key_alone)

    with pytest.raises(AssertionError, match=r"\d+ of 270 were accepted"):
        forgeries(world, 270, seed)
