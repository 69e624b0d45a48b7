"""Money that did not go as it should, brought about on one side before a route that settles it is asked."""

import json
from datetime import datetime, timedelta
from secrets import token_hex
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from shop.catalog import stock
from shop.db import db
from shop.orders import lifecycle
from shop.orders.models import Order
from shop.outbox import OutboxRow
from shop.payments import captures, disputes, late, refund_answers, refunds, reviews
from shop.payments.dispute_models import DisputeStatus
from shop.payments.gateways import DisputeSeen, PageLine, PageRequest
from shop.payments.models import Attempt, AttemptStatus, Capture, EventStatus, GatewayEvent, Refund
from shop.payments.reconcile import Difference
from shop.payments.review_models import DifferenceKind, Review
from tests.cast import SELLER

if TYPE_CHECKING:
    from tests.two_centres import House


def _order(house: "House", side: str) -> tuple[Order, Capture, datetime]:
    order = db.session.scalars(select(Order).where(Order.number == house.sides[side]["number"])).one()
    return order, captures.of_order(order)[0], house.world.clock.now()


def _asked_back(house: "House", side: str) -> tuple[Refund, datetime]:
    _, capture, at = _order(house, side)
    refund = refunds.request(capture, 100, "too much", at=at, by="user:1")
    house.sides[side]["refund_id"] = refund.id
    return refund, at


def refund_failed(house: "House", side: str, _name: str | None) -> None:
    """A refund of the order was refused by the gateway."""
    refund, at = _asked_back(house, side)
    refund_answers.settle(refund, None, SELLER, at=at, by="worker")


def refund_given_up(house: "House", side: str, _name: str | None) -> None:
    """The worker has given a refund of the order up."""
    refund, at = _asked_back(house, side)
    row = update(OutboxRow).where(OutboxRow.reference == f"refund:{refund.id}")
    db.session.execute(row.values(gave_up_at=at))


def disputed(house: "House", side: str, _name: str | None) -> None:
    """A bank asks the order's payment back."""
    order, capture, at = _order(house, side)
    gateway = house.world.app.extensions["counter"].gateways[capture.gateway]
    total, opened = capture.amount_minor, DisputeStatus.OPENED
    seen = DisputeSeen(f"disp_{order.id}", capture.payment_ref, opened, "none", total, order.currency, at, at)
    house.sides[side]["dispute_id"] = disputes.apply_dispute(gateway, seen, at=at, by="gateway:razorpay").id


def asked_to_wait(house: "House", side: str, _name: str | None) -> None:
    """The order's pieces were sold meanwhile, and its customer is asked."""
    order, _, at = _order(house, side)
    stock.release([line.reference for line in lifecycle.lines_of(order)], at=at, by="worker")
    assert late.ask(order, at=at)


def attempt_of(house: "House", side: str, _name: str | None) -> None:
    """The order's own pay page is looked at."""
    order, _, _ = _order(house, side)
    house.sides[side]["attempt_id"] = db.session.scalars(select(Attempt.id).where(Attempt.order_id == order.id)).one()


def wrong_sum(house: "House", side: str, _name: str | None) -> None:
    """A payment of another sum than was asked lies held."""
    order, _, at = _order(house, side)
    attempt = db.session.scalars(select(Attempt).where(Attempt.order_id == order.id)).unique().one()
    payment = {
        "id": f"pay_odd{order.id}", "amount": 5_000, "currency": order.currency, "status": "captured",
        "created_at": int(at.timestamp()), "notes": [],
    }  # fmt: skip
    link = {"id": attempt.page_ref or "plink_odd", "reference_id": attempt.key}
    told: dict[str, object] = {
        "event": "payment_link.paid",
        "payload": {"payment_link": {"entity": link}, "payment": {"entity": payment}},
    }
    house.sides[side]["manager.give_event_back:event_id"] = _held(order, "payment_link.paid", told, at)


def given_back_elsewhere(house: "House", side: str, _name: str | None) -> None:
    """A refund that was made on the gateway's own page lies held."""
    order, capture, at = _order(house, side)
    refund = {
        "id": f"rfnd_odd{order.id}", "payment_id": capture.payment_ref, "amount": capture.amount_minor,
        "currency": order.currency, "status": "processed", "notes": [],
    }  # fmt: skip
    told: dict[str, object] = {"event": "refund.processed", "payload": {"refund": {"entity": refund}}}
    house.sides[side]["manager.take_event_in:event_id"] = _held(order, "refund.processed", told, at)


def wrong_sum_unheard(house: "House", side: str, _name: str | None) -> None:
    """A payment of another sum than was asked stands at the gateway, and no message came."""
    order, _, at = _order(house, side)
    gateway = house.world.app.extensions["counter"].gateways["razorpay"]
    key, until = f"odd-{token_hex(4)}", at + timedelta(minutes=31)  # the gateway forgets nothing between two askings
    line, address = PageLine("A tote", 5_000), "http://localhost/"
    asked = PageRequest(
        key, 5_000, order.currency, [line], "An order", "a@b.example", "Asha", "+919830012345", address, address, until
    )
    page = gateway.open_page(asked)
    paid = house.world.sandbox.pay("razorpay", page.ref, quiet=True)
    _stays_there(house, "razorpay", order.currency, 5_000)
    old = Attempt(
        order_id=order.id, number=9, gateway="razorpay", key=key, amount_minor=order.total_minor, expires_at=until,
        currency=order.currency, status=AttemptStatus.EXPIRED, page_ref=page.ref, created_at=at,
    )  # fmt: skip
    db.session.add(old)
    db.session.flush()
    found = Difference(
        "razorpay", DifferenceKind.PAYMENT_UNKNOWN, paid["payment"], key, 5_000, 0, order.currency, at, "5000 was paid"
    )
    house.sides[side]["manager.give_review_back:review_id"] = _stands(found, at)


def given_back_unheard(house: "House", side: str, _name: str | None) -> None:
    """A refund was made on the gateway's own page, and no message came."""
    order, capture, at = _order(house, side)
    made = house.world.sandbox.refund(capture.gateway, capture.payment_ref, 1_000, quiet=True)
    _stays_there(house, capture.gateway, order.currency, -1_000)
    kind, ref = DifferenceKind.REFUND_UNKNOWN, made["refund"]
    found = Difference(capture.gateway, kind, ref, capture.payment_ref, 1_000, 0, order.currency, at)
    house.sides[side]["manager.take_review_in:review_id"] = _stands(found, at)


def _stays_there(house: "House", gateway: str, currency: str, minor: int) -> None:
    """Know of money that the gateway keeps when the house goes back to how it was."""
    unexplained, where = house.world.unexplained, (gateway, currency)
    unexplained[where] = unexplained.get(where, 0) + minor


def _stands(found: Difference, at: datetime) -> int:
    reviews.keep(found.gateway, [found.kind], [found], span=(at, at - timedelta(1)), at=at, by="worker")
    return db.session.scalars(select(Review.id).where(Review.ref == found.ref)).one()


def _held(order: Order, kind: str, told: dict[str, object], at: datetime) -> int:
    event = GatewayEvent(
        gateway="razorpay", event_id=f"evt_{kind}{order.id}", body_sha256=f"{kind}{order.id}", kind=kind,
        body=json.dumps(told).encode(), status=EventStatus.HELD, tries=0, note="fits nothing", received_at=at,
    )  # fmt: skip
    db.session.add(event)
    db.session.flush()
    return event.id
