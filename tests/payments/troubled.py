"""A house in which one of everything went wrong with a customer's money, for its page and for whoever settles it."""

from datetime import timedelta

from sqlalchemy import update

from shop.db import db
from shop.outbox import OutboxRow
from shop.payments import refunds
from shop.payments.models import EventStatus, GatewayEvent
from tests.cast import TOTE, TOTE_RED
from tests.sharing import order_of
from tests.world import World

USABLE_BY_NOW = b'{"id": "evt_1", "type": "x", "data": {"object": {}}}'


def troubled(world: World) -> dict[str, str]:
    """Let one of each go wrong; return what is the matter -> its order's link."""
    links = {"late": _late(world), "came back": _given_back(world, "razorpay")}
    world.sandbox.settle("razorpay", world.sandbox.books()["refunds"][-1]["id"], "fail")
    world.work()
    world.sandbox.add_faults({"gateway": "razorpay", "match": "POST */refund", "kind": "refund_failed"})
    links["refused"] = _given_back(world, "razorpay")
    links["given up"] = _given_up(world)
    links["disputed"] = world.buy(TOTE_RED, gateway="stripe")
    page = world.attempts(links["disputed"])[0].page_ref
    world.sandbox.dispute("stripe", next(row["id"] for row in world.sandbox.books()["payments"] if row["ref"] == page))
    world.work()
    links["wrong sum"] = world.buy(TOTE_RED, gateway="razorpay", pay=False)
    world.sandbox.add_faults({"gateway": "razorpay", "match": "POST /pay/*", "kind": "wrong_amount", "delta": -900})
    world.pay(links["wrong sum"])
    world.sandbox.add_faults(
        {"gateway": "razorpay", "match": "* /v1/payment_links*", "kind": "error_500_before", "times": None}
    )
    links["unknown"] = world.buy(TOTE_RED, gateway="razorpay", pay=False)
    with world.writing() as at:
        poison = {"gateway": "stripe", "event_id": "evt_1", "body_sha256": "0" * 64, "kind": "x", "body": USABLE_BY_NOW}
        db.session.add(GatewayEvent(**poison, status=EventStatus.PARKED, tries=8, note="KeyError", received_at=at))
    world.advance(timedelta(minutes=20))
    world.sandbox.clear_faults()
    return links


def _late(world: World) -> str:
    late = world.buy(TOTE, gateway="razorpay", pay=False)
    world.sandbox.pay("razorpay", world.attempts(late)[0].page_ref or "", "fail")
    failed = next(row["id"] for row in world.sandbox.books()["payments"] if row["status"] == "failed")
    world.advance(timedelta(minutes=40))
    world.look_at_gateways()
    world.buy(TOTE, 5, email="kabir@test.example")
    world.sandbox.authorize_late(failed)
    world.work()
    return late


def _given_back(world: World, gateway: str) -> str:
    link = world.buy(TOTE_RED, gateway=gateway)
    with world.writing() as at:
        refunds.refund_order(order_of(link), "asked by mail", at=at, by="user:1")
    world.work()
    return link


def _given_up(world: World) -> str:
    world.sandbox.add_faults({"gateway": "stripe", "match": "* */refunds*", "kind": "error_500_before", "times": 4})
    link = _given_back(world, "stripe")
    with world.writing() as at:
        row = update(OutboxRow).where(OutboxRow.kind == "refund.send", OutboxRow.done_at.is_(None))
        db.session.execute(row.values(gave_up_at=at))
    return link
